"""The audit log: found by actor, action, account and day; a page at a time, or all of it as csv."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.access import ANY_STAFF, OPERATORS, roles_required
from app.blueprints.attachments import attachment
from app.blueprints.desk_audit import blueprint
from app.desk.audit_pages import AuditFilter, actions, all_events, event_page
from app.extensions import db
from app.models import AuditEvent
from app.recipients.export import safe_cell

_HEADING = ("id", "at (UTC)", "actor", "action", "subject", "account", "ip", "before", "after")


@blueprint.get("/")
@roles_required(ANY_STAFF)
def index() -> ResponseReturnValue:
    """Events that fit, newest first."""
    before, after = (request.args.get(name, type=int) for name in ("before", "after"))
    return render_template(
        "desk_audit/index.html",
        page=event_page(db.session(), _chosen(), before=before, after=after),
        actions=actions(db.session()),
        asked=_asked(),
    )


@blueprint.get("/events.csv")
@roles_required(OPERATORS)
def export() -> Response:
    """Every event that fits, as csv that is safe to open in a spreadsheet."""
    return attachment(_csv(db.engine, _chosen()), "audit-log.csv", "text/csv")


def _asked() -> dict[str, str]:
    """What the address asks for, to be put into links and fields again."""
    names = ("actor", "action", "account", "since", "until")
    return {name: value for name in names if (value := request.args.get(name, "").strip()[:254])}


def _chosen() -> AuditFilter:
    asked = _asked()
    account = asked.get("account", "").removeprefix("#")
    until = _day(asked.get("until"))
    return AuditFilter(
        actor=asked.get("actor"),
        action=asked.get("action"),
        account_id=int(account) if account.isascii() and account.isdigit() and len(account) < 16 else None,
        since=_day(asked.get("since")),
        until=until + timedelta(days=1) if until is not None else None,
    )


def _day(written: str | None) -> datetime | None:
    """The beginning of a day in UTC, the desk's time; None for what is no day."""
    try:
        day = datetime.strptime(written or "", "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return day if 1 < day.year < 9999 else None  # so that a day may be added in any zone


def _csv(engine: Engine, chosen: AuditFilter) -> Iterator[str]:
    """The lines, read while they are sent: by a session of their own, since the request is over by then."""
    yield "\ufeff" + _line(_HEADING)
    with Session(engine) as session:
        for event in all_events(session, chosen):
            yield _line(_cells(event))


def _cells(event: AuditEvent) -> tuple[Any, ...]:
    return (
        event.id,
        event.at.isoformat(timespec="seconds"),
        event.actor,
        event.action,
        event.subject,
        event.account_id,
        event.ip,
        _json(event.before),
        _json(event.after),
    )


def _line(cells: Iterable[Any]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerow([safe_cell("" if cell is None else str(cell)) for cell in cells])
    return text.getvalue()


def _json(values: dict[str, Any] | None) -> str:
    return "" if values is None else json.dumps(values, ensure_ascii=False, sort_keys=True)
