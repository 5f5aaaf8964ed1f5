"""What the plots show."""

import numpy as np
import pytest
from evaluation.worlds import rows, sample
from hypothesis import example, given
from hypothesis import strategies as st

from yolov10.evaluation.chart import Axis, Line, line_chart
from yolov10.evaluation.inference import Findings
from yolov10.evaluation.matrix import matrix_chart
from yolov10.evaluation.paper import INK, heading, paper, shortened, text_width
from yolov10.evaluation.plots import write_plots
from yolov10.evaluation.report import assess
from yolov10.evaluation.worst import mistakes, worst_images
from yolov10.images import write

RED = (0, 0, 255)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]),
        (0, 25, [0, 5, 10, 15, 20, 25]),
        (3, 4.5, [3, 3.2, 3.4, 3.6, 3.8, 4, 4.2, 4.4]),
        (-0.02, 0.02, [-0.02, -0.015, -0.01, -0.005, 0, 0.005, 0.01, 0.015, 0.02]),
    ],
)
def test_ticks_are_round(low, high, ticks):
    np.testing.assert_allclose(Axis("x", low, high).ticks(), ticks, atol=1e-12)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
@example(-0.02, 0.04)
@example(-0.0, 1.0)
@example(-1e-12, 1.0)
@example(-0.3, 0.3)
def test_no_axis_is_labelled_minus_zero(low, span):
    axis = Axis("x", low, low + span)
    ticks = axis.ticks()
    assert "-0" not in [f"{tick:g}" for tick in ticks]
    assert 2 <= len(ticks) <= 11
    assert ticks == sorted(set(ticks))
    assert all(-1e-6 < axis.share(tick) < 1 + 1e-6 for tick in ticks)


def test_a_line_goes_through_its_points_and_stops_at_gaps():
    x = np.array([0, 0.5, 0.6, 1.0])
    chart = line_chart("t", "n", (Axis("x"), Axis("y")), [Line(x, np.array([0, 0.5, np.nan, 1.0]), RED)])
    assert chart.shape == (1000, 1500, 3)
    red = (chart == RED).all(axis=2)
    # The plot is 1010×700 pixels, its origin at (100, 890).
    assert red[890 - 175, 100 + 252]  # half way to the middle
    assert not red[890 - 560, 100 + 808]  # in the gap
    assert red.any(axis=1).argmax() >= 890 - 700 - 2


def test_names_are_cut_to_their_room():
    assert shortened("RBC", 20, 100) == "RBC"
    cut = shortened("a name that goes on and on", 20, 100)
    assert cut.endswith("…")
    assert text_width(cut, 20) <= 100
    assert shortened("anything", 20, 0) == "…"


def test_the_heading_leaves_ink():
    image = paper(600, 200)
    heading(image, "Größe 红细胞", "IoU ≥ 0.5")
    assert (image == INK).all(axis=2).any()


@pytest.mark.parametrize("classes", [1, 12, 80, 300])
def test_a_matrix_of_any_number_of_classes_is_drawn_and_dark_on_its_diagonal(classes):
    names = [f"class number {index}" for index in range(classes)] + ["nothing"]
    chart = matrix_chart(
        "t", "n", ("there", "found"), (names, names), np.eye(classes + 1, dtype=np.int64) * 7
    )
    assert chart.shape[0] < 2200
    assert chart.shape[1] < 2200
    cell = min(max(1300 // (classes + 1), 4), 130)
    assert (chart[-60 - cell // 4 * 3, :, 0] == 150).any()


def world():
    """Three pictures: all right; one missed, since it is not sure enough; two false."""
    there = (0, 0, 40, 40)
    samples = [sample([there], [0]), sample([there, [50, 50, 90, 90]], [0, 0]), sample([], [])]
    found = [
        rows((*there, 0.9, 0)),
        rows((*there, 0.9, 0), (50, 50, 90, 90, 0.1, 0)),
        rows((*there, 0.8, 1), (50, 50, 90, 90, 0.7, 1), *[(*there, 0.2, 0)] * 9),
    ]
    return samples, found


def test_mistakes_by_hand(tmp_path):
    samples, found = world()
    evaluation = assess(Findings(samples, found, 0, 0), ["a", "b"])
    one, two, three = (mistakes(evaluation, index) for index in range(3))
    assert 0.2 < evaluation.threshold < 0.7
    assert (one.right.tolist(), one.false.tolist(), one.missed.tolist()) == ([0], [], [])
    assert (two.right.tolist(), two.false.tolist(), two.missed.tolist()) == ([0], [], [1])
    assert (three.right.tolist(), three.false.tolist(), three.missed.tolist()) == ([], [0, 1], [])
    assert [len(one), len(two), len(three)] == [0, 1, 2]


def test_the_sheet_shows_the_worst_first(tmp_path):
    samples, found = world()
    shades = [60, 120, 180]
    for index, shade in enumerate(shades):
        path = write(tmp_path / f"{index}.png", np.full((480, 640, 3), shade, np.uint8))
        samples[index] = sample(samples[index].boxes, samples[index].classes, path=path)
    evaluation = assess(Findings(samples, found, 0, 0), ["a", "b"])
    sheet = worst_images(evaluation)
    middle = 190 + 465 // 2
    assert [int(sheet[middle, 30 + 650 * column + 310, 0]) for column in range(3)] == shades[::-1]


def test_a_write_protected_place_is_a_users_fault(tmp_path):
    from yolov10.errors import UserError

    samples, found = world()
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="file"):
        write_plots(tmp_path / "file", assess(Findings(samples, found, 0, 0), ["a", "b"]))
