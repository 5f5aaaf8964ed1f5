"""Checkpoints made to hurt: each names the reason for which it must be refused.

Every file is complete, and small for what it asks. Those that carry a command would leave the file MARKER in
the current folder.
"""

import io
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from weights.checkpoints import archive_bytes

from yolov10.weights.archive import open_archive
from yolov10.weights.pickle_reader import read_pickle
from yolov10.weights.tensor_ref import TensorRef, tensor

MARKER = "a-hostile-file-was-executed"
COMMAND = f"echo > {MARKER}"


@dataclass(frozen=True)
class Hostile:
    """How to make a file, a part of the message that refuses it, and who can see what is wrong.

    `stage`: "read" when reading the pickle or the tensors must refuse it; "walk" when its pickle is harmless
    to read, and only a walk through the module tree can tell.
    """

    build: Callable[[], bytes]
    reason: str
    stage: str = "read"


def read(path: Path) -> object:
    """Read a checkpoint as far as one can without knowing what a network is: pickle, then bare tensors."""
    with open_archive(path) as archive:
        value = read_pickle(archive.pickle())
        for item in value.values() if isinstance(value, dict) else ():
            if isinstance(item, TensorRef):
                tensor(archive, item)
    return value


# ---- a small assembler: each function gives the opcodes that leave one value on the stack


def text(value: str) -> bytes:
    data = value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(data)) + data


def number(value: int) -> bytes:
    if value == -1 or not -(1 << 31) <= value < 1 << 31:
        return b"\x8a\x08" + struct.pack("<q", value)
    return b"J" + struct.pack("<i", value)


def binary(value: bytes) -> bytes:
    return b"B" + struct.pack("<I", len(value)) + value


def several(*values: bytes) -> bytes:
    """A tuple."""
    return b"(" + b"".join(values) + b"t"


def listed(*values: bytes) -> bytes:
    return b"](" + b"".join(values) + b"e"


def mapping(**values: bytes) -> bytes:
    """A dict with text for keys."""
    return b"}(" + b"".join(text(key) + value for key, value in values.items()) + b"u"


def name(module: str, attribute: str) -> bytes:
    return b"c" + f"{module}\n{attribute}\n".encode()


def stack_name(module: str, attribute: str) -> bytes:
    return text(module) + text(attribute) + b"\x93"


def call(function: bytes, *args: bytes) -> bytes:
    return function + several(*args) + b"R"


def put(index: int) -> bytes:
    return b"r" + struct.pack("<I", index)


def get(index: int) -> bytes:
    return b"j" + struct.pack("<I", index)


ORDERED_DICT = name("collections", "OrderedDict")
CONV = name("torch.nn.modules.conv", "Conv2d")
STUB = CONV + b")\x81"
SYSTEM = call(name("os", "system"), text(COMMAND))


def storage(key: str = "0", elements: int = 4, tag: str = "FloatStorage") -> bytes:
    return several(text("storage"), name("torch", tag), text(key), text("cpu"), number(elements)) + b"Q"


def a_tensor(
    shape: tuple[int, ...] = (4,), stride: tuple[int, ...] = (1,), offset: int = 0, stored: bytes = storage()
) -> bytes:
    return call(
        name("torch._utils", "_rebuild_tensor_v2"),
        stored,
        number(offset),
        several(*map(number, shape)),
        several(*map(number, stride)),
        b"\x89",
        ORDERED_DICT + b")R",
    )


def module(parameters: bytes = b"}", modules: bytes = b"}") -> bytes:
    """A module that is well made, apart from what is put into it."""
    return CONV + b")\x81" + mapping(_parameters=parameters, _buffers=b"}", _modules=modules) + b"b"


def pickled(value: bytes, protocol: int = 2) -> bytes:
    return b"\x80" + bytes([protocol]) + value + b"."


def checkpoint(pickle: bytes, **storages: bytes) -> bytes:
    """A whole file around a pickle, with the storage "0" of 16 bytes unless others are given."""
    return archive_bytes(pickle, storages or {"0": bytes(16)})


def model(value: bytes, protocol: int = 2, **storages: bytes) -> Callable[[], bytes]:
    """A file whose pickle holds `value` where the network should be."""
    return lambda: checkpoint(pickled(mapping(model=value), protocol), **storages)


def whole(pickle: bytes) -> Callable[[], bytes]:
    """A file with exactly this pickle."""
    return lambda: checkpoint(pickle)


def lazily(make: Callable[[], bytes]) -> Callable[[], bytes]:
    """The same for a large pickle, made when it is wanted."""
    return lambda: checkpoint(make())


# ---- calls of things that a checkpoint has no use for


