"""Pickles read as data: the values that Python's unpickler gives, stubs and tensors where it imports."""

import gc
import hashlib
import json
import pickle
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from processor_time import within
from weights import checkpoints, hostile
from weights.checkpoints import write_checkpoint

from yolov10.errors import UserError
from yolov10.weights.archive import Archive, open_archive
from yolov10.weights.inert_values import Global, Stub
from yolov10.weights.pickle_reader import read_pickle
from yolov10.weights.tensor_ref import Storage, TensorRef, tensor

PROTOCOLS = [2, 3, 4, 5]


def state_dict(root: Any, prefix: str = "") -> Iterator[tuple[str, TensorRef]]:
    """Names and tensors of a module tree."""
    for kind in ("_parameters", "_buffers"):
        for name, ref in root.state[kind].items():
            if ref is not None and name not in root.state["_non_persistent_buffers_set"]:
                yield prefix + name, ref
    for name, child in root.state["_modules"].items():
        yield from state_dict(child, f"{prefix}{name}.")


def network_tensors(layers: int = 3, seed: int = 0) -> dict[str, NDArray[Any]]:
    """Tensors of a small network, under names as published; every float is exact in bfloat16."""
    rng = np.random.default_rng(seed)
    tensors: dict[str, NDArray[Any]] = {}
    for layer in range(layers):
        conv, norm = f"model.{layer}.m.0.cv1.conv", f"model.{layer}.m.0.cv1.bn"
        tensors[f"{conv}.weight"] = rng.integers(-128, 128, (4, 3, 3, 2)).astype(np.float32) / 64
        for name in ("weight", "bias", "running_mean", "running_var"):
            tensors[f"{norm}.{name}"] = rng.integers(0, 128, 4).astype(np.float32) / 64
        tensors[f"{norm}.num_batches_tracked"] = np.array(rng.integers(10_000), np.int64)
    return tensors


def materialised(archive: Archive, refs: Any) -> dict[str, NDArray[Any]]:
    return {name: tensor(archive, ref) for name, ref in refs}


def assert_same(found: dict[str, NDArray[Any]], expected: dict[str, NDArray[Any]], dtype: str) -> None:
    assert list(found) == list(expected)
    for name, array in expected.items():
        assert found[name].dtype == (dtype if array.dtype.kind == "f" else array.dtype)
        assert found[name].flags.c_contiguous and found[name].flags.writeable
        np.testing.assert_array_equal(found[name], array)


# ---- plain values

keys = st.one_of(
    st.text(max_size=5),
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.none(),
    st.binary(min_size=1, max_size=5),  # protocol 2 calls `bytes` for an empty one; no checkpoint does
)
scalars = keys | st.floats(allow_nan=False)
values = st.recursive(
    scalars | st.sets(keys, max_size=5),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(keys, inner, max_size=5)
    ),
    max_leaves=30,
)


@given(value=values, protocol=st.sampled_from(PROTOCOLS))
def test_plain_values_come_back_as_python_gives_them(value: object, protocol: int) -> None:
    read = read_pickle(pickle.dumps(value, protocol))
    assert read == value
    assert repr(read) == repr(pickle.loads(pickle.dumps(value, protocol)))


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (OrderedDict(a=1, b=OrderedDict()), {"a": 1, "b": {}}),
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (np.float16(0.5), 0.5),
        (np.int64(-3), -3),
        (np.uint8(200), 200),
        (np.bool_(True), True),
        (PurePosixPath("/data/coco.yaml"), "/data/coco.yaml"),
        (PureWindowsPath("C:/data/coco.yaml"), "C:\\data\\coco.yaml"),
        (Path("runs/train"), str(Path("runs/train"))),
        (list(range(5_000)), list(range(5_000))),
        ("é" * 300, "é" * 300),
        (b"\x00\xff" * 300, b"\x00\xff" * 300),
    ],
    ids=repr,
)
def test_what_checkpoints_hold_beside_tensors_becomes_plain(
    value: object, expected: object, protocol: int
) -> None:
    read = read_pickle(pickle.dumps(value, protocol))
    assert read == expected
    assert type(read) is type(expected)


@pytest.mark.parametrize("home", ["numpy.core", "numpy._core"])
def test_numpy_numbers_are_read_under_both_names_of_their_module(home: str, tmp_path: Path) -> None:
    path = checkpoints.save(tmp_path / "a.pt", [checkpoints.numpy_scalar(0.25, home)])
    with open_archive(path) as archive:
        assert read_pickle(archive.pickle()) == [0.25]


