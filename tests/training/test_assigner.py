"""The task-aligned assigner: the published assignments, the rules one by one, and the dense oracle."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from training.golden_maps import CASE_A, CASE_B, CLOSE, LABELS, hashed_maps

from yolov10.training.assigner import _largest, assign
from yolov10.training.candidates import grid_of, ground_truths, pairs_inside

# Specification 11.4: image, ground truth of the batch, {anchor: score}.
CASE_A_POSITIVES = [
    (0, 0, {36: .07125, 51: .04652, 52: .02760, 69: .02319, 70: .38025, 100: .01594, 103: .20446, 132: .02598,
            147: .01738, 150: .22011}),
    (0, 1, {116: .15727, 149: .10045}),
    (0, 2, {154: .00191, 170: .02943, 171: .00136, 174: .00450, 186: .19790, 187: .34594, 190: .00258,
            202: .00297, 205: .00856, 206: .01306}),
    (1, 3, {101: .11658, 117: .31380, 118: .36011, 120: .65769, 122: .21929, 135: .15056, 137: .90230,
            148: .73232, 168: .29160, 183: .14198}),
]  # fmt: skip
CASE_B_POSITIVES = [
    (0, 0, {53: 0.37623}),
    (0, 1, {117: 0.29138}),
    (0, 2, {174: 0.30357}),
    (1, 3, {168: 0.74593}),
    (1, 4, {17: 0}),
]
CASE_C_POSITIVES = [(0, 0, {70: 0.35534}), (0, 2, {187: 0.34594}), (1, 3, {137: 0.86242})]


def assigned(maps, targets, topk, classes=3):
    """Sorted (image, ground truth, {anchor: score})."""
    grid = grid_of(maps)
    truths = ground_truths(targets, grid, classes)
    found = assign(maps, grid, truths, pairs_inside(truths, grid), topk)
    columns = (found.image, found.ground_truth, found.anchor, found.score)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    assert len({(image, anchor) for image, _, anchor, _ in rows}) == len(rows), "an anchor learns one box"
    groups = {}
    for image, ground_truth, anchor, score in rows:
        groups.setdefault((image, ground_truth), {})[anchor] = score
    return [(*key, groups[key]) for key in sorted(groups)]


@pytest.mark.parametrize(
    ("key", "topk", "expected", "normaliser"),
    [
        (CASE_A, 10, CASE_A_POSITIVES, 5.784840),
        (CASE_B, 1, CASE_B_POSITIVES, 1.717117),
        (CASE_A, 1, CASE_C_POSITIVES, 1.563709),
    ],
    ids="ABC",
)
def test_assignments_are_the_published_ones(key, topk, expected, normaliser):
    totals = {}
    for dtype in (torch.float64, torch.float32):
        positives = assigned(hashed_maps(key, dtype), LABELS.to(dtype), topk)
        assert [(image, g, sorted(scores)) for image, g, scores in positives] == [
            (image, g, sorted(scores)) for image, g, scores in expected
        ]
        for (_, _, scores), (_, _, published) in zip(positives, expected, strict=True):
            assert scores == pytest.approx(published, abs=6e-6)
        totals[dtype] = sum(sum(scores.values()) for _, _, scores in positives)
    assert totals[torch.float64] == pytest.approx(normaliser, rel=CLOSE)
    assert totals[torch.float32] == pytest.approx(totals[torch.float64], rel=CLOSE)


def test_without_labels_nothing_is_assigned():
    assert assigned(hashed_maps(CASE_A), LABELS[:0], 10) == []


# An image of 64×64 on which every anchor sees nothing, and anchors are then told what they see.
CLASSES = 3


def blank_maps():
    maps = [torch.zeros(1, 64 + CLASSES, cells, cells) for cells in (8, 4, 2)]
    for raw in maps:
        raw[:, 64:] = -30
        raw[:, :64:16] = 50  # all distances 0: boxes without extent
    return maps


def tell(maps, row, column, distances, **logits):
    """Let a P3 anchor predict whole distances in cells (left, top, right, bottom) and logits c0=, …."""
    bins = maps[0][0, :64, row, column].view(4, 16)
    bins[:] = 0
    bins[torch.arange(4), torch.tensor(distances)] = 50
    for name, logit in logits.items():
        maps[0][0, 64 + int(name[1:]), row, column] = logit


def target(category, x1, y1, x2, y2):
    """A label of image 0 from corners in pixels."""
    return [0, category, (x1 + x2) / 128, (y1 + y2) / 128, (x2 - x1) / 64, (y2 - y1) / 64]


def test_contested_anchor_goes_to_the_largest_overlap_though_that_one_did_not_select_it():
    maps = blank_maps()
    tell(maps, 3, 3, (2, 2, 2, 2), c0=5, c1=5, c2=-20)  # sees exactly the box of class 2, but not its class
    tell(maps, 4, 4, (3, 3, 2, 2), c2=5)  # the choice of class 2
    wide, tall = target(0, 8, 12, 48, 44), target(1, 12, 8, 44, 48)
    exact = target(2, 12, 12, 44, 44)
    contested, chosen = 3 * 8 + 3, 4 * 8 + 4
    uncontested = assigned(maps, torch.tensor([wide, exact]), 1)
    assert [(g, list(scores)) for _, g, scores in uncontested] == [(0, [contested]), (1, [chosen])]
    ((_, ground_truth, scores),) = assigned(maps, torch.tensor([wide, tall, exact]), 1)
    assert ground_truth == 2
    assert set(scores) == {contested, chosen}
    assert scores[chosen] == pytest.approx(1, abs=1e-5), "the best metric is worth the best overlap"


def test_equal_boxes_leave_the_anchor_to_the_first():
    maps = blank_maps()
    tell(maps, 3, 3, (2, 2, 2, 2), c0=2, c1=2)
    box = (12, 12, 44, 44)
    for first, second in ((0, 1), (1, 0)):
        ((_, ground_truth, scores),) = assigned(
            maps, torch.tensor([target(first, *box), target(second, *box)]), 1
        )
        assert ground_truth == 0
        assert list(scores) == [3 * 8 + 3]


def test_anchors_that_see_nothing_of_the_box_are_not_selected():
    assert assigned(blank_maps(), torch.tensor([target(0, 8, 8, 40, 40)]), 10) == []


def test_more_than_the_anchors_inside_cannot_be_selected():
    maps = blank_maps()
    for row in range(8):
        for column in range(8):
            tell(maps, row, column, (1, 1, 1, 1), c0=0)
    ((_, _, scores),) = assigned(maps, torch.tensor([target(0, 8, 8, 24, 24)]), 10)
    assert set(scores) == {9, 10, 17, 18}


def test_best_anchor_is_worth_its_overlap_and_others_their_share():
    maps = blank_maps()
    tell(maps, 3, 3, (2, 2, 2, 2), c0=0)
    tell(maps, 3, 4, (3, 2, 1, 2), c0=-1)  # the same box, less sure
    ((_, _, scores),) = assigned(maps, torch.tensor([target(0, 12, 12, 44, 44)]), 10)
    share = torch.tensor(-1.0).sigmoid().sqrt() / torch.tensor(0.0).sigmoid().sqrt()
    assert scores == pytest.approx({27: 1, 28: share.item()}, abs=1e-5)


values = st.sampled_from([0.0, 1e-40, 0.25, 0.5, 1.0]) | st.floats(0, 1, width=32)


@given(st.lists(st.tuples(st.integers(0, 4), values), max_size=60), st.integers(1, 10))
def test_largest_of_each_group_are_those_of_a_plain_sort(members, k):
    group = torch.tensor([g for g, _ in members]).long()
    value = torch.tensor([v for _, v in members])
    expected = []
    for g in range(5):
        ranked = sorted((-v, index) for index, (other, v) in enumerate(members) if other == g and v > 0)
        expected += [index for _, index in ranked[:k]]
    assert _largest(value, group, 5, k).tolist() == expected
