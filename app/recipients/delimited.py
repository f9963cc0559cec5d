"""csv and txt: finding the delimiter, reading the rows. RFC 4180, and what programs write instead of it."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator

from app.language import gettext, thousands
from app.recipients.decoding import decode
from app.recipients.errors import FileRefused
from app.recipients.gathering import RowGatherer
from app.recipients.limits import FileLimits
from app.recipients.sheet import Kind, Row, Sheet

DELIMITERS = ",;\t|"
_BEHIND_ONE_VALUE = DELIMITERS + " \r\n"
_SAMPLE_LINES = 60
_SEP_LINE = re.compile(r"[\"']?sep=(.)[\"']?(?:\r\n|\r|\n|\Z)", re.IGNORECASE)


def read_delimited(data: bytes, limits: FileLimits, progress: Callable[[int], None] | None = None) -> Sheet:
    """The rows of a text file. Row numbers are a spreadsheet's: a quoted cell over two lines is one row.

    Raises ``FileRefused``.
    """
    text, note = decode(data)
    _refuse_long_lines(text, limits)
    delimiter, text = _delimiter(text)
    gatherer = RowGatherer(limits, progress)
    try:
        for number, cells in _records(text, delimiter, limits):
            trimmed = _trimmed(cells)
            if trimmed:
                gatherer.add(Row(number, trimmed))
    except csv.Error as error:
        raise FileRefused(
            "damaged",
            gettext(
                "The text cannot be split into cells (%(error)s). Check the quotation marks, or save "
                "it as .xlsx.",
                error=error,
            ),
        ) from error
    kind: Kind = "csv" if delimiter else "txt"
    return gatherer.sheet(kind, (note,) if note else ())


def _refuse_long_lines(text: str, limits: FileLimits) -> None:
    if len(text) <= limits.max_line:
        return
    for number, line in enumerate(io.StringIO(text, newline=""), 1):
        if len(line) > limits.max_line:
            raise FileRefused(
                "cell_too_long",
                gettext(
                    "Line %(number)s has %(line)s characters; at most %(max_line)s are read. Put each "
                    "recipient on a line of its own.",
                    number=thousands(number),
                    line=thousands(len(line)),
                    max_line=thousands(limits.max_line),
                ),
            )


def _delimiter(text: str) -> tuple[str, str]:
    """The delimiter (empty for one value a line) and the text without Excel's ``sep=`` line."""
    declared = _SEP_LINE.match(text)
    if declared is not None:
        return declared[1], text[declared.end() :]
    sample = _sample(text)
    best, best_score = "", 0.0
    for candidate in DELIMITERS:
        score = _consistency(sample, candidate)
        if score > best_score:
            best, best_score = candidate, score
    return best, text


def _sample(text: str) -> str:
    """The first lines, whole, however they end."""
    lines = []
    for line in io.StringIO(text[: 64 * 1024], newline=""):
        lines.append(line)
        if len(lines) == _SAMPLE_LINES:
            break
    return "".join(lines)


def _consistency(sample: str, delimiter: str) -> float:
    """How well the delimiter makes a table of the sample: the share of rows with the commonest width.

    The heading counts for the most, since a comma inside some addresses does not make columns.
    """
    try:
        rows = [row for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if any(row)]
    except csv.Error:
        return 0.0
    if not rows:
        return 0.0
    width, count = Counter(len(row) for row in rows).most_common(1)[0]
    heading = len(rows[0])
    if max(width, heading) == 1:
        return 0.0
    share = count / len(rows)
    return share * (1.0 if width > 1 else 0.2) + (0.5 if heading > 1 else 0.0) + min(width, 20) / 1000


def _records(text: str, delimiter: str, limits: FileLimits) -> Iterator[tuple[int, list[str]]]:
    """Each record with its number. A quotation mark left open is an error, not one enormous cell."""
    lines = io.StringIO(text, newline="")
    if not delimiter and '"' not in text:
        for number, line in enumerate(lines, 1):
            value = line.rstrip(_BEHIND_ONE_VALUE).lstrip()
            if value:
                yield number, [value]
        return
    reader = csv.reader(lines, delimiter=delimiter or "\x1f", strict=_is_strict(text, delimiter))
    before = 0
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                raise _open_quote(number) from error
            raise
        if reader.line_num - before > limits.max_cell_lines:
            raise _open_quote(number)
        before = reader.line_num
        yield number, cells


def _is_strict(text: str, delimiter: str) -> bool:
    """Whether all quotation marks follow RFC 4180; where one does not (``"Al" Smith``) we are lenient."""
    if '"' not in text:
        return False
    try:
        for _ in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or "\x1f", strict=True):
            pass
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return True


def _open_quote(number: int) -> FileRefused:
    return FileRefused(
        "damaged",
        gettext(
            "A quotation mark that opens in row %(number)s is never closed, so the rows below "
            "run together. Close or remove it, and upload again.",
            number=thousands(number),
        ),
    )


def _trimmed(cells: list[str]) -> tuple[str, ...]:
    trimmed = [cell.strip() for cell in cells]
    while trimmed and not trimmed[-1]:
        trimmed.pop()
    return tuple(trimmed)
