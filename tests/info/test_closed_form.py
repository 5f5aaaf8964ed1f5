"""The closed formulas, read off `formulas.py`, equal what torch builds, on random blocks of every kind."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from info.built import count, module_of

from yolov10.architecture import layers
from yolov10.formulas import layer_cost
from yolov10.info.block_kinds import KINDS, build_block
from yolov10.info.blocks import describe_block
from yolov10.info.closed_form import closed_form
from yolov10.info.polynomial import symbol
from yolov10.info.steps import steps_of
from yolov10.network.fuse import fuse_modules


@st.composite
def random_blocks(draw):
    """Any block, with channels, repeats n, expansion e, kernel k, groups g and bias drawn."""
    name = draw(st.sampled_from(sorted(KINDS)))
    groups = draw(st.sampled_from([1, 2, 4])) if name == "Conv" else 1
    width = st.integers(2, 96).map(lambda c: c * groups)
    if name in ("Attention", "PSA"):
        d = draw(st.sampled_from([64, 72, 128, 144, 192, 256, 288, 320]))
        widths = [d * (2 if name == "PSA" else 1)]
    else:
        widths = [draw(width) for _ in KINDS[name].widths]
    drawn = {
        "kernel": st.sampled_from([1, 3, 5, 7]),
        "stride": st.sampled_from([1, 2]),
        "groups": st.just(groups),
        "repeats": st.integers(1, 4),
        "expansion": st.floats(0.5, 3),
        "num_classes": st.integers(1, 120),
    }
    options = KINDS[name].options
    given_options = {key: draw(drawn.get(key, st.integers(0, 1))) for key in options}
    return build_block(name, widths, given_options)


@given(block=random_blocks())
def test_biases_stand_in_their_column_and_every_sum_is_that_of_the_steps(block):
    stride = 32 if block.kind == "Detect" else block.output_stride
    for form in describe_block(block, 2 * stride, stride)["forms"]:
        for column in ("weights", "parameters", "operations", "memory"):
            assert sum(step[column] for step in form["steps"]) == form[column]
        assert form["parameters"] - form["weights"] == sum(step["others"] for step in form["steps"])


@settings(max_examples=500)
@given(block=random_blocks(), fused=st.booleans())
def test_formulas_equal_counts_on_500_random_blocks(block, fused):
    with torch.device("meta"):
        parent = torch.nn.ModuleList([module_of(block)]).eval()
    if fused:
        fuse_modules(parent)
    counted = count(parent)
    cost = layer_cost(block, fused=fused)
    steps = steps_of(block, fused=fused)
    assert cost.parameters(fused=fused) == counted
    assert sum(step.parameters(fused=fused) for step in steps) == counted
    if block.kind != "Detect":
        form = closed_form(block, fused=fused)
        assert form.parameters(fused=fused).value(form.values) == counted
        assert form.weights.value(form.values) == cost.weights


def test_the_formula_of_a_head_is_that_of_each_level():
    row = layers("n")[-1]
    form = closed_form(row)
    levels = [form.parameters().value(dict(form.values) | {"c": c}) for c in row.in_channels]
    assert levels == [78144 + 19904, 115008 + 25728, 188736 + 37376]  # spec 3.1: box and class
    assert sum(levels) == 464896


@pytest.mark.parametrize(
    "name,channels,options,formula",
    [
        ("Conv", [8, 16], {}, "k²·c1·c2 + 2·c2"),
        ("Conv", [8, 16], {"bias": 1}, "k²·c1·c2 + c2"),
        ("Conv", [8, 16], {"groups": 4}, "k²·p·c2 + 2·c2"),
        ("Bottleneck", [8], {}, "18·c² + 4·c"),
        ("SCDown", [8, 16], {}, "c1·c2 + k²·c2 + 4·c2"),
        ("RepVGGDW", [8], {}, "62·c"),
        ("CIB", [8], {}, "4·c² + 50·c"),
        ("CIB", [8], {"large_kernel": 1}, "4·c² + 152·c"),
        ("SPPF", [8, 8], {}, "c1·h + 4·h·c2 + 2·h + 2·c2"),
    ],
)
def test_formulas_are_those_of_the_specification(name, channels, options, formula):
    form = closed_form(build_block(name, channels, options))
    assert form.text(form.parameters()) == formula


def test_merging_takes_repvggdw_from_62_to_50_a_channel():
    form = closed_form(build_block("RepVGGDW", [8], {}), fused=True)
    assert form.text(form.parameters(fused=True)) == "50·c"


def test_numbers_put_in_stand_where_the_letters_stood():
    table = describe_block(build_block("SCDown", [256, 512], {}), 512, 512)
    formula = table["forms"][0]["formula"]["parameters"]
    assert formula["numbers"] == "256·512 + 3²·512 + 4·512"
    assert formula["value"] == 137728


@given(a=st.integers(0, 50), b=st.integers(1, 9), c=st.integers(0, 50))
def test_a_polynomial_computes_as_its_letters_numbers_do(a, b, c):
    def formula(x, y, z):
        return (x + 3 * y) ** 2 * z + (x * z + 7) // y * 2 + y // y

    values = {"a": a, "b": b, "c": c}
    assert formula(*map(symbol, values)).value(values) == formula(a, b, c)
