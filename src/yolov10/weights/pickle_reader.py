"""A PyTorch pickle as plain data: a small stack machine that imports and calls nothing it reads (spec 8.2).

Only the opcodes that `torch.save` writes (protocols 2 to 5) exist here. Values are plain Python data,
`TensorRef`, `Stub` and `Global`. What a name means, and what calling it gives, is said in `inert.py`.

Memory and time are bounded by two numbers, because an opcode makes at most one value, out of bytes and values
that are there already: the number of opcodes, and the number of elements copied by the few that copy a value.
"""

import struct
from collections.abc import Callable

from yolov10.errors import UserError
from yolov10.weights import inert

# Scale x stopped in mid-training takes about 240,000 steps and copies about 120,000 elements.
MOST_OPCODES = 600_000
MOST_COPIED = 500_000


def read_pickle(data: bytes) -> object:
    """The value of a pickle, as inert data; UserError (one line, the caller names the file) refuses all else.

    dict (ordered ones too), list, tuple, set, str, bytes, int, float, bool and None are themselves; keys of
    dicts and members of sets are scalars. Tensors are `TensorRef`, objects `Stub`, bare names `Global`, paths
    and devices str, NumPy scalars numbers. Values are shared as in the pickle and may contain themselves: who
    walks them must bound depth and number of steps, and must not print, compare or copy them whole.
    """
    machine = _Machine(data)
    try:
        return machine.run()
    except UserError as reason:
        raise UserError(f"{reason} (byte {machine.position} of its pickle)") from None


