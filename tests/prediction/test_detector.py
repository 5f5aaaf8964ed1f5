"""The detector from a user's side: inputs, thresholds, classes, batches, streams."""

import io
import warnings
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import DATA, build_golden
from PIL import Image

from yolov10 import Detector
from yolov10.errors import UserError
from yolov10.prediction.picture import Picture
from yolov10.prediction.video import Footage, Moment, camera_or_stream

TOY = DATA / "models" / "toy.onnx"
CELLS = DATA / "odd_images" / "00_reference.png"


@pytest.fixture(scope="module")
def native(tmp_path_factory):
    from yolov10.weights import save

    return save(build_golden("n"), tmp_path_factory.mktemp("model") / "n.safetensors")


@pytest.fixture(scope="module")
def detector(native):
    return Detector(native, image_size=160, confidence=0.5)


@pytest.fixture
def toy():
    return Detector(TOY)


def picture(height=120, width=200, value=255):
    return np.full((height, width, 3), value, np.uint8)


def rows(found):
    return np.column_stack([found.boxes, found.scores, found.classes])


def test_boxes_come_back_in_the_pictures_own_pixels(toy):
    found = toy(picture())  # 120×200 → 192×320 exactly: no bars
    assert found.classes.tolist() == [0, 1, 2]
    np.testing.assert_allclose(found.scores, [0.9, 0.6, 0.3], atol=1e-6)
    np.testing.assert_allclose(found.boxes[0], [20, 24, 100, 72], atol=1e-3)
    assert (found.width, found.height, found.source, found.frame) == (200, 120, "", None)
    assert [found.names[index] for index in found.classes] == ["RBC", "WBC", "Platelets"]


def test_path_bytes_array_and_pil_image_give_the_same(detector):
    path = str(CELLS)
    array = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    expected = rows(detector(path))
    assert len(expected)
    for image in (CELLS, CELLS.read_bytes(), bytearray(CELLS.read_bytes()), array, Image.open(path)):
        np.testing.assert_array_equal(rows(detector(image)), expected)
    assert detector(path).source == path
    assert detector(array).source == ""


def test_a_picture_does_not_depend_on_its_company(detector, tmp_path):
    rng = np.random.default_rng(0)
    for index, (height, width) in enumerate([(90, 160), (160, 90), (90, 160), (64, 64), (90, 161)]):
        image = rng.integers(0, 255, (height, width, 3), np.uint8)
        cv2.imwrite(str(tmp_path / f"{index}.png"), image)
    alone = [rows(found) for found in detector.stream(tmp_path)]
    together = [rows(found) for found in detector.stream(tmp_path, batch=4)]
    assert [len(one) for one in alone] == [len(one) for one in together]
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)


def test_confidence_is_the_users_then_the_models_then_a_quarter(native, tmp_path):
    from dataclasses import replace

    from yolov10.weights import load, save

    assert Detector(native).confidence == 0.25
    network = load(native)
    network.card = replace(network.card, threshold=0.61)
    own = save(network, tmp_path / "own.safetensors")
    assert Detector(own).confidence == 0.61
    assert Detector(own, confidence=0.1).confidence == 0.1
    assert Detector(own, confidence=0.0).confidence == 0.0


def test_only_what_is_surer_than_the_confidence_is_kept(toy):
    assert len(Detector(TOY, confidence=0.59)(picture())) == 2
    assert len(Detector(TOY, confidence=0.95)(picture())) == 0


def test_a_score_equal_to_the_confidence_is_left_out():
    """Spec 7: kept is score > confidence."""
    second = float(Detector(TOY)(picture()).scores[1])
    assert Detector(TOY, confidence=second)(picture()).classes.tolist() == [0]
    assert Detector(TOY, confidence=np.nextafter(np.float32(second), 0))(picture()).classes.tolist() == [0, 1]


