"""Closed formulas: every number of spec 2.4–2.6, and equality with what is built and counted."""

import pytest
from conftest import SCALES
from hypothesis import given
from hypothesis import strategies as st

from yolov10 import formulas
from yolov10.architecture import layers
from yolov10.convolutions import of_layer, state_entries
from yolov10.formulas import layer_cost, total_cost

# Spec 2.4, parameters by layer, unfused, 80 classes, in the order n s m b l x.
PARAMETERS = """
0   464 928 1392 1856 1856 2320
1   4672 18560 41664 73984 73984 115520
2   7360 29056 111360 197632 279808 436800
3   18560 73984 166272 295424 295424 461440
4   49664 197632 813312 1444864 2101248 3281920
5   9856 36096 78720 137728 137728 213120
6   197632 788480 3248640 5773312 8396800 4604160
7   36096 137728 228672 268800 268800 417920
8   460288 958464 1689984 1338368 1744384 2712960
9   164608 656896 831168 656896 656896 1025920
10  249728 990976 1253088 990976 990976 1545920
13  148224 591360 1993728 1600512 2006528 3122560
16  37248 148224 517632 919552 1247744 1948800
17  36992 147712 332160 590336 590336 922240
19  123648 493056 831744 1469440 1875456 2917760
20  18048 68864 152448 268800 268800 417920
22  282624 1089536 1911168 1600512 2006528 3122560
23  929808 1700720 2373616 2945392 2945392 4539120
"""
ONE_HEAD_AND_DFL = [464912, 850368, 1186816, 1472704, 1472704, 2269568]

# Spec 2.6, millions of convolution MACs by layer at 640×640.
MACS = """
0   44.24 88.47 132.71 176.95 176.95 221.18
1   117.96 471.86 1061.68 1887.44 1887.44 2949.12
2   183.50 734.00 2831.16 5033.16 7130.32 11141.12
3   117.96 471.86 1061.68 1887.44 1887.44 2949.12
4   314.57 1258.29 5190.45 9227.47 13421.77 20971.52
5   54.27 213.40 477.39 846.23 846.23 1319.94
6   314.57 1258.29 5190.45 9227.47 13421.77 7319.55
7   53.35 211.56 355.97 421.27 421.27 657.66
8   183.50 380.72 671.85 531.66 692.63 1078.78
9   65.54 262.14 331.78 262.14 262.14 409.60
10  98.76 394.14 498.70 394.14 394.14 615.55
13  235.93 943.72 3185.05 2546.07 3189.96 4970.50
16  235.93 943.72 3303.01 5872.03 7969.18 12451.84
17  58.98 235.93 530.84 943.72 943.72 1474.56
19  196.61 786.43 1319.73 2336.36 2980.25 4642.82
20  26.68 105.78 237.31 421.27 421.27 657.66
22  111.72 433.15 760.32 636.52 797.49 1242.62
23  1869.15 3199.62 4817.43 6650.60 6650.60 10235.16
"""
ONE_HEAD_MACS = [934.84, 1600.08, 2408.99, 3325.57, 3325.57, 5117.85]

# Spec 2.5.
TRAINING = [2775520, 8128272, 16576768, 20574384, 25888688, 31808960]
ONE_HEAD = [2310624, 7277920, 15389968, 19101696, 24416000, 29539408]
BOTH_FUSED = [2762608, 8096880, 16543024, 20534512, 25839728, 31738160]
FUSED = [2299264, 7248960, 15359488, 19065792, 24371008, 29473568]
GFLOPS_FUSED = [6.6960, 21.5797, 59.0981, 91.9538, 120.3391, 160.3820]
GFLOPS_TRAINING = [8.5665, 24.7862, 63.9150, 98.6039, 126.9892, 170.6166]
ENTRIES = [595, 619, 799, 835, 1027, 1135]
ENTRIES_BOTH_FUSED = [213, 219, 283, 295, 359, 395]
ENTRIES_FUSED = [165, 171, 235, 247, 311, 347]

OTHER_CLASS_COUNTS = {  # both heads unfused, one head fused
    ("n", 1): (2707430, 2265363),
    ("n", 2): (2707820, 2265558),
    ("n", 3): (2708210, 2265753),
    ("n", 10): (2710940, 2267118),
    ("n", 20): (2714840, 2269068),
    ("s", 1): (8067126, 7218387),
    ("s", 3): (8068674, 7219161),
    ("s", 20): (8081832, 7225740),
}


def column(table, scale):
    rows = (line.split() for line in table.strip().splitlines())
    return {int(row[0]): float(row[1 + SCALES.index(scale)]) for row in rows}


def test_parameters_of_every_layer(scale):
    expected = column(PARAMETERS, scale)
    counted = {row.index: layer_cost(row).parameters() for row in layers(scale)}
    assert {index: count for index, count in counted.items() if count} == expected


def test_macs_of_every_layer(scale):
    expected = column(MACS, scale)
    counted = {row.index: round(layer_cost(row).macs / 1e6, 2) for row in layers(scale)}
    assert {index: macs for index, macs in counted.items() if macs} == expected


