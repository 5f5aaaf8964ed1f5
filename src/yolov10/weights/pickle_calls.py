"""The opcodes that name, call and build: the dangerous ones, all answered by `inert.py` (spec 8.2)."""

from yolov10.errors import UserError
from yolov10.weights import inert
from yolov10.weights.pickle_machine import Machine

LONGEST_NAME = 256
"""Bytes of a module's or a class's name."""


def push_global(machine: Machine) -> None:
    """GLOBAL: a name written into the pickle, a line for its module and one for itself."""
    machine.stack.append(inert.look_up(_line(machine), _line(machine)))


def _line(machine: Machine) -> str:
    end = machine.data.find(b"\n", machine.position, machine.position + LONGEST_NAME)
    if end < 0:
        raise UserError("a damaged pickle: has a name that does not end")
    line = machine.take(end - machine.position).decode()
    machine.position = end + 1
    return line


def stack_global(machine: Machine) -> None:
    """STACK_GLOBAL: a name whose two parts are on the stack."""
    name, module = machine.stack.pop(), machine.stack.pop()
    if not isinstance(name, str) or not isinstance(module, str):
        raise UserError("a damaged pickle: has a name that is not text")
    machine.stack.append(inert.look_up(module[:LONGEST_NAME], name[:LONGEST_NAME]))


def reduce(machine: Machine) -> None:
    """REDUCE: a call, which inert.py answers for a few names and refuses for all others."""
    args, function = machine.stack.pop(), machine.stack.pop()
    machine.charge(args)
    machine.stack.append(inert.call(function, args))


def newobj(machine: Machine) -> None:
    """NEWOBJ: an instance of a class, which here is a record of its name."""
    args, cls = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(inert.new(cls, args))


def build(machine: Machine) -> None:
    """BUILD: the state of the object on top of the stack."""
    state = machine.stack.pop()
    machine.charge(state)
    inert.set_state(machine.stack[-1], state)


def persistent(machine: Machine) -> None:
    """BINPERSID: a reference to the numbers of a tensor, elsewhere in the archive."""
    reference = machine.stack.pop()
    machine.charge(reference)
    machine.stack.append(inert.storage(reference))
