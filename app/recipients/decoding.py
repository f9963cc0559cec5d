"""Bytes of a text file → text, in the encodings that spreadsheet programs write."""

import codecs

from app.language import gettext, mark, thousands
from app.recipients.errors import FileRefused

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
CP1252_NOTE = mark(
    "The file is not UTF-8; it was read as Windows-1252. If accented letters look wrong, "
    "save it again as “CSV UTF-8”."
)


def decode(data: bytes) -> tuple[str, str | None]:
    """The text, and a note where the encoding was assumed.

    A byte-order mark decides; else UTF-16 shows by its zero bytes; else what is valid UTF-8 is UTF-8, and the
    rest is Windows-1252, which Excel's plain "CSV" uses in Western countries.

    Raises ``FileRefused`` (``encoding``, or ``unknown_type`` where control characters say it is no text).
    """
    for signature, encoding in _MARKS:
        if data.startswith(signature):
            return _checked(_decoded(data[len(signature) :], encoding)), None
    unmarked = _unmarked_utf16(data)
    if unmarked is not None:
        return _checked(_decoded(data, unmarked)), None
    try:
        return _checked(data.decode("utf-8")), None
    except UnicodeDecodeError:
        return _checked(_decoded(data, "cp1252")), gettext(CP1252_NOTE)


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise FileRefused(
            "encoding",
            gettext(
                "The text cannot be read: byte %(start)s is not valid %(upper)s. Save the file again "
                "as “CSV UTF-8” or as .xlsx, and upload that.",
                start=thousands(error.start + 1),
                upper=encoding.upper(),
            ),
        ) from error


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 without a mark: in digits and commas every second byte is zero."""
    sample = data[:4096]
    if len(sample) < 4 or len(data) % 2:
        return None
    half = len(sample) // 2
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > half * 0.7 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.7 and odd < half * 0.05:
        return "utf-16-be"
    return None


_FORBIDDEN = {chr(code) for code in range(32)} - {
    "\t",
    "\n",
    "\r",
    "\x0b",
    "\x0c",
    "\x1a",
    "\x1c",
    "\x1d",
    "\x1e",
}


def _checked(text: str) -> str:
    """The text itself. Raises ``FileRefused`` where it holds control characters that no text file has."""
    # DOS programs end a file with 0x1A, and a disk that was pulled out too early pads it with zeros.
    text = text.rstrip("\x1a\x00") or text
    found = next((sign for sign in _FORBIDDEN if sign in text), None)
    if found is not None:
        where = text.index(found)
        raise FileRefused(
            "unknown_type",
            gettext(
                "This is not a text file: line %(count)s holds a control character (code %(ord)s). "
                "Save the sheet as .csv or .xlsx, and upload that.",
                count=thousands(text.count(chr(10), 0, where) + 1),
                ord=ord(found),
            ),
        )
    return text
