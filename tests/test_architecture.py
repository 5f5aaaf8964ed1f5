"""The rows: spec 2.2, 2.3, and what the founding document says of them (spec 10)."""

import pytest

from yolov10.architecture import SCALES, layers
from yolov10.errors import UserError

# Spec 2.2, out channels of the layers with modules, and repeats of the stages.
CHANNELS = {
    "n": "16 32 32 64 64 128 128 256 256 256 256 256 384 128 128 192 64 64 192 128 128 384 256",
    "s": "32 64 64 128 128 256 256 512 512 512 512 512 768 256 256 384 128 128 384 256 256 768 512",
    "m": "48 96 96 192 192 384 384 576 576 576 576 576 960 384 384 576 192 192 576 384 384 960 576",
    "b": "64 128 128 256 256 512 512 512 512 512 512 512 1024 512 512 768 256 256 768 512 512 1024 512",
    "l": "64 128 128 256 256 512 512 512 512 512 512 512 1024 512 512 768 256 256 768 512 512 1024 512",
    "x": "80 160 160 320 320 640 640 640 640 640 640 640 1280 640 640 960 320 320 960 640 640 1280 640",
}
REPEATS = {"n": (1, 2), "s": (1, 2), "m": (2, 4), "b": (2, 4), "l": (3, 6), "x": (3, 6)}
COMPACT = {
    "n": {22},
    "s": {8, 22},
    "m": {8, 19, 22},
    "b": {8, 13, 19, 22},
    "l": {8, 13, 19, 22},
    "x": {6, 8, 13, 19, 22},
}
LARGE_KERNEL = {"n": {22}, "s": {8, 22}}


def test_channels_of_every_layer(scale):
    assert [row.out_channels for row in layers(scale)[:-1]] == list(map(int, CHANNELS[scale].split()))


def test_repeats_of_every_stage(scale):
    three, six = REPEATS[scale]
    stages = {row.index: row.options["repeats"] for row in layers(scale) if "repeats" in row.options}
    assert stages == {2: three, 4: six, 6: six, 8: three, 13: three, 16: three, 19: three, 22: three}


def test_kinds_and_sources(scale):
    rows = layers(scale)
    kinds = [row.kind.replace("C2fCIB", "C2f") for row in rows]
    assert kinds == [
        *("Conv", "Conv", "C2f", "Conv", "C2f", "SCDown", "C2f", "SCDown", "C2f", "SPPF", "PSA"),
        *("Upsample", "Concat", "C2f", "Upsample", "Concat", "C2f"),
        *("Conv", "Concat", "C2f", "SCDown", "Concat", "C2f", "Detect"),
    ]
    several = {row.index: row.sources for row in rows if len(row.sources) > 1}
    assert several == {12: (11, 6), 15: (14, 4), 18: (17, 13), 21: (20, 10), 23: (16, 19, 22)}
    assert all(row.sources == (row.index - 1,) for row in rows if row.index not in several)


def test_which_scale_uses_c2fcib(scale):
    assert {row.index for row in layers(scale) if row.kind == "C2fCIB"} == COMPACT[scale]


def test_repvggdw_only_in_n_and_s(scale):
    large = {row.index for row in layers(scale) if row.options.get("large_kernel")}
    assert large == LARGE_KERNEL.get(scale, set())


def test_neck_c2f_has_no_shortcut_and_c2fcib_has(scale):
    for row in layers(scale):
        if "shortcut" in row.options:
            assert row.options["shortcut"] == (row.kind == "C2fCIB" or row.index < 11), row


def test_b_is_balanced_m_at_full_width():
    assert (SCALES["b"].depth, SCALES["b"].width) == (SCALES["m"].depth, 1.0)
    assert SCALES["b"].max_channels == 512


def test_output_strides():
    assert [row.output_stride for row in layers("n")] == [
        *(2, 4, 4, 8, 8, 16, 16, 32, 32, 32, 32),
        *(16, 16, 16, 8, 8, 8, 16, 16, 16, 32, 32, 32, 8),
    ]


def test_class_count_that_equals_a_declared_width_changes_nothing():
    # Spec 1.11: the published code skips width scaling when a declared width equals the class count.
    assert layers("n", 64)[0].out_channels == 16


def test_unknown_scale_names_the_six():
    with pytest.raises(UserError, match="no scale 'h'.*n s m b l x"):
        layers("h")


def test_no_classes_is_refused():
    with pytest.raises(UserError, match="at least one class"):
        layers("n", 0)
