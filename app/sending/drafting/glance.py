"""A look into the recipients while the text is being written: who stands there, and what each would read.

Only looks: nothing is stored of a draft, no number is judged. The check that comes later reads everything again.
A file is read once, confined as every file, and what was read is kept beside it for as long as the file.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import fsspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.merge import Template, field_key
from app.models import ListEntry, RecipientList
from app.recipients.columns import find_columns
from app.recipients.confined import read_confined
from app.recipients.limits import FileLimits
from app.stored_files import StoredUpload, beside, local_copy
from config import Settings

MOST_CHARACTERS: Final = 2_000_000  # of values that are kept to look at; a row beyond them is not looked at
_SECONDS: Final = 10  # somebody waits for the answer; a file that takes longer is left to the job


@dataclass(frozen=True, slots=True)
class GlanceRow:
    """A row as its file has it: `number` is the sheet's own, `written` what stands in the number column."""

    number: int
    written: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Glance:
    """The rows that can be looked at, in the order of the sheet; `in_all` may be more."""

    field_names: tuple[str, ...]
    rows: tuple[GlanceRow, ...]
    in_all: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What one row's recipient would read."""

    row: GlanceRow
    text: str


def glance_at_file(settings: Settings, upload: StoredUpload) -> Glance | None:
    """The rows of a stored file; None when the file is gone.

    Raises FileRefused where it cannot be read, or not while somebody waits.
    """
    kept = _kept(settings.uploads_url, upload.key)
    if kept is not None:
        return kept
    limits = FileLimits(
        max_recipients=settings.limits.bulk_recipients,
        max_bytes=settings.limits.upload_bytes,
        cpu_seconds=_SECONDS,
        wall_seconds=_SECONDS,
    )
    try:
        with local_copy(settings.uploads_url, upload.key) as path:
            sheet = read_confined(path, limits, name=upload.name)
    except FileNotFoundError:
        return None
    columns = find_columns(sheet)
    rows = (
        GlanceRow(row.number, row.cell(columns.number), tuple(map(row.cell, columns.fields)))
        for row in sheet.rows
        if row.cell(columns.number)
    )
    seen = Glance(tuple(columns.fields.values()), _bounded(rows), len(sheet.rows))
    _keep(settings.uploads_url, upload.key, seen)
    return seen


def glance_at_list(session: Session, list_id: int) -> Glance | None:
    """The rows of a saved list; None when it is gone."""
    saved = session.get(RecipientList, list_id)
    if saved is None:
        return None
    names = tuple(saved.field_names)
    entries = session.execute(
        select(ListEntry.position, ListEntry.e164, ListEntry.fields)
        .where(ListEntry.list_id == list_id)
        .order_by(ListEntry.position)
        .execution_options(yield_per=1_000)
    )
    rows = (GlanceRow(place, e164, _values(fields, names)) for place, e164, fields in entries)
    return Glance(names, _bounded(rows), saved.size)


def readings(glance: Glance, text: str) -> dict[str, Reading]:
    """What the first three rows would read, and the rows whose text is the shortest and the longest.

    The keys are "first", "second", "third", "shortest" and "longest"; a text without fields is the same for all, and
    then only the first three are told. Fields that the rows do not have stay as they are written.
    """
    template = Template.parse(text)
    places = {field_key(name): index for index, name in enumerate(glance.field_names)}
    order = [places.get(key) for key in template.keys]
    found = {
        key: Reading(row, _filled(template, order, row))
        for key, row in zip(("first", "second", "third"), glance.rows, strict=False)
    }
    known = [place for place in order if place is not None]
    if known and len(glance.rows) > 1:
        for key, choose in (("shortest", min), ("longest", max)):
            row = choose(glance.rows, key=lambda row: sum(len(row.values[place]) for place in known))
            found[key] = Reading(row, _filled(template, order, row))
    return found


def fill(text: str, glance: Glance, row: GlanceRow) -> str:
    """Any text with this row's values; fields that it does not have stay as they are written."""
    template = Template.parse(text)
    places = {field_key(name): index for index, name in enumerate(glance.field_names)}
    return _filled(template, [places.get(key) for key in template.keys], row)


def _filled(template: Template, order: list[int | None], row: GlanceRow) -> str:
    pieces = [template.literals[0]]
    for name, place, literal in zip(template.names, order, template.literals[1:], strict=True):
        pieces += ["{" + name + "}" if place is None else row.values[place], literal]
    return "".join(pieces)


def _values(fields: Mapping[str, object], names: tuple[str, ...]) -> tuple[str, ...]:
    by_key = {name.casefold(): str(value) for name, value in fields.items()}
    return tuple(by_key.get(name.casefold(), "") for name in names)


def _bounded(rows: Iterable[GlanceRow]) -> tuple[GlanceRow, ...]:
    kept, characters = [], 0
    for row in rows:
        characters += len(row.written) + sum(map(len, row.values))
        if characters > MOST_CHARACTERS:
            break
        kept.append(row)
    return tuple(kept)


def _keep(uploads_url: str, key: str, seen: Glance) -> None:
    filesystem, root = fsspec.core.url_to_fs(uploads_url)
    stored = {
        **dataclasses.asdict(seen),
        "rows": [[row.number, row.written, row.values] for row in seen.rows],
    }
    with filesystem.open(f"{root}/{beside(key)}", "wb") as target:
        target.write(json.dumps(stored).encode())


def _kept(uploads_url: str, key: str) -> Glance | None:
    filesystem, root = fsspec.core.url_to_fs(uploads_url)
    try:
        with filesystem.open(f"{root}/{beside(key)}", "rb") as source:
            stored = json.loads(source.read())
    except (FileNotFoundError, ValueError):  # not there, or half written by a process that died
        return None
    rows = tuple(GlanceRow(number, written, tuple(values)) for number, written, values in stored["rows"])
    return Glance(tuple(stored["field_names"]), rows, stored["in_all"])
