"""Augmentation: pixels stay under their boxes, and all is as the step-by-step implementation has it."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from data_sets.painted import bounds, make_sample, paint_samples, pixels_of, rectangle
from data_sets.plain_augmentation import load_picture, plain_augment
from data_sets.unchanged import OFF
from hypothesis import given
from hypothesis import strategies as st

from yolov10.data import open_dataset
from yolov10.data.augment import augment
from yolov10.data.augmentation import PUBLISHED, Augmentation
from yolov10.data.jobs import Job, make
from yolov10.data.pictures import Pictures
from yolov10.errors import UserError
from yolov10.images import write
from yolov10.letterbox import fit, letterbox

UNCOLOURED = replace(PUBLISHED["n"], hsv_h=0, hsv_s=0, hsv_v=0)


def augmented(pictures, index, settings, seed):
    """BGR [size,size,3], classes [n], boxes [n,4]."""
    planes = np.empty((3, pictures.size, pictures.size), np.uint8)
    classes, boxes = augment(pictures, index, settings, np.random.default_rng(seed), planes)
    return np.ascontiguousarray(planes[::-1].transpose(1, 2, 0)), classes, boxes


# --- Off ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "width,height", [(640, 480), (480, 640), (333, 500), (97, 31), (2000, 12), (1280, 720)]
)
@pytest.mark.parametrize("size", [320, 640, 1024])
def test_with_everything_off_it_is_the_letterbox_of_predict(tmp_path, width, height, size):
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    write(tmp_path / "a.png", image)
    box = rectangle(0.25 * width, 0, width, 0.75 * height)
    sample = make_sample(tmp_path / "a.png", (width, height), [7], [box], outlines=False)
    frame = fit(width, height, (size, size))
    found, classes, boxes = augmented(Pictures([sample], size), 0, OFF, 0)
    assert (found == letterbox(image, frame)).all()
    if min(width, height) * frame.gain > 8:  # else the box is thinner than what survives
        assert classes.tolist() == [7]
        expected = np.array([box[0], box[2]]) * frame.gain + (frame.left, frame.top)
        np.testing.assert_allclose(boxes, expected.reshape(1, 4), atol=0.5)


def test_large_pictures_are_held_at_training_size_and_small_ones_as_they_are(tmp_path):
    samples, _ = paint_samples(tmp_path, 1, size=(320, 240))
    assert Pictures(samples, 160).load(0).shape == (120, 160, 3)
    assert Pictures(samples, 640).load(0).shape == (240, 320, 3)


# --- Pixels stay under their boxes -------------------------------------------------------------------------

EVERYTHING = replace(UNCOLOURED, degrees=30, shear=8, perspective=0.0005, flipud=0.5)


@pytest.mark.parametrize(
    "settings,outlines",
    [
        (UNCOLOURED, False),
        (replace(UNCOLOURED, scale=0.9, flipud=0.5), False),
        (replace(UNCOLOURED, mosaic=0.0), False),
        (UNCOLOURED, True),
        (EVERYTHING, True),
        (replace(EVERYTHING, mosaic=0.0), True),
    ],
    ids=["mosaic", "wide scale", "single", "outlines", "outlines turned", "outlines turned, single"],
)
@pytest.mark.parametrize("side", [160, 320, 448], ids=["shrunk", "same", "enlarged"])
def test_painted_pixels_stay_under_their_boxes(tmp_path, settings, outlines, side):
    samples, colours = paint_samples(tmp_path, 12, outlines=outlines)
    pictures = Pictures(samples, side, cache_bytes=1 << 28)
    checked = 0
    for seed in range(15):
        image, classes, boxes = augmented(pictures, seed % len(samples), settings, seed)
        for label in np.unique(classes):
            mask = pixels_of(image, colours[label])
            own = boxes[classes == label]
            for box in own:
                assert_hugs(box, mask, own)
                checked += 1
            uncovered = mask.copy()
            for box in own:
                uncovered &= ~around(box, mask.shape, 2)
            assert_not_survived(uncovered, side)
    assert checked > 50


def assert_hugs(box, mask, own):
    """The object's pixels reach to within 2 pixels of every side, where no other of the same class is near.

    Except where a cut at a flat angle leaves a tip: what is thinner than a pixel does not show.
    """
    others = [other for other in own if (other != box).any()]
    if any((around(other, mask.shape, 6) & around(box, mask.shape, 6)).any() for other in others):
        return
    mask = mask & around(box, mask.shape, 4)
    x1, y1, x2, y2 = found = bounds(mask)
    ends = (mask[:, x1], mask[y1], mask[:, x2 - 1], mask[y2 - 1])
    for side, end in enumerate(ends):
        assert abs(found[side] - box[side]) <= 2 or end.sum() <= 2, (found, box)


def around(box, shape, margin):
    inside = np.zeros(shape, bool)
    x1, y1, x2, y2 = np.rint(box).astype(int)
    inside[max(y1 - margin, 0) : y2 + margin, max(x1 - margin, 0) : x2 + margin] = True
    return inside


def assert_not_survived(mask, side):
    """What is seen of an object without a box is less than a tenth of it, or under two pixels thin."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    largest_object = (side / 2) ** 2 * 1.9**2
    for x, y, width, height, area in stats[1:count]:
        assert area <= 0.10 * largest_object or min(width, height) <= 3, (x, y, width, height)