def _calls() -> dict[str, Hostile]:
    code = text(f"open({MARKER!r}, 'w')")
    targets: dict[tuple[str, str], tuple[bytes, ...]] = {
        ("os", "system"): (text(COMMAND),),
        ("posix", "system"): (text(COMMAND),),
        ("nt", "system"): (text(COMMAND),),
        ("os", "popen"): (text(COMMAND),),
        ("os", "execvp"): (text("touch"), listed(text("touch"), text(MARKER))),
        ("subprocess", "Popen"): (listed(text("touch"), text(MARKER)),),
        ("subprocess", "check_output"): (listed(text("touch"), text(MARKER)),),
        ("builtins", "eval"): (code,),
        ("builtins", "exec"): (code,),
        ("builtins", "compile"): (code, text("x"), text("exec")),
        ("builtins", "open"): (text(MARKER), text("w")),
        ("builtins", "__import__"): (text("antigravity"),),
        ("builtins", "getattr"): (CONV, text("__subclasses__")),
        ("builtins", "setattr"): (CONV, text("forward"), CONV),
        ("builtins", "breakpoint"): (),
        ("__builtin__", "eval"): (code,),
        ("__builtin__", "getattr"): (CONV, text("__subclasses__")),
        ("__builtin__", "execfile"): (text("/tmp/x.py"),),
        ("importlib", "import_module"): (text("antigravity"),),
        ("pickle", "loads"): (binary(pickled(SYSTEM)),),
        ("_pickle", "loads"): (binary(pickled(SYSTEM)),),
        ("marshal", "loads"): (binary(b"\xe3"),),
        ("torch", "load"): (text("other.pt"),),
        ("torch.storage", "_load_from_bytes"): (binary(pickled(SYSTEM)),),
        ("torch.hub", "load"): (text("owner/repository"), text("model")),
        ("torch.serialization", "load"): (text("other.pt"),),
        ("torch._utils", "_rebuild_tensor"): (),
        ("torch._tensor", "_rebuild_from_type_v2"): (name("os", "system"),),
        ("torch.jit._script", "unpackage_script_module"): (),
        ("numpy", "load"): (text("other.npy"),),
        ("numpy.core.multiarray", "_reconstruct"): (),
        ("numpy.f2py.crackfortran", "getlincoef"): (code, b"}"),
        ("functools", "partial"): (name("os", "system"), text(COMMAND)),
        ("operator", "attrgetter"): (text("system"),),
        ("operator", "methodcaller"): (text("system"), text(COMMAND)),
        ("collections", "defaultdict"): (name("os", "getcwd"),),
        ("collections", "namedtuple"): (text("A"), text("a")),
        ("copyreg", "_reconstructor"): (CONV, name("builtins", "object"), b"N"),
        ("types", "CodeType"): (),
        ("types", "FunctionType"): (),
        ("runpy", "run_path"): (text("/tmp/x.py"),),
        ("webbrowser", "open"): (text("https://example.org"),),
        ("shutil", "rmtree"): (text("/"),),
        ("socket", "create_connection"): (several(text("example.org"), number(80)),),
        ("ctypes", "CDLL"): (text("libc.so.6"),),
        ("pty", "spawn"): (text("/bin/sh"),),
        ("code", "interact"): (),
        ("pip", "main"): (listed(text("install"), text("x")),),
        ("logging.config", "dictConfig"): (b"}",),
        ("ultralytics.nn.tasks", "attempt_load_weights"): (text("other.pt"),),
        ("ultralytics.utils.checks", "check_requirements"): (text("x"),),
    }
    calls = {}
    for (where, what), args in targets.items():
        said = f"refuses to load {where}.{what}"
        calls[f"{where}.{what}"] = Hostile(model(call(name(where, what), *args)), said)
    return calls


def _hidden_calls() -> dict[str, Hostile]:
    system = "refuses to load os.system"
    optimizer = mapping(state=mapping(step=SYSTEM), param_groups=b"]")
    memoised = text("os") + put(1) + b"0" + text("system") + put(2) + b"0" + get(1) + get(2) + b"\x93"
    return {
        "call in the state of a module": Hostile(model(STUB + mapping(act=SYSTEM) + b"b"), system),
        "call as the state of a module": Hostile(model(STUB + SYSTEM + b"b"), system),
        "call in the arguments of a tensor": Hostile(model(a_tensor(stored=SYSTEM)), system),
        "call in the optimizer": Hostile(
            lambda: checkpoint(pickled(mapping(model=module(), optimizer=optimizer))), system
        ),
        "call in a key": Hostile(whole(pickled(b"}" + SYSTEM + b"Ns")), system),
        "call thrown away": Hostile(whole(pickled(SYSTEM + b"0" + mapping(model=module()))), system),
        "call deep in lists": Hostile(model(listed(listed(listed(several(SYSTEM))))), system),
        "call in a frame of protocol 4": Hostile(
            model(b"\x95" + struct.pack("<Q", 20) + stack_name("os", "system"), protocol=4), system
        ),
        "name never called": Hostile(model(name("os", "system")), system),
        "name made of two remembered texts": Hostile(model(memoised), system),
        "name made by NEWOBJ": Hostile(
            model(name("subprocess", "Popen") + several(text("ls")) + b"\x81"), "Popen"
        ),
        "name with dots": Hostile(model(stack_name("os", "path.sys.modules"), 4), "os.path.sys.modules"),
        "name with dots below one that is allowed": Hostile(
            model(stack_name("collections", "OrderedDict.fromkeys"), 4), "OrderedDict.fromkeys"
        ),
        "allowed name, its dots moved": Hostile(
            model(stack_name("torch", "nn.modules.conv.Conv2d"), 4), "torch.nn.modules.conv.Conv2d"
        ),
        "name with a line break": Hostile(model(stack_name("os\nsystem", "x"), 4), r"'os\nsystem.x'"),
        "name with Cyrillic letters": Hostile(model(name("tоrch", "Size")), r"'t\u043erch.Size'"),
        "name with wide letters": Hostile(model(name("ｏｓ", "system")), r"'\uff4f\uff53.system'"),
        "name with a blank before": Hostile(model(name(" collections", "OrderedDict")), "' collections"),
        "name with a blank behind": Hostile(model(name("collections", "OrderedDict ")), "OrderedDict '"),
        "name with a NUL": Hostile(model(stack_name("torch", "Size\0"), 4), r"'torch.Size\x00'"),
        "name with control characters": Hostile(model(name("\x1b[2J", "x")), r"'\x1b[2J.x'"),
        "name without a module": Hostile(model(name("", "eval")), "refuses to load .eval"),
        "name of a million letters": Hostile(
            model(stack_name("a" * 1_000_000, "b"), 4), "refuses to load aaaa"
        ),
        "name that does not end": Hostile(whole(b"\x80\x02c" + b"a" * 1_000_000), "does not end"),
        "name that is no text": Hostile(model(STUB + STUB + b"\x93", 4), "name that is not text"),
        "name that is bytes": Hostile(model(binary(b"os") + binary(b"system") + b"\x93", 4), "not text"),
    }


