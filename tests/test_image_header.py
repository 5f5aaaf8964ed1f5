import contextlib
import io
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from processor_time import within

from yolov10.errors import UserError
from yolov10.exif import exif_orientation
from yolov10.image_formats import png_chunks
from yolov10.image_header import ImageHeader, read_header

ODD = Path(__file__).parent / "data" / "odd_images"
EXPECTED = json.loads((ODD / "expected.json").read_text())

PICTURES = [
    ("UPPER.JPG", "JPEG"),
    ("progressive.jpg", "JPEG"),
    ("two_pictures.mpo", "JPEG"),
    ("00_reference.png", "PNG"),
    ("animated.png", "PNG"),
    ("lossy.webp", "WebP"),
    ("lossless_alpha.webp", "WebP"),
    ("animated.webp", "WebP"),
    ("animated.gif", "GIF"),
    ("plain.bmp", "BMP"),
    ("lzw.tif", "TIFF"),
    ("plain.ppm", "PNM"),
    ("still.jp2", "JPEG 2000"),
    ("still.avif", "AVIF"),
]
ONE_A_FORMAT = {name: (ODD / name).read_bytes() for name, _ in PICTURES}
OPENINGS = [data[:length] for data in ONE_A_FORMAT.values() for length in (4, 16, 30)]


def exif(value: int, order: str = ">", kind: int = 3, tag: int = 274) -> bytes:
    """An EXIF block of one directory with one entry."""
    number = {1: "B3x", 3: "H2x", 4: "I"}[kind]
    start = b"MM\0*" if order == ">" else b"II*\0"
    return start + struct.pack(f"{order}IHHHI{number}I", 8, 1, tag, kind, 1, value, 0)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def box(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


# --- sizes


@pytest.mark.parametrize(("name", "format"), PICTURES)
def test_format_and_size_are_read_from_the_bytes(name: str, format: str) -> None:
    assert read_header(ONE_A_FORMAT[name]) == ImageHeader(format, *EXPECTED[name]["size"])


def test_stored_size_and_orientation_are_kept_apart() -> None:
    header = read_header((ODD / "exif_orientation_6.jpg").read_bytes())
    assert header == ImageHeader("JPEG", 160, 240, orientation=6)
    assert header.upright_size == (240, 160)


@pytest.mark.parametrize("header_size", [12, 16, 40, 64, 108, 124])
def test_bmp_headers_of_windows_and_os2(header_size: int) -> None:
    size = struct.pack("<HH", 31, 17) if header_size == 12 else struct.pack("<ii", 31, 17)
    data = b"BM" + bytes(12) + struct.pack("<I", header_size) + size + bytes(header_size)
    assert read_header(data) == ImageHeader("BMP", 31, 17)


def test_bmp_stored_from_the_top_has_a_negative_height() -> None:
    assert read_header(b"BM" + bytes(12) + struct.pack("<Iii", 40, 31, -17)) == ImageHeader("BMP", 31, 17)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [3, 4])
def test_tiff_of_both_byte_orders_and_number_sizes(order: str, kind: int) -> None:
    number = {3: "H2x", 4: "I"}[kind]
    entries = b"".join(
        struct.pack(f"{order}HHI{number}", tag, kind, 1, value) for tag, value in ((256, 31), (257, 17))
    )
    start = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(f"{order}I", 10) + b"??"
    assert read_header(start + struct.pack(f"{order}H", 2) + entries) == ImageHeader("TIFF", 31, 17)


def test_the_first_of_two_equal_tiff_tags_counts_as_for_its_decoder() -> None:
    entries = b"".join(
        struct.pack("<HHII", tag, 4, 1, value) for tag, value in ((256, 31), (256, 99), (257, 17))
    )
    assert read_header(b"II*\0\x08\0\0\0\x03\0" + entries) == ImageHeader("TIFF", 31, 17)


