"""xlsx: from the archive to the rows of its first visible sheet. ECMA-376, transitional and strict."""

import posixpath
from collections.abc import Callable
from dataclasses import dataclass

from app.language import gettext, mark, ngettext
from app.recipients.archive import Archive, damaged
from app.recipients.cells import DATE_FORMATS, is_date_format
from app.recipients.errors import FileRefused
from app.recipients.gathering import RowGatherer
from app.recipients.limits import MEBIBYTE, FileLimits
from app.recipients.sheet import Sheet
from app.recipients.worksheet import Context, SharedStrings, WorksheetReader
from app.recipients.xml_stream import Elements, stream_xml

_ADVICE = mark("Save the sheet as .xlsx or .csv, and upload that.")
_FOREIGN = (
    ("xl/workbook.bin", "a binary workbook (.xlsb)"),
    ("word/document.xml", "a Word document"),
    ("ppt/presentation.xml", "a PowerPoint presentation"),
    ("index/document.iwa", "an Apple Numbers or Pages document"),
    ("meta-inf/manifest.xml", "an OpenDocument or Java file"),
    ("androidmanifest.xml", "an Android app"),
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a sheet's part is, and what it is called."""

    name: str
    part: str


def read_workbook(data: bytes, limits: FileLimits, progress: Callable[[int], None] | None = None) -> Sheet:
    """The first visible sheet of an xlsx, without its hidden rows and columns. Raises ``FileRefused``."""
    archive = Archive(data, limits)
    main = _main_part(archive)
    _refuse_macros(archive, main)
    relations = _relations(archive, main)
    chosen, others, from_1904 = _first_visible(archive, main, relations)
    strings = SharedStrings(limits)
    strings_part = _by_type(relations, "/sharedStrings")
    if strings_part and strings_part in archive:
        stream_xml(archive.chunks(strings_part), strings)
    styles_part = _by_type(relations, "/styles")
    dates = _date_styles(archive, styles_part) if styles_part and styles_part in archive else frozenset()
    gatherer = RowGatherer(limits, progress)
    reader = WorksheetReader(Context(strings.found, dates, from_1904, limits), gatherer.add)
    stream_xml(archive.chunks(chosen.part), reader)
    notes = _notes(chosen, others, reader)
    return gatherer.sheet("xlsx", notes, frozenset(reader.skipped_columns))


def _main_part(archive: Archive) -> str:
    """The workbook's own part. Raises ``FileRefused`` where the archive is some other kind of document."""
    for part, name in _FOREIGN:
        if part in archive:
            raise FileRefused(
                "unknown_type",
                gettext(
                    "This is %(name)s, not an .xlsx workbook. %(advice)s", name=name, advice=gettext(_ADVICE)
                ),
            )
    if "_rels/.rels" in archive:
        found = _by_type(_relations(archive, ""), "/officeDocument")
        if found and found in archive:
            return found
    if "xl/workbook.xml" in archive:
        return "xl/workbook.xml"
    if any(name.startswith("xl/") for name in archive.names()):
        raise damaged()
    raise FileRefused(
        "unknown_type",
        gettext(
            "This is a zip archive, not a workbook. Unpack it first. %(advice)s", advice=gettext(_ADVICE)
        ),
    )


def _refuse_macros(archive: Archive, main: str) -> None:
    names = archive.names()
    carries = any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in names)
    if not carries and "[content_types].xml" in archive:
        carries = b"macroenabled" in archive.read("[Content_Types].xml").lower()
    if carries:
        raise FileRefused(
            "macros",
            gettext(
                "The workbook carries macros, which are not taken. Save it as .xlsx (without macros) or .csv."
            ),
        )


@dataclass(frozen=True, slots=True)
class _Relation:
    kind: str
    target: str


def _relations(archive: Archive, part: str) -> dict[str, _Relation]:
    """A part's relationships by id, targets resolved; external ones are left out and never followed."""
    folder, name = posixpath.split(part)
    rels = posixpath.join(folder, "_rels", f"{name}.rels")
    if rels not in archive:
        return {}
    elements = Elements(lambda found: found == "Relationship")
    stream_xml([archive.read(rels)], elements)
    relations = {}
    for _, attributes in elements.found:
        if attributes.get("TargetMode") == "External":
            continue
        target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", "")))
        relations[attributes.get("Id", "")] = _Relation(attributes.get("Type", ""), target.lstrip("/"))
    return relations


