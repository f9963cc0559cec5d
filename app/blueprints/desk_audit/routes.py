"""The audit log: found by actor, action, account and day, a page at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.access import ANY_STAFF, roles_required
from app.blueprints.desk_audit import blueprint
from app.desk import audit_words
from app.desk.audit_pages import AuditFilter, actions, event_page
from app.extensions import db


@blueprint.get("/")
@roles_required(ANY_STAFF)
def index() -> ResponseReturnValue:
    """Events that fit, newest first."""
    before, after = (request.args.get(name, type=int) for name in ("before", "after"))
    return render_template(
        "desk_audit/index.html",
        page=event_page(db.session(), _chosen(), before=before, after=after),
        actions=audit_words.choices(actions(db.session())),
        asked=_asked(),
    )


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