@pytest.mark.parametrize(
    "data",
    [
        b"P1 31 17\n0101",
        b"P4\n31 17\n",
        b"P5\n# made by hand\n# 1 2\n31 #width\n17\n255\n",
        b"P6#c\n31\t17 65535 ",
        b"P3\r\n31 17\r\n255\r\n",
    ],
)
def test_pnm_with_comments_and_any_white_space(data: bytes) -> None:
    assert read_header(data) == ImageHeader("PNM", 31, 17)


@pytest.mark.parametrize("largest", [0, 1, 127, 256, 1023])
def test_pnm_that_the_decoder_would_show_dark_is_refused(largest: int) -> None:
    with pytest.raises(UserError, match=f"largest value of {largest}: scale"):
        read_header(b"P5\n31 17\n%d\n" % largest + bytes(31 * 17))


def test_jpeg_2000_without_its_box() -> None:
    assert read_header(saved(Image.new("RGB", (31, 17)), "JPEG2000", no_jp2=True)) == ImageHeader(
        "JPEG 2000", 31, 17
    )


def test_animated_avif() -> None:
    frames = [Image.new("RGB", (32, 16), colour) for colour in ("red", "blue")]
    data = saved(frames[0], "AVIF", save_all=True, append_images=frames[1:])
    assert read_header(data) == ImageHeader("AVIF", 32, 16)


def test_jpeg_thumbnail_is_not_taken_for_the_picture() -> None:
    thumbnail = saved(Image.new("RGB", (8, 8)), "JPEG")
    segment = b"\xff\xe1" + struct.pack(">H", 2 + 6 + len(thumbnail)) + b"thumb\0" + thumbnail
    picture = saved(Image.new("RGB", (31, 17)), "JPEG")
    assert read_header(picture[:2] + segment + picture[2:]) == ImageHeader("JPEG", 31, 17)
    with pytest.raises(UserError, match="truncated"):
        read_header(picture[:2] + segment + picture[2:-2])


# --- orientation


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [1, 3, 4])
@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
def test_exif_orientation_in_every_spelling(order: str, kind: int, prefix: bytes) -> None:
    assert [exif_orientation(prefix + exif(value, order, kind)) for value in range(1, 9)] == list(range(1, 9))


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"Exif\0\0",
        b"II*\0",
        b"neither",
        b"MM\0*\xff\xff\xff\xff",
        b"II*\0\x08\0\0\0\xff\xff",
        exif(0),
        exif(9),
        exif(6)[:-8],
        exif(6, tag=275),
    ],
)
def test_malformed_exif_leaves_the_picture_as_stored(block: bytes) -> None:
    assert exif_orientation(block) == 1


def test_png_exif_behind_the_pixels_is_found() -> None:
    data = ONE_A_FORMAT["00_reference.png"]
    assert read_header(data[:-12] + chunk(b"eXIf", exif(8)) + data[-12:]).orientation == 8


@pytest.mark.parametrize("orientation", range(1, 9))
def test_avif_turns_are_read_as_an_orientation(orientation: int) -> None:
    tags = Image.Exif()
    tags[274] = orientation
    assert read_header(saved(Image.new("RGB", (31, 17)), "AVIF", exif=tags)).orientation == orientation


# --- what is refused


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "an empty file"),
        (b"\xef\xbb\xbf\n <!DOCTYPE HTML><svg/>", "an HTML page"),
        (b'<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "an HEIC picture"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomavc1", "a video"),
        (b"\x1aE\xdf\xa3\x01\0", "a video"),
        (b"RIFF\0\0\0\0AVI LIST", "a video"),
        (b"PK\x03\x04\0\0", "a ZIP archive"),
        (b"II+\0\x08\0\0\0", "a BigTIFF"),
        ("0 0.5 0.5 größer".encode(), "text"),
    ],
)
def test_files_taken_for_pictures_are_named(data: bytes, what: str) -> None:
    with pytest.raises(
        UserError, match=f"^{what}, not a picture this program reads \\(JPEG, PNG, .* AVIF\\)$"
    ):
        read_header(data)


