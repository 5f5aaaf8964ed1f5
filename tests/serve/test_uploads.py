"""Bodies taken apart: what a client meant, or a refusal, never anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yolov10.serve.refusals import Refusal
from yolov10.serve.uploads import uploads


def of_form(body, most=4, kind="multipart/form-data; boundary=x"):
    return [(one.name, one.data) for one in uploads(body, kind, most)]


def part(head, data):
    return b"--x\r\n" + head + b"\r\n\r\n" + data + b"\r\n"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b'Content-Disposition: form-data; name="i"; filename="a b.jpg"', "a b.jpg"),
        (b"content-disposition:form-data;name=i;filename=a.jpg", "a.jpg"),
        ('Content-Disposition: form-data; name="i"; filename="ü.jpg"'.encode(), "ü.jpg"),
        (b'Content-Disposition: form-data; name="i"; filename="a\\"b.jpg"', 'a"b.jpg'),
        (b"Content-Disposition: form-data; name=i; filename*=utf-8''%e2%82%ac.jpg", "€.jpg"),
        (b"Content-Disposition: form-data; filename=plain; filename*=ISO-8859-1'de'%fc.jpg", "ü.jpg"),
        (b'Content-Disposition: form-data; filename="C:\\a;b=.jpg"; name=i', "C:\\a;b=.jpg"),
        (b'Content-Type: image/png\r\nContent-Disposition: form-data; name="i"', "i"),
        (b'Content-Disposition: form-data; name="i"; filename="a\x1b[2J\xff"', "a\\x1b[2J�"),
        (b"Content-Disposition: form-data", "-"),
        (b"X: y", "-"),
    ],
)
def test_a_part_is_called_as_its_header_says(head, name):
    assert of_form(part(head, b"data") + b"--x--\r\n") == [(name, b"data")]


@given(
    st.lists(
        st.binary(max_size=60).filter(lambda data: b"\r\n--x" not in b"\r\n" + data), min_size=1, max_size=4
    )
)
def test_parts_come_back_byte_for_byte(contents):
    body = b"".join(part(b"Content-Disposition: form-data; name=i", data) for data in contents) + b"--x--"
    assert [data for _, data in of_form(body)] == contents
    with_more = b"preamble\r\n" + body + b"\r\nepilogue"
    assert [data for _, data in of_form(with_more)] == contents


@pytest.mark.parametrize("charset", ["undefined", "idna", "utf-8\0", "punycode", "zlib", "utf-16", ""])
def test_a_strange_charset_is_refused_not_a_fault_of_ours(charset):
    for head in (
        f"Content-Disposition: form-data; name=i; filename*={charset}''%ff",
        f"Content-Disposition: form-data; name*={charset}'en'%ff",
    ):
        with pytest.raises(Refusal, match="charset that is not read: send it in utf-8"):
            of_form(part(head.encode(), b"data") + b"--x--")
    with pytest.raises(Refusal):
        of_form(b"", kind=f"multipart/form-data; boundary*={charset}''%ff")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("multipart/form-data; boundary=" + "b" * 71, "70 ASCII characters at most"),
        ("multipart/form-data; boundary=\xff", "70 ASCII characters at most"),
        ("multipart/form-data; boundary=x; " + "y" * 1000, "more than 1000 characters"),
        ("multipart/form-data; boundary=x; charset*" + "9" * 5000 + "=x", "more than 1000 characters"),
        ("image/png" + ";" * 10_000, "more than 1000 characters"),
    ],
)
def test_a_content_type_is_bounded(kind, said):
    with pytest.raises(Refusal, match=said) as refusal:
        of_form(b"--x--", kind=kind)
    assert refusal.value.status == 400


@pytest.mark.parametrize("count", [4, 5, 100_000])
def test_parts_are_counted(count):
    body = part(b"X: y", b"") * count + b"--x--"
    if count == 4:
        assert len(of_form(body)) == 4
        return
    with pytest.raises(Refusal, match="more than 4 pictures") as refusal:
        of_form(body)
    assert refusal.value.status == 413


@given(st.binary(max_size=200), st.text(max_size=100))
def test_whatever_comes_is_pictures_or_a_refusal(body, text):
    framed = part(b"Content-Disposition: form-data; " + text.encode(), body) + b"--x--"
    for content in (body, framed, b'{"images": ["' + body + b'"]}'):
        for kind in (
            "multipart/form-data; boundary=x",
            "application/json",
            f"multipart/form-data; {text}",
            text,
        ):
            try:
                assert uploads(content, kind, 4)
            except Refusal as refusal:
                assert refusal.status in (400, 413)
