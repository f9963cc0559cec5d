"""Hostile receipts do no harm, and their owners learn what to do."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from PIL import Image

from app.errors import TopUpRefused
from app.topups.receipts import MOST_BYTES, PDF, PICTURE, stored_bytes, take_receipt
from tests.factories.top_ups import pdf, picture

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><html><body><script>alert(1)</script></body></html>"


def zipped() -> bytes:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr("receipt.png", b"no")
    return stored.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A png whose header claims a size, with hardly any data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 4_000))
        + chunk(b"IEND", b"")
    )


@pytest.fixture
def uploads(tmp_path: Path) -> str:
    return f"file://{tmp_path / 'uploads'}"


def kept_files(uploads: str) -> list[Path]:
    return [path for path in Path(uploads.removeprefix("file://")).rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (SVG, "web page or a drawing"),
        (b"\xef\xbb\xbf  " + SVG, "web page or a drawing"),
        (HTML, "web page or a drawing"),
        (b"GIF89a" + b"\0" * 50, "GIF"),
        (zipped(), "zip or office file"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 50, "HEIC"),
        (b"just some text", "no picture and no PDF"),
        (b"\0" * (6 * 1024 * 1024), "larger than 5 MB"),
        (picture() + b"\0" * MOST_BYTES, "larger than 5 MB"),
        (png_claiming(50_000, 50_000), "too many pixels"),
        (png_claiming(600, 600), "damaged or cut off"),
        (picture("JPEG", (600, 600))[:2_000], "damaged or cut off"),
        (picture("PNG", (600, 600))[:1_500], "damaged or cut off"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 100, "damaged or cut off"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "damaged or cut off"),
        (b"%PDF-1.4\nhalf of a file", "cut off"),
        (pdf(b"<</S/JavaScript/JS(app.alert(1))>>"), "programs or other files"),
        (pdf(b"<</S/Java#53cript>>"), "programs or other files"),
        (pdf(b"<</S/Launch/F(cmd.exe)>>"), "programs or other files"),
    ],
)
def test_what_is_refused_is_told_why_and_leaves_nothing_behind(uploads, data, words):
    with pytest.raises(TopUpRefused, match=words):
        take_receipt(uploads, io.BytesIO(data), "receipt.png")
    assert kept_files(uploads) == []


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_drawn_anew(uploads, kind):
    receipt = take_receipt(uploads, io.BytesIO(picture(kind, (640, 400))), "odd.pdf")
    kept = stored_bytes(uploads, receipt.key)
    assert receipt.type == PICTURE
    with Image.open(io.BytesIO(kept)) as image:
        assert (image.format, image.size) == ("JPEG", (640, 400))


def test_nothing_hidden_in_a_picture_survives(uploads):
    """A picture that is a web page, a script and an archive at once is a picture and nothing else afterwards."""
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    polyglot = picture("JPEG", exif=exif, comment=b"<script>alert(1)</script>") + HTML + zipped()
    receipt = take_receipt(uploads, io.BytesIO(polyglot), "receipt.jpg")
    kept = stored_bytes(uploads, receipt.key)
    for hidden in (b"script", b"secret place", b"PK\x03\x04", b"html", b"Exif"):
        assert hidden not in kept
    assert kept.endswith(b"\xff\xd9")


def test_transparent_and_palette_pictures_become_readable(uploads):
    stored = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(stored, "PNG")
    kept = stored_bytes(uploads, take_receipt(uploads, io.BytesIO(stored.getvalue()), "a").key)
    with Image.open(io.BytesIO(kept)) as image:
        assert image.getpixel((25, 25)) == (255, 255, 255)
    stored = io.BytesIO()
    Image.new("P", (4_000, 3_000)).save(stored, "PNG")
    kept = stored_bytes(uploads, take_receipt(uploads, io.BytesIO(stored.getvalue()), "b").key)
    with Image.open(io.BytesIO(kept)) as image:
        assert image.size == (2_400, 1_800)


def test_the_same_picture_is_known_again_though_its_file_differs(uploads):
    plain = picture(words="Transfer of 5,000")
    dressed = picture(words="Transfer of 5,000", compress_level=1, dpi=(300, 300)) + b"trailing"
    assert plain != dressed
    first, second = (take_receipt(uploads, io.BytesIO(data), "x") for data in (plain, dressed))
    assert first.hash == second.hash
    assert first.key != second.key


def test_a_pdf_is_kept_as_it_is(uploads):
    receipt = take_receipt(uploads, io.BytesIO(pdf()), "statement.png")
    assert receipt.type == PDF
    assert stored_bytes(uploads, receipt.key) == pdf()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "../../etc/passwd"),
        ("a\r\nSet-Cookie: x", "a Set-Cookie: x"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\0\x1b[2J", "[2J"),
        ("", "receipt"),
        ("x" * 900, "x" * 255),
        ("Überweisung 回单.png", "Überweisung 回单.png"),
    ],
)
def test_a_name_is_only_ever_shown(uploads, name, shown):
    receipt = take_receipt(uploads, io.BytesIO(pdf()), name)
    assert receipt.name == shown
    assert [path.name for path in kept_files(uploads)] == [receipt.key]