def _by_type(relations: dict[str, _Relation], ending: str) -> str | None:
    return next((found.target for found in relations.values() if found.kind.endswith(ending)), None)


def _first_visible(
    archive: Archive, main: str, relations: dict[str, _Relation]
) -> tuple[_Place, list[str], bool]:
    """The sheet to read, the names of other visible ones, and whether dates count from 1904."""
    elements = Elements(lambda found: found in ("sheet", "workbookPr"))
    stream_xml([archive.read(main, 4 * MEBIBYTE)], elements)
    from_1904 = False
    visible: list[_Place] = []
    for name, attributes in elements.found:
        if name == "workbookPr":
            from_1904 = attributes.get("date1904", "0") in ("1", "true")
        elif attributes.get("state", "visible") == "visible":
            relation = relations.get(_relation_id(attributes))
            if relation is not None and relation.kind.endswith("/worksheet") and relation.target in archive:
                visible.append(_Place(attributes.get("name", "")[:31], relation.target))
    if not visible:
        raise FileRefused(
            "no_rows",
            gettext("The workbook has no visible sheet. Show the sheet with the numbers, and save."),
        )
    return visible[0], [place.name for place in visible[1:]], from_1904


def _relation_id(attributes: dict[str, str]) -> str:
    """The ``r:id`` of a sheet, whatever the prefix."""
    return next((value for name, value in attributes.items() if name.endswith(":id")), "")


def _date_styles(archive: Archive, part: str) -> frozenset[str]:
    """The numbers of the cell styles that show dates."""
    reader = _StylesReader()
    stream_xml(archive.chunks(part), reader)
    return frozenset(
        str(index) for index, form in enumerate(reader.cell_formats) if form in reader.date_formats
    )


class _StylesReader:
    """Number formats, and which of them each cell style uses."""

    def __init__(self) -> None:
        self.date_formats = {str(number) for number in DATE_FORMATS}
        self.cell_formats: list[str] = []
        self._in_cells = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "cellXfs":
            self._in_cells = True
        elif name == "xf" and self._in_cells:
            self.cell_formats.append(attributes.get("numFmtId", "0"))
        elif name == "numFmt" and is_date_format(attributes.get("formatCode", "")):
            self.date_formats.add(attributes.get("numFmtId", ""))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._in_cells = False

    def text(self, data: str) -> None:
        """Styles say nothing in text."""


def _notes(chosen: _Place, others: list[str], reader: WorksheetReader) -> tuple[str, ...]:
    return (
        *other_sheets_note(chosen.name, others),
        *hidden_note(reader.hidden_rows, len(reader.skipped_columns)),
    )


def other_sheets_note(chosen: str, others: list[str]) -> tuple[str, ...]:
    """A note that names the sheets that were not read."""
    if not others:
        return ()
    named = ", ".join(f"“{name}”" for name in others[:5])
    words = (
        gettext("The first visible sheet, “%(chosen)s”, was read; not read: %(named)s.")
        if len(others) <= 5
        else gettext("The first visible sheet, “%(chosen)s”, was read; not read: %(named)s and more.")
    )
    return (words % {"chosen": chosen, "named": named},)


def hidden_note(rows: int, columns: int) -> tuple[str, ...]:
    """A note that counts what was skipped because the sheet hides it."""
    hidden_rows = ngettext("%(num)s hidden row", "%(num)s hidden rows", rows)
    hidden_columns = ngettext("%(num)s hidden column", "%(num)s hidden columns", columns)
    if rows and columns:
        return (gettext("Skipped: %(rows)s and %(columns)s.", rows=hidden_rows, columns=hidden_columns),)
    if rows or columns:
        return (gettext("Skipped: %(what)s.", what=hidden_rows if rows else hidden_columns),)
    return ()
