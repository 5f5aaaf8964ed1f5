"""The opcodes that `torch.save` writes, a small function each; all others are refused by name (spec 8.2)."""

import struct
from collections.abc import Callable

from yolov10.errors import UserError
from yolov10.weights import inert_values, pickle_calls
from yolov10.weights.pickle_machine import Machine

Handler = Callable[[Machine], None]

STOP = ord(".")


# ---- opcodes that push a value


def _constant(value: object) -> Handler:
    return lambda machine: machine.stack.append(value)


def _unsigned(width: int) -> Handler:
    return lambda machine: machine.stack.append(machine.number(width))


def _bytes(width: int) -> Handler:
    """Bytes behind a length of `width` bytes."""
    return lambda machine: machine.stack.append(machine.take(machine.number(width)))


def _text(width: int) -> Handler:
    """UTF-8 behind a length of `width` bytes."""
    return lambda machine: machine.stack.append(machine.take(machine.number(width)).decode())


def _bin_int(machine: Machine) -> None:
    machine.stack.append(int.from_bytes(machine.take(4), "little", signed=True))


def _long1(machine: Machine) -> None:
    count = machine.number(1)
    if count > 8:  # larger ones could all have the same hash
        raise UserError("has an integer of more than 64 bits")
    machine.stack.append(int.from_bytes(machine.take(count), "little", signed=True))


def _bin_float(machine: Machine) -> None:
    machine.stack.append(struct.unpack(">d", machine.take(8))[0])


def _fresh(make: Callable[[], object]) -> Handler:
    return lambda machine: machine.stack.append(make())


# ---- the stack and the memo


def _mark(machine: Machine) -> None:
    machine.marked.append(machine.stack)
    machine.stack = []


def _pop(machine: Machine) -> None:
    machine.stack.pop()


def _pop_mark(machine: Machine) -> None:
    machine.pop_to_mark()


def _put(width: int) -> Handler:
    return lambda machine: machine.remember(machine.number(width))


def _memoize(machine: Machine) -> None:
    machine.remember(len(machine.memo))


def _get(width: int) -> Handler:
    return lambda machine: machine.stack.append(machine.recall(machine.number(width)))


# ---- containers


def _tuple(machine: Machine) -> None:
    values = tuple(machine.pop_to_mark())
    machine.stack.append(values)


def _tuple_of(count: int) -> Handler:
    def make(machine: Machine) -> None:
        if len(machine.stack) < count:
            raise IndexError
        machine.stack[-count:] = [tuple(machine.stack[-count:])]

    return make


def _frozenset(machine: Machine) -> None:
    members: set[object] = set()
    inert_values.add(members, machine.pop_to_mark())
    machine.stack.append(frozenset(members))


def _append(machine: Machine) -> None:
    _extend(machine, [machine.stack.pop()])


def _appends(machine: Machine) -> None:
    _extend(machine, machine.pop_to_mark())


def _extend(machine: Machine, values: list[object]) -> None:
    target = machine.stack[-1]
    if not isinstance(target, list):
        raise UserError("a damaged pickle: appends to a value that is no list")
    target.extend(values)


def _set_item(machine: Machine) -> None:
    value = machine.stack.pop()
    _fill(machine, [machine.stack.pop(), value])


def _set_items(machine: Machine) -> None:
    _fill(machine, machine.pop_to_mark())


def _fill(machine: Machine, values: list[object]) -> None:
    """Put key, value, key, value … into the dict on top of the stack."""
    target = machine.stack[-1]
    if not isinstance(target, dict) or len(values) % 2:
        raise UserError("a damaged pickle: sets items of a value that is no dict, or a key without a value")
    inert_values.fill(target, zip(values[::2], values[1::2], strict=True), len(values) // 2)


def _add_items(machine: Machine) -> None:
    members = machine.pop_to_mark()
    target = machine.stack[-1]
    if not isinstance(target, set):
        raise UserError("a damaged pickle: adds to a value that is no set")
    inert_values.add(target, members)


# ---- the rest


def _frame(machine: Machine) -> None:
    """A hint how many bytes to read at once: nothing to do."""
    if machine.number(8) > len(machine.data) - machine.position:
        raise UserError("a damaged pickle: is shorter than it says")


def _refuse(name: str) -> Handler:
    def refuse(machine: Machine) -> None:
        raise UserError(f"refuses the opcode {name}: torch.save does not write it")

    return refuse


_OPCODES: dict[bytes, Handler] = {
    b"N": _constant(None),
    b"\x88": _constant(True),
    b"\x89": _constant(False),
    b"J": _bin_int,
    b"K": _unsigned(1),
    b"M": _unsigned(2),
    b"\x8a": _long1,
    b"G": _bin_float,
    b"X": _text(4),
    b"\x8c": _text(1),
    b"\x8d": _text(8),
    b"B": _bytes(4),
    b"C": _bytes(1),
    b"\x8e": _bytes(8),
    b")": _constant(()),
    b"]": _fresh(list),
    b"}": _fresh(dict),
    b"\x8f": _fresh(set),
    b"(": _mark,
    b"0": _pop,
    b"1": _pop_mark,
    b"q": _put(1),
    b"r": _put(4),
    b"\x94": _memoize,
    b"h": _get(1),
    b"j": _get(4),
    b"t": _tuple,
    b"\x85": _tuple_of(1),
    b"\x86": _tuple_of(2),
    b"\x87": _tuple_of(3),
    b"\x91": _frozenset,
    b"a": _append,
    b"e": _appends,
    b"s": _set_item,
    b"u": _set_items,
    b"\x90": _add_items,
    b"c": pickle_calls.push_global,
    b"\x93": pickle_calls.stack_global,
    b"R": pickle_calls.reduce,
    b"\x81": pickle_calls.newobj,
    b"b": pickle_calls.build,
    b"Q": pickle_calls.persistent,
    b"\x95": _frame,
}
# Of protocols 0 and 1, of extensions and of objects that no checkpoint has: listed to be called by name.
_REFUSED = {
    b"\x80": "PROTO", b"2": "DUP", b"I": "INT", b"L": "LONG", b"F": "FLOAT", b"S": "STRING", b"V": "UNICODE",
    b"T": "BINSTRING", b"U": "SHORT_BINSTRING", b"\x8b": "LONG4", b"l": "LIST", b"d": "DICT", b"g": "GET",
    b"p": "PUT", b"P": "PERSID", b"i": "INST", b"o": "OBJ", b"\x82": "EXT1", b"\x83": "EXT2", b"\x84": "EXT4",
    b"\x92": "NEWOBJ_EX", b"\x96": "BYTEARRAY8", b"\x97": "NEXT_BUFFER", b"\x98": "READONLY_BUFFER",
}  # fmt: skip
_CODES = [bytes([number]) for number in range(256)]
HANDLERS = tuple(_OPCODES.get(code) or _refuse(_REFUSED.get(code, ascii(code))) for code in _CODES)
"""By the byte that stands for them; STOP is none of them."""
