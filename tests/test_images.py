import io
import struct
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory import peak_megabytes
from numpy.typing import NDArray
from odd_pictures import EXPECTED, ODD, READ, REFERENCE, REFUSED, REFUSED_EITHER, difference, pil, saved
from PIL import Image, ImageOps

from yolov10 import images
from yolov10.errors import UserError

# --- files that a loader meets sooner or later


@pytest.mark.parametrize("name", READ)
def test_odd_files_are_read(name: str) -> None:
    image = images.read(ODD / name)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert list(image.shape) == [*EXPECTED[name]["size"][::-1], 3]
    if (tolerance := EXPECTED[name]["tol"]) is not None and name != "1x1.png":
        assert difference(image, REFERENCE) <= tolerance


@pytest.mark.parametrize("name", REFUSED)
def test_odd_files_are_refused_in_one_line_naming_them(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert EXPECTED[name]["expect"] == "reject" or name in REFUSED_EITHER
    with pytest.raises(UserError) as fault:
        images.read(ODD / name)
    assert str(fault.value).startswith(f"{ODD / name}: ")
    assert "\n" not in str(fault.value)
    assert capfd.readouterr() == ("", "")


def test_deep_gray_and_transparency_become_plain_bgr() -> None:
    gray = images.read(ODD / "gray_8bit.png")
    assert np.array_equal(images.read(ODD / "gray_16bit.png"), gray)
    assert np.array_equal(images.read(ODD / "gray_alpha.png"), gray)
    assert difference(images.read(ODD / "gray.jpg"), gray) < 4
    assert np.array_equal(images.read(ODD / "rgba.png"), REFERENCE)
    assert np.array_equal(images.read(ODD / "palette_transparent.png"), images.read(ODD / "palette.png"))


@pytest.mark.parametrize("name", READ)
def test_size_is_told_without_decoding(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    height, width, _ = images.read(ODD / name).shape
    monkeypatch.delattr(cv2, "imdecode")
    assert images.read_size(ODD / name) == (width, height)


def test_size_of_a_picture_over_the_limit_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2, "imdecode")
    assert images.read_size(ODD / "bomb_20000x20000.png") == (20000, 20000)


@pytest.mark.parametrize(
    "name", ["bücher und mehr.png", "東京 街.jpg", "#1 [a] 100%.png", "-.png", "no suffix"]
)
def test_any_file_name_works(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes((ODD / "UPPER.JPG").read_bytes())
    assert images.read(tmp_path / name).shape == (160, 240, 3)
    assert images.read_size(str(tmp_path / name)) == (240, 160)


@pytest.mark.parametrize("reads", [images.read, images.read_size])
def test_what_is_no_file_is_named(reads: Callable[[object], object], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"absent\.jpg: No such file"):
        reads(tmp_path / "absent.jpg")
    with pytest.raises(UserError, match=f"{tmp_path.name}: a folder, not a picture file"):
        reads(tmp_path)
    with pytest.raises(UserError, match="not a file name"):
        reads("a\0b.jpg")
    with pytest.raises(UserError, match=r"^x{5000}: "):
        reads("x" * 5000)


def test_a_file_without_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, mode: str) -> bytes:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(Path, "open", refuse)  # a real one would not stop root
    with pytest.raises(UserError, match=r"locked\.jpg: Permission denied"):
        images.read(tmp_path / "locked.jpg")


# --- limits


def test_a_sparse_file_of_30_gb_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "huge.jpg").open("wb") as file:
        file.truncate(30 * 2**30)
    monkeypatch.delattr(images, "read_bounded")
    for reads in (images.read, images.read_size):
        with pytest.raises(UserError, match=r"huge\.jpg: over 1 GiB, which is no picture$"):
            reads(tmp_path / "huge.jpg")


def test_an_endless_device_is_refused_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 2**22)
    with pytest.raises(UserError, match=r"^/dev/zero: over 0\.00390625 GiB, which is no picture$"):
        images.read("/dev/zero")


@pytest.mark.parametrize(("size", "read"), [(0, True), (2**22, True), (2**22 + 1, False)])
def test_a_stream_is_read_up_to_the_limit(size: int, read: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 2**22)
    data = np.random.default_rng(0).bytes(size)
    if read:
        assert images.read_bounded(io.BytesIO(data), "standard input") == data
    else:
        with pytest.raises(UserError, match="^standard input: over "):
            images.read_bounded(io.BytesIO(data), "standard input")


def test_the_limit_is_the_last_size_that_is_read() -> None:
    data = (ODD / "UPPER.JPG").read_bytes()
    assert images.decode(data, name="x", max_pixels=240 * 160).shape == (160, 240, 3)
    with pytest.raises(
        UserError, match=r"^x: 240x160 = 0\.0384 megapixels, over the limit of 0\.03; raise --max-pix"
    ):
        images.decode(data, name="x", max_pixels=30_000)