# --- As the step-by-step implementation has it -------------------------------------------------------------

TURNED = Augmentation(degrees=20, shear=5, perspective=0.0005, flipud=0.5)


class Both:
    """A data set for both implementations, its pictures decoded once."""

    def __init__(self, samples, size):
        self.size, self.samples = size, samples
        self.pictures = Pictures(samples, size, cache_bytes=1 << 29)
        self._loaded = {}

    def load(self, sample):
        if sample.path not in self._loaded:
            self._loaded[sample.path] = load_picture(sample, self.size)
        return self._loaded[sample.path]

    def ours(self, settings, seed):
        return augmented(self.pictures, seed % len(self.samples), settings, seed)

    def plain(self, settings, seed):
        rng = np.random.default_rng(seed)
        return plain_augment(self.samples, seed % len(self.samples), settings, self.size, rng, self.load)


@pytest.fixture(scope="module")
def cells(bccd):
    return Both(open_dataset(bccd / "data.yaml", "train").samples, 640)


@pytest.fixture(scope="module")
def blobs(tmp_path_factory):
    samples, _ = paint_samples(tmp_path_factory.mktemp("blobs"), 12, outlines=True)
    return Both(samples, 320)


@pytest.mark.parametrize(
    "settings",
    [PUBLISHED["n"], PUBLISHED["l"], PUBLISHED["n"].without_mosaic(), TURNED],
    ids=["n", "l", "last epochs", "turned"],
)
def test_same_random_numbers_give_the_same_picture_and_boxes(cells, settings):
    unmatched, distances = compare(cells, settings, range(40))
    assert unmatched <= 0.005 * len(distances)  # boxes at the very threshold of survival
    assert distances.max() <= whole_pixels(settings)
    assert len(distances) > 500


@pytest.mark.parametrize(
    "settings", [PUBLISHED["n"], PUBLISHED["l"], replace(TURNED, copy_paste=0.5)], ids=["n", "l", "turned"]
)
def test_outlines_and_copies_too(blobs, settings):
    unmatched, distances = compare(blobs, settings, range(40))
    assert unmatched <= 0.005 * len(distances)
    # The sampled outline misjudges objects that fill a corner of the view, see `bounds_within`.
    assert (distances > whole_pixels(settings)).mean() < 0.03
    assert len(distances) > 200


def compare(both, settings, seeds):
    """Boxes without a counterpart, and the largest difference of an edge of each that has one."""
    unmatched, distances = 0, [np.zeros(0)]
    for seed in seeds:
        image, classes, boxes = both.ours(settings, seed)
        plain_image, plain_classes, plain_boxes = both.plain(settings, seed)
        assert np.abs(image.astype(int) - plain_image).mean() < 3
        unmatched += abs(len(classes) - len(plain_classes))
        if len(classes) == len(plain_classes):
            assert (classes == plain_classes).all()
            distances.append(np.abs(boxes - plain_boxes).max(1, initial=0))
    return unmatched, np.concatenate(distances)


def whole_pixels(settings):
    """How far crops that end on whole pixels may move a box: half of one here, half of an enlarged one."""
    return 0.5 + 0.5 * (1 + settings.scale)


@pytest.mark.parametrize("scale", ["n", "l"])
def test_statistics_match_when_the_random_numbers_differ(cells, scale):
    """Means over 150 pictures each, at most four standard errors of their difference apart."""
    ours = np.array([statistics(*cells.ours(PUBLISHED[scale], seed)) for seed in range(150)])
    plain = np.array([statistics(*cells.plain(PUBLISHED[scale], seed)) for seed in range(1000, 1150)])
    error = np.sqrt(np.nanvar(ours, 0) / len(ours) + np.nanvar(plain, 0) / len(plain))
    apart = np.abs(np.nanmean(ours, 0) - np.nanmean(plain, 0)) / error
    assert dict(zip(STATISTICS, apart > 4, strict=True)) == dict.fromkeys(STATISTICS, False)
    assert (error[:2] < 0.1 * np.nanmean(plain, 0)[:2]).all()  # else it could not tell


STATISTICS = ["count", "width", "height", "wide", "high", "x", "y", "mean", "deviation", "detail"]