def _misused() -> dict[str, Hostile]:
    dtype = call(name("numpy", "dtype"), text("f8"), b"\x89", b"\x88")
    scalar = name("numpy._core.multiarray", "scalar")
    pid = "not a storage"
    odd, state = "with arguments that no checkpoint has", "refuses to set a state"
    storage_tag = name("torch", "FloatStorage")
    return {
        "BUILD on a name": Hostile(model(CONV + mapping(__setstate__=CONV) + b"b"), state),
        "BUILD on a list": Hostile(model(b"]" + mapping(append=CONV) + b"b"), state),
        "BUILD on a dict": Hostile(model(b"}" + mapping(__class__=CONV) + b"b"), state),
        "BUILD with a list": Hostile(model(STUB + listed(text("a")) + b"b"), state),
        "BUILD with three states": Hostile(model(STUB + several(b"}", b"}", b"}") + b"b"), state),
        "BUILD twice": Hostile(model(STUB + mapping(a=b"N") + b"b" + mapping(b=b"N") + b"b"), state),
        "BUILD of a big-endian number type": Hostile(
            model(dtype + several(number(3), text(">"), b"N", b"N", b"N") + b"b"), state
        ),
        "REDUCE of an object": Hostile(model(STUB + b")R"), "refuses to call a value"),
        "REDUCE of a text": Hostile(
            model(text("os.system") + several(text("ls")) + b"R"), "refuses to call a value"
        ),
        "REDUCE of a storage type": Hostile(model(call(storage_tag, number(1 << 40))), "it is no function"),
        "REDUCE of a dtype": Hostile(model(call(name("torch", "float16"))), "it is no function"),
        "REDUCE with a list": Hostile(model(name("torch", "Size") + b"]R"), "refuses to call a value"),
        "NEWOBJ of a function": Hostile(model(name("torch", "Size") + b")\x81"), "refuses to make an object"),
        "NEWOBJ of a text": Hostile(model(text("os") + b")\x81"), "refuses to make an object"),
        "NEWOBJ with a dict": Hostile(model(CONV + b"}\x81"), "refuses to make an object"),
        "encode with another codec": Hostile(
            model(call(name("_codecs", "encode"), text("nap"), text("rot13"))), odd
        ),
        "encode of what is not Latin-1": Hostile(
            model(call(name("_codecs", "encode"), text("→"), text("latin1"))), odd
        ),
        "number of the wrong size": Hostile(model(call(scalar, dtype, binary(bytes(4)))), odd),
        "number that is an object": Hostile(
            model(call(scalar, call(name("numpy", "dtype"), text("O8")), binary(pickled(SYSTEM)))), odd
        ),
        "set of a number": Hostile(model(call(name("builtins", "set"), number(1))), odd),
        "ordered dict of triples": Hostile(model(call(ORDERED_DICT, listed(several(b"N", b"N", b"N")))), odd),
        "path of numbers": Hostile(model(call(name("pathlib", "PosixPath"), number(1))), odd),
        "device of a list": Hostile(model(call(name("torch", "device"), b"]")), odd),
        "size of texts": Hostile(model(call(name("torch", "Size"), several(text("1")))), odd),
        "parameter of an object": Hostile(
            model(call(name("torch._utils", "_rebuild_parameter"), STUB, b"\x89", b"}")), odd
        ),
        "persistent text": Hostile(model(text("storage") + b"Q"), pid),
        "persistent module": Hostile(
            model(several(text("module"), CONV, text("conv.py"), text("x")) + b"Q"), pid
        ),
        "persistent list": Hostile(
            model(listed(text("storage"), storage_tag, text("0"), text("cpu"), number(4)) + b"Q"), pid
        ),
        "persistent storage of a class": Hostile(
            model(several(text("storage"), CONV, text("0"), text("cpu"), number(4)) + b"Q"), pid
        ),
        "persistent storage with a number for a key": Hostile(
            model(several(text("storage"), storage_tag, number(0), text("cpu"), number(4)) + b"Q"), pid
        ),
    }