@pytest.mark.parametrize("model", ["toy", "native"])
def test_classes_are_filtered_by_name_or_index(model, native):
    if model == "toy":
        found = Detector(TOY, classes=["Platelets", 0])(picture())
        assert found.classes.tolist() == [0, 2]
    else:
        every = Detector(native, image_size=160, confidence=0.0, max_detections=300)(str(CELLS))
        wanted = sorted(set(every.classes.tolist()))[:2]
        found = Detector(native, image_size=160, confidence=0.0, classes=wanted)(str(CELLS))
        assert set(found.classes.tolist()) <= set(wanted)
        # Filtered before the top-k, so that more of them are seen than among the best of all classes.
        assert len(found) > sum(index in wanted for index in every.classes.tolist())


def test_one_class_per_box_keeps_the_surest():
    found = Detector(TOY, one_class_per_box=True)(picture())
    assert found.classes.tolist() == [0, 1]


def test_one_class_per_box_keeps_the_order_of_scores(monkeypatch):
    left, right, middle = [10, 0, 20, 10], [50, 0, 60, 10], [30, 0, 40, 10]
    boxes = [(right, 0.9, 2), (left, 0.8, 0), (right, 0.7, 1), (middle, 0.6, 1), (left, 0.5, 2)]
    rows = np.array([[[*box, score, index] for box, score, index in boxes]], np.float32)
    detector = Detector(TOY, runtime="onnx", one_class_per_box=True)
    monkeypatch.setattr("yolov10.runtimes.onnx_runtime.OnnxRuntime.__call__", lambda *_: rows)
    found = detector(picture(32, 64))
    assert found.scores.tolist() == pytest.approx([0.9, 0.8, 0.6])
    assert found.classes.tolist() == [2, 0, 1]


def test_max_detections_keeps_the_surest():
    assert Detector(TOY, max_detections=1)(picture()).classes.tolist() == [0]


def test_image_size_is_the_models_own_unless_given():
    assert Detector(TOY).image_size == 320
    assert Detector(TOY, image_size="96x100").image_size == (96, 128)
    assert Detector(TOY, image_size=100).image_size == 128


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (2000, 3)])
def test_pictures_of_extreme_shapes_pass_the_whole_pipeline(detector, size):
    found = detector(np.full((*size, 3), 128, np.uint8))
    assert (found.height, found.width) == size
    assert (found.boxes >= 0).all()
    assert (found.boxes <= [size[1], size[0]] * 2).all()


