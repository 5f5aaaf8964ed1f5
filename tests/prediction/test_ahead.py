"""Reading ahead: in order, no further than agreed; and pictures read no larger than the network needs."""

import threading

import cv2
import numpy as np
import pytest
from conftest import DATA
from PIL import Image

from yolov10 import Detector, images
from yolov10.errors import UserError
from yolov10.letterbox import fit
from yolov10.model_names import weights_file
from yolov10.prediction.ahead import WORKERS, Canvases, fit_and_read, prepare, read_ahead
from yolov10.prediction.picture import Picture
from yolov10.prediction.sources import pictures

PICTURES = sorted((DATA / "bccd" / "images").glob("*/*.jpg"))


def test_results_come_in_order_whatever_finishes_first(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: WORKERS)
    made = [threading.Event() for _ in range(50)]

    def make(index):
        if index % 3 == 0 and index + 1 < len(made):
            made[index + 1].wait()  # the other thread's; so it is finished first
        made[index].set()
        return index

    assert list(read_ahead(range(50), make, ahead=5)) == list(range(50))


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_few_items(count):
    assert list(read_ahead(range(count), lambda index: index * 2, ahead=4)) == [0, 2, 4][:count]


def test_no_more_is_made_than_agreed():
    begun = []

    def source():
        for index in range(100):
            begun.append(index)
            yield index

    results = read_ahead(source(), lambda index: index, ahead=3)
    for taken in range(1, 20):
        next(results)
        assert len(begun) <= taken + 4
    results.close()


def test_what_is_to_be_looked_at_at_once_waits_for_no_other():
    begun = []

    def source():
        for index in range(12):
            begun.append(index)
            yield index

    for index in read_ahead(source(), lambda index: index, ahead=5, at_once=lambda index: index >= 8):
        if index >= 8:
            assert begun[-1] == index
    assert begun == list(range(12))


def test_a_fault_is_raised_in_its_turn_and_ends_the_threads():
    def make(index):
        if index == 4:
            raise ValueError("four")
        return index

    results = read_ahead(range(100), make, ahead=3)
    assert [next(results) for _ in range(4)] == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="four"):
        next(results)
    assert not any(thread.name.startswith("yolov10-read") for thread in threading.enumerate())


def jpeg(width, height, **exif):
    gradient = np.linspace(0, 255, width * height).reshape(height, width).astype(np.uint8)
    return cv2.imencode(".jpg", cv2.merge([gradient] * 3))[1].tobytes()