def _opcodes() -> dict[str, Hostile]:
    refused = {
        "INST": b"(ios\nsystem\n",
        "OBJ": b"(" + name("torch", "Size") + b"o",
        "EXT1": b"\x82\x01",
        "EXT2": b"\x83\x01\x00",
        "EXT4": b"\x84\x01\x00\x00\x00",
        "NEWOBJ_EX": CONV + b")}\x92",
        "PERSID": b"Pstorage\n",
        "DUP": b"N2",
        "GET": b"Ng0\n",
        "PUT": b"Np0\n",
        "INT": b"I1\n",
        "LONG": b"L1L\n",
        "LONG4": b"\x8b\xff\xff\xff\x7f",
        "FLOAT": b"F1\n",
        "STRING": b"S'a'\n",
        "BINSTRING": b"T\x01\x00\x00\x00a",
        "SHORT_BINSTRING": b"U\x01a",
        "UNICODE": b"Va\n",
        "LIST": b"(l",
        "DICT": b"(d",
        "PROTO": b"\x80\x02N",
        "BYTEARRAY8": b"\x96" + struct.pack("<Q", 1 << 40),
        "NEXT_BUFFER": b"\x97",
        "READONLY_BUFFER": b"N\x98",
        r"b'\xff'": b"\xff",
    }
    hostile = {
        code: Hostile(model(opcodes), f"refuses the opcode {code}:") for code, opcodes in refused.items()
    }
    missing, left, short = "takes a value that is not there", "left over at its end", "shorter than it says"
    return hostile | {
        "protocol 0": Hostile(whole(b"cos\nsystem\n(S'ls'\ntR."), "not a pickle of protocol 2 to 5"),
        "protocol 1": Hostile(whole(pickled(SYSTEM, protocol=1)), "not a pickle of protocol 2 to 5"),
        "protocol 6": Hostile(whole(pickled(b"N", protocol=6)), "not a pickle of protocol 2 to 5"),
        "empty pickle": Hostile(whole(b""), "not a pickle"),
        "pickle of one byte": Hostile(whole(b"\x80"), "not a pickle"),
        "text for a pickle": Hostile(whole(b"import os\nos.system('ls')\n"), "not a pickle"),
        "pickle without STOP": Hostile(whole(b"\x80\x02}"), missing),
        "pickle that ends in a number": Hostile(whole(b"\x80\x02J\x00"), short),
        "STOP with nothing": Hostile(whole(b"\x80\x02."), left),
        "STOP with two values": Hostile(whole(pickled(b"}}")), left),
        "STOP behind a mark": Hostile(whole(pickled(b"}(}")), left),
        "second pickle behind STOP": Hostile(whole(pickled(mapping(model=module())) + pickled(SYSTEM)), left),
        "POP of nothing": Hostile(whole(pickled(b"0}")), missing),
        "POP across a mark": Hostile(whole(pickled(b"}(0")), missing),
        "POP_MARK without a mark": Hostile(whole(pickled(b"}1")), missing),
        "TUPLE without a mark": Hostile(whole(pickled(b"}t")), missing),
        "TUPLE2 of one value": Hostile(whole(pickled(b"}\x86")), missing),
        "TUPLE3 across a mark": Hostile(whole(pickled(b"}}(}\x87")), missing),
        "REDUCE of nothing": Hostile(whole(pickled(b"R")), missing),
        "REDUCE across a mark": Hostile(whole(pickled(CONV + b"()R")), missing),
        "BUILD of nothing": Hostile(whole(pickled(b"}b")), missing),
        "BINPERSID of nothing": Hostile(whole(pickled(b"Q")), missing),
        "APPEND to nothing": Hostile(whole(pickled(b"}a")), missing),
        "APPEND to a tuple": Hostile(whole(pickled(b")Na")), "no list"),
        "APPENDS to an object": Hostile(whole(pickled(STUB + b"(Ne")), "no list"),
        "SETITEM on a list": Hostile(whole(pickled(b"]NNs")), "no dict"),
        "SETITEMS on an object": Hostile(whole(pickled(STUB + b"(NNu")), "no dict"),
        "SETITEMS with half a pair": Hostile(whole(pickled(b"}(Nu")), "a key without a value"),
        "ADDITEMS to a list": Hostile(whole(pickled(b"](N\x90", 4)), "no set"),
        "memo place that is empty": Hostile(whole(pickled(b"h\x07")), "place 7 of its memo is empty"),
        "memo place filled twice": Hostile(whole(pickled(STUB + b"q\x00" + b"}q\x00")), "fills place 0"),
        "memo place 2**32 - 1": Hostile(whole(pickled(b"}" + put(2**32 - 1))), "far out of turn"),
        "memo of nothing": Hostile(whole(pickled(b"q\x00}")), missing),
        "text that is not UTF-8": Hostile(whole(pickled(b"X\x02\x00\x00\x00\xc3\x28")), "not UTF-8"),
        "text with half a surrogate": Hostile(whole(pickled(text("\ud800"))), "not UTF-8"),
        "name that is not UTF-8": Hostile(whole(pickled(b"c\xc3\x28\nx\n")), "not UTF-8"),
    }


# ---- more than there is: memory, time


def _repeated(function: bytes, args: bytes, times: int) -> bytes:
    """The same call made over and over with the same arguments, each result dropped."""
    return pickled(function + put(0) + b"0" + args + put(1) + b"0" + (get(0) + get(1) + b"R0") * times)


def _doubled(times: int) -> bytes:
    """A tuple that holds the same tuple twice, that holds the same tuple twice, …"""
    return b")" + b"".join(put(level) + get(level) + b"\x86" for level in range(times))


def _tensor_arguments() -> bytes:
    return several(storage(), number(0), several(number(4)), several(number(1)), b"\x89", b"}")


def _numbers() -> list[bytes]:
    return [number(n) for n in range(10_000)]


def _numbered(count: int, step: int = 1) -> bytes:
    """Numbers as keys, each with None."""
    return b"".join(number(step * n) + b"N" for n in range(count))


def _same_hash(count: int) -> bytes:
    """Integers of 128 bits that all hash alike, as keys."""
    return b"".join(b"\x8a\x10" + ((2**61 - 1) * n).to_bytes(16, "little") + b"N" for n in range(1, count))


def _merged(times: int) -> bytes:
    """Objects whose state is two large dicts to be merged."""
    attributes = b"}(" + _numbered(10_000) + b"u" + put(0) + b"0"
    return attributes + CONV + put(1) + b"0" + (get(1) + b")\x81" + get(0) + get(0) + b"\x86b0") * times


