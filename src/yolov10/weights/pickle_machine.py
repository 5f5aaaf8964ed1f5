"""What a pickle's stack machine holds: the bytes, the stack with its marks, the memo, and a budget."""

from yolov10.errors import UserError

# Scale x stopped in mid-training takes about 240,000 steps and copies about 120,000 elements.
MOST_OPCODES = 600_000
MOST_COPIED = 500_000

_SIZED = (str, bytes, list, tuple, dict, set, frozenset)


class Machine:
    """The state of a pickle that is being read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0
        self.stack: list[object] = []  # the values since the last mark
        self.marked: list[list[object]] = []  # the stacks below each mark
        self.memo: dict[int, object] = {}
        self.copied = 0

    def result(self) -> object:
        """The value at the end, when nothing else is left."""
        if len(self.stack) != 1 or self.marked or self.position != len(self.data):
            raise UserError("a damaged pickle: something is left over at its end")
        return self.stack[0]

    def take(self, count: int) -> bytes:
        """The next bytes; checked before anything is allocated."""
        start = self.position
        if count > len(self.data) - start:
            raise UserError("a damaged pickle: is shorter than it says")
        self.position = start + count
        return self.data[start : self.position]

    def number(self, width: int) -> int:
        """The next little-endian unsigned integer of `width` bytes."""
        return int.from_bytes(self.take(width), "little")

    def pop_to_mark(self) -> list[object]:
        """The values since the last mark; the mark goes with them."""
        values = self.stack
        self.stack = self.marked.pop()
        return values

    def remember(self, index: int) -> None:
        """Put the value on top into a place of the memo that is free."""
        if index in self.memo or index > MOST_OPCODES:
            raise UserError(f"a damaged pickle: fills place {index} of its memo twice or far out of turn")
        self.memo[index] = self.stack[-1]

    def recall(self, index: int) -> object:
        """The value in a place of the memo."""
        if index not in self.memo:
            raise UserError(f"a damaged pickle: place {index} of its memo is empty")
        return self.memo[index]

    def charge(self, values: object) -> None:
        """Count what is about to be looked through or copied: a tuple's values and the elements of each."""
        if isinstance(values, tuple):
            self.spend(len(values))
            self.spend(sum(len(value) for value in values if isinstance(value, _SIZED)))

    def spend(self, count: int) -> None:
        """Take `count` from the budget of copied elements."""
        self.copied += count
        if self.copied > MOST_COPIED:
            raise UserError(f"copies more than {MOST_COPIED:,} values, more than any checkpoint")
