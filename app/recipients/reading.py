"""A stored recipient file → its rows, whatever honest type it is.

Call this where its cost is limited: ``confined`` runs it in a child process.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.language import gettext
from app.recipients.delimited import read_delimited
from app.recipients.errors import FileRefused
from app.recipients.limits import MEBIBYTE, FileLimits
from app.recipients.sheet import Sheet
from app.recipients.sniffing import Container, container_of
from app.recipients.workbook import read_workbook

_FAMILIES = {"csv": "text", "txt": "text", "tsv": "text", "xlsx": "xlsx", "xls": "xls"}


def read_sheet(
    path: Path, limits: FileLimits, progress: Callable[[int], None] | None = None, *, name: str = ""
) -> Sheet:
    """The sheet in a stored file. The type is found by content; ``progress`` hears the rows read so far.

    ``name`` is the client's own name for the file; it serves for a note where it promises another type, and to
    call a text file csv or txt as the client does.

    Raises ``FileRefused``.
    """
    size = path.stat().st_size
    if size > limits.max_bytes:
        raise FileRefused(
            "too_big",
            gettext(
                "The file has %(size)s MB; at most %(max_bytes)s MB are taken. Remove pictures and "
                "other sheets, or split it.",
                size=f"{size / MEBIBYTE:.1f}",
                max_bytes=f"{limits.max_bytes / MEBIBYTE:.0f}",
            ),
        )
    with path.open("rb") as stored:
        data = stored.read(limits.max_bytes + 1)
    sheet = _read(container_of(data), data, limits, progress)
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending in ("csv", "txt") and sheet.kind in ("csv", "txt"):
        return replace(sheet, kind="csv" if ending == "csv" else "txt")
    note = _mismatch(ending, sheet)
    return replace(sheet, notes=(note, *sheet.notes)) if note else sheet


def _read(
    container: Container, data: bytes, limits: FileLimits, progress: Callable[[int], None] | None
) -> Sheet:
    if container == "text":
        return read_delimited(data, limits, progress)
    if container == "zip":
        return read_workbook(data, limits, progress)
    # Imported here: xlrd takes as long to load as a csv takes to read, and few files are its own.
    from app.recipients.legacy import read_legacy

    return read_legacy(data, limits, progress)


def _mismatch(ending: str, sheet: Sheet) -> str | None:
    """A note where the name's ending promises another type than the content is."""
    promised = _FAMILIES.get(ending)
    if promised is None or promised == _FAMILIES[sheet.kind]:
        return None
    return gettext(
        "The file is named .%(ending)s, but its content is %(kind)s; it was read as %(kind)s.",
        ending=ending,
        kind=sheet.kind,
    )