def _resources() -> dict[str, Hostile]:
    short, steps, copies = "shorter than it says", "more than 600,000 steps", "copies more than 500,000"
    key, member = "a key that is neither text nor a number", "a member that is neither text nor a number"
    files: dict[str, tuple[Callable[[], bytes], str]] = {
        "text of 4 GB": (lambda: pickled(b"X\xff\xff\xff\xff"), short),
        "text of 2**60 bytes": (lambda: pickled(b"\x8d" + struct.pack("<Q", 1 << 60), 4), short),
        "bytes of 4 GB": (lambda: pickled(b"B\xff\xff\xff\xff", 3), short),
        "bytes of 2**63 bytes": (lambda: pickled(b"\x8e" + struct.pack("<Q", 1 << 63), 4), short),
        "frame of 2**63 bytes": (lambda: pickled(b"\x95" + struct.pack("<Q", 1 << 63) + b"N", 4), short),
        "integer of 255 bytes": (lambda: pickled(b"\x8a\xff" + bytes(255)), "more than 64 bits"),
        "keys with the same hash": (lambda: pickled(b"}(" + _same_hash(20_000) + b"u"), "more than 64 bits"),
        "keys that walk past each other": (
            lambda: pickled(b"}(" + _numbered(250_000, step=1 << 12) + b"u"),
            "more than 20,000 keys",
        ),
        "keys one by one": (
            lambda: pickled(b"}" + b"".join(number(n) + b"Ns" for n in range(30_000))),
            "20,000 keys",
        ),
        "members of a set": (
            lambda: pickled(b"\x8f(" + _numbered(30_000) + b"\x90", 4),
            "more than 20,000 members",
        ),
        "tuple for a key": (lambda: pickled(b"})Ns"), key),
        "object for a key": (lambda: pickled(b"}" + STUB + b"Ns"), key),
        "tuple in a set": (lambda: pickled(b"\x8f()\x90", 4), member),
        "tuple in a set of protocol 2": (
            lambda: pickled(call(name("__builtin__", "set"), listed(b")"))),
            member,
        ),
        "tuple in a frozen set": (lambda: pickled(b"()\x91", 4), member),
        "hash that takes forever": (lambda: pickled(b"}" + _doubled(60) + b"Ns"), key),
        "set whose hash takes forever": (lambda: pickled(b"(" + _doubled(60) + b"\x91", 4), member),
        "a million marks": (lambda: pickled(b"(" * 1_100_000), steps),
        "a million lists": (lambda: pickled(b"]" * 1_100_000), steps),
        "a million sets": (lambda: pickled(b"\x8f" * 1_100_000, 4), steps),
        "a million memo places": (lambda: pickled(b"]" + b"\x94" * 1_100_000, 4), steps),
        "a million steps to nowhere": (lambda: pickled(b"N0" * 600_000 + b"N"), steps),
        "objects without end": (lambda: pickled(CONV + put(0) + (get(0) + b")\x81") * 400_000), steps),
        "names without end": (lambda: pickled(name("torch", "Size") * 1_100_000), steps),
        "names from the stack without end": (
            lambda: pickled(
                text("torch") + put(0) + text("Size") + put(1) + (get(0) + get(1) + b"\x93") * 400_000, 4
            ),
            steps,
        ),
        "storages without end": (
            lambda: pickled(storage()[:-1] + put(0) + b"Q" + (get(0) + b"Q") * 600_000),
            copies,
        ),
        "paths without end": (
            lambda: _repeated(name("pathlib", "PosixPath"), several(text("a/b/c"), text("d")), 400_000),
            copies,
        ),
        "NumPy numbers without end": (
            lambda: _repeated(
                name("numpy._core.multiarray", "scalar"),
                several(call(name("numpy", "dtype"), text("f8")), binary(bytes(8))),
                300_000,
            ),
            copies,
        ),
        "tensors without end": (
            lambda: _repeated(name("torch._utils", "_rebuild_tensor_v2"), _tensor_arguments(), 300_000),
            copies,
        ),
        "text encoded over and over": (
            lambda: _repeated(
                name("_codecs", "encode"), several(text("a" * 1_000_000), text("latin1")), 300_000
            ),
            copies,
        ),
        "set made over and over": (
            lambda: _repeated(name("builtins", "set"), several(listed(*_numbers())), 200_000),
            copies,
        ),
        "ordered dict made over and over": (
            lambda: _repeated(
                ORDERED_DICT, several(listed(*(several(n, b"N") for n in _numbers()))), 200_000
            ),
            copies,
        ),
        "size looked through over and over": (
            lambda: _repeated(name("torch", "Size"), several(several(*_numbers())), 200_000),
            copies,
        ),
        "call with 10,000 arguments over and over": (
            lambda: _repeated(name("pathlib", "PosixPath"), several(*_numbers()), 200_000),
            "with arguments that no checkpoint has",
        ),
        "states merged over and over": (lambda: pickled(_merged(100_000)), copies),
        "pickle of 17 MB": (lambda: pickled(text("a" * (17 << 20))), "larger than any checkpoint's"),
    }
    return {title: Hostile(lazily(make), reason) for title, (make, reason) in files.items()}


# ---- tensors that are not where they say