def test_frozen_sets_of_protocol_4_are_read() -> None:
    assert read_pickle(pickle.dumps(frozenset({"a", 1}), 4)) == frozenset({"a", 1})


def test_objects_become_stubs_that_keep_what_they_were_given() -> None:
    stub = read_pickle(pickle.dumps(SimpleNamespace(imgsz=640, names={0: "cell"}), 2))
    assert isinstance(stub, Stub)
    assert (stub.module, stub.name, stub.args) == ("types", "SimpleNamespace", ())
    assert stub.state == {"imgsz": 640, "names": {0: "cell"}}


def test_the_state_of_an_object_with_slots_is_one_dict() -> None:
    pair = hostile.several(hostile.mapping(a=b"N"), hostile.mapping(b=b"N"))
    lone = hostile.several(b"N", hostile.mapping(b=b"N"))
    for state, expected in ((pair, {"a": None, "b": None}), (lone, {"b": None})):
        stub = read_pickle(hostile.pickled(hostile.STUB + state + b"b"))
        assert isinstance(stub, Stub)
        assert stub.state == expected


def test_names_of_torch_become_names_texts_and_tuples() -> None:
    read = read_pickle(
        hostile.pickled(
            hostile.listed(
                hostile.name("torch", "float16"),
                hostile.call(hostile.name("torch", "device"), hostile.text("cuda"), hostile.number(1)),
                hostile.call(hostile.name("torch", "device"), hostile.text("cpu")),
                hostile.call(hostile.name("torch", "Size"), hostile.several(*map(hostile.number, (1, 3)))),
                hostile.call(hostile.ORDERED_DICT, hostile.listed(hostile.several(hostile.text("a"), b"N"))),
            )
        )
    )
    assert read == [Global("torch", "float16"), "cuda:1", "cpu", (1, 3), {"a": None}]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_shared_and_cyclic_values_stay_so(protocol: int) -> None:
    inner: list[object] = []
    cycle: list[object] = [inner, inner, {"again": inner}]
    cycle.append(cycle)
    read = read_pickle(pickle.dumps(cycle, protocol))
    assert isinstance(read, list)
    assert read[0] is read[1]
    assert read[0] is read[2]["again"]
    assert read[3] is read


def test_a_model_saved_after_fusing_is_refused_with_a_way_out() -> None:
    with pytest.raises(UserError, match=r"__builtin__\.getattr: .* save the unfused model or its state dict"):
        read_pickle(hostile.pickled(hostile.name("__builtin__", "getattr")))


def test_a_refusal_says_where_in_the_pickle() -> None:
    with pytest.raises(UserError) as refusal:
        read_pickle(hostile.pickled(hostile.name("os", "system")))
    assert str(refusal.value) == (
        "refuses to load os.system: a YOLOv10 checkpoint has no use for it (byte 13 of its pickle)"
    )


# ---- anything else is refused, never more than that


@settings(max_examples=500)
@given(st.binary(max_size=200))
def test_random_opcodes_give_a_value_or_a_refusal(data: bytes) -> None:
    try:
        read_pickle(b"\x80\x04" + data)
    except UserError as refusal:
        assert str(refusal).isprintable()


PIECES = [
    *(bytes([code]) for code in b"()]}NaesubRQt01\x81\x85\x86\x87\x8f\x90\x91\x93\x94"),
    b"h\x00",
    b"h\x01",
    b"K\x01",
    *(hostile.text(value) for value in ("storage", "latin1", "f8")),
    *(hostile.name("torch", name) for name in ("Size", "device", "FloatStorage")),
    *(hostile.name("torch._utils", name) for name in ("_rebuild_parameter", "_rebuild_tensor_v2")),
    *(hostile.name("numpy", "dtype"), hostile.name("numpy._core.multiarray", "scalar")),
    *(hostile.name("builtins", "set"), hostile.name("_codecs", "encode"), hostile.ORDERED_DICT),
    *(hostile.CONV, hostile.STUB, hostile.storage(), hostile.a_tensor(), hostile.binary(bytes(8))),
]


@settings(max_examples=1_000)
@given(st.lists(st.sampled_from(PIECES), max_size=25))
def test_any_order_of_sensible_opcodes_gives_a_value_or_a_refusal(pieces: list[bytes]) -> None:
    try:
        read_pickle(hostile.pickled(b"".join(pieces), 4))
    except UserError as refusal:
        assert str(refusal).isprintable()


