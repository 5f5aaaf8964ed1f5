"""The command line: one module a command, flags made from its options' dataclass."""