def test_unknown_bytes_are_no_picture() -> None:
    with pytest.raises(UserError, match=r"^not a picture this program reads \(JPEG, "):
        read_header(b"\x00\x01\x02\x03")


@pytest.mark.parametrize("size", [(0, 0), (0, 17), (31, 0)])
def test_a_picture_without_pixels_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(UserError, match="a GIF without pixels, its header says {}x{}".format(*size)):
        read_header(b"GIF89a" + struct.pack("<HH", *size))


@pytest.mark.parametrize(
    "name", ["UPPER.JPG", "progressive.jpg", "00_reference.png", "animated.png", "lossy.webp"]
)
@given(part=st.floats(0, 1, exclude_max=True))
@settings(max_examples=10, deadline=None)
def test_a_cut_file_is_refused_where_the_format_has_an_end(name: str, part: float) -> None:
    data = ONE_A_FORMAT[name]
    with pytest.raises(UserError):
        read_header(data[: int(part * len(data))])


def test_bytes_behind_the_end_are_no_fault() -> None:
    for name in ("UPPER.JPG", "00_reference.png", "lossy.webp"):
        data = ONE_A_FORMAT[name]
        assert read_header(data + b"garbage" * 99) == read_header(data)


@given(place=st.integers(0), bit=st.integers(0, 7))
@settings(max_examples=100, deadline=None)
def test_one_wrong_bit_in_the_still_picture_of_a_png_is_seen(place: int, bit: int) -> None:
    data = bytearray(ONE_A_FORMAT["animated.png"])
    still = [
        at for kind, start, end in png_chunks(bytes(data)) if kind == b"IDAT" for at in range(start + 8, end)
    ]
    data[still[place % len(still)]] ^= 1 << bit
    with pytest.raises(UserError, match="truncated or damaged PNG"):
        read_header(bytes(data))


def test_a_wrong_check_sum_of_a_text_is_no_fault_of_the_picture() -> None:
    data = ONE_A_FORMAT["00_reference.png"]
    text = bytearray(chunk(b"tEXt", b"Comment\0hello"))
    text[-1] ^= 1
    assert read_header(data[:33] + text + data[33:]) == read_header(data)


# --- hostile headers: one UserError, in bounded time


@given(opening=st.sampled_from(OPENINGS), rest=st.binary(max_size=200))
@settings(max_examples=400, deadline=None)
def test_random_bytes_raise_nothing_but_user_errors(opening: bytes, rest: bytes) -> None:
    try:
        read_header(opening + rest)
    except UserError as fault:
        assert "\n" not in str(fault)


@given(
    data=st.sampled_from(list(ONE_A_FORMAT.values())),
    places=st.lists(st.integers(0, 400), max_size=6),
    value=st.integers(0, 255),
)
@settings(max_examples=400, deadline=None)
def test_damaged_headers_raise_nothing_but_user_errors(data: bytes, places: list[int], value: int) -> None:
    damaged = bytearray(data)
    for place in places:
        damaged[place] = value
    try:
        read_header(bytes(damaged))
    except UserError as fault:
        assert "\n" not in str(fault)