def _tensors() -> dict[str, Hostile]:
    impossible, past = "an impossible offset, shape or stride", "reaches past the end of its storage"
    large, elements = "larger than its storage", "an impossible number of elements"
    missing, damaged = "has no storage", "holds 16 bytes, its tensor says"
    huge = 1 << 62
    function = name("torch._utils", "_rebuild_tensor_v2")
    hooks = ORDERED_DICT + b")R"
    return {
        "negative offset": Hostile(model(a_tensor(offset=-1)), impossible),
        "negative stride": Hostile(model(a_tensor(stride=(-1,), offset=3)), impossible),
        "negative size": Hostile(model(a_tensor(shape=(-4,))), impossible),
        "two negative sizes": Hostile(model(a_tensor(shape=(-2, -2), stride=(2, 1))), impossible),
        "size of 2**62": Hostile(model(a_tensor(shape=(huge,))), impossible),
        "stride of 2**62": Hostile(model(a_tensor(shape=(2,), stride=(huge,))), impossible),
        "offset of 2**62": Hostile(model(a_tensor(offset=huge)), impossible),
        "sizes whose product wraps to 0": Hostile(
            model(a_tensor((1 << 16,) * 4, (0,) * 4)), "too many elements"
        ),
        "sizes whose product wraps to 4": Hostile(
            model(a_tensor(((1 << 31) - 1, 1 << 31, 4), (0, 0, 1))), "too many elements"
        ),
        "empty, and beyond all bounds": Hostile(
            model(a_tensor((0, 1 << 31, 1 << 31, 1 << 31), (0,) * 4)), "too many elements"
        ),
        "one element expanded to 8 GB": Hostile(
            model(a_tensor((1 << 31,), (0,), stored=storage(elements=1))), large
        ),
        "rows that overlap": Hostile(model(a_tensor((3, 3), (0, 1))), large),
        "one past the end": Hostile(model(a_tensor(offset=1)), past),
        "a step past the end": Hostile(model(a_tensor((2, 2), (3, 1))), past),
        "empty, behind the end": Hostile(model(a_tensor((0,), (1,), offset=5)), past),
        "more sizes than strides": Hostile(model(a_tensor((2, 2), (1,))), "number of axes"),
        "nine axes": Hostile(model(a_tensor((1,) * 9, (1,) * 9)), "number of axes"),
        "size that is true": Hostile(
            model(call(function, storage(), number(0), several(b"\x88"), several(number(1)), b"\x89", hooks)),
            impossible,
        ),
        "size that is text": Hostile(
            model(
                call(function, storage(), number(0), several(text("4")), several(number(1)), b"\x89", hooks)
            ),
            impossible,
        ),
        "sizes in a list": Hostile(
            model(
                call(function, storage(), number(0), listed(number(4)), several(number(1)), b"\x89", hooks)
            ),
            "with arguments that no checkpoint has",
        ),
        "storage that is an object": Hostile(
            model(a_tensor(stored=STUB)), "with arguments that no checkpoint has"
        ),
        "storage of -1 elements": Hostile(model(a_tensor(stored=storage(elements=-1))), elements),
        "storage of 2**62 elements": Hostile(model(a_tensor(stored=storage(elements=huge))), elements),
        "storage that is missing": Hostile(model(a_tensor(stored=storage("1"))), missing),
        "storage key with a path": Hostile(model(a_tensor(stored=storage("../data.pkl"))), missing),
        "storage key with an absolute path": Hostile(model(a_tensor(stored=storage("/etc/passwd"))), missing),
        "storage key of many letters": Hostile(model(a_tensor(stored=storage("a" * 100_000))), missing),
        "storage key with line breaks": Hostile(model(a_tensor(stored=storage("\n\n"))), missing),
        "storage shorter than it says": Hostile(model(a_tensor(stored=storage(elements=5))), damaged),
        "storage longer than it says": Hostile(model(a_tensor(stored=storage(tag="HalfStorage"))), damaged),
        "storage of 8 GB that holds 16 bytes": Hostile(
            model(a_tensor(stored=storage(elements=1 << 31))), damaged
        ),
        "storage whose bytes were changed": Hostile(_flipped_storage, "checksum"),
        "one storage handed out over and over": Hostile(
            lambda: checkpoint(pickled(_one_tensor_by_many_names()), **{"0": bytes(4 << 20)}),
            "over and over",
        ),
    }


def _one_tensor_by_many_names() -> bytes:
    elements = 1 << 20
    one = a_tensor((elements,), stored=storage(elements=elements)) + put(0)
    return one + b"0" + mapping(**{str(place): get(0) for place in range(10_000)})


def _flipped_storage() -> bytes:
    return checkpoint(pickled(mapping(model=a_tensor())), **{"0": b"0123456789abcdef"}).replace(
        b"89ab", b"98ab"
    )


# ---- containers


def _good() -> bytes:
    return checkpoint(pickled(mapping(model=module())))


