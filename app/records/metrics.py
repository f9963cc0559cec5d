"""What an operator's monitoring asks of dispatch, in Prometheus's text format.

Read from what is kept anyway (task counters, hourly sums, counters, leases, waiting receipts), so that asking costs the
same on ten million messages as on ten. The labels are routes' ids, queues and fixed words; a route's name stands once,
in `carillon_route_info`. No number, name or text of a client is in it.

The format: prometheus.io/docs/instrumenting/exposition_formats.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import now
from app.models import PumpLease, Receipt, Route, RouteOutcome
from app.records.desk import route_standing
from app.records.route_figures import DAY, Became, Now, became_by_route, now_of_routes
from app.sending import heartbeat

_STATUSES = ("accepted", "delivered", "failed", "in_doubt")

Sample = tuple[dict[str, str], float]


@dataclass(frozen=True)
class Measure:
    """One measure with its samples: labels and a value each. `kind` is gauge or counter."""

    name: str
    meaning: str
    samples: list[Sample]
    kind: str = "gauge"

    def text(self) -> str:
        """The measure in the exposition format."""
        lines = [f"# HELP {self.name} {self.meaning}", f"# TYPE {self.name} {self.kind}"]
        lines += [f"{self.name}{_labels(labels)} {_number(value)}" for labels, value in self.samples]
        return "\n".join(lines) + "\n"


def measure(session: Session, queues: Mapping[str, tuple[int, int]], lease: timedelta) -> str:
    """All measures now. `queues` holds (waiting, failed) jobs by queue; `lease` is how long a pump's is taken for."""
    moment = now()
    routes = list(session.scalars(select(Route).order_by(Route.id)))
    measures = [
        *_queues(queues),
        *_ticker(session, moment),
        *_routes(routes, moment),
        *_now(routes, now_of_routes(session, moment)),
        *_outcomes(session),
        *_day(session, routes, moment),
        *_leases(session, moment, lease),
        *_receipts(session, moment),
    ]
    return "".join(each.text() for each in measures)


def _queues(queues: Mapping[str, tuple[int, int]]) -> Iterable[Measure]:
    waiting = [({"queue": name}, float(counts[0])) for name, counts in queues.items()]
    failed = [({"queue": name}, float(counts[1])) for name, counts in queues.items()]
    yield Measure("carillon_redis_up", "1 where Redis told of the queues.", [({}, float(bool(queues)))])
    yield Measure("carillon_jobs_waiting", "Jobs waiting in Redis.", waiting)
    yield Measure("carillon_jobs_failed", "Jobs that failed within a week.", failed)


def _ticker(session: Session, moment: datetime) -> Iterable[Measure]:
    silence = heartbeat.silence(session, moment)
    samples: list[Sample] = [] if silence is None else [({}, silence.total_seconds())]
    yield Measure("carillon_ticker_age_seconds", "Since a ticker last came by.", samples)


def _routes(routes: list[Route], moment: datetime) -> Iterable[Measure]:
    yield Measure(
        "carillon_route_info",
        "Always 1; the name of each route and the kind of its gateway.",
        [({**_of(route.id), "name": route.name, "gateway": route.gateway}, 1.0) for route in routes],
    )
    stopped = [
        (_of(route.id), float(route_standing(route, moment) in ("paused", "breaker"))) for route in routes
    ]
    yield Measure(
        "carillon_route_stopped",
        "1 while the route is paused or rests after errors; 0 where closed.",
        stopped,
    )
    limits = [(_of(route.id), float(route.rate)) for route in routes]
    yield Measure("carillon_send_rate_limit", "Messages a second that the route may send.", limits)


