"""Copy-paste: objects appear at their mirrored place where that is free, pixels and boxes alike."""

from dataclasses import replace

import numpy as np
import pytest
from data_sets.painted import bounds, make_sample, pixels_of, raster, rectangle
from data_sets.unchanged import OFF

from yolov10.data.augment import augment
from yolov10.data.pictures import Pictures
from yolov10.images import write

RED, GREEN = np.array([0, 0, 250], np.uint8), np.array([0, 250, 0], np.uint8)
TRIANGLE = np.array([[10, 20], [50, 20], [10, 80]], np.float64)


def pasted(folder, polygons, *, share=1.0, outlines=True, seed=0, size=(200, 200)):
    """BGR, classes and boxes after copy-paste of a picture with polygons, painted green on red."""
    image = np.full((size[1], size[0], 3), RED, np.uint8)
    for polygon in polygons:
        image[raster(polygon, image.shape[:2])] = GREEN
    write(folder / "a.png", image)
    sample = make_sample(folder / "a.png", size, range(len(polygons)), polygons, outlines=outlines)
    planes = np.empty((3, 200, 200), np.uint8)
    settings, rng = replace(OFF, copy_paste=share), np.random.default_rng(seed)
    classes, boxes = augment(Pictures([sample], 200), 0, settings, rng, planes)
    return np.ascontiguousarray(planes[::-1].transpose(1, 2, 0)), classes.tolist(), boxes


def test_an_object_is_copied_to_its_mirrored_place_within_its_outline(tmp_path):
    image, classes, boxes = pasted(tmp_path, [TRIANGLE])
    assert classes == [0, 0]
    np.testing.assert_allclose(boxes, [[10, 20, 50, 80], [150, 20, 190, 80]])
    green = pixels_of(image, GREEN)
    right = green & (np.arange(200) >= 100)
    assert np.abs(bounds(right) - boxes[1]).max() <= 2
    mirrored = raster(TRIANGLE * (-1, 1) + (200, 0), (200, 200))
    assert (right ^ mirrored).sum() <= np.hypot(40, 60) + 40 + 60  # at most a pixel along the outline


def test_no_copy_goes_where_it_would_cover_an_object(tmp_path):
    # The copy of the triangle's box, 150…190, covers half of the square; the square's covers none of it.
    square = rectangle(170, 20, 200, 60)
    _, classes, _ = pasted(tmp_path, [TRIANGLE, square])
    assert classes == [0, 1]


@pytest.mark.parametrize("reach,copies", [(150 + 40 * 0.25, 2), (150 + 40 * 0.5, 1)])
def test_less_than_a_third_of_an_object_may_be_covered(tmp_path, reach, copies):
    """The copy at 150…190 reaches over a quarter or a half of an equally wide object that ends in it."""
    other = rectangle(reach - 40, 20, reach, 80)
    _, classes, _ = pasted(tmp_path, [rectangle(10, 20, 50, 80), other])
    assert classes.count(0) == copies


@pytest.mark.parametrize("share,copies", [(0.0, 0), (0.3, 1), (0.5, 2), (1.0, 4)])
def test_the_share_of_free_objects_is_copied(tmp_path, share, copies):
    polygons = [rectangle(10, top, 40, top + 20) for top in (10, 50, 90, 130)]
    _, classes, _ = pasted(tmp_path, polygons, share=share)
    assert len(classes) == 4 + copies


def test_which_ones_is_random(tmp_path):
    polygons = [rectangle(10, top, 40, top + 20) for top in (10, 50, 90, 130)]
    chosen = {pasted(tmp_path, polygons, share=0.3, seed=seed)[1][-1] for seed in range(40)}
    assert chosen == {0, 1, 2, 3}


def test_without_outlines_nothing_is_copied(tmp_path):
    _, classes, _ = pasted(tmp_path, [TRIANGLE], outlines=False)
    assert classes == [0]


def test_background_has_nothing_to_copy(tmp_path):
    image, classes, _ = pasted(tmp_path, [])
    assert classes == []
    assert (image == RED).all()
