"""The message as a recipient's phone shows it, filled from real rows of the file or the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app, url_for

from app.content.segments import Split, count_segments
from app.extensions import db
from app.language import gettext as _
from app.models import Task, WhatsAppTemplate
from app.recipients.errors import FileRefused
from app.recipients.typed import split_typed
from app.sending import route_rules
from app.sending.drafting.compose import segments_of
from app.sending.drafting.drafts import ChosenList, Source
from app.sending.drafting.glance import Glance, GlanceRow, fill, glance_at_file, glance_at_list, readings
from app.stored_files import StoredUpload

if TYPE_CHECKING:
    from app.blueprints.compose.forms import ComposeForm


@dataclass(frozen=True)
class Choice:
    """A row that the phone can be filled from."""

    key: str
    words: str
    row: int
    segments: int


@dataclass(frozen=True)
class Phone:
    """What the phone shows. `note` says why there are no rows; `unknown` are fields that no row has."""

    sender: str
    to: str
    text: str
    segments: int
    characters: int
    is_gsm: bool
    on_whatsapp: bool
    header: WhatsAppTemplate | None
    header_address: str | None
    choices: tuple[Choice, ...]
    chosen: str
    field_names: tuple[str, ...]
    in_all: int
    looked_at: int
    note: str
    template_values: tuple[str, ...]


def phone_of(form: ComposeForm, task: Task | None) -> Phone:
    """The phone for what stands in the form; `task` is the draft being edited, whose file counts unless replaced."""
    glance, note = _glance(form, task)
    text = form.content.data or ""
    found = readings(glance, text) if glance else {}
    chosen = form.look.data if form.look.data in found else next(iter(found), "")
    reading = found.get(chosen)
    shown = reading.text if reading else text
    route = form.route
    split = route_rules.split(route) if route else Split.NETWORK
    count = count_segments(shown, split or Split.NETWORK)
    header = form.templates.get(form.template_id.data) if form.on_whatsapp else None
    return Phone(
        sender=(form.sender_id.data or "") if route is None or route.takes_sender_id else "",
        to=reading.row.written if reading else _first_typed(form),
        text=shown,
        segments=segments_of(shown, split) if shown else 0,
        characters=count.characters,
        is_gsm=count.encoding == "GSM-7",
        on_whatsapp=form.on_whatsapp,
        header=header if header is not None and header.header_kind else None,
        header_address=_header_address(form, header),
        choices=tuple(
            Choice(key, _row_words(key), each.row.number, segments_of(each.text, split) if each.text else 0)
            for key, each in found.items()
        ),
        chosen=chosen,
        field_names=glance.field_names if glance else (),
        in_all=glance.in_all if glance else 0,
        looked_at=len(glance.rows) if glance else 0,
        note=note,
        template_values=_values(form, glance, reading.row if reading else None),
    )


def _glance(form: ComposeForm, task: Task | None) -> tuple[Glance | None, str]:
    """The rows to look at, or the reason why there are none; a quick message has none and needs no reason."""
    source = form.rows_source(task)
    if source is None:
        return None, ""
    try:
        glance = _look(source)
    except FileRefused as refusal:
        return None, refusal.message
    if glance is None or not glance.rows:
        return None, _("There is no row to show. The review tells why.")
    return glance, ""


def _look(source: Source) -> Glance | None:
    if isinstance(source, ChosenList):
        return glance_at_list(db.session(), source.list_id)
    return glance_at_file(current_app.config["CARILLON"], source)


def draft_source(task: Task | None) -> Source | None:
    """Where a draft that is being edited has its recipients from."""
    if task is None:
        return None
    if task.upload_key is not None:
        return StoredUpload(task.upload_key, task.upload_name or "", 0)
    return ChosenList(task.list_id, task.upload_name or "") if task.list_id is not None else None


def _values(form: ComposeForm, glance: Glance | None, row: GlanceRow | None) -> tuple[str, ...]:
    if not form.on_whatsapp:
        return ()
    if glance is None or row is None:
        return form.values_of_template
    return tuple(fill(value, glance, row) for value in form.values_of_template)


def _header_address(form: ComposeForm, template: WhatsAppTemplate | None) -> str | None:
    if template is None or template.header_kind != "image" or form.route is None:
        return None
    return url_for(
        "callbacks.media", route_public_id=form.route.public_id, template_public_id=template.public_id
    )


def _first_typed(form: ComposeForm) -> str:
    typed = (form.recipients.data or "") if "recipients" in form else ""
    return next(iter(split_typed(typed[:400])), "")[:40]


def _row_words(key: str) -> str:
    return {
        "first": _("First row"),
        "second": _("Second row"),
        "third": _("Third row"),
        "shortest": _("Shortest text"),
        "longest": _("Longest text"),
    }[key]
