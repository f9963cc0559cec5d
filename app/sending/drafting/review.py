"""What a client sees before paying: the counts, the price, the rejected rows, the first messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.content.findings import Finding
from app.content.marking import Piece
from app.content.marking import mark as mark_places
from app.gateways.base import Capabilities
from app.language import day_words, gettext, mark
from app.ledger.balances import balance
from app.models import Recipient, Rejection, Task, TaskState
from app.recipients.zones import clocks_at
from app.sending.dispatch.cap_waits import Forecast, forecast
from app.sending.drafting.countries import country_name
from app.sending.drafting.quiet_hours import Quiet, quiet_at
from app.sending.drafting.savings import Saving, savings
from config import QuietHours

SHOWN_REJECTIONS = 100
SHOWN_SAMPLES = 5
SHOWN_ZONES = 5
SHOWN_TWINS = 3
TWIN_WITHIN = timedelta(hours=24)

NETWORK_WORDS = {
    "mobile": mark("Mobile"),
    "landline_or_mobile": mark("Mobile or landline: the number does not tell"),
}
# What another number in the cell cannot put right.
NOT_FOR_CORRECTION = frozenset({"suppressed", "content", "country_rule"})

REASON_WORDS = {
    "duplicate": mark("Repeated number"),
    "content": mark("Not allowed once merged"),
    "empty": mark("No number in the row"),
    "not_a_number": mark("Not a phone number"),
    "local_format": mark("Country code missing"),
    "too_short": mark("Too short"),
    "too_long": mark("Too long"),
    "impossible": mark("No such number in that country"),
    "landline": mark("Landline"),
    "premium": mark("Premium or special-rate number"),
    "blocked_country": mark("Country not served by this route"),
    "unknown_country": mark("Unknown country code"),
    "scientific": mark("Shortened by the spreadsheet"),
    "several_numbers": mark("Several numbers in one row"),
    "suppressed": mark("On a suppression list"),
    "country_rule": mark("Against a country’s own rules"),
    "formula": mark("Formula without a result"),
    "date": mark("Turned into a date by the spreadsheet"),
    "extension": mark("Has an extension"),
    "toll_free": mark("Toll-free number"),
    "voip": mark("Internet telephony number"),
    "not_mobile": mark("Pager or service number"),
}


@dataclass(frozen=True)
class CountryLine:
    """One country's share; money in millicredits."""

    region: str
    country: str
    recipients: int
    segments: int
    millicredits: int


@dataclass(frozen=True)
class ReasonLine:
    """How many rows were left out for one reason; `reason` is its stable key, `words` what a person reads."""

    reason: str
    words: str
    rows: int


@dataclass(frozen=True)
class Sample:
    """One of the first messages, as it will be sent."""

    e164: str
    text: str
    segments: int


@dataclass(frozen=True)
class LocalTime:
    """When the task starts, by the slowest and the fastest clock of a destination."""

    country: str
    earliest: datetime
    latest: datetime

    @property
    def words(self) -> str:
        """One time with its zone's name, or from when to when; the day again only where it is another."""
        first = day_words(self.earliest, "%a %d %b, %H:%M")
        if self.earliest.replace(tzinfo=None) == self.latest.replace(tzinfo=None):
            name = self.earliest.tzname() or ""
            return f"{first} {name}" if name.isalpha() else first
        same_day = self.earliest.date() == self.latest.date()
        last = day_words(self.latest, "%H:%M" if same_day else "%a %d %b, %H:%M")
        return gettext("%(first)s to %(last)s", first=first, last=last)


@dataclass(frozen=True)
class NetworkLine:
    """How many of the numbers are in a country's network of one type, in words."""

    country: str
    network: str
    recipients: int


@dataclass(frozen=True)
class Review:
    """Everything the review page shows. Money is integer millicredits; `missing` is what credit lacks.

    `twins` are tasks of the last 24 hours that said the same to the same numbers.
    """

    task: Task
    rows_read: int
    valid: int
    duplicates: int
    tidied: int
    rejected: int
    by_reason: list[ReasonLine]
    rejections: list[Rejection]
    segments: int
    lines: list[CountryLine]
    total: int
    available: int
    balance_after: int
    enough_credit: bool
    missing: int
    samples: list[Sample]
    findings: list[Finding]
    pieces: list[Piece]
    starts_at: datetime
    local_times: list[LocalTime]
    heading_looks_like_number: bool
    heading_number: str | None
    can_submit: bool
    notes: list[str]
    networks: list[NetworkLine]
    savings: list[Saving]
    quiet: Quiet | None
    twins: list[Task]
    forecast: Forecast | None