@pytest.mark.parametrize(
    "width,height,size,shrink",
    [
        (1280, 720, 640, 2),
        (1279, 720, 640, 1),
        (1281, 720, 640, 2),
        (4000, 3000, 640, 4),
        (8001, 400, 640, 8),
    ],
)
def test_a_jpeg_is_read_no_smaller_than_the_network_needs(width, height, size, shrink):
    pixels, frame = fit_and_read(images.open_bytes(jpeg(width, height), name="x"), size, full_decode=False)
    assert pixels.shape[1::-1] == (-(-width // shrink), -(-height // shrink))
    assert frame == fit(width, height, size)
    whole, same = fit_and_read(images.open_bytes(jpeg(width, height), name="x"), size, full_decode=True)
    assert (whole.shape[1::-1], same) == ((width, height), frame)


@pytest.mark.parametrize("ending,height,width", [(".png", 960, 1280), (".jpg", 480, 640)])
def test_other_formats_and_small_pictures_are_read_whole(ending, height, width):
    data = cv2.imencode(ending, np.zeros((height, width, 3), np.uint8))[1].tobytes()
    pixels, _ = fit_and_read(images.open_bytes(data, name="x"), 64, full_decode=False)
    assert pixels.shape == (height, width, 3)


def test_a_turned_jpeg_is_turned_small_too(tmp_path):
    path = tmp_path / "turned.jpg"
    turned = Image.new("RGB", (900, 1200))
    turned.paste(Image.linear_gradient("L").resize((900, 600)).convert("RGB"))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(path, exif=exif)
    small, frame = fit_and_read(images.open_file(path), 600, full_decode=False)
    whole, _ = fit_and_read(images.open_file(path), 600, full_decode=True)
    assert (small.shape, whole.shape) == ((450, 600, 3), (900, 1200, 3))
    assert (frame.source_width, frame.source_height) == (1200, 900)
    expected = cv2.resize(whole, (600, 450), interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - expected).mean() < 4


def test_canvases_are_used_again():
    canvases = Canvases()
    first = canvases.take(64, 96)
    canvases.give_back(first)
    assert canvases.take(64, 96) is first
    assert canvases.take(64, 96) is not first
    assert canvases.take(96, 64).shape == (96, 64, 3)


def test_a_used_canvas_holds_nothing_of_the_picture_before():
    canvases = Canvases()
    black, white = np.zeros((64, 96, 3), np.uint8), np.full((32, 96, 3), 255, np.uint8)
    for pixels in (black, white, black, white):
        picture = Picture("", lambda pixels=pixels: pixels, None)
        ready = prepare(picture, (64, 96), canvases, full_decode=False)
        fresh = prepare(picture, (64, 96), Canvases(), full_decode=False)
        np.testing.assert_array_equal(ready.canvas, fresh.canvas)
        canvases.give_back(ready.canvas)


def test_a_picture_that_needs_no_scaling_is_not_written_over_later():
    canvases, own = Canvases(), np.full((64, 96, 3), 7, np.uint8)
    ready = prepare(Picture("", lambda: own, None), (64, 96), canvases, full_decode=False)
    np.testing.assert_array_equal(ready.canvas, own)
    canvases.give_back(ready.canvas)
    prepare(Picture("", lambda: own + 1, None), (64, 96), canvases, full_decode=False)
    assert (own == 7).all()


@pytest.fixture(scope="module")
def detectors():
    path = weights_file("cells")
    options = {"runtime": "onnx", "confidence": 0.05, "image_size": 640}
    return [Detector(path, full_decode=whole, **options) for whole in (False, True)]


@pytest.fixture(scope="module")
def doubled(tmp_path_factory):
    """Pictures of 640×480 as JPEGs of 1280×960."""
    folder = tmp_path_factory.mktemp("doubled")
    for path in PICTURES:
        large = cv2.resize(cv2.imread(str(path)), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / path.name), large)
    return sorted(folder.iterdir())


MOST_BOX, MEAN_SCORE, NEARLY_ALL_SCORES = 0.005, 0.03, 0.1
"""Documented in docs/performance.md: of the long side of the picture; on average; of 19 in 20."""


def test_what_is_found_in_a_smaller_copy_is_within_the_documented_tolerance(detectors, doubled):
    boxes, scores = [], []
    for path in doubled:
        small, whole = (detector(path) for detector in detectors)
        assert (small.width, small.height) == (whole.width, whole.height) == (1280, 960)
        for box, score, index in zip(whole.boxes, whole.scores, whole.classes, strict=True):
            if score < 0.25:
                continue
            same = small.classes == index
            off = np.abs(small.boxes[same] - box).max(axis=1) / 1280
            nearest = off.argmin()
            boxes.append(off[nearest])
            scores.append(abs(small.scores[same][nearest] - score))
    assert len(boxes) > 60
    assert max(boxes) <= MOST_BOX
    assert np.mean(scores) <= MEAN_SCORE
    assert np.quantile(scores, 0.95) <= NEARLY_ALL_SCORES


def test_path_bytes_and_stream_see_the_same_copy(detectors, doubled):
    path = doubled[0]
    answers = [detectors[0](path), detectors[0](path.read_bytes()), next(detectors[0].stream(path))]
    for one in answers[1:]:
        np.testing.assert_array_equal(one.boxes, answers[0].boxes)


def test_an_annotated_copy_is_of_the_whole_picture(detectors, doubled):
    (found,) = detectors[0].results(pictures([doubled[0]]))
    assert found.as_read.shape == (480, 640, 3)
    assert found.pixels.shape == (960, 1280, 3)


def test_a_jpeg_is_read_whole_where_tiles_are_cut_out_of_it(tmp_path):
    path = tmp_path / "large.jpg"
    path.write_bytes(jpeg(1300, 900))
    detector = Detector(DATA / "models" / "toy.onnx", tile=640, image_size=320)
    (found,) = detector.results(pictures([path]))
    assert found.as_read.shape == (900, 1300, 3)
    assert (found.detections.width, found.detections.height) == (1300, 900)
    assert found.detections.source == str(path)


def test_a_picture_that_cannot_be_read_is_named():
    picture = Picture("gone.jpg", lambda: images.open_file("gone.jpg"), None)
    with pytest.raises(UserError, match=r"gone\.jpg"):
        prepare(picture, 64, Canvases(), full_decode=False)


def test_what_was_in_the_making_comes_before_a_fault_of_the_source():
    def items():
        yield from range(3)
        raise OSError("gone")

    seen = []
    with pytest.raises(OSError, match="gone"):
        for one in read_ahead(items(), lambda item: item, ahead=5):
            seen.append(one)  # noqa: PERF402 - it breaks off
    assert seen == [0, 1, 2]
