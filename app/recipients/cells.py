"""Spreadsheet values → the text that a person sees in the cell, near enough to be checked and merged."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

_PLAIN_INTEGER = re.compile(r"-?[0-9]{1,15}")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_SECONDS_A_DAY: Final = 86_400
_MIDNIGHT: Final = datetime(2000, 1, 1, tzinfo=UTC)

# ECMA-376 part 1, 18.8.30: the built-in formats that are dates or times, with the East Asian ones.
DATE_FORMATS: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_NOT_CODES = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_DATE_CODES = re.compile(r"[dmyhs]", re.IGNORECASE)


def is_date_format(code: str) -> bool:
    """Whether a number format shows dates or times: it holds d, m, y, h or s outside quotes and brackets."""
    return _DATE_CODES.search(_NOT_CODES.sub("", code)) is not None


def number_text(written: str) -> str:
    """A number as stored in xml (``61412345678``, ``6.1412345678E10``) → plain text.

    What has more than 15 digits was already rounded by the spreadsheet and stays in scientific notation, so
    that it is refused as a phone number. Text that is no number comes back as it is.
    """
    if _PLAIN_INTEGER.fullmatch(written):
        return written
    try:
        value = float(written)
    except ValueError:
        return written
    return float_text(value)


def float_text(value: float) -> str:
    """A number → plain text, to 15 digits as spreadsheets show them (``0.1 + 0.2`` is ``0.3``)."""
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.15g}".replace("e", "E")


def date_text(serial: float, *, from_1904: bool) -> str:
    """A date serial → ISO text: ``2026-11-21``, ``2026-11-21 14:30``, or ``14:30`` for a time alone.

    Serials below 60 count from 1899-12-31, since Lotus 1-2-3 and Excel have a 29th of February 1900.
    A serial beyond the year 9999 stays a number.
    """
    if serial != serial or abs(serial) > 3_000_000 or serial < 0:
        return float_text(serial)
    seconds = round(serial % 1 * _SECONDS_A_DAY)
    clock = timedelta(seconds=seconds)
    clock_time = (_MIDNIGHT + clock).time()
    if serial < 1:
        return _clock_text(clock_time)
    base = date(1904, 1, 1) if from_1904 else date(1899, 12, 30 if serial >= 60 else 31)
    try:
        day = base + timedelta(days=int(serial)) + timedelta(days=clock.days)
    except OverflowError:
        return float_text(serial)
    return (
        f"{day:%Y-%m-%d} {_clock_text(clock_time)}" if clock_time != _MIDNIGHT.time() else f"{day:%Y-%m-%d}"
    )


def _clock_text(moment: time) -> str:
    return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"


def unescaped(text: str) -> str:
    """Text without ``_x000D_`` escapes, for characters that xml cannot hold (ECMA-376 part 1, 22.9.2.19)."""
    if "_x" not in text:
        return text
    return storable(_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text))


def storable(text: str) -> str:
    """Text without what no database takes and nobody sees: control characters, halves of surrogate pairs."""
    return text if text.isprintable() else _UNSTORABLE.sub("", text)
