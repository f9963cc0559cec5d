"""A sheet as plain lists and texts, for the way between two processes, and back."""

from typing import Any, get_args

from app.recipients.sheet import NO_MARKS, Kind, Mark, Row, Sheet

_KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
_MARKS: dict[str, Mark] = {mark: mark for mark in get_args(Mark)}


def sheet_to(sheet: Sheet) -> dict[str, Any]:
    """What ``json`` can write."""
    return {
        "kind": sheet.kind,
        "heading": None if sheet.heading is None else _line(sheet.heading),
        "rows": [_line(row) for row in sheet.rows],
        "notes": sheet.notes,
        "hidden": sorted(sheet.hidden_columns),
    }


def sheet_from(written: dict[str, Any]) -> Sheet:
    """Back from there. Raises ``KeyError``, ``TypeError`` or ``ValueError`` for another shape."""
    heading = written["heading"]
    return Sheet(
        kind=_KINDS[written["kind"]],
        heading=None if heading is None else _row(heading),
        rows=[_row(line) for line in written["rows"]],
        notes=tuple(map(str, written["notes"])),
        hidden_columns=frozenset(map(int, written["hidden"])),
    )


def _line(row: Row) -> tuple[Any, ...]:
    return (row.number, row.cells, dict(row.marks)) if row.marks else (row.number, row.cells)


def _row(line: list[Any]) -> Row:
    number, cells, *rest = line
    marks = {int(index): _MARKS[mark] for index, mark in rest[0].items()} if rest else NO_MARKS
    return Row(int(number), tuple(map(str, cells)), marks)