def test_a_bomb_is_refused_by_its_size() -> None:
    with pytest.raises(
        UserError, match=r"20000x20000 = 400 megapixels, over the limit of 178; raise --max-pixels to"
    ):
        images.read(ODD / "bomb_20000x20000.png")


@pytest.mark.parametrize("size", [(2**21, 1), (2**16, 2**16)])
def test_what_is_beyond_opencv_is_refused_as_well(
    size: tuple[int, int], capfd: pytest.CaptureFixture[str]
) -> None:
    data = b"BM" + struct.pack("<IIIIiiHHIIiiII", 0, 0, 54, 40, *size, 1, 24, 0, 0, 0, 0, 0, 0)
    with pytest.raises(UserError, match=r"^big: a damaged BMP, or a kind of BMP that is not read$"):
        images.decode(data, name="big", max_pixels=2**40)
    assert capfd.readouterr() == ("", "")


# --- orientation


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_pictures_are_turned_upright_in_every_format(format: str, orientation: int, tmp_path: Path) -> None:
    stored = pil()
    tags = Image.Exif()
    tags[274] = orientation
    options = {"tiffinfo": {274: orientation}} if format == "TIFF" else {"exif": tags}
    stored.info["exif"] = tags.tobytes()  # first: saving an AVIF takes the tag away
    (tmp_path / "picture").write_bytes(saved(stored, format, **options))
    upright = np.asarray(ImageOps.exif_transpose(stored).convert("RGB"))[:, :, ::-1]
    image = images.read(tmp_path / "picture")
    assert difference(image, upright) < 6
    assert images.read_size(tmp_path / "picture") == image.shape[1::-1]


def test_png_exif_behind_the_pixels_turns_the_picture() -> None:
    data = (ODD / "00_reference.png").read_bytes()
    body = b"eXIf" + b"MM\0*\0\0\0\x08\0\1" + struct.pack(">HHIHHI", 274, 3, 1, 6, 0, 0)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    assert np.array_equal(images.decode(data[:-12] + chunk + data[-12:], name="x"), np.rot90(REFERENCE, -1))


# --- damage

SMALL = pil().resize((60, 40))
SAMPLES = {
    "JPEG": saved(SMALL, "JPEG"),
    "JPEG with restarts": saved(SMALL, "JPEG", restart_marker_rows=1),
    "JPEG, progressive": saved(SMALL, "JPEG", progressive=True),
    "MPO": saved(SMALL, "MPO", save_all=True, append_images=[SMALL]),
    "PNG": saved(SMALL, "PNG"),
    "APNG": saved(SMALL, "PNG", save_all=True, append_images=[SMALL.rotate(180)]),
    "APNG with a still": saved(
        SMALL, "PNG", save_all=True, append_images=[SMALL.rotate(180)] * 2, default_image=True
    ),
    "WebP": saved(SMALL, "WEBP"),
    "WebP, lossless": saved(SMALL, "WEBP", lossless=True),
    "WebP, animated": saved(SMALL, "WEBP", save_all=True, append_images=[SMALL.rotate(180)]),
    "GIF": saved(SMALL, "GIF", save_all=True, append_images=[SMALL.rotate(180)]),
    "BMP": saved(SMALL, "BMP"),
    "BMP, palette": saved(SMALL.convert("P"), "BMP"),
    "TIFF": saved(SMALL, "TIFF"),
    "TIFF, LZW": saved(SMALL, "TIFF", compression="tiff_lzw"),
    "TIFF, two pages": saved(SMALL, "TIFF", save_all=True, append_images=[SMALL]),
    "PPM": saved(SMALL, "PPM"),
    "PBM": saved(SMALL.convert("1"), "PPM"),
    "JPEG 2000": saved(SMALL, "JPEG2000"),
    "JPEG 2000, bare": saved(SMALL, "JPEG2000", no_jp2=True),
    "AVIF": saved(SMALL, "AVIF"),
}


@pytest.mark.parametrize("kind", SAMPLES)
@given(part=st.floats(0, 1, exclude_max=True))
@settings(max_examples=10, deadline=None)
def test_a_cut_file_is_refused_or_was_whole_already(kind: str, part: float) -> None:
    """Whole: the first picture of a file of several (MPO, TIFF), or all rows but not the last padding."""
    data = SAMPLES[kind]
    try:
        image = images.decode(data[: int(part * len(data))], name="cut")
    except UserError:
        return
    assert np.array_equal(image, images.decode(data, name="whole"))


