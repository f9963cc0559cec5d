"""How a route stands and what became of its messages lately, from sums that are kept: never from the messages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select, text, true
from sqlalchemy.orm import Session

from app.ledger.route_hours import LONGER, RECEIPT_STEPS, WINDOW_SECONDS, WINDOWS
from app.models import FigureKind, RouteEvent, RouteHour, RoutePace, Task, TaskState

DAY: Final = 24
WEEK: Final = 7 * DAY
FEWEST: Final = 50  # messages; of fewer, a rate would be chance

_EVENTS: Final = 10
_LOOK_BACK: Final = (
    3  # windows behind the one that is filling: fifteen seconds and what has passed of this one
)


@dataclass(frozen=True, slots=True)
class Now:
    """How a route stands this moment: `rate` is messages answered a second over the last fifteen or so.

    `waiting` have not left of tasks that are sending, `paused` of paused ones; `oldest` is when the task began to send
    whose messages wait longest. `in_doubt` is of all times.
    """

    rate: float = 0.0
    waiting: int = 0
    paused: int = 0
    oldest: datetime | None = None
    in_doubt: int = 0


@dataclass(slots=True)
class Became:
    """What became of messages that left within some hours, and how many receipts came within which time."""

    accepted: int = 0  # no receipt yet, or none will come
    delivered: int = 0
    failed: int = 0
    in_doubt: int = 0
    receipts: dict[str, int] = field(default_factory=dict)

    @property
    def sent(self) -> int:
        return self.accepted + self.delivered + self.failed + self.in_doubt

    @property
    def delivery_rate(self) -> float | None:
        """Delivered of all that were sent, in percent; None of nothing."""
        return 100 * self.delivered / self.sent if self.sent else None

    @property
    def median(self) -> float | None:
        """Seconds within which half of the receipts came, about; infinite beyond a day; None of nothing."""
        return median_of(self.receipts)


@dataclass(frozen=True, slots=True)
class Lately:
    """What became of a route's messages since `since` (UTC): in all, by country, and the errors by their code."""

    since: datetime
    total: Became
    countries: Mapping[str, Became]
    errors: Sequence[tuple[str, int]]


def now_of_routes(session: Session, moment: datetime, route_id: int | None = None) -> dict[int, Now]:
    """How every route stands that has anything to tell, or this one alone."""
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for each, rate in _rates(session, moment, route_id):
        found[each]["rate"] = rate
    done = Task.accepted + Task.delivered + Task.failed + Task.in_doubt + Task.cancelled
    rows = session.execute(
        select(Task.route_id, Task.state, func.sum(Task.total - done), func.min(_began()))
        .where(Task.state.in_((TaskState.RUNNING, TaskState.PAUSED)), _of(Task.route_id, route_id))
        .where(Task.total > done)
        .group_by(Task.route_id, Task.state)
    )
    for each, state, waiting, oldest in rows:
        if state == TaskState.RUNNING:
            found[each] |= {"waiting": int(waiting), "oldest": oldest}
        else:
            found[each]["paused"] = int(waiting)
    doubts = (
        select(Task.route_id, func.sum(Task.in_doubt))
        .where(text("in_doubt > 0"), _of(Task.route_id, route_id))  # in the words of its partial index
        .group_by(Task.route_id)
    )
    for each, in_doubt in session.execute(doubts):
        found[each]["in_doubt"] = int(in_doubt)
    return {each: Now(**values) for each, values in found.items()}


def now_of(session: Session, route_id: int, moment: datetime) -> Now:
    """How one route stands."""
    return now_of_routes(session, moment, route_id).get(route_id, Now())


