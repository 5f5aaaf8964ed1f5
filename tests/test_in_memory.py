"""Arrays and PIL images as pictures."""

import io
from pathlib import Path

import numpy as np
import pytest
from odd_pictures import ODD, READ, REFERENCE, difference, pil, saved
from PIL import Image

from yolov10 import images
from yolov10.errors import UserError
from yolov10.in_memory import from_array


def test_a_bgr_array_is_taken_as_it_is() -> None:
    image = np.zeros((4, 5, 3), np.uint8)
    assert from_array(image) is image


def test_views_of_arrays_become_contiguous() -> None:
    view = REFERENCE[::2, ::-1]
    image = from_array(view)
    assert image.flags.c_contiguous
    assert np.array_equal(image, view)


@pytest.mark.parametrize("size", [(160, 240), (1, 1), (1, 7), (7, 1)])
def test_gray_is_repeated_and_alpha_dropped(size: tuple[int, int]) -> None:
    bgr = REFERENCE[: size[0], : size[1]]
    gray = bgr[:, :, 0]
    for array in (gray, gray[:, :, None]):
        assert np.array_equal(from_array(array), np.dstack([gray] * 3))
    assert np.array_equal(from_array(np.dstack([bgr, gray])), bgr)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (None, "a NumPy array or a PIL image, not NoneType"),
        ([[1, 2]], "not list; several at once: Detector.stream"),
        (b"bytes", "not bytes"),
        (np.zeros((4, 4, 3)), r"must be uint8, 0\.\.255, not float64: scale and convert it"),
        (np.zeros((4, 4), np.uint16), "not uint16"),
        (np.zeros((4, 4), bool), "not bool"),
        (np.zeros((3, 40, 40), np.uint8), r"HxWx3 \(BGR\) or HxWx4 \(BGRA\), not \(3, 40, 40\)"),
        (np.zeros((1, 4, 4, 3), np.uint8), r"not \(1, 4, 4, 3\)"),
        (np.zeros(12, np.uint8), r"not \(12,\)"),
        (np.zeros((0, 4, 3), np.uint8), r"not \(0, 4, 3\)"),
        (np.uint8(3), "not uint8"),
    ],
)
def test_other_arrays_are_refused_saying_what_is_taken(wrong: object, message: str) -> None:
    with pytest.raises(UserError, match=message):
        from_array(wrong)


# --- PIL images


@pytest.mark.parametrize("name", [name for name in READ if Path(name).suffix != ".avif"])
def test_pil_images_give_what_their_file_gives(name: str) -> None:
    if name == "exif_malformed.jpg":
        with pytest.warns(UserWarning, match="Corrupt EXIF"):
            image = pil(name)
    else:
        image = pil(name)
    allowed = 8 if name == "cmyk.jpg" else 2  # two readings of CMYK; two JPEG and WebP decoders
    assert difference(from_array(image), images.read(ODD / name)) < allowed


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_pil_images_are_turned_upright(format: str, orientation: int) -> None:
    tags = Image.Exif()
    tags[274] = orientation
    options = {"tiffinfo": {274: orientation}} if format == "TIFF" else {"exif": tags}
    data = saved(pil(), format, **options)
    with Image.open(io.BytesIO(data)) as image:
        assert difference(from_array(image), images.decode(data, name="x")) < 3


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "RGBX", "RGBa", "CMYK", "HSV", "YCbCr"])
def test_pil_colour_modes(mode: str) -> None:
    assert difference(from_array(pil().convert(mode)), REFERENCE) < 3


@pytest.mark.parametrize("mode", ["L", "LA", "I;16", "I;16L", "I;16B", "I"])
def test_pil_gray_modes_are_scaled_not_clipped(mode: str) -> None:
    gray = np.asarray(pil().convert("L"))
    if mode.startswith("I"):
        image = Image.new(mode, (240, 160))
        image.putdata([int(value) * 257 for value in gray.ravel()])
    else:
        image = Image.fromarray(gray).convert(mode)
    assert image.mode == mode
    assert np.array_equal(from_array(image), np.dstack([gray] * 3))


@pytest.mark.parametrize("mode", ["1", "P", "PA"])
def test_pil_modes_of_few_colours(mode: str) -> None:
    image = pil().convert("P").convert(mode)
    assert image.mode == mode
    assert np.array_equal(from_array(image), np.asarray(image.convert("RGB"))[:, :, ::-1])


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (Image.new("F", (4, 4)), "mode F"),
        (Image.new("RGB", (0, 4)), r"size \(0, 4\)"),
        (Image.new("La", (4, 4)), "cannot be read"),
        (Image.new("I", (4, 4), 70_000), r"must hold 0\.\.65535"),
        (Image.new("I", (4, 4), -1), r"must hold 0\.\.65535"),
    ],
)
def test_pil_images_without_a_range_are_refused(image: Image.Image, message: str) -> None:
    with pytest.raises(UserError, match=message):
        from_array(image)


@pytest.mark.parametrize("name", ["truncated_half.jpg", "truncated_half.png"])
def test_pil_images_that_fail_when_read_are_refused(name: str) -> None:
    with Image.open(ODD / name) as image, pytest.raises(UserError, match="the PIL image cannot be read"):
        from_array(image)