def statistics(image, classes, boxes):
    """Of one training picture; its boxes by their means, since those of one picture are not independent."""
    pixels = [image.mean(), image.std(), np.abs(np.diff(image.astype(int), axis=1)).mean()]
    if not len(boxes):
        return [0, *[np.nan] * 6, *pixels]
    width, height = (boxes[:, 2:] - boxes[:, :2]).T
    x, y = (boxes[:, 2:] + boxes[:, :2]).T / 2
    sizes = [width.mean(), height.mean(), (width**2).mean(), (height**2).mean()]
    return [len(boxes), *sizes, x.mean(), y.mean(), *pixels]


def test_partners_are_drawn_evenly_from_the_whole_data_set(tmp_path):
    """Each of 12 pictures is one partner in twelve: a chi-square with 11 degrees of freedom."""

    class Recording(Pictures):
        used = ()

        def objects(self, index):
            self.used += (index,)
            return super().objects(index)

    pictures = Recording(paint_samples(tmp_path, 12)[0], 96, cache_bytes=1 << 26)
    for seed in range(400):
        augmented(pictures, 5, replace(OFF, mosaic=1.0), seed)
    drawn = np.array(pictures.used).reshape(400, 4)
    assert (drawn[:, 0] == 5).all()
    counts = np.bincount(drawn[:, 1:].ravel(), minlength=12)
    assert ((counts - 100) ** 2 / 100).sum() < 31.3  # exceeded once in a thousand


# --- Mixup, flips, labels ----------------------------------------------------------------------------------


@pytest.fixture
def two_shades(tmp_path):
    """A dark picture and a bright one, each with one object."""
    samples = []
    for label, shade in enumerate((50, 201)):
        path = tmp_path / f"{label}.png"
        write(path, np.full((64, 64, 3), shade, np.uint8))
        samples.append(
            make_sample(path, (64, 64), [label], [rectangle(8, 8, 24 + 8 * label, 40)], outlines=False)
        )
    return Pictures(samples, 64)


def test_mixup_blends_two_pictures_by_a_beta_share_and_keeps_the_labels_of_both(two_shades):
    shares = []
    for seed in range(400):
        image, classes, boxes = augmented(two_shades, 0, replace(OFF, mixup=1.0), seed)
        assert len(np.unique(image)) == 1
        assert len(classes) == len(boxes) == 2
        if classes.tolist() == [0, 1]:
            assert boxes.tolist() == [[8, 8, 24, 40], [8, 8, 32, 40]]
            shares.append((201 - image[0, 0, 0]) / (201 - 50))
        else:
            assert image[0, 0, 0] in (49, 50)  # with itself; truncation may take a level
    # Beta(32, 32): mean 0.5, standard deviation 0.062; truncation adds up to one level of 151.
    count = len(shares)
    assert count > 150
    assert abs(np.mean(shares) - 0.5 - 0.5 / 151) < 4 * 0.062 / count**0.5
    assert abs(np.std(shares) - 0.062) < 4 * 0.062 / (2 * count) ** 0.5


def test_mixup_happens_as_often_as_asked(two_shades):
    counts = [len(augmented(two_shades, 0, replace(OFF, mixup=0.25), seed)[1]) for seed in range(400)]
    assert set(counts) == {1, 2}
    assert abs(np.mean(counts) - 1.25) < 4 * (0.25 * 0.75 / 400) ** 0.5


@pytest.mark.parametrize("axis,setting", [(0, {"flipud": 1.0}), (1, {"fliplr": 1.0})])
def test_flips_mirror_pixels_and_boxes(cells, axis, setting):
    image, classes, boxes = augmented(cells.pictures, 0, OFF, 0)
    flipped, same, moved = augmented(cells.pictures, 0, replace(OFF, **setting), 0)
    assert (flipped == np.flip(image, axis)).all()
    assert (same == classes).all()
    low, high = (1, 3) if axis == 0 else (0, 2)
    np.testing.assert_allclose(moved[:, [low, high]], 640 - boxes[:, [high, low]])
    np.testing.assert_allclose(moved[:, [1 - low, 5 - high]], boxes[:, [1 - low, 5 - high]])


def test_crowds_are_ignored(tmp_path):
    write(tmp_path / "a.png", np.zeros((64, 64, 3), np.uint8))
    boxes = [rectangle(0, 0, 30, 30), rectangle(30, 30, 60, 60)]
    sample = make_sample(tmp_path / "a.png", (64, 64), [0, 1], boxes, crowd=[True, False])
    assert augmented(Pictures([sample], 64), 0, OFF, 0)[1].tolist() == [1]