def test_one_head_with_the_dfl(scale):
    cost = layer_cost(layers(scale)[-1], one2many=False)
    assert cost.parameters() == ONE_HEAD_AND_DFL[SCALES.index(scale)]
    assert round(cost.macs / 1e6, 2) == ONE_HEAD_MACS[SCALES.index(scale)]


def test_totals_as_published(scale):
    rows, at = layers(scale), SCALES.index(scale)
    assert total_cost(rows).parameters() == TRAINING[at]
    assert total_cost(rows, one2many=False).parameters() == ONE_HEAD[at]
    assert total_cost(rows, fused=True).parameters(fused=True) == BOTH_FUSED[at]
    assert total_cost(rows, fused=True, one2many=False).parameters(fused=True) == FUSED[at]
    assert round(total_cost(rows, fused=True, one2many=False).operations / 1e9, 4) == GFLOPS_FUSED[at]
    assert round(total_cost(rows).operations / 1e9, 4) == pytest.approx(GFLOPS_TRAINING[at], abs=1e-4)


def test_number_of_state_dict_entries(scale):
    at = SCALES.index(scale)
    assert len(state_entries(scale)) == ENTRIES[at]
    assert len(state_entries(scale, fused=True)) == ENTRIES_BOTH_FUSED[at]
    assert len(state_entries(scale, fused=True, one2many=False)) == ENTRIES_FUSED[at]


@pytest.mark.parametrize("scale,classes", OTHER_CLASS_COUNTS)
def test_totals_of_other_class_counts(scale, classes):
    rows = layers(scale, classes)
    counted = (
        total_cost(rows).parameters(),
        total_cost(rows, fused=True, one2many=False).parameters(fused=True),
    )
    assert counted == OTHER_CLASS_COUNTS[scale, classes]


@given(
    scale=st.sampled_from(SCALES),
    classes=st.integers(1, 400),
    cells=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    fused=st.booleans(),
)
def test_closed_formulas_equal_the_sum_over_convolutions(scale, classes, cells, fused):
    height, width = 32 * cells[0], 32 * cells[1]
    for row in layers(scale, classes):
        convolutions = list(of_layer(row, fused=fused))
        cost = layer_cost(row, height, width, fused=fused)
        weights = [c.out_channels * (c.in_channels // c.groups) * c.kernel**2 for c in convolutions]
        per_channel = [(1 if fused else 2) if c.norm else 1 for c in convolutions]
        dfl = row.kind == "Detect"
        parameters = sum(weights) + sum(
            n * c.out_channels for n, c in zip(per_channel, convolutions, strict=True)
        )
        assert cost.parameters(fused=fused) == parameters + 16 * dfl
        macs = sum(
            w * (height // c.stride) * (width // c.stride) for w, c in zip(weights, convolutions, strict=True)
        )
        anchors = sum((height // s) * (width // s) for s in (8, 16, 32))
        assert cost.macs == macs + 4 * 16 * anchors * dfl


@given(
    c1=st.integers(1, 64),
    c2=st.integers(1, 64),
    kernel=st.sampled_from([1, 3, 5, 7]),
    groups=st.sampled_from([1, 2, 4]),
    bias=st.booleans(),
)
def test_parameter_formula_with_groups_and_bias(c1, c2, kernel, groups, bias):
    from torch import nn

    conv = nn.Conv2d(c1 * groups, c2 * groups, kernel, groups=groups, bias=bias)
    counted = sum(p.numel() for p in conv.parameters())
    cost = formulas.conv(c1 * groups, c2 * groups, kernel, 1, groups=groups)
    assert counted == cost.weights + bias * cost.norm_channels


@given(
    c1=st.integers(1, 40),
    half=st.integers(1, 40),
    repeats=st.integers(1, 4),
    large=st.booleans(),
    fused=st.booleans(),
)
def test_block_formulas_equal_counted_parameters(c1, half, repeats, large, fused):
    from yolov10.network import blocks
    from yolov10.network.fuse import fuse_modules

    c2, d = 2 * half, 64 * (1 + half % 3)
    cases = [
        (blocks.SCDown(c1, c2, kernel=3, stride=2), formulas.scdown(c1, c2, 3, 4, 1)),
        (blocks.Bottleneck(half, shortcut=True), formulas.bottleneck(half, 1)),
        (blocks.C2f(c1, c2, repeats=repeats, shortcut=False), formulas.c2f(c1, c2, repeats, 1)),
        (
            blocks.C2fCIB(c1, c2, repeats=repeats, shortcut=True, large_kernel=large),
            formulas.c2fcib(c1, c2, repeats, 1, large=large, fused=fused),
        ),
        (
            blocks.CIB(half, shortcut=True, large_kernel=large),
            formulas.cib(half, 2 * half, 1, large=large, fused=fused),
        ),
        (blocks.SPPF(c2, c1, kernel=5), formulas.sppf(c2, c1, 1)),
        (blocks.Attention(d), formulas.attention(d, 1)),
        (blocks.PSA(2 * d, 2 * d), formulas.psa(2 * d, 1)),
    ]
    for block, cost in cases:
        if fused:
            fuse_modules(block.eval())
        counted = sum(p.numel() for p in block.parameters())
        assert counted == cost.parameters(fused=fused), type(block).__name__