class _Machine:
    """The state of a pickle that is being read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0
        self.stack: list[object] = []  # the values since the last mark
        self.marked: list[list[object]] = []  # the stacks below each mark
        self.memo: dict[int, object] = {}
        self.copied = 0

    def run(self) -> object:
        """The one value that is left when STOP is met."""
        if self.data[:1] != b"\x80" or self.data[1:2] not in (b"\x02", b"\x03", b"\x04", b"\x05"):
            raise UserError("not a pickle of protocol 2 to 5; save it again with torch.save")
        self.position = 2
        try:
            for _ in range(MOST_OPCODES):
                code = self.data[self.position]
                self.position += 1
                if code == _STOP:
                    return self.result()
                _HANDLERS[code](self)
        except IndexError:  # of the data, or of a stack that is empty (down to the last mark)
            raise UserError("a damaged pickle: takes a value that is not there") from None
        except UnicodeDecodeError:
            raise UserError("a damaged pickle: has text that is not UTF-8") from None
        raise UserError(f"has a pickle of more than {MOST_OPCODES:,} steps, more than any checkpoint")

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


_SIZED = (str, bytes, list, tuple, dict, set, frozenset)
_Handler = Callable[[_Machine], None]


# ---- opcodes that push a value


def _constant(value: object) -> _Handler:
    return lambda machine: machine.stack.append(value)


def _unsigned(width: int) -> _Handler:
    return lambda machine: machine.stack.append(machine.number(width))


def _bytes(width: int) -> _Handler:
    """Bytes behind a length of `width` bytes."""
    return lambda machine: machine.stack.append(machine.take(machine.number(width)))


def _text(width: int) -> _Handler:
    """UTF-8 behind a length of `width` bytes."""
    return lambda machine: machine.stack.append(machine.take(machine.number(width)).decode())


def _bin_int(machine: _Machine) -> None:
    machine.stack.append(int.from_bytes(machine.take(4), "little", signed=True))


def _long1(machine: _Machine) -> None:
    count = machine.number(1)
    if count > 8:  # larger ones could all have the same hash
        raise UserError("has an integer of more than 64 bits")
    machine.stack.append(int.from_bytes(machine.take(count), "little", signed=True))


def _bin_float(machine: _Machine) -> None:
    machine.stack.append(struct.unpack(">d", machine.take(8))[0])


def _empty_list(machine: _Machine) -> None:
    machine.stack.append([])


def _empty_dict(machine: _Machine) -> None:
    machine.stack.append({})


def _empty_set(machine: _Machine) -> None:
    machine.stack.append(set())


# ---- the stack and the memo


def _mark(machine: _Machine) -> None:
    machine.marked.append(machine.stack)
    machine.stack = []


def _pop(machine: _Machine) -> None:
    machine.stack.pop()


def _pop_mark(machine: _Machine) -> None:
    machine.pop_to_mark()


def _put(width: int) -> _Handler:
    return lambda machine: _remember(machine, machine.number(width))


def _memoize(machine: _Machine) -> None:
    _remember(machine, len(machine.memo))


def _remember(machine: _Machine, index: int) -> None:
    if index in machine.memo or index > MOST_OPCODES:
        raise UserError(f"a damaged pickle: fills place {index} of its memo twice or far out of turn")
    machine.memo[index] = machine.stack[-1]


def _get(width: int) -> _Handler:
    def recall(machine: _Machine) -> None:
        index = machine.number(width)
        if index not in machine.memo:
            raise UserError(f"a damaged pickle: place {index} of its memo is empty")
        machine.stack.append(machine.memo[index])

    return recall


# ---- containers


def _tuple(machine: _Machine) -> None:
    values = tuple(machine.pop_to_mark())
    machine.stack.append(values)


def _tuple_of(count: int) -> _Handler:
    def make(machine: _Machine) -> None:
        if len(machine.stack) < count:
            raise IndexError
        machine.stack[-count:] = [tuple(machine.stack[-count:])]

    return make


def _frozenset(machine: _Machine) -> None:
    members: set[object] = set()
    inert.add(members, machine.pop_to_mark())
    machine.stack.append(frozenset(members))


def _append(machine: _Machine) -> None:
    _extend(machine, [machine.stack.pop()])


def _appends(machine: _Machine) -> None:
    _extend(machine, machine.pop_to_mark())


def _extend(machine: _Machine, values: list[object]) -> None:
    target = machine.stack[-1]
    if not isinstance(target, list):
        raise UserError("a damaged pickle: appends to a value that is no list")
    target.extend(values)


def _set_item(machine: _Machine) -> None:
    value = machine.stack.pop()
    _fill(machine, [machine.stack.pop(), value])


def _set_items(machine: _Machine) -> None:
    _fill(machine, machine.pop_to_mark())


def _fill(machine: _Machine, values: list[object]) -> None:
    """Put key, value, key, value … into the dict on top of the stack."""
    target = machine.stack[-1]
    if not isinstance(target, dict) or len(values) % 2:
        raise UserError("a damaged pickle: sets items of a value that is no dict, or a key without a value")
    inert.fill(target, zip(values[::2], values[1::2], strict=True), len(values) // 2)


def _add_items(machine: _Machine) -> None:
    members = machine.pop_to_mark()
    target = machine.stack[-1]
    if not isinstance(target, set):
        raise UserError("a damaged pickle: adds to a value that is no set")
    inert.add(target, members)


# ---- names, calls, objects: the dangerous ones, all answered by inert.py


def _global(machine: _Machine) -> None:
    machine.stack.append(inert.look_up(_line(machine), _line(machine)))


def _line(machine: _Machine) -> str:
    end = machine.data.find(b"\n", machine.position, machine.position + _LONGEST_NAME)
    if end < 0:
        raise UserError("a damaged pickle: has a name that does not end")
    line = machine.take(end - machine.position).decode()
    machine.position = end + 1
    return line


def _stack_global(machine: _Machine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    if not isinstance(name, str) or not isinstance(module, str):
        raise UserError("a damaged pickle: has a name that is not text")
    machine.stack.append(inert.look_up(module[:_LONGEST_NAME], name[:_LONGEST_NAME]))


def _reduce(machine: _Machine) -> None:
    args, function = machine.stack.pop(), machine.stack.pop()
    machine.charge(args)
    machine.stack.append(inert.call(function, args))


def _newobj(machine: _Machine) -> None:
    args, cls = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(inert.new(cls, args))


def _build(machine: _Machine) -> None:
    state = machine.stack.pop()
    machine.charge(state)
    inert.set_state(machine.stack[-1], state)


def _persistent(machine: _Machine) -> None:
    reference = machine.stack.pop()
    machine.charge(reference)
    machine.stack.append(inert.storage(reference))


# ---- the rest


def _frame(machine: _Machine) -> None:
    """A hint how many bytes to read at once: nothing to do."""
    if machine.number(8) > len(machine.data) - machine.position:
        raise UserError("a damaged pickle: is shorter than it says")


def _refuse(name: str) -> _Handler:
    def refuse(machine: _Machine) -> None:
        raise UserError(f"refuses the opcode {name}: torch.save does not write it")

    return refuse


_LONGEST_NAME = 256
_STOP = ord(".")
_OPCODES: dict[bytes, _Handler] = {
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
    b"]": _empty_list,
    b"}": _empty_dict,
    b"\x8f": _empty_set,
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
    b"c": _global,
    b"\x93": _stack_global,
    b"R": _reduce,
    b"\x81": _newobj,
    b"b": _build,
    b"Q": _persistent,
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
_HANDLERS = tuple(_OPCODES.get(code) or _refuse(_REFUSED.get(code, ascii(code))) for code in _CODES)