def test_a_picture_that_is_no_longer_readable_is_gray_and_has_no_objects(tmp_path):
    samples, _ = paint_samples(tmp_path, 2, outlines=True)
    samples[1].path.write_bytes(samples[1].path.read_bytes()[:500])
    pictures = Pictures(samples, 320)
    image, classes, _ = augmented(pictures, 1, OFF, 0)
    assert (image == 114).all()
    assert len(classes) == 0
    assert list(pictures.unreadable) == [1]
    assert str(samples[1].path) in pictures.unreadable[1]
    for seed in range(20):
        settings = replace(UNCOLOURED, copy_paste=1.0, mixup=0.5)
        assert (augmented(pictures, 0, settings, seed)[1] < 4).all()


def test_a_picture_that_has_changed_its_size_counts_as_unreadable(tmp_path):
    samples, _ = paint_samples(tmp_path, 1)
    write(samples[0].path, np.zeros((50, 60, 3), np.uint8))
    pictures = Pictures(samples, 320)
    assert (augmented(pictures, 0, OFF, 0)[0] == 114).all()
    assert "has changed" in pictures.unreadable[0]


def test_the_cache_keeps_to_its_bytes_and_changes_nothing(tmp_path):
    samples, _ = paint_samples(tmp_path, 4, size=(100, 80))
    none, some = Pictures(samples, 100), Pictures(samples, 100, cache_bytes=2 * 100 * 80 * 3)
    for seed in range(8):
        found = [augmented(pictures, seed % 4, PUBLISHED["n"], seed) for pictures in (none, some)]
        assert (found[0][0] == found[1][0]).all()
    for sample in samples:
        sample.path.unlink()
    assert sum(some.load(index) is not None for index in range(4)) == 2
    assert sum(none.load(index) is not None for index in range(4)) == 0


@given(
    settings=st.builds(
        Augmentation,
        mosaic=st.sampled_from([0.0, 0.5, 1.0]),
        mixup=st.sampled_from([0.0, 1.0]),
        copy_paste=st.sampled_from([0.0, 0.5, 1.0]),
        degrees=st.sampled_from([0.0, 180.0]) | st.floats(0, 180),
        translate=st.floats(0, 1),
        scale=st.floats(0, 0.99),
        shear=st.just(0.0) | st.floats(0, 80),
        perspective=st.just(0.0) | st.floats(0, 0.0007),
        hsv_h=st.floats(0, 1),
        hsv_s=st.floats(0, 1),
        hsv_v=st.floats(0, 1),
        flipud=st.floats(0, 1),
        fliplr=st.floats(0, 1),
    ),
    seed=st.integers(0, 2**32),
    outlines=st.booleans(),
)
def test_whatever_the_settings_targets_are_valid(mixed, settings, seed, outlines):
    pictures = mixed[outlines]
    images = np.empty((3, 3, 96, 96), np.uint8)
    targets = make(pictures, Job(seed, 3, (0, 1, 2), settings), images).targets
    assert targets.dtype == np.float32
    assert np.isfinite(targets).all()
    assert np.isin(targets[:, 0], (0, 1, 2)).all()
    low, high = targets[:, 2:4] - targets[:, 4:6] / 2, targets[:, 2:4] + targets[:, 4:6] / 2
    assert (low >= -1e-6).all()
    assert (high <= 1 + 1e-6).all()
    assert (targets[:, 4:6] * 96 > 2).all()  # spec 5.4


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Pictures of all proportions, with boxes and with outlines, by whether they have those."""
    found = {}
    for outlines in (False, True):
        samples = []
        for number, size in enumerate([(320, 240), (60, 50), (96, 96), (40, 400)]):
            folder = tmp_path_factory.mktemp("mixed")
            samples += paint_samples(folder, 1, size=size, outlines=outlines, seed=number)[0]
        found[outlines] = Pictures(samples, 96, cache_bytes=1 << 24)
    return found


# --- Settings ----------------------------------------------------------------------------------------------


def test_published_values_are_those_of_the_paper():
    assert list(PUBLISHED) == list("nsmblx")
    assert [PUBLISHED[name].scale for name in "nsmblx"] == [0.5, 0.5, 0.9, 0.9, 0.9, 0.9]
    assert [PUBLISHED[name].mixup for name in "nsmblx"] == [0, 0, 0.1, 0.1, 0.15, 0.15]
    assert [PUBLISHED[name].copy_paste for name in "nsmblx"] == [0, 0, 0.1, 0.1, 0.3, 0.3]


def test_the_last_epochs_have_single_pictures_still_warped_and_recoloured():
    last = PUBLISHED["x"].without_mosaic()
    assert (last.mosaic, last.mixup, last.copy_paste) == (0, 0, 0)
    assert replace(last, mosaic=1.0, mixup=0.15, copy_paste=0.3) == PUBLISHED["x"]


@pytest.mark.parametrize(
    "field,value", [("mosaic", 1.5), ("scale", 1.0), ("degrees", -1), ("mixup", float("nan"))]
)
def test_a_value_out_of_range_is_refused_by_name(field, value):
    with pytest.raises(UserError, match=f"{field} is"):
        Augmentation(**{field: value})