def lately_of(session: Session, route_id: int, moment: datetime, hours: int = DAY) -> Lately:
    """The last `hours` whole ones and the one that is running."""
    first = int(moment.timestamp()) // 3600 - hours
    rows = session.execute(
        select(RouteHour.kind, RouteHour.region, RouteHour.name, func.sum(RouteHour.messages))
        .where(RouteHour.route_id == route_id, RouteHour.hour >= first)
        .group_by(RouteHour.kind, RouteHour.region, RouteHour.name)
    )
    countries: dict[str, Became] = defaultdict(Became)
    total, errors = Became(), defaultdict[str, int](int)
    for kind, region, name, number in rows:
        for became in (countries[region], total):
            _add(became, kind, name, int(number))
        if kind == FigureKind.ERROR:
            errors[name] += int(number)
    return Lately(
        datetime.fromtimestamp(first * 3600, UTC),
        total,
        dict(sorted(((r, b) for r, b in countries.items() if b.sent), key=lambda pair: -pair[1].sent)),
        sorted(((code, number) for code, number in errors.items() if number), key=lambda pair: -pair[1]),
    )


def became_by_route(session: Session, route_ids: Iterable[int], first: int, before: int) -> dict[int, Became]:
    """What became of the messages of each route that left from the hour `first` until `before` (see RouteHour)."""
    rows = session.execute(
        select(RouteHour.route_id, RouteHour.kind, RouteHour.name, func.sum(RouteHour.messages))
        .where(
            RouteHour.route_id.in_(list(route_ids)),
            RouteHour.hour >= first,
            RouteHour.hour < before,
            RouteHour.kind != FigureKind.ERROR,
        )
        .group_by(RouteHour.route_id, RouteHour.kind, RouteHour.name)
    )
    found: dict[int, Became] = defaultdict(Became)
    for route_id, kind, name, number in rows:
        _add(found[route_id], kind, name, int(number))
    return dict(found)


def events_of(session: Session, route_id: int) -> Sequence[RouteEvent]:
    """What befell the route lately, newest first."""
    return session.scalars(
        select(RouteEvent)
        .where(RouteEvent.route_id == route_id)
        .order_by(RouteEvent.id.desc())
        .limit(_EVENTS)
    ).all()


def median_of(receipts: Mapping[str, int]) -> float | None:
    """The median of times that are only known by their steps: within its step, evenly spread."""
    half = sum(receipts.values()) / 2
    below, lower = 0, 0
    for step in RECEIPT_STEPS:
        count = receipts.get(str(step), 0)
        if count and below + count >= half:
            return lower + (step - lower) * max(0.0, half - below) / count
        below, lower = below + count, step
    return float("inf") if receipts.get(LONGER, 0) else None


def rate_over(windows: Mapping[int, int], moment: datetime, back: int = _LOOK_BACK) -> float:
    """Messages a second over the last `back` whole windows and the one that is filling."""
    seconds = moment.timestamp()
    current = int(seconds) // WINDOW_SECONDS
    count = sum(windows.get(window, 0) for window in range(current - back, current + 1))
    return count / (back * WINDOW_SECONDS + seconds % WINDOW_SECONDS)


def _rates(session: Session, moment: datetime, route_id: int | None) -> Iterable[tuple[int, float]]:
    rows = session.execute(
        select(RoutePace.route_id, RoutePace.window, RoutePace.messages).where(
            RoutePace.window > int(moment.timestamp()) // WINDOW_SECONDS - WINDOWS,
            _of(RoutePace.route_id, route_id),
        )
    )
    windows: dict[int, dict[int, int]] = defaultdict(dict)
    for each, window, messages in rows:
        windows[each][window] = messages
    return [(each, rate_over(by_window, moment)) for each, by_window in windows.items()]


def _add(became: Became, kind: str, name: str, number: int) -> None:
    if kind == FigureKind.STATUS:
        setattr(became, name, getattr(became, name) + number)
    elif kind == FigureKind.RECEIPT:
        became.receipts[name] = became.receipts.get(name, 0) + number


def _began() -> Any:
    return func.coalesce(Task.started_at, Task.submitted_at, type_=Task.started_at.type)


def _of(column: Any, route_id: int | None) -> ColumnElement[bool]:
    return true() if route_id is None else column == route_id