@settings(max_examples=300)
@given(data=st.data())
def test_a_changed_byte_gives_a_value_or_a_refusal(data: st.DataObject) -> None:
    good = pickle.dumps({"a": [1, 2.5, "x", (None, True)], "b": OrderedDict(c=np.float32(1))}, 2)
    place = data.draw(st.integers(0, len(good) - 1))
    changed = good[:place] + bytes([data.draw(st.integers(0, 255))]) + good[place + 1 :]
    try:
        read_pickle(changed)
    except UserError as refusal:
        assert str(refusal).isprintable()


# ---- tensors


@pytest.mark.parametrize(
    "dtype", ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"]
)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4, 5)])
def test_every_dtype_and_shape_is_read(dtype: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    array = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    with open_archive(checkpoints.save(tmp_path / "a.pt", {"a": checkpoints.tensor(array)})) as archive:
        refs = read_pickle(archive.pickle())
        assert isinstance(refs, dict)
        assert_same({"a": tensor(archive, refs["a"])}, {"a": array}, dtype)


def test_a_bool_that_is_neither_0_nor_1_is_true(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    path.write_bytes(checkpoints.archive_bytes(hostile.pickled(b"N"), {"0": b"\x00\x01\x02\xff"}))
    with open_archive(path) as archive:
        found = tensor(archive, TensorRef(Storage("0", "bool", 4), 0, (4,), (1,)))
    assert found.view(np.uint8).tolist() == [0, 1, 1, 1]


@st.composite
def views(draw: st.DrawFn) -> tuple[int, int, tuple[int, ...], tuple[int, ...]]:
    """A storage's length, and an offset, a shape and strides into it that may or may not fit."""
    axes = draw(st.integers(0, 4))
    some = st.tuples(*[st.integers(0, 4)] * axes)
    return draw(st.integers(0, 40)), draw(st.integers(0, 8)), draw(some), draw(some)


@settings(max_examples=500)
@given(view=views())
def test_a_view_holds_the_elements_it_names_or_is_refused(
    view: tuple[int, int, tuple[int, ...], tuple[int, ...]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    length, offset, shape, stride = view
    places = [
        offset + sum(index * step for index, step in zip(indices, stride, strict=True))
        for indices in np.ndindex(*shape)
    ]
    fits = all(place < length for place in places) and len(places) <= length and offset <= length
    if not fits:
        with pytest.raises(UserError, match="a tensor"):
            TensorRef(Storage("0", "int16", length), offset, shape, stride)
        return
    path = tmp_path_factory.getbasetemp() / "view.pt"
    elements = np.arange(length, dtype="<i2")
    path.write_bytes(checkpoints.archive_bytes(hostile.pickled(b"N"), {"0": elements.tobytes()}))
    with open_archive(path) as archive:
        found = tensor(archive, TensorRef(Storage("0", "int16", length), offset, shape, stride))
    assert found.tolist() == elements[np.array(places, int).reshape(shape)].tolist()
    assert found.flags.c_contiguous


# ---- whole checkpoints


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("style", ["authors", "upstream"])
@pytest.mark.parametrize("stripped", [True, False])
def test_a_module_tree_gives_the_names_and_values_of_its_state_dict(
    style: str, stripped: bool, protocol: int, tmp_path: Path
) -> None:
    tensors = network_tensors()
    path = write_checkpoint(
        tmp_path / "a.pt",
        tensors,
        names=["red cell", "white cell"],
        style=style,
        stripped=stripped,
        criterion=True,
        protocol=protocol,
        numpy_home="numpy.core" if protocol == 2 else "numpy._core",
    )
    with open_archive(path) as archive:
        facts: Any = read_pickle(archive.pickle())
        network = facts["model" if stripped else "ema"]
        assert network.name == ("YOLOv10DetectionModel" if style == "authors" else "DetectionModel")
        assert network.state["names"] == {0: "red cell", 1: "white cell"}
        assert network.state["yaml"]["scale"] == "n"
        assert network.state["criterion"].state["one2many"].state["device"] == "cuda:0"
        assert facts["best_fitness"] == (None if stripped else 0.4)
        assert_same(materialised(archive, state_dict(network)), tensors, "float16")
        if not stripped:
            zeros = {name: np.zeros_like(array) for name, array in tensors.items()}
            assert_same(materialised(archive, state_dict(facts["model"])), zeros, "float16")
            assert facts["optimizer"]["param_groups"][0]["lr"] == 0.01


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize(
    ("dtype", "read_as"), [("float16", "float16"), ("float32", "float32"), ("bfloat16", "float32")]
)
def test_a_state_dict_is_read_in_every_float_type_and_memory_order(
    dtype: str, read_as: str, channels_last: bool, tmp_path: Path
) -> None:
    tensors = network_tensors()
    path = write_checkpoint(
        tmp_path / "a.pt", tensors, names=["a"], style="state_dict", dtype=dtype, channels_last=channels_last
    )
    with open_archive(path) as archive:
        refs: Any = read_pickle(archive.pickle())
        assert (refs["model.0.m.0.cv1.conv.weight"].stride == (18, 6, 2, 1)) is not channels_last
        assert_same(materialised(archive, refs.items()), tensors, read_as)


def test_a_pickle_is_read_as_soon_in_a_program_that_holds_much(tmp_path: Path) -> None:
    """Python's collector would walk over all that the program holds, once for so many new values."""
    path = tmp_path / "hostile.pt"
    path.write_bytes(hostile.CORPUS["resource: a million sets"].build())
    collected = gc.get_stats()[2]["collections"]
    with pytest.raises(UserError):
        hostile.read(path)
    assert gc.get_stats()[2]["collections"] == collected
    assert gc.isenabled()


def test_the_largest_checkpoint_is_read_in_less_than_a_second(tmp_path: Path) -> None:
    """Scale x in mid-training: 1,135 entries, in the model and the EMA, and the optimizer's state."""
    path = write_checkpoint(tmp_path / "x.pt", network_tensors(190), names=["a"], stripped=False)
    with open_archive(path) as archive:
        data = archive.pickle()
    with within(1):
        read_pickle(data)


@pytest.mark.parametrize(
    "file", ["authors-8.1.34-n-3classes", "ultralytics-8.4.190-n-3classes", "ultralytics-8.4.190-n-bccd"]
)
def test_real_checkpoints_hold_the_tensors_their_makers_say(file: str, shared: Path) -> None:
    known = json.loads((shared / "checkpoints" / f"{file}.json").read_text())
    with open_archive(shared / "checkpoints" / f"{file}.pt") as archive:
        facts: Any = read_pickle(archive.pickle())
        network = facts["ema"] or facts["model"]
        found = materialised(archive, state_dict(network))
    hashes = {
        name: hashlib.sha256(
            (array.astype("<f2") if array.dtype.kind == "f" else array).tobytes()
        ).hexdigest()[:16]
        for name, array in found.items()
    }
    assert hashes == known["fp16_sha256_16"]
    assert {str(index): name for index, name in network.state["names"].items()} == known["names"]
    assert network.state["yaml"]["scale"] == "n"


# ---- what PyTorch itself writes and reads


def test_pytorch_reads_the_synthetic_twins_the_same(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    for dtype in ("float16", "bfloat16"):
        path = write_checkpoint(
            tmp_path / "a.pt",
            network_tensors(),
            names=["a"],
            style="state_dict",
            dtype=dtype,
            channels_last=True,
        )
        theirs = torch.load(path, weights_only=True)
        with open_archive(path) as archive:
            refs: Any = read_pickle(archive.pickle())
            ours = materialised(archive, refs.items())
        assert list(ours) == list(theirs)
        for name, array in ours.items():
            np.testing.assert_array_equal(array, theirs[name].float().numpy())


def test_what_pytorch_writes_is_read(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    generator = torch.Generator().manual_seed(0)
    base = torch.randn(4, 6, generator=generator)
    saved = {
        "plain": base,
        "transposed": base.T,
        "part": base[1:3, ::2],
        "half": base.half(),
        "bfloat16": base.bfloat16(),
        "channels last": torch.randn(2, 3, 4, 5, generator=generator).to(memory_format=torch.channels_last),
        "parameter": torch.nn.Parameter(base),
        "number": torch.tensor(7),
        "empty": torch.zeros(0, 3),
        "flags": base > 0,
        "bytes": torch.arange(5, dtype=torch.uint8),
    }
    torch.save(saved, tmp_path / "a.pt")
    with open_archive(tmp_path / "a.pt") as archive:
        refs: Any = read_pickle(archive.pickle())
        found = materialised(archive, refs.items())
    for name, value in saved.items():
        expected = value.detach().float() if name == "bfloat16" else value.detach()
        np.testing.assert_array_equal(found[name], expected.numpy())
        assert found[name].dtype == expected.numpy().dtype


def test_a_module_saved_whole_by_pytorch_gives_its_state_dict(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    nn = torch.nn
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.SiLU(), nn.ModuleList([nn.MaxPool2d(5)]))
    torch.save({"model": module}, tmp_path / "a.pt")
    with open_archive(tmp_path / "a.pt") as archive:
        facts: Any = read_pickle(archive.pickle())
        found = materialised(archive, state_dict(facts["model"]))
    expected = {name: value.numpy() for name, value in module.state_dict().items()}
    assert_same(found, expected, "float32")