def _now(routes: list[Route], stands: Mapping[int, Now]) -> Iterable[Measure]:
    """A route without work has a nought, so that an alert can tell it from one that is not there."""
    moment = now()
    at = {route.id: stands.get(route.id, Now()) for route in routes}
    measures: tuple[tuple[str, str, Callable[[Now], float]], ...] = (
        ("carillon_messages_waiting", "Messages of running tasks without an outcome.", lambda n: n.waiting),
        ("carillon_messages_paused", "Messages of paused tasks without an outcome.", lambda n: n.paused),
        ("carillon_messages_in_doubt", "Messages of which nobody knows yet whether they left.", lambda n: n.in_doubt),
        ("carillon_send_rate", "Messages a second that the gateway answered lately.", lambda n: n.rate),
        (
            "carillon_oldest_waiting_seconds",
            "Since the oldest running task with waiting messages began to send.",
            lambda n: (moment - n.oldest).total_seconds() if n.oldest and n.waiting else 0.0,
        ),
    )  # fmt: skip
    for name, meaning, value in measures:
        samples = [(_of(route_id), float(value(stands))) for route_id, stands in at.items()]
        yield Measure(name, meaning, samples)


def _outcomes(session: Session) -> Iterable[Measure]:
    rows = session.execute(
        select(RouteOutcome.route_id, RouteOutcome.outcome, RouteOutcome.messages).order_by(
            RouteOutcome.route_id, RouteOutcome.outcome
        )
    )
    yield Measure(
        "carillon_outcomes_total",
        "What gateways answered (accepted, refused, deferred, in_doubt) and what receipts said (delivered, failed).",
        [({**_of(row.route_id), "outcome": row.outcome}, float(row.messages)) for row in rows],
        "counter",
    )


def _day(session: Session, routes: list[Route], moment: datetime) -> Iterable[Measure]:
    this_hour = int(moment.timestamp()) // 3600
    became = became_by_route(session, [route.id for route in routes], this_hour - DAY, this_hour + 1)
    samples = [
        ({**_of(route.id), "status": status}, float(getattr(became.get(route.id, Became()), status)))
        for route in routes
        for status in _STATUSES
    ]
    yield Measure("carillon_recent_messages", "Messages that left in the last 24 hours by status.", samples)
    medians = [(_of(route_id), each.median) for route_id, each in sorted(became.items())]
    yield Measure(
        "carillon_receipt_median_seconds",
        "Within which half of the receipts came, of what left in the last 24 hours.",
        [(labels, median) for labels, median in medians if median is not None],
    )


def _leases(session: Session, moment: datetime, lease: timedelta) -> Iterable[Measure]:
    rows = [
        (_of(row.route_id), (row.expires_at - moment).total_seconds())
        for row in session.execute(
            select(PumpLease.route_id, PumpLease.expires_at).order_by(PumpLease.route_id)
        )
        if row.expires_at is not None
    ]
    yield Measure(
        "carillon_pump_lease_seconds", "Until the pump's lease lapses; below zero: nobody pumps.", rows
    )
    spell = lease.total_seconds()
    ages = [(labels, spell - left if left > 0 else -left) for labels, left in rows]
    yield Measure(
        "carillon_pump_lease_age_seconds", "Since the pump's lease was renewed, or since it ended.", ages
    )


def _receipts(session: Session, moment: datetime) -> Iterable[Measure]:
    rows = session.execute(
        select(Receipt.route_id, func.count(), func.min(Receipt.received_at))
        .where(Receipt.outcome.is_(None))
        .group_by(Receipt.route_id)
        .order_by(Receipt.route_id)
    ).all()
    waiting = [(_of(row[0]), float(row[1])) for row in rows]
    yield Measure("carillon_receipts_waiting", "Receipts stored and not yet applied.", waiting)
    lags = [(_of(row[0]), (moment - row[2]).total_seconds()) for row in rows]
    yield Measure("carillon_receipt_lag_seconds", "Since the oldest of them came.", lags)


def _of(route_id: Any) -> dict[str, str]:
    return {"route": str(route_id)}


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return f"{value:.10g}" if math.isfinite(value) else ("+Inf" if value > 0 else "-Inf")
