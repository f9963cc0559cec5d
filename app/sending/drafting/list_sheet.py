"""A saved list as a sheet, so that it is taken in by the rules for any recipient file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.language import gettext
from app.models import ListEntry, ListState, RecipientList
from app.recipients.errors import FileRefused
from app.recipients.sheet import Row, Sheet

_HEADING: Final = "phone"


def sheet_of_list(session: Session, list_id: int) -> Sheet:
    """The list as a sheet whose row numbers are the places in the list. Raises FileRefused when it is gone."""
    saved = session.get(RecipientList, list_id)
    if saved is None or saved.state != ListState.READY:
        raise FileRefused(
            "gone", gettext("The saved list is no longer there. Choose another one, or upload a file.")
        )
    rows = session.execute(
        select(ListEntry.position, ListEntry.e164, ListEntry.fields)
        .where(ListEntry.list_id == list_id)
        .order_by(ListEntry.position)
    )
    names = list(saved.field_names)
    return Sheet(
        "csv",
        Row(0, (_HEADING, *names)),
        [Row(place, (e164, *_cells(fields, names))) for place, e164, fields in rows],
    )


def _cells(fields: Mapping[str, Any], names: list[str]) -> list[str]:
    """The entry's values in the order of the list's fields, whose case may be another list's."""
    if not names:
        return []
    by_key = {name.casefold(): str(value) for name, value in fields.items()}
    return [by_key.get(name.casefold(), "") for name in names]
