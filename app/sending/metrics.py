"""What an operator's monitoring asks of dispatch, in Prometheus's text format.

Read from what is kept anyway (task counters, daily sums, leases, waiting receipts), so that asking costs the same on
ten million messages as on ten. No number, name or text of a client is in it.

The format: prometheus.io/docs/instrumenting/exposition_formats.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import now
from app.models import PumpLease, Receipt, Rollup, Route, Task, TaskState

_STATUSES = ("accepted", "delivered", "failed", "in_doubt", "cancelled")


@dataclass(frozen=True)
class Gauge:
    """One measure with its samples: labels and a value each."""

    name: str
    meaning: str
    samples: list[tuple[dict[str, str], float]]

    def text(self) -> str:
        """The measure in the exposition format."""
        lines = [f"# HELP {self.name} {self.meaning}", f"# TYPE {self.name} gauge"]
        lines += [f"{self.name}{_labels(labels)} {value:.10g}" for labels, value in self.samples]
        return "\n".join(lines) + "\n"


def measure(session: Session, queues: Mapping[str, tuple[int, int]]) -> str:
    """All measures now. `queues` holds (waiting, failed) jobs by queue."""
    gauges = [*_queue_gauges(queues), *_work(session), *_day(session), *_leases(session), *_receipts(session)]
    return "".join(gauge.text() for gauge in gauges)


def _queue_gauges(queues: Mapping[str, tuple[int, int]]) -> Iterable[Gauge]:
    waiting = [({"queue": name}, float(counts[0])) for name, counts in queues.items()]
    failed = [({"queue": name}, float(counts[1])) for name, counts in queues.items()]
    yield Gauge("carillon_jobs_waiting", "Jobs waiting in Redis.", waiting)
    yield Gauge("carillon_jobs_failed", "Jobs that failed and are kept to be looked at.", failed)


def _work(session: Session) -> Iterable[Gauge]:
    done = Task.accepted + Task.delivered + Task.failed + Task.in_doubt + Task.cancelled
    rows = session.execute(
        select(Task.route_id, func.sum(Task.total - done), func.min(Task.started_at))
        .where(Task.state == TaskState.RUNNING, Task.total > done)
        .group_by(Task.route_id)
    ).all()
    yield Gauge("carillon_messages_waiting", "Messages of running tasks without an outcome.", _by_route(rows))
    ages = [({"route": str(row[0])}, (now() - row[2]).total_seconds()) for row in rows if row[2] is not None]
    yield Gauge("carillon_oldest_waiting_seconds", "Since the oldest task with such messages started.", ages)


def _day(session: Session) -> Iterable[Gauge]:
    """Today's outcomes: a task counts on its account's own day, so yesterday's date may still be moving."""
    sums = [func.sum(getattr(Rollup, status)) for status in _STATUSES]
    rows = session.execute(
        select(Rollup.route_id, *sums)
        .where(Rollup.day >= (now() - timedelta(days=1)).date())
        .group_by(Rollup.route_id)
    )
    samples = [
        ({"route": str(row[0]), "status": status}, float(count))
        for row in rows
        for status, count in zip(_STATUSES, row[1:], strict=True)
    ]
    yield Gauge("carillon_recent_messages", "Messages of yesterday's and today's tasks by status.", samples)


def _leases(session: Session) -> Iterable[Gauge]:
    left = [
        ({"route": str(route_id)}, (expires_at - now()).total_seconds())
        for route_id, expires_at in session.execute(select(PumpLease.route_id, PumpLease.expires_at))
        if expires_at is not None
    ]
    yield Gauge(
        "carillon_pump_lease_seconds", "Until the pump's lease lapses; below zero: nobody pumps.", left
    )
    rows = session.execute(select(Route.id, Route.paused_reason, Route.breaker_until)).all()
    stopped = [
        ({"route": str(row[0])}, float(bool(row[1] or (row[2] is not None and row[2] > now()))))
        for row in rows
    ]
    yield Gauge("carillon_route_stopped", "1 while the route is paused or its breaker is open.", stopped)


def _receipts(session: Session) -> Iterable[Gauge]:
    rows = session.execute(
        select(Receipt.route_id, func.count(), func.min(Receipt.received_at))
        .where(Receipt.outcome.is_(None))
        .group_by(Receipt.route_id)
    ).all()
    yield Gauge("carillon_receipts_waiting", "Receipts stored and not yet applied.", _by_route(rows))
    lags = [({"route": str(row[0])}, (now() - row[2]).total_seconds()) for row in rows]
    yield Gauge("carillon_receipt_lag_seconds", "Since the oldest of them came.", lags)


def _by_route(rows: Iterable[Any]) -> list[tuple[dict[str, str], float]]:
    return [({"route": str(row[0])}, float(row[1])) for row in rows]


def _labels(labels: Mapping[str, str]) -> str:
    """Ids and fixed words alone: nothing that would need escaping."""
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}" if labels else ""
