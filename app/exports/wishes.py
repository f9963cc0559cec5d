"""What somebody wants as a file: kept in the words of the list's address, and read again by the job."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from app.language import gettext, mark
from app.models import ExportKind, RecordExport, Role
from app.models.user import CLIENT_ROLES, STAFF_ROLES
from app.records.asked import Asked
from app.records.periods import Period, read_period

# Who may take which list along: whoever may read it on its page. The evidence tells who submitted, and from where.
ROLES: Final[dict[ExportKind, frozenset[Role]]] = {
    ExportKind.MESSAGES: CLIENT_ROLES,
    ExportKind.TASKS: CLIENT_ROLES,
    ExportKind.SENDING: CLIENT_ROLES,
    ExportKind.STATEMENT: CLIENT_ROLES,
    ExportKind.TOP_UPS: frozenset({Role.OWNER, Role.BILLING}),
    ExportKind.EVIDENCE: frozenset({Role.OWNER}),
    # Of staff, who may act on what is in it: a whole list of people is more than a page of them.
    ExportKind.DESK_CLIENTS: STAFF_ROLES - {Role.SUPPORT},
    ExportKind.DESK_TOP_UPS: frozenset({Role.FINANCE, Role.ADMIN}),
    ExportKind.DESK_AUDIT: frozenset({Role.OPERATOR, Role.ADMIN}),
    ExportKind.DESK_LEDGER: STAFF_ROLES,
    ExportKind.DESK_TASKS: STAFF_ROLES,
    ExportKind.DESK_MESSAGES: STAFF_ROLES - {Role.FINANCE},
    ExportKind.DESK_SUPPRESSION: STAFF_ROLES - {Role.FINANCE},
}
FILE_TYPES: Final[dict[ExportKind, tuple[str, ...]]] = {
    **dict.fromkeys(ExportKind, ("csv", "xlsx")),
    ExportKind.EVIDENCE: ("zip",),
}
DESK_KINDS: Final = frozenset(kind for kind in ExportKind if kind.startswith("desk_"))
_WITHOUT_DAYS: Final = frozenset(
    {ExportKind.DESK_CLIENTS, ExportKind.DESK_TOP_UPS, ExportKind.DESK_SUPPRESSION}
)  # their pages have no days
# What is of one client, and so is asked for with the client's number.
OF_ONE_CLIENT: Final = frozenset({ExportKind.DESK_LEDGER, ExportKind.DESK_TASKS, ExportKind.DESK_MESSAGES})
KIND_WORDS: Final[dict[ExportKind, str]] = {
    ExportKind.MESSAGES: mark("Messages"),
    ExportKind.TASKS: mark("Tasks"),
    ExportKind.SENDING: mark("Sending"),
    ExportKind.STATEMENT: mark("Statement"),
    ExportKind.TOP_UPS: mark("Top-ups"),
    ExportKind.EVIDENCE: mark("Evidence of a task"),
    ExportKind.DESK_CLIENTS: mark("Clients"),
    ExportKind.DESK_TOP_UPS: mark("Top-ups"),
    ExportKind.DESK_AUDIT: mark("Audit log"),
    ExportKind.DESK_LEDGER: mark("Ledger"),
    ExportKind.DESK_TASKS: mark("Tasks"),
    ExportKind.DESK_MESSAGES: mark("Messages"),
    ExportKind.DESK_SUPPRESSION: mark("Suppression for all clients"),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """A list as its address asks for it; days as YYYY-MM-DD. For the evidence, `task` is the task's public id.

    For the desk, `account` is a client's number, `words` what clients are searched by, `actor` and `action` the audit
    log's own.
    """

    kind: ExportKind
    file_type: str
    first: str | None = None
    last: str | None = None
    number: str | None = None
    task: str | None = None
    sid: str | None = None
    route: str | None = None
    status: str | None = None
    state: str | None = None
    account: str | None = None
    words: str | None = None
    actor: str | None = None
    action: str | None = None

    def said(self) -> dict[str, str]:
        """What is asked for, without what is not, to be kept."""
        every: dict[str, str | None] = asdict(self)
        return {name: value for name, value in every.items() if value and name not in ("kind", "file_type")}

    def recorded(self) -> dict[str, str | bool]:
        """The same for the audit log, from which nothing is ever erased: without the number
        or the words that clients were searched by, if there were any.
        """
        said: dict[str, str | bool] = {**self.said()}
        for name, instead in (("number", "of_one_number"), ("words", "searched")):
            if said.pop(name, None):
                said[instead] = True
        return said

    def request_hash(self, user_id: int) -> str:
        """The same for the same wish of the same person."""
        parts = [user_id, self.kind, self.file_type, sorted(self.said().items())]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def wish_of(export: RecordExport) -> Wish:
    """What the export was asked for."""
    return Wish(ExportKind(export.kind), export.file_type, **export.asked)


def asked_of(wish: Wish, period: Period) -> Asked:
    """The same for the lists that read it."""
    return Asked(
        period=period,
        number=wish.number,
        task=wish.task,
        sender_id=wish.sid,
        route=wish.route,
        status=wish.status,
    )


def period_of(wish: Wish, zone: ZoneInfo, asked_at: datetime) -> Period:
    """The days that were asked for, ending at the latest when they were: what comes later is not in the file."""
    period = read_period(None, wish.first, wish.last, zone, asked_at)
    until = asked_at if period.until is None else min(period.until, asked_at)
    return Period(None, period.first, period.last, period.since, until, period.words)


def described(wish: Wish, zone: ZoneInfo, asked_at: datetime) -> str:
    """The filter in a line, for the list of exports."""
    if wish.kind is ExportKind.EVIDENCE:
        return gettext("task %(value)s", value=wish.task)
    parts = (
        [] if wish.kind in _WITHOUT_DAYS else [read_period(None, wish.first, wish.last, zone, asked_at).words]
    )
    if wish.kind in DESK_KINDS and not wish.said():
        parts.append(gettext("all of it"))
    for value, words in (
        (wish.account, mark("client No. %(value)s")),
        (wish.words, mark("“%(value)s”")),
        (wish.actor, mark("by %(value)s")),
        (wish.action, mark("action %(value)s")),
        (wish.number, mark("number %(value)s")),
        (wish.task, mark("task %(value)s")),
        (wish.sid, mark("sender ID %(value)s")),
        (wish.status, mark("status %(value)s")),
        (wish.state, mark("state %(value)s")),
    ):
        if value:
            parts.append(
                gettext(words, value=value.replace("_", " ") if value in (wish.status, wish.state) else value)
            )
    if wish.route:
        parts.append(gettext("one route"))
    return ", ".join(parts)