class TestStream:
    @pytest.fixture
    def folder(self, tmp_path):
        for name in ("b.png", "a.png", "sub/c.png"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            cv2.imwrite(str(tmp_path / name), picture())
        (tmp_path / "notes.md").write_text("not a picture")
        return tmp_path

    def test_a_folder_with_its_subfolders_in_order_of_names(self, toy, folder):
        sources = [found.source for found in toy.stream(folder)]
        assert sources == [str(folder / name) for name in ("a.png", "b.png", "sub/c.png")]

    def test_a_broken_picture_is_told_as_a_warning_and_the_rest_goes_on(self, toy, folder):
        (folder / "aa.jpg").write_bytes(b"\xff\xd8\xff")
        with pytest.warns(UserWarning, match=r"aa\.jpg"):
            assert len(list(toy.stream(folder, batch=2))) == 3

    def test_or_to_a_function(self, toy, folder):
        (folder / "aa.jpg").write_bytes(b"")
        failures = []
        assert len(list(toy.stream(folder, on_failure=failures.append))) == 3
        assert [failure.picture.source for failure in failures] == [str(folder / "aa.jpg")]
        assert "aa.jpg" in failures[0].error

    def test_several_sources(self, toy, folder):
        found = toy.stream([folder / "b.png", str(folder / "sub")])
        assert [one.source for one in found] == [str(folder / "b.png"), str(folder / "sub" / "c.png")]

    def test_a_missing_source_is_named(self, toy, folder):
        with pytest.raises(UserError, match="gone: no such file or folder"):
            list(toy.stream(folder / "gone"))


@pytest.mark.parametrize(
    "options,reason",
    [
        ({"confidence": 1.5}, "confidence 1.5 is not between 0 and 1"),
        ({"max_detections": 0}, "max_detections 0 is not between 1 and 300"),
        ({"max_detections": 301}, "not between 1 and 300"),
        ({"max_detections": 2.5}, "max_detections 2.5"),
        ({"max_pixels": None}, "max_pixels None is not between"),
        ({"threads": 1.5}, "threads 1.5"),
        ({"confidence": "0.5"}, "confidence '0.5'"),
        ({"image_size": (320,) * 3}, "image size"),
        ({"image_size": 320.0}, "image size 320.0"),
        ({"image_size": 0}, "image size 0"),
        ({"image_size": "wide"}, "image size 'wide'"),
        ({"classes": ["cat"]}, "no class 'cat'"),
        ({"device": "tpu"}, "device 'tpu'"),
        ({"device": "cuda:7"}, "device 'cuda:7' is not available"),
        ({"runtime": "torch"}, "torch cannot run this file; leave --runtime out or choose openvino or onnx"),
        ({"runtime": "onnx", "precision": "bf16"}, "leave --precision out"),
    ],
)
def test_wrong_options_say_what_is_right(options, reason):
    with pytest.raises(UserError, match=reason):
        Detector(TOY, **options)


@pytest.mark.parametrize("name", ["gone.onnx", "gone.safetensors", "gone"])
def test_a_missing_model_is_named(name):
    with pytest.raises(UserError, match=f"no model '{name}'"):
        Detector(name)


@pytest.mark.parametrize("image", [None, 5, np.zeros((4, 4, 3)), np.zeros((2, 4, 4, 3), np.uint8), [[1]]])
def test_what_is_no_picture_is_refused(toy, image):
    with pytest.raises(UserError):
        toy(image)


def test_too_many_pixels_are_refused():
    with pytest.raises(UserError, match="megapixel"):
        Detector(TOY, max_pixels=1000)(str(CELLS))


def test_an_unreadable_picture_is_named(toy, tmp_path):
    path = tmp_path / "half.png"
    path.write_bytes(CELLS.read_bytes()[:3000])
    with pytest.raises(UserError, match=r"half\.png"):
        toy(path)
    with pytest.raises(UserError, match="the picture given"):
        toy(path.read_bytes())


def test_pil_images_are_turned_upright(toy):
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGB", (20, 10)).save(stream, "JPEG", exif=exif)
    assert (toy(Image.open(stream)).width, toy(Image.open(stream)).height) == (10, 20)


def test_foreign_checkpoint_gives_the_detections_of_the_program_that_wrote_it(shared):
    import json

    for name in sorted((shared / "checkpoints").glob("*.pt")):
        facts = json.loads(name.with_suffix(".json").read_text())
        detector = Detector(name, image_size="320x320", confidence=0.0)
        found = rows(detector(shared / "data/bccd/images/val" / facts["image"]))
        unmatched = [row for row in np.array(facts["top50"]) if not _has(found, row)]
        assert not unmatched, f"{name.name}: {len(unmatched)} of 50 not found, first {unmatched[0]}"


def _has(found, row):
    near = np.abs(found[:, 4] - row[4]) < 1e-3
    same_box = (np.abs(found[:, :4] - row[:4]) < 0.05).all(axis=1)
    return (near & same_box & (found[:, 5] == row[5])).any()


def test_warnings_stay_silent_on_good_pictures(toy, tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), picture())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(list(toy.stream(tmp_path))) == 1


def test_numpy_numbers_are_numbers():
    detector = Detector(
        TOY, image_size=np.int64(320), max_detections=np.int32(2), confidence=np.float32(0.25)
    )
    assert len(detector(picture())) == 2


