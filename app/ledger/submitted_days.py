"""What all clients submitted on a day of UTC, as the desk's first page tells it: kept, never counted from tasks.

Submissions and outcomes of all accounts want the same row of a route and day, so it is written as the last thing
before the commit, like the routes' hourly sums.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Date, Select, cast, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from app.database import before_commit
from app.ledger.adding import add
from app.ledger.comparison import Difference, total
from app.models import MessageStatus, SubmittedDay, Task

KEY: Final = ("day", "route_id")
SUMS: Final = ("tasks", "messages", "sent", "failed", "price")

# What a status counts as.
COUNTED: Final = {
    MessageStatus.ACCEPTED: "sent",
    MessageStatus.DELIVERED: "sent",
    MessageStatus.FAILED: "failed",
}

Pending = dict[tuple[date, int], Counter[str]]


def day_of(submitted: datetime) -> date:
    """The day of UTC, the desk's clock."""
    return submitted.astimezone(UTC).date()


def count(session: Session, task: Task, changes: Counter[str]) -> None:
    """Add to what is counted of the tasks submitted with this one. Needs `write_transaction`."""
    assert task.submitted_at is not None
    if any(changes.values()):
        pending: Pending = before_commit(session, _write, dict)
        pending.setdefault((day_of(task.submitted_at), task.route_id), Counter()).update(changes)


def _write(session: Session, pending: Pending) -> None:
    rows: list[dict[str, Any]] = [
        {"day": day, "route_id": route_id, **{name: changes[name] for name in SUMS}}
        for (day, route_id), changes in sorted(pending.items())
        if any(changes.values())
    ]
    if rows:
        add(session, SubmittedDay.__table__, KEY, SUMS, rows)


def submitted_day_differences(session: Session) -> Iterator[Difference]:
    """Every such sum is that of its tasks, which their messages prove; no account is named."""
    sides = union_all(_tasks(session.get_bind().dialect.name), _kept()).subquery()
    key = [sides.c[name] for name in KEY]
    pairs = [(total(sides.c[f"expected_{name}"]), total(sides.c[f"found_{name}"])) for name in SUMS]
    rows = session.execute(
        select(*key, *(side for pair in pairs for side in pair))
        .group_by(*key)
        .having(or_(*(expected != found for expected, found in pairs)))
        .order_by(*key)
    )
    for day, route_id, *sums in rows:
        for place, name in enumerate(SUMS):
            expected, found = int(sums[2 * place]), int(sums[2 * place + 1])
            if expected != found:
                what = f"{name} submitted on {day} (UTC) by route {route_id}"
                yield Difference(None, None, what, expected, found)


def _tasks(dialect: str) -> Select[Any]:
    submitted: Any = Task.submitted_at
    day = (
        func.date(submitted, type_=Date)
        if dialect == "sqlite"
        else cast(func.timezone("UTC", submitted), Date)
    )
    sums = {
        "tasks": func.count(),
        "messages": total(Task.total),
        "sent": total(Task.accepted + Task.delivered),
        "failed": total(Task.failed),
        "price": total(Task.price),
    }
    return (
        select(
            day.label("day"),
            Task.route_id,
            *(sums[name].label(f"expected_{name}") for name in SUMS),
            *(literal(0).label(f"found_{name}") for name in SUMS),
        )
        .where(Task.day.is_not(None))  # what was never submitted has none
        .group_by(day, Task.route_id)
    )


def _kept() -> Select[Any]:
    kept: list[Any] = [getattr(SubmittedDay, name).label(f"found_{name}") for name in SUMS]
    nothing: list[Any] = [literal(0).label(f"expected_{name}") for name in SUMS]
    return select(SubmittedDay.day, SubmittedDay.route_id, *nothing, *kept)