def _zipped(
    entries: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED, compressed: str = ""
) -> bytes:
    """A zip of just these entries, doubles and odd names included; one of them may be compressed."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for entry, data in entries:
            info = zipfile.ZipInfo("x")
            info.filename = entry  # past the tidying of ZipInfo
            info.compress_type = compression if entry == compressed else zipfile.ZIP_STORED
            archive.NameToInfo.pop(entry, None)  # past its warning of doubles
            archive.writestr(info, data)
    return file.getvalue()


def _beside(entry: str, data: bytes = b"") -> Callable[[], bytes]:
    """A good file with one more entry."""
    return lambda: _zipped([("best/data.pkl", pickled(mapping(model=module()))), (entry, data)])


def _edited(at: bytes, offset: int, new: bytes, *, last: bool = True) -> Callable[[], bytes]:
    """A good file with the bytes at `offset` behind a signature replaced."""

    def build() -> bytes:
        data = bytearray(_good())
        start = (data.rfind(at) if last else data.find(at)) + offset
        data[start : start + len(new)] = new
        return bytes(data)

    return build


def with_64_bit_end(
    data: bytes, *, length: int = 0, moved: int = 0, signature: bytes = b"PK\x06\x06"
) -> bytes:
    """The file with the second end record that PyTorch writes too; other arguments make it wrong."""
    end = data[-22:]
    count, size, offset = struct.unpack("<HLL", end[10:20])
    directory_end = len(data) - 22
    wide = struct.pack("<4sQ2H2L4Q", signature, 44, 0x31E, 45, 0, 0, count, count, length or size, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, directory_end + moved, 1)
    return data[:-22] + wide + locator + end


def _overlapping() -> bytes:
    """Two names for the same bytes: the second row of the directory points to the first entry."""
    data = bytearray(
        _zipped([("best/data.pkl", pickled(b"N")), ("best/data/0", b"0"), ("best/data/1", b"1")])
    )
    second = data.rfind(b"PK\x01\x02", 0, data.rfind(b"PK\x01\x02"))
    third = data.rfind(b"PK\x01\x02")
    data[third + 42 : third + 46] = data[second + 42 : second + 46]
    return bytes(data)


def _many_entries() -> bytes:
    """A directory of 200,000 rows, all for the same entry."""
    data = _zipped([("a/data.pkl", pickled(b"N"))])
    start = data.index(b"PK\x01\x02")
    rows = data[start:-22] * 200_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 9, 9, len(rows), start, 0)
    return data[:start] + rows + end


def _containers() -> dict[str, Hostile]:
    local, row, end = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
    odd, one, damaged, where = (
        "has the odd name",
        "one data.pkl in one top folder",
        "damaged zip",
        "not where it says",
    )
    legacy = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
    zeros = bytes(8 << 20)
    return {
        "empty file": Hostile(lambda: b"", "an empty file"),
        "text": Hostile(lambda: b"not found\n" * 100, "not a PyTorch checkpoint"),
        "web page": Hostile(lambda: b"\n<!DOCTYPE html><html></html>", "a web page"),
        "JSON answer": Hostile(lambda: b'{"message": "Not Found"}', "a text file"),
        "Git LFS pointer": Hostile(
            lambda: b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"
        ),
        "safetensors": Hostile(lambda: struct.pack("<Q", 64) + b'{"a": 1}', "a safetensors file"),
        "bare pickle": Hostile(lambda: pickled(SYSTEM), "a bare pickle"),
        "legacy file": Hostile(lambda: legacy + pickled(SYSTEM), "PyTorch before 1.6"),
        "gzip": Hostile(lambda: b"\x1f\x8b\x08" + bytes(50), "gzip"),
        "TorchScript": Hostile(_beside("best/constants.pkl"), "TorchScript"),
        "zip without a pickle": Hostile(lambda: _zipped([("best/version", b"3\n" * 50)]), "without data.pkl"),
        "two data.pkl": Hostile(_beside("best/data.pkl", pickled(SYSTEM)), one),
        "two data.pkl in one folder in another": Hostile(_beside("best/x/data.pkl", pickled(SYSTEM)), one),
        "two top folders": Hostile(_beside("other/data/0"), one),
        "data.pkl in the wrong place": Hostile(lambda: _zipped([("a/b/data.pkl", pickled(b"N"))]), one),
        "double entry": Hostile(
            lambda: _zipped([("a/data.pkl", pickled(b"N")), ("a/data/0", b"0"), ("a/data/0", b"1")]), "twice"
        ),
        "absolute name": Hostile(_beside("/etc/cron.d/x"), one),
        "name that climbs": Hostile(_beside("best/../../x"), odd),
        "name with a backslash": Hostile(_beside("best\\x"), one),
        "name with a backslash in the folder": Hostile(_beside("best/..\\x"), odd),
        "name with a NUL": Hostile(_beside("best/data/0\0.txt"), odd),
        "name of a folder": Hostile(_beside("best/data/"), odd),
        "name with a drive": Hostile(_beside("C:/x"), one),
        "big-endian": Hostile(lambda: archive_bytes(pickled(b"}"), byteorder=b"big"), "big-endian"),
        "byte order of a megabyte": Hostile(
            lambda: archive_bytes(pickled(b"}"), byteorder=b"little" + bytes(1 << 20)), "big-endian"
        ),
        "deflated bomb": Hostile(
            lambda: _zipped([("a/data.pkl", zeros)], zipfile.ZIP_DEFLATED, "a/data.pkl"), "is compressed"
        ),
        "deflated storage": Hostile(
            lambda: _zipped(
                [("a/data.pkl", pickled(b"N")), ("a/data/0", zeros)], zipfile.ZIP_DEFLATED, "a/data/0"
            ),
            "is compressed",
        ),
        "bzip2 bomb": Hostile(
            lambda: _zipped([("a/data.pkl", zeros)], zipfile.ZIP_BZIP2, "a/data.pkl"), "is compressed"
        ),
        "method unknown": Hostile(_edited(row, 10, b"\x63"), "is compressed"),
        "method of the entry differs": Hostile(_edited(local, 8, b"\x08"), "differs from the zip directory"),
        "encrypted": Hostile(_edited(row, 8, b"\x01"), "encrypted"),
        "encrypted in the entry only": Hostile(_edited(local, 6, b"\x01"), "differs from the zip directory"),
        "name of the entry differs": Hostile(_edited(local, 30, b"B"), "differs from the zip directory"),
        "signature of an entry wrong": Hostile(
            _edited(local, 0, b"PK\x03\x05"), "differs from the zip directory"
        ),
        "size larger in the directory": Hostile(_edited(row, 24, b"\xff\xff\x00\x00"), "is compressed"),
        "sizes larger than the file": Hostile(_edited(row, 20, b"\x00\x00\x00\x7f" * 2), "reaches into"),
        "entry that reaches into the next": Hostile(
            _edited(row, 20, b"\xff\x00\x00\x00" * 2, last=False), "overlaps"
        ),
        "entries that overlap": Hostile(_overlapping, "overlaps another"),
        "offset of an entry behind the end": Hostile(_edited(row, 42, b"\xff\xff\xff\x7f"), damaged),
        "directory moved": Hostile(_edited(end, 16, b"\x07\x00\x00\x00"), where),
        "directory larger": Hostile(_edited(end, 12, b"\xff\xff\x00\x00"), where),
        "directory smaller": Hostile(_edited(end, 12, b"\x30\x00\x00\x00"), where),
        "directory damaged": Hostile(_edited(row, 0, b"PK\x01\x03"), damaged),
        "a million entries claimed": Hostile(
            lambda: with_64_bit_end(_good()).replace(
                struct.pack("<2Q", 7, 7), struct.pack("<2Q", 10**6, 10**6)
            ),
            "lists 1000000 entries",
        ),
        "65,535 entries claimed": Hostile(_edited(end, 8, b"\xff\xff\xff\xff"), "lists 65535 entries"),
        "directory of 200,000 rows": Hostile(_many_entries, "more than any checkpoint"),
        "directory of 2**62 bytes": Hostile(
            lambda: with_64_bit_end(_good(), length=1 << 62), "more than any"
        ),
        "64-bit end elsewhere": Hostile(lambda: with_64_bit_end(_good(), moved=-1), where),
        "64-bit end without its signature": Hostile(
            lambda: with_64_bit_end(_good(), signature=b"PK\x06\x05"), where
        ),
        "cut in the middle": Hostile(lambda: _good()[: len(_good()) // 2], "cut short"),
        "cut by one byte": Hostile(lambda: _good()[:-1], "cut short"),
        "cut to nothing": Hostile(lambda: _good()[:30], "cut short"),
        "something before": Hostile(lambda: b"PK\x03\x04" + bytes(96) + _good(), where),
        "something behind": Hostile(lambda: _good() + b"x", "something follows its end"),
        "comment at the end": Hostile(lambda: _good()[:-2] + b"\x04\x00abcd", "something follows its end"),
        "comment claimed": Hostile(_edited(end, 20, b"\x04\x00"), "something follows its end"),
        "bytes changed": Hostile(lambda: _good().replace(b"_modules", b"_Modules"), "checksum"),
    }


# ---- trees that have no end: harmless to read, to be refused by who walks them


def _steps(*parts: bytes) -> bytes:
    """Values made one after the other, each put into the next place of the memo; the last one is left."""
    return b"0".join(part + put(place) for place, part in enumerate(parts))


def _circle(length: int) -> bytes:
    """A module that is found again `length` modules below itself."""
    modules = mapping(m=get(0))
    for _ in range(length - 1):
        modules = mapping(m=module(modules=modules))
    return STUB + put(0) + mapping(_parameters=b"}", _buffers=b"}", _modules=modules) + b"b"


def _chain(length: int) -> bytes:
    """A module in a module in a module …"""
    return _steps(module(), *(module(modules=mapping(m=get(place))) for place in range(length)))


def _wide(levels: int) -> bytes:
    """A module that holds the same module ten times, that holds the same module ten times, …"""
    rows = (mapping(**{f"m{n}": get(level) for n in range(10)}) for level in range(levels))
    return _steps(module(), *(module(modules=row) for row in rows))


def _crowd() -> bytes:
    """A thousand modules that share a thousand names of one tensor."""
    names = mapping(**{f"p{n}": get(0) for n in range(1_000)})
    same = mapping(**{f"m{n}": get(2) for n in range(1_000)})
    return _steps(a_tensor(), names, module(parameters=get(1)), module(modules=same))


def _trees() -> dict[str, Hostile]:
    files: dict[str, Callable[[], bytes]] = {
        "module that contains itself": lambda: mapping(model=_circle(1)),
        "modules in a circle": lambda: mapping(model=_circle(2)),
        "module in 20,000 others": lambda: mapping(model=_chain(20_000)),
        "module reached by 10**30 ways": lambda: mapping(model=_wide(30)),
        "million names for one tensor": lambda: mapping(model=_crowd()),
        "checkpoint that contains itself": lambda: b"}" + put(0) + text("model") + get(0) + b"s",
        "names that contain themselves": lambda: mapping(
            model=STUB + mapping(names=b"}" + put(0) + number(0) + get(0) + b"s", _modules=b"}") + b"b"
        ),
        "list in 100,000 others": lambda: b"]" * 100_000 + b"a" * 99_999,
        "tuple in 100,000 others": lambda: b")" + b"\x85" * 100_000,
        "mark in 100,000 others": lambda: b"(" * 100_000 + b"t" * 100_000,
        "list of 10**30 empty ones": lambda: _steps(
            b"]", *(listed(*[get(level)] * 10) for level in range(30))
        ),
        "tuple of 2**60 empty ones": lambda: _doubled(60),
    }
    trees = {
        title: Hostile(lazily(lambda make=make: pickled(make())), "", stage="walk")
        for title, make in files.items()
    }
    return trees | {
        "modules that share one large storage": Hostile(_one_storage, "over and over", stage="walk"),
    }


def _one_storage() -> bytes:
    """A file of 4 MB whose state dict would take 40 GB."""
    elements = 1 << 20
    names = mapping(**{f"p{n}": get(0) for n in range(10_000)})
    network = _steps(a_tensor((elements,), stored=storage(elements=elements)), module(parameters=names))
    return checkpoint(pickled(mapping(model=network)), **{"0": bytes(4 * elements)})


CORPUS: dict[str, Hostile] = {
    f"{kind}: {title}": hostile
    for kind, files in (
        ("call", _calls()),
        ("hidden", _hidden_calls()),
        ("misuse", _misused()),
        ("opcode", _opcodes()),
        ("resource", _resources()),
        ("tensor", _tensors()),
        ("container", _containers()),
        ("tree", _trees()),
    )
    for title, hostile in files.items()
}
"""Every hostile file, by what it tries."""