@pytest.mark.parametrize("classes,chosen", [("RBC", [0]), ("RBC, WBC", [0, 1]), (2, [2]), ([], [])])
def test_classes_in_every_form(native, classes, chosen):
    assert Detector(TOY, classes=classes)(picture()).classes.tolist() == chosen
    if classes == []:
        assert len(Detector(native, classes=[], confidence=0.0, image_size=64)(picture())) == 0


def test_arrays_pil_images_and_bytes_can_be_streamed_in_batches(toy):
    sources = [picture(), Image.new("RGB", (200, 120), "white"), CELLS.read_bytes(), CELLS, str(CELLS)]
    found = list(toy.stream(sources, batch=2))
    assert [(one.width, one.height) for one in found] == [(200, 120)] * 2 + [(240, 160)] * 3
    assert [one.source for one in found] == ["", "", "", str(CELLS), str(CELLS)]
    assert len(list(toy.stream(picture()))) == 1


def test_a_wrong_batch_is_told_before_anything_is_read(toy):
    with pytest.raises(UserError, match="batch 0"):
        toy.results(iter([]), batch=0)


def test_names_belong_to_each_finding(toy):
    first, second = toy(picture()), toy(picture())
    first.names.append("mine")
    assert second.names == toy.names == ["RBC", "WBC", "Platelets"]


def test_draws_on_a_pil_image(toy):
    image = Image.new("RGB", (200, 120), "white")
    assert toy(image).draw(image).shape == (120, 200, 3)


def test_a_runtime_that_is_open_already_is_used_as_it_is(toy):
    again = Detector(toy.runtime, confidence=0.5)
    assert again.runtime is toy.runtime
    assert len(again(picture())) == 2


def test_pictures_before_a_live_frame_run_with_it_and_those_after_it_fill_their_own_batch(toy):
    class Counting:
        card, fixed_shape, sizes = toy.runtime.card, toy.runtime.fixed_shape, []

        def __call__(self, images, classes=None):
            self.sizes.append(len(images))
            return toy.runtime(images, classes)

    footage = Footage(camera_or_stream("0"), 25.0, 1, live=True, drops=True)
    still = Picture("still", picture, Path("still"))
    live = replace(still, moment=Moment(footage, 0, 0.0))
    detector = Detector(Counting())
    results = list(detector.results([still, still, live, still, still, still, still, live, live], batch=3))
    assert [result.picture.is_live() for result in results] == [*[False] * 2, True, *[False] * 4, True, True]
    assert Counting.sizes == [3, 3, 2, 1]


@pytest.mark.parametrize("batch", [1, 3])
def test_a_buffer_that_the_next_frame_is_written_to_keeps_its_picture(toy, batch):
    buffer = np.zeros((64, 96, 3), np.uint8)

    def frames():
        for value in range(8):
            buffer[:] = 30 * value
            yield buffer

    class Seeing:
        card, fixed_shape, seen = toy.runtime.card, toy.runtime.fixed_shape, []

        def __call__(self, images, classes=None):
            self.seen += [int(image.max()) for image in images]
            return toy.runtime(images, classes)

    assert len(list(Detector(Seeing(), image_size=(64, 96)).stream(frames(), batch=batch))) == 8
    assert Seeing.seen == [30 * value for value in range(8)]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_of_any_kind_are_one_picture_not_numbers_of_cameras(toy, kind):
    data = kind((DATA / "odd_images" / "00_reference.png").read_bytes())
    assert len(list(toy.stream(data))) == len([toy(data)]) == 1


def test_one_name_of_several_that_is_not_there_does_not_stop_the_others(toy, tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), picture())
    told = []
    found = list(
        toy.stream([tmp_path / "a.png", tmp_path / "gone.jpg", tmp_path / "a.png"], on_failure=told.append)
    )
    assert len(found) == 2
    assert ["gone.jpg: no such file" in one.error for one in told] == [True]
    with pytest.raises(UserError, match=r"gone\.jpg"):
        list(toy.stream(tmp_path / "gone.jpg"))