MEGABYTE = 1 << 20


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff\xd8\xff" + b"\xff" * MEGABYTE, id="JPEG of fill bytes"),
        pytest.param(b"\xff\xd8" + b"\xff\xe1\0\x02" * (MEGABYTE // 4), id="JPEG of empty segments"),
        pytest.param(b"\xff\xd8" + b"\xff\xda\0\x02" * (MEGABYTE // 4), id="JPEG of scans"),
        pytest.param(b"\xff\xd8" + b"\xff\xfe\0\0" * (MEGABYTE // 4), id="JPEG of segments without length"),
        pytest.param(
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(b"tEXt", b"") * (MEGABYTE // 12),
            id="PNG",
        ),
        pytest.param(b"RIFF\0\0\0\0WEBPVP8X" + bytes(MEGABYTE), id="WebP of empty chunks"),
        pytest.param(b"II*\0\x08\0\0\0\xff\xff" + b"\x00\x01\x03\0\x01\0\0\0" * (MEGABYTE // 8), id="TIFF"),
        pytest.param(b"II*\0\0\0\0\0" + bytes(MEGABYTE), id="TIFF whose directory is its header"),
        pytest.param(b"P5" + b"#\n" * MEGABYTE, id="PNM of comments"),
        pytest.param(b"P5 " + b"9" * MEGABYTE, id="PNM of digits"),
        pytest.param(b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0\0\0\x08jp2h" * (MEGABYTE // 8), id="JPEG 2000"),
        pytest.param(b"\0\0\0\x10ftypavif\0\0\0\0" + b"\0\0\0\x08meta" * (MEGABYTE // 8), id="AVIF"),
        pytest.param(
            b"\0\0\0\x10ftypavif\0\0\0\0" + b"\0\0\0\x01meta" + b"\xff" * 99, id="AVIF of 2**64 bytes"
        ),
        pytest.param(b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0\0\0\x01free" + bytes(99), id="JPEG 2000 of 0 bytes"),
    ],
)
def test_hostile_headers_are_judged_soon(data: bytes) -> None:
    with within(2), contextlib.suppress(UserError):
        read_header(data)


def test_two_megabytes_of_jpeg_take_less_than_a_millisecond() -> None:
    picture = ONE_A_FORMAT["UPPER.JPG"]
    data = picture[:-2] + b"\xff\x00" * MEGABYTE + picture[-2:]
    with within(0.1):
        for _ in range(100):
            read_header(data)


def test_reading_headers_needs_no_numpy() -> None:
    code = "import sys, yolov10.image_header; assert not {'numpy', 'cv2', 'PIL'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


SIZE = struct.pack(">II5B", 8, 8, 8, 2, 0, 0, 0)
FOUR_HUNDRED_THOUSAND = 400_000
EMPTY_PARTS = {
    "PNG": b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", SIZE)
    + chunk(b"teXt", b"") * FOUR_HUNDRED_THOUSAND
    + chunk(b"IEND", b""),
    "JPEG": b"\xff\xd8\xff\xc0\0\x0b\x08\0\x08\0\x08\x01\x01\x11\0"
    + b"\xff\xfe\0\x02" * FOUR_HUNDRED_THOUSAND
    + b"\xff\xda\0\x02\xff\xd9",
    "WebP": b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x07\0\0\x07\0\0"
    + b"junk\0\0\0\0" * FOUR_HUNDRED_THOUSAND,
    "AVIF": box(b"ftyp", b"avif")
    + box(b"free") * FOUR_HUNDRED_THOUSAND
    + box(b"meta", b"\0" * 4 + box(b"iprp", box(b"ipco", box(b"ispe", struct.pack(">III", 0, 8, 8))))),
}


@pytest.mark.parametrize("format", EMPTY_PARTS)
def test_a_picture_of_parts_without_number_is_refused_before_they_fill_time_and_memory(format):
    """A gigabyte of empty chunks took minutes, and as many objects."""
    with pytest.raises(UserError, match=f"a truncated or damaged {format}"):
        read_header(EMPTY_PARTS[format])


@pytest.mark.parametrize("format", EMPTY_PARTS)
def test_a_picture_of_many_parts_is_read(format):
    part = {
        "PNG": chunk(b"teXt", b""),
        "JPEG": b"\xff\xfe\0\x02",
        "WebP": b"junk\0\0\0\0",
        "AVIF": box(b"free"),
    }[format]
    fewer = EMPTY_PARTS[format].replace(part * 390_000, b"")
    assert read_header(fewer).upright_size == (8, 8)
