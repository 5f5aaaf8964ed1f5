"""A PyTorch pickle as plain data: a small stack machine that imports and calls nothing it reads (spec 8.2).

Only the opcodes that `torch.save` writes (protocols 2 to 5) exist, in `pickle_opcodes.py`. Values are plain
Python data, `TensorRef`, `Stub` and `Global`. What a name means, and what calling it gives, is said in
`inert.py`.

Memory and time are bounded by two numbers, because an opcode makes at most one value, out of bytes and values
that are there already: the number of opcodes, and the number of elements copied by the few that copy a value.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from yolov10.errors import UserError
from yolov10.weights.pickle_machine import MOST_OPCODES, Machine
from yolov10.weights.pickle_opcodes import HANDLERS, STOP


def read_pickle(data: bytes) -> object:
    """The value of a pickle, as inert data; UserError (one line, the caller names the file) refuses all else.

    dict (ordered ones too), list, tuple, set, str, bytes, int, float, bool and None are themselves; keys of
    dicts and members of sets are scalars. Tensors are `TensorRef`, objects `Stub`, bare names `Global`, paths
    and devices str, NumPy scalars numbers. Values are shared as in the pickle and may contain themselves: who
    walks them must bound depth and number of steps, and must not print, compare or copy them whole.
    """
    machine = Machine(data)
    try:
        with _collector_paused():
            return _run(machine)
    except UserError as reason:
        raise UserError(f"{reason} (byte {machine.position} of its pickle)") from None


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Nothing to collect arises here, and Python would walk over all that the program has, time and again."""
    was_running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_running:
            gc.enable()


def _run(machine: Machine) -> object:
    """The one value that is left when STOP is met."""
    if machine.data[:1] != b"\x80" or machine.data[1:2] not in (b"\x02", b"\x03", b"\x04", b"\x05"):
        raise UserError("not a pickle of protocol 2 to 5; save it again with torch.save")
    machine.position = 2
    try:
        for _ in range(MOST_OPCODES):
            code = machine.data[machine.position]
            machine.position += 1
            if code == STOP:
                return machine.result()
            HANDLERS[code](machine)
    except IndexError:  # of the data, or of a stack that is empty (down to the last mark)
        raise UserError("a damaged pickle: takes a value that is not there") from None
    except UnicodeDecodeError:
        raise UserError("a damaged pickle: has text that is not UTF-8") from None
    raise UserError(f"has a pickle of more than {MOST_OPCODES:,} steps, more than any checkpoint")