@pytest.mark.parametrize("kind", SAMPLES)
@given(
    places=st.lists(st.integers(0, 10_000), min_size=1, max_size=6),
    value=st.integers(0, 255),
    cut=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_a_damaged_file_is_a_picture_or_a_user_error(
    kind: str, places: list[int], value: int, cut: bool
) -> None:
    damaged = bytearray(SAMPLES[kind])
    for place in places:
        at = place % min(len(damaged), 400 if place % 2 else len(damaged))
        damaged[at : at + 1] = b"" if cut else bytes([value])
    try:
        image = images.decode(bytes(damaged), name="damaged", max_pixels=10_000_000)
    except UserError:
        return
    assert image.dtype == np.uint8
    assert image.ndim == 3
    assert image.shape[2] == 3


def test_a_damaged_animation_behind_a_still_png_does_no_harm() -> None:
    data = bytearray(SAMPLES["APNG with a still"])
    data[data.index(b"fdAT") + 200] ^= 1  # OpenCV 5.0 ends in a segmentation fault
    assert np.array_equal(images.decode(bytes(data), name="x"), np.asarray(SMALL.convert("RGB"))[:, :, ::-1])


READ_WITHOUT_PIXELS = """
import sys
from yolov10 import images
from yolov10.errors import UserError

try:
    images.read(sys.argv[1])
except UserError:
    pass
else:
    raise AssertionError
"""


def test_a_length_behind_the_end_of_a_png_without_pixels_takes_no_memory(tmp_path: Path) -> None:
    data = SAMPLES["PNG"]
    without = data[: data.index(b"IDAT") - 4] + data[-12:]
    (tmp_path / "x.png").write_bytes(without + struct.pack(">I", 0x44520061) + b"IDAT" + bytes(100))
    assert peak_megabytes(READ_WITHOUT_PIXELS, tmp_path / "x.png") < 300


def test_bytes_behind_the_end_of_a_png_do_no_harm() -> None:
    data = SAMPLES["PNG"]
    assert np.array_equal(images.decode(data + b"more", name="x"), images.decode(data, name="x"))


def test_a_picture_of_another_size_than_its_header_says_is_refused() -> None:
    data = saved(SMALL, "AVIF", save_all=True, append_images=[SMALL.rotate(180)])
    items, track, rest = data.partition(b"tkhd")  # OpenCV believes the size of the track
    size, other = (struct.pack(">II", 60 << 16, height << 16) for height in (40, 80))
    assert size in rest
    with pytest.raises(UserError, match=r"^x: a damaged AVIF"):
        images.decode(items + track + rest.replace(size, other, 1), name="x")


@pytest.mark.parametrize("first_ends_first", [True, False])
def test_opencv_is_as_loud_after_overlapping_decodes_as_before(
    first_ends_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = [threading.Event(), threading.Event()]
    may_end = [threading.Event(), threading.Event()]

    def slow_decode(data: NDArray[np.uint8], _: int) -> None:
        thread = int(data[-1])
        began[thread].set()
        assert may_end[thread].wait(10)

    def refused(thread: int) -> None:
        with pytest.raises(UserError):
            images.decode(SAMPLES["GIF"] + bytes([thread]), name="x")

    monkeypatch.setattr(cv2, "imdecode", slow_decode)
    before = cv2.utils.logging.getLogLevel()
    assert before != cv2.utils.logging.LOG_LEVEL_SILENT
    with ThreadPoolExecutor(2) as threads:
        decodes = []
        for thread in (0, 1):
            decodes.append(threads.submit(refused, thread))
            assert began[thread].wait(10)
        for thread in (0, 1) if first_ends_first else (1, 0):
            may_end[thread].set()
            decodes[thread].result()
    assert cv2.utils.logging.getLogLevel() == before


# --- writing


def test_png_comes_back_as_written(tmp_path: Path) -> None:
    path = images.write(tmp_path / "ö 東京.PNG", REFERENCE)
    assert np.array_equal(images.read(path), REFERENCE)
    assert [file.name for file in tmp_path.iterdir()] == ["ö 東京.PNG"]


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG"])
def test_jpeg_is_written_in_high_quality(suffix: str, tmp_path: Path) -> None:
    path = images.write(tmp_path / f"x{suffix}", REFERENCE)
    assert difference(images.read(path), REFERENCE) < 4
    assert path.read_bytes() == cv2.imencode(".jpg", REFERENCE, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


@pytest.mark.parametrize("suffix", [".gif", ".txt", ""])
def test_other_suffixes_are_refused(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"written as \.jpg or \.png, not "):
        images.write(tmp_path / f"x{suffix}", REFERENCE)


def test_a_side_too_long_for_its_file_is_one_line_or_a_smaller_copy():
    wide = np.zeros((2, 70_000, 3), np.uint8)
    with pytest.raises(UserError, match=r"a picture of 70000x2 is too large for a \.jpg"):
        images.encode(wide, ".jpg")
    assert images.fitted(wide, ".jpg").shape == (1, 65_500, 3)
    assert images.fitted(wide, ".png") is wide
