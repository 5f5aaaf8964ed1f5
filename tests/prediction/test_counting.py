"""Lines and zones: every crossing once, by way and class."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yolov10 import Detections
from yolov10.errors import WrongValueError
from yolov10.prediction import counting
from yolov10.prediction.counting import Crossings, parse_line, parse_zone


def frame(*places, size=20.0):
    """Followed detections from (track, x, y) or (track, x, y, class) of their centres."""
    rows = np.array([(*place, 0)[:4] for place in places], np.float64).reshape(-1, 4)
    half = size / 2
    boxes = np.column_stack([rows[:, 1] - half, rows[:, 2] - half, rows[:, 1] + half, rows[:, 2] + half])
    return Detections(
        boxes=boxes.astype(np.float32),
        scores=np.full(len(rows), 0.9, np.float32),
        classes=rows[:, 3].astype(np.int64),
        names=["cat", "dog"],
        tracks=rows[:, 0].astype(np.int64),
    )


def walked(border, *path, **more):
    """Totals of both ways after one object went along the path."""
    crossings = Crossings(border)
    for x, y in path:
        crossings.update(frame((1, x, y), **more))
    return tuple(counts.total() for counts in crossings.counts.values())


DOWN, ACROSS = parse_line("100,0,100,200"), parse_line("0,100,200,100")


@pytest.mark.parametrize(
    "line,path,expected",
    [
        (DOWN, [(50, 50), (150, 50)], (1, 0)),
        (DOWN, [(150, 50), (50, 50)], (0, 1)),
        (ACROSS, [(50, 150), (50, 50)], (1, 0)),
        (ACROSS, [(50, 50), (50, 150)], (0, 1)),
        (DOWN, [(50, 50), (150, 50), (50, 50), (150, 50)], (2, 1)),
        (DOWN, [(50, 50), (90, 50), (80, 50)], (0, 0)),
        (DOWN, [(50, 250), (150, 250)], (0, 0)),  # past its end
        (DOWN, [(50, 150), (150, 240)], (1, 0)),  # across it, though both ends of the way are far apart
        (DOWN, [(50, 250), (150, 250), (150, 50)], (0, 0)),  # round it
    ],
)
def test_a_line_counts_by_way(line, path, expected):
    assert walked(line, *path) == expected


def test_one_that_trembles_on_the_line_is_counted_once():
    path = [(80, 50), *((100 + wobble, 50) for wobble in (-1, 1, -1.5, 1.9, -1, 1)), (120, 50)]
    assert walked(DOWN, *path) == (1, 0)
    assert walked(DOWN, *path[:-1], (80, 50)) == (0, 0)


def test_by_class():
    crossings = Crossings(DOWN)
    crossings.update(frame((1, 50, 50, 0), (2, 50, 90, 1), (3, 150, 20, 1)))
    crossings.update(frame((1, 150, 50, 0), (2, 150, 90, 1), (3, 50, 20, 1)))
    assert crossings.to_dict() == {
        "kind": "line",
        "points": [[100, 0], [100, 200]],
        "forward": {"cat": 1, "dog": 1},
        "backward": {"dog": 1},
    }
    assert str(crossings) == "line 100,0,100,200: forward 2 (1 cat, 1 dog), backward 1 (1 dog)"


def test_unseen_on_the_line_it_is_counted_when_it_comes_out():
    crossings = Crossings(DOWN)
    for places in ([(1, 50, 50)], [], [], [(1, 150, 50)]):
        crossings.update(frame(*places))
    assert crossings.counts["forward"].total() == 1


def test_a_zone_counts_who_enters_and_who_leaves():
    zone = parse_zone("100,100,200,100,200,200,100,200")
    assert walked(zone, (50, 150), (150, 150), (250, 150), (150, 150)) == (2, 1)
    assert walked(zone, (150, 150), (160, 160)) == (0, 0)  # was there from the start
    assert walked(zone, (150, 150), (300, 150)) == (0, 1)
    assert walked(zone, (97, 150), (101, 150), (99, 150), (97, 150)) == (0, 0)  # trembles at the edge


SLANTED = parse_zone("0,0,300,100,0,100")


@pytest.mark.parametrize(
    "zone,on,inside,outside",
    [
        (parse_zone("100,100,200,200"), (100, 150), (150, 150), (50, 150)),
        (parse_zone("100,100,200,200"), (200, 200), (150, 150), (250, 250)),
        *((SLANTED, (x, x / 3), (20, 80), (200, 20)) for x in (1, 50.5, 100, 150, 299)),
    ],
)
def test_whoever_is_first_seen_exactly_on_the_border_of_a_zone_is_in_it(zone, on, inside, outside):
    assert walked(zone, on, inside) == (0, 0)
    assert walked(zone, on, outside) == (0, 1)
    assert walked(zone, on, outside, on, inside) == (1, 1)


@pytest.mark.parametrize("size", [20.0, 1.0, 0.0])
def test_one_that_moves_along_the_border_of_a_zone_is_not_counted_for_it(size):
    along = [(x, x / 3) for x in np.linspace(1, 299, 60)]
    assert walked(SLANTED, *along, size=size) == (0, 0)
    assert walked(SLANTED, (200, 20), *along, (20, 80), size=size) == (1, 0)
    assert walked(SLANTED, (200, 20), *along, (200, 20), size=size) == (0, 0)
    assert walked(SLANTED, (20, 80), *along, (200, 20), size=size) == (0, 1)


@given(st.integers(0, 2**32 - 1))
def test_who_entered_and_who_left_add_up_to_who_is_in(seed):
    rng = np.random.default_rng(seed)
    zone = parse_zone("100,100,200,200")
    entered = left = there = first = 0
    for _ in range(20):
        path = [tuple(point) for point in rng.integers(85, 216, (6, 2))]
        path.append([(150, 150), (0, 0)][rng.integers(2)])  # clear of the border in the end
        came, went = walked(zone, *path)
        entered, left = entered + came, left + went
        first += zone.distance(np.array(path[0], float)) >= 0
        there += path[-1] == (150, 150)
    assert first + entered - left == there


def test_a_rectangle_from_two_corners():
    assert parse_zone("200,200,100,100").points.tolist() == [[200, 200], [100, 200], [100, 100], [200, 100]]


@given(st.floats(0.1, 6.2), st.integers(0, 2**32 - 1))
def test_a_line_in_any_direction_counts_as_many_forward_as_go_to_its_left(angle, seed):
    rng = np.random.default_rng(seed)
    way = np.array([np.cos(angle), np.sin(angle)])
    left = np.array([way[1], -way[0]])  # y points down
    ends = np.concatenate([-200 * way, 200 * way])
    line = parse_line(",".join(map(str, ends)))
    crossings = Crossings(line)
    starts = rng.choice([-1, 1], 30)
    for step in (40, -40):
        places = [
            (n, *(offset * way - side * step * left))
            for n, (side, offset) in enumerate(zip(starts, np.linspace(-190, 190, 30), strict=True))
        ]
        crossings.update(frame(*places))
    assert crossings.counts["forward"].total() == (starts == 1).sum()
    assert crossings.counts["backward"].total() == (starts == -1).sum()


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,x", "1,2,3,4,5,6", "5,5,5,5", "nan,1,2,3", "1,2,inf,4"])
def test_what_is_no_line(text):
    with pytest.raises(WrongValueError, match="is not x1,y1,x2,y2"):
        parse_line(text)


@pytest.mark.parametrize("text", ["1,2", "1,2,3,4,5", "0,0,10,10,20,20", "1,1,1,1", "a,b,c,d"])
def test_what_is_no_zone(text):
    with pytest.raises(WrongValueError, match="three corners and more"):
        parse_zone(text)


def test_draws_the_border_and_the_counts():
    crossings = Crossings(parse_zone("20,60,180,180"))
    canvas = np.zeros((200, 200, 3), np.uint8)
    crossings.draw(canvas)
    assert canvas[120, 20].max() > 100
    assert canvas[120, 180].max() > 100
    before = canvas.copy()
    crossings.update(frame((1, 10, 10)))
    crossings.update(frame((1, 100, 100)))
    crossings.draw(canvas)
    assert not np.array_equal(canvas, before)


@pytest.mark.parametrize("others", [6, 100])
def test_what_it_remembers_is_bounded_and_what_is_there_is_not_forgotten(monkeypatch, others):
    monkeypatch.setattr(counting, "REMEMBERED", 5)
    crossings = Crossings(DOWN)
    for track in range(others):
        crossings.update(frame((track, 50, 50), (0, 50, 50)))
    assert len(crossings.last) == 5
    crossings.update(frame((0, 150, 50)))
    assert crossings.counts["forward"].total() == 1
