"""What a file is, told by its first bytes. Its name is never asked."""

from typing import Final, Literal

from app.language import gettext, mark
from app.recipients.errors import FileRefused

Container = Literal["text", "zip", "ole"]

_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ADVICE: Final = mark("Open it in a spreadsheet program, save it as .xlsx or .csv, and upload that.")
_OTHERS: Final = (
    (b"\x7fELF", mark("a program for Linux")),
    (b"MZ", mark("a program for Windows")),
    (b"\xcf\xfa\xed\xfe", mark("a program for macOS")),
    (b"%PDF-", mark("a PDF document")),
    (b"\x89PNG", mark("a picture (PNG)")),
    (b"\xff\xd8\xff", mark("a picture (JPEG)")),
    (b"GIF8", mark("a picture (GIF)")),
    (b"{\\rtf", mark("a rich text document (RTF)")),
    (b"\x1f\x8b", mark("a compressed file (gzip)")),
    (b"BZh", mark("a compressed file (bzip2)")),
    (b"\xfd7zXZ", mark("a compressed file (xz)")),
    (b"7z\xbc\xaf\x27\x1c", mark("a compressed file (7z)")),
    (b"Rar!\x1a", mark("a compressed file (rar)")),
    (b"SQLite format 3\x00", mark("a database (SQLite)")),
    (b"%!PS", mark("a PostScript document")),
    (b"#!", mark("a script")),
    (b"BEGIN:VCARD", mark("a contact card (vCard)")),
    (b"\t\x00\x04\x00", mark("a workbook of Excel 2")),
    (b"\t\x02\x06\x00", mark("a workbook of Excel 3")),
    (b"\t\x04\x06\x00", mark("a workbook of Excel 4")),
)


def container_of(data: bytes) -> Container:
    """The container that the bytes begin as.

    Raises ``FileRefused`` (``no_rows`` for nothing at all, ``unknown_type`` naming what it is where known).
    """
    if not data:
        raise FileRefused(
            "no_rows", gettext("The file is empty. Put a heading in row 1 and the numbers from row 2 on.")
        )
    if data.startswith(_OLE):
        return "ole"
    if data.startswith(_ZIP):
        return "zip"
    for magic, name in _OTHERS:
        if data.startswith(magic):
            raise FileRefused(
                "unknown_type",
                gettext(
                    "This is %(name)s, not a recipient file. %(advice)s",
                    name=gettext(name),
                    advice=gettext(_ADVICE),
                ),
            )
    _refuse_markup(data)
    return "text"


def _refuse_markup(data: bytes) -> None:
    """Web pages and XML that were given a spreadsheet's name, as web applications' exports often are."""
    start = data[:2048].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if start.startswith(
        (b"<!doctype html", b"<html", b"<table", b"<head", b"<meta", b"<body", b"<script", b"<div")
    ):
        raise FileRefused(
            "unknown_type",
            gettext(
                "This is a web page (HTML) with a spreadsheet's name. %(advice)s", advice=gettext(_ADVICE)
            ),
        )
    if start.startswith(
        (b"<?xml", b"<!doctype", b"<workbook", b"<ss:workbook", b"<svg", b"<!--", b"<!entity")
    ):
        raise FileRefused(
            "unknown_type",
            gettext("This is an XML file, not a workbook. %(advice)s", advice=gettext(_ADVICE)),
        )
    if start.startswith((b'{"', b'[{"', b"[[", b"{\n")):
        raise FileRefused(
            "unknown_type", gettext("This is a JSON file, not a sheet. %(advice)s", advice=gettext(_ADVICE))
        )