def review(
    session: Session,
    task: Task,
    capabilities: Capabilities | None = None,
    quiet_hours: QuietHours = QuietHours(),  # noqa: B008  (frozen)
) -> Review:
    """The review of a checked draft; one that is not checked yet gives zeros.

    `capabilities` are those of its route's gateway, whose daily limit makes a large task take days.
    """
    report = task.report or {}
    quoted = task.quote or {"recipients": 0, "segments": 0, "total": 0, "lines": []}
    findings = [Finding.from_json(stored) for stored in task.findings or []]
    by_reason: dict[str, int] = report.get("by_reason", {})
    total = int(quoted["total"])
    available = balance(session, task.account_id).available
    starts_at = task.scheduled_at or now()
    lines = [CountryLine(country=country_name(line["region"]), **line) for line in quoted["lines"]]
    return Review(
        task=task,
        rows_read=report.get("rows_read", 0),
        valid=quoted["recipients"],
        duplicates=report.get("duplicates", 0),
        tidied=report.get("tidied", 0),
        rejected=sum(by_reason.values()),
        by_reason=reason_lines(by_reason),
        rejections=list(_rejections(session, task, SHOWN_REJECTIONS)),
        segments=quoted["segments"],
        lines=lines,
        total=total,
        available=available,
        balance_after=available - total,
        enough_credit=available >= total,
        missing=max(total - available, 0),
        samples=_samples(session, task),
        findings=findings,
        pieces=mark_places(task.content, findings),
        starts_at=starts_at,
        local_times=_local_times(session, task, lines, starts_at),
        heading_looks_like_number=report.get("heading_looks_like_number", False),
        heading_number=report.get("heading_number"),
        can_submit=task.state == TaskState.READY and available >= total,
        notes=report.get("notes", []),
        networks=[
            NetworkLine(country_name(region), _network_words(network), count)
            for region, network, count in report.get("networks", [])
        ],
        savings=savings(task),
        quiet=quiet_at(task, starts_at, quiet_hours),
        twins=_twins(session, task),
        forecast=forecast(session, task, capabilities, quoted["recipients"]),
    )


def rejections(session: Session, task: Task) -> Iterator[Rejection]:
    """Every rejected row of the draft, in the order of the sheet."""
    return _rejections(session, task, None)


def _twins(session: Session, task: Task) -> list[Task]:
    """Told by what is sent to whom; the names of files and tasks play no part."""
    if task.fingerprint is None or task.state != TaskState.READY:
        return []
    return list(
        session.scalars(
            select(Task)
            .where(
                Task.account_id == task.account_id,
                Task.fingerprint == task.fingerprint,
                Task.id != task.id,
                Task.submitted_at > now() - TWIN_WITHIN,
                Task.state != TaskState.CANCELLED,
            )
            .order_by(Task.id.desc())
            .limit(SHOWN_TWINS)
        )
    )


def reason_lines(by_reason: dict[str, int]) -> list[ReasonLine]:
    """The reasons, the commonest first."""
    lines = [ReasonLine(reason, _reason_words(reason), rows) for reason, rows in by_reason.items()]
    return sorted(lines, key=lambda line: -line.rows)


def _rejections(session: Session, task: Task, most: int | None) -> Iterator[Rejection]:
    query = select(Rejection).where(Rejection.task_id == task.id).order_by(Rejection.row).limit(most)
    return iter(session.scalars(query))


def _samples(session: Session, task: Task) -> list[Sample]:
    first = session.scalars(
        select(Recipient).where(Recipient.task_id == task.id).order_by(Recipient.row).limit(SHOWN_SAMPLES)
    )
    return [Sample(each.e164, each.text or task.content, each.segments) for each in first]


def _local_times(
    session: Session, task: Task, lines: list[CountryLine], starts_at: datetime
) -> list[LocalTime]:
    """The start by the clocks of the largest destinations, told from one number of each."""
    times = []
    for line in sorted(lines, key=lambda line: -line.recipients)[:SHOWN_ZONES]:
        e164 = session.scalar(
            select(Recipient.e164)
            .where(Recipient.task_id == task.id, Recipient.region == line.region)
            .limit(1)
        )
        clocks = clocks_at(e164, starts_at) if e164 else None
        if clocks is not None:
            times.append(LocalTime(line.country, *clocks))
    return times


def _reason_words(reason: str) -> str:
    return gettext(REASON_WORDS[reason]) if reason in REASON_WORDS else reason.replace("_", " ").capitalize()


def _network_words(network: str) -> str:
    return gettext(NETWORK_WORDS[network]) if network in NETWORK_WORDS else network
