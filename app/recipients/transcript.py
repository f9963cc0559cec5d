"""An intake as plain lists and texts, for the way between two processes, and back.

Field values go without their names, which are the same in every row.
"""

from collections.abc import Mapping
from typing import Any

from app.recipients.intake import Intake, Recipient, Rejection


def intake_to(intake: Intake) -> dict[str, Any]:
    """What ``json`` can write."""
    names = intake.field_names
    return {
        "recipients": [
            (
                r.row,
                r.written,
                r.e164,
                r.region,
                r.country_code,
                r.network,
                r.tidied,
                _values(r.fields, names),
            )
            for r in intake.recipients
        ],
        "rejections": [
            (r.row, r.written, r.reason, r.message, _values(r.fields, names)) for r in intake.rejections
        ],
        "duplicates": intake.duplicates,
        "tidied": intake.tidied,
        "rows_read": intake.rows_read,
        "kind": intake.kind,
        "number_column": intake.number_column,
        "field_names": names,
        "heading_looks_like_number": intake.heading_looks_like_number,
        "heading_number": intake.heading_number,
        "notes": intake.notes,
    }


def intake_from(written: dict[str, Any]) -> Intake:
    """Back from there. Raises ``KeyError``, ``TypeError`` or ``ValueError`` for another shape."""
    names = tuple(map(str, written["field_names"]))
    return Intake(
        recipients=[_recipient(line, names) for line in written["recipients"]],
        rejections=[_rejection(line, names) for line in written["rejections"]],
        duplicates=int(written["duplicates"]),
        tidied=int(written["tidied"]),
        rows_read=int(written["rows_read"]),
        kind=str(written["kind"]),
        number_column=_optional(written["number_column"]),
        field_names=names,
        heading_looks_like_number=bool(written["heading_looks_like_number"]),
        heading_number=_optional(written["heading_number"]),
        notes=tuple(map(str, written["notes"])),
    )


def _recipient(line: list[Any], names: tuple[str, ...]) -> Recipient:
    row, written, e164, region, country_code, network, tidied, values = line
    return Recipient(row, written, e164, region, country_code, _fields(names, values), network, tidied)


def _rejection(line: list[Any], names: tuple[str, ...]) -> Rejection:
    row, written, reason, message, values = line
    return Rejection(row, written, reason, message, _fields(names, values))


def _values(fields: Mapping[str, str], names: tuple[str, ...]) -> list[str]:
    return [fields[name] for name in names]


def _fields(names: tuple[str, ...], values: list[str]) -> dict[str, str]:
    return dict(zip(names, values, strict=True))


def _optional(text: object) -> str | None:
    return None if text is None else str(text)
