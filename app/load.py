"""An account with as many messages as one likes, for measuring: `flask seed-load --messages 10000000`.

The messages are made inside the database, some tens of thousands in a statement, and into a table without indexes
where it was empty. Tasks, ledger and daily sums are written as what they come to: nobody sends here, so nothing has
to move one transfer at a time, and the ledger audit proves them like any others. All of it is one transaction:
whoever is interrupted leaves nothing behind.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Table, insert, text, update
from sqlalchemy.orm import Session

from app.bulk_load import indexes_aside
from app.clock import now
from app.database import insert_many, write_transaction
from app.ledger import blocks, submitted_days
from app.ledger.rollups import SUMS
from app.ledger.route_hours import receipt_step
from app.models import (
    Account,
    EntryKind,
    FigureKind,
    LedgerEntry,
    Message,
    Role,
    Rollup,
    RollupMonth,
    Route,
    RouteHour,
    SubmittedDay,
    Task,
    TaskKind,
    TaskName,
    TaskState,
    User,
)
from app.models.base import new_public_id
from app.models.task_name import rows_of

EMAIL: Final = "load@example.com"
PRICE: Final = 1_000
PER_TASK: Final = 5_000
_AT_ONCE: Final = 50_000  # messages in a statement
_DAYS: Final = 390  # the tasks are spread over thirteen months
_ZONE: Final = "Australia/Sydney"
_REGIONS: Final = ("AU", "GB", "MY")
_SENDERS: Final = ("HARBOUR", "LANTERN", "BAKERY", None)
_SENT_AFTER: Final = timedelta(seconds=2)
_DONE_AFTER: Final = timedelta(seconds=60)

# Of every 400 messages, ten failed and one is in doubt; the rest were delivered. `number` is the task's own.
_STATUS: Final = "CASE WHEN n % 40 = 7 THEN 'failed' WHEN n % 400 = 11 THEN 'in_doubt' ELSE 'delivered' END"
_MONEY: Final = "CASE WHEN n % 40 = 7 THEN 'released' WHEN n % 400 = 11 THEN 'held' ELSE 'charged' END"
_REGION: Final = "CASE number % 3 WHEN 0 THEN 'AU' WHEN 1 THEN 'GB' ELSE 'MY' END"
_FIRST: Final = "CASE number % 3 WHEN 0 THEN 61400000000 WHEN 1 THEN 447400000000 ELSE 60120000000 END"

_MESSAGES: Final = text(
    f"""
    WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n + 1 < :longest),
    filled AS (SELECT id, account_id, route_id, public_id, total, started_at, finished_at,
                      CAST(substr(submission_key, 6) AS bigint) AS number
               FROM task WHERE account_id = :account_id AND id BETWEEN :lowest AND :highest)
    INSERT INTO message (task_id, account_id, route_id, row, e164, region, segments, price, status, money, reference,
                         attempt, gateway_id, error_code, queued_at, sent_at, answered_at, final_at)
    SELECT id, account_id, route_id, n + 2,
           '+' || CAST({_FIRST} + number * {PER_TASK} % 90000000 + n AS varchar(15)), {_REGION}, 1, {PRICE},
           {_STATUS}, {_MONEY}, public_id || '.' || CAST(n + 2 AS varchar(10)), 1,
           CASE WHEN n % 400 <> 11 THEN 'load-' || public_id || '-' || CAST(n AS varchar(10)) END,
           CASE WHEN n % 40 = 7 THEN 'unknown_subscriber' WHEN n % 400 = 11 THEN 'timeout' END,
           started_at, started_at, CASE WHEN n % 400 = 11 THEN NULL ELSE started_at END,
           CASE WHEN n % 400 = 11 THEN NULL ELSE finished_at END
    FROM filled JOIN series ON n < total
    ORDER BY id, n"""  # noqa: S608
)


@dataclass
class _Books:
    """Who the tasks belong to, and what all of them have come to, in millicredits and messages."""

    account_id: int
    user_id: int
    route_ids: tuple[int, ...]
    available: int
    held: int = 0
    days: defaultdict[tuple[date, int, str], dict[str, int]] = field(
        default_factory=lambda: defaultdict(lambda: dict.fromkeys(SUMS, 0))
    )
    hours: Counter[tuple[int, int, str, str, str]] = field(default_factory=Counter)
    submitted: defaultdict[tuple[date, int], Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter)
    )


def seed(session: Session, messages: int, password_hash: str, per_task: int = PER_TASK) -> Iterator[int]:
    """Make an account with this many messages, in tasks of `per_task`; yields how many there are, now and then.

    One transaction, over when the last is taken. Raises sqlalchemy's IntegrityError when there is such an account.
    """
    tasks, began = -(-messages // per_task), now() - timedelta(days=_DAYS)
    at_once = max(1, _AT_ONCE // per_task)
    with write_transaction(session):
        books = _opened(session, messages, password_hash, began)
        with indexes_aside(session, _table(Message)):
            for first in range(0, tasks, at_once):
                rows = [
                    _task(
                        books,
                        number,
                        min(per_task, messages - number * per_task),
                        began + timedelta(days=_DAYS) * number / tasks,
                    )
                    for number in range(first, min(first + at_once, tasks))
                ]
                _store(session, books, rows)
                yield min(messages, (first + at_once) * per_task)
        _close(session, books)


def _table(model: Any) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


def _opened(session: Session, messages: int, password_hash: str, began: datetime) -> _Books:
    account = Account(name="Under load", time_zone=_ZONE)
    routes = [
        Route(name=f"Load {name}", gateway="sandbox", rate=1_000, price_per_segment=PRICE)
        for name in ("Direct", "Saver")
    ]
    session.add_all([account, *routes])
    session.flush()
    user = User(
        account_id=account.id,
        email=EMAIL,
        name="Under load",
        role=Role.OWNER,
        password_hash=password_hash,
        email_confirmed_at=now(),
    )
    session.add(user)
    session.flush()
    books = _Books(account.id, user.id, tuple(route.id for route in routes), 0)
    top_up = _entry(books, EntryKind.TOP_UP, 2 * messages * PRICE, 0, "load", began)
    insert_many(session, _table(LedgerEntry), [{**top_up, "user_id": user.id, "note": "Load"}])
    return books


def _task(books: _Books, number: int, count: int, submitted: datetime) -> dict[str, Any]:
    failed, in_doubt = len(range(7, count, 40)), len(range(11, count, 400))
    return {
        "public_id": new_public_id(),
        "account_id": books.account_id,
        "user_id": books.user_id,
        "route_id": books.route_ids[number % len(books.route_ids)],
        "kind": TaskKind.BULK,
        "state": TaskState.DONE,
        "name": f"Load {number + 1}",
        "sender_id": _SENDERS[number % len(_SENDERS)],
        "content": "Lunch at Harbour Lane is ready from twelve.",
        "submission_key": f"load-{number}",
        "created_at": submitted,
        "submitted_at": submitted,
        "started_at": submitted + _SENT_AFTER,
        "finished_at": submitted + _DONE_AFTER,
        "day": submitted.astimezone(ZoneInfo(_ZONE)).date(),
        "total": count,
        "price": count * PRICE,
        "delivered": count - failed - in_doubt,
        "failed": failed,
        "in_doubt": in_doubt,
    }


def _store(session: Session, books: _Books, rows: list[dict[str, Any]]) -> None:
    """The tasks with their messages, entries and sums."""
    made = insert(Task).returning(Task.id, sort_by_parameter_order=True)
    ids = session.scalars(made, rows).all()
    session.execute(
        _MESSAGES,
        {
            "account_id": books.account_id,
            "lowest": ids[0],
            "highest": ids[-1],
            "longest": max(row["total"] for row in rows),
        },
    )
    entries: list[dict[str, Any]] = []
    for task_id, row in zip(ids, rows, strict=True):
        entries += _entries(books, task_id, row)
        _count(books, row)
    insert_many(session, _table(LedgerEntry), entries)
    names = [
        each
        for task_id, row in zip(ids, rows, strict=True)
        for each in rows_of(task_id, books.account_id, row["name"])
    ]
    insert_many(session, _table(TaskName), names)


def _entries(books: _Books, task_id: int, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the task held, was charged and got back."""
    charged, released = row["delivered"] * PRICE, row["failed"] * PRICE
    moves = (
        (EntryKind.HOLD, -row["price"], row["price"], row["submitted_at"]),
        (EntryKind.CHARGE, 0, -charged, row["finished_at"]),
        (EntryKind.RELEASE, released, -released, row["finished_at"]),
    )
    for kind, available, held, moment in moves:
        if available or held:
            yield {
                **_entry(books, kind, available, held, f"task:{task_id}:load:{kind}", moment),
                "task_id": task_id,
            }


def _entry(
    books: _Books, kind: EntryKind, available: int, held: int, key: str, moment: datetime
) -> dict[str, Any]:
    books.available += available
    books.held += held
    return {
        "account_id": books.account_id,
        "kind": kind.value,
        "available": available,
        "held": held,
        "available_after": books.available,
        "held_after": books.held,
        "key": key,
        "created_at": moment,
    }


def _count(books: _Books, row: dict[str, Any]) -> None:
    number = int(row["submission_key"].removeprefix("load-"))
    books.days[row["day"], row["route_id"], ""]["tasks"] += 1
    sums = books.days[row["day"], row["route_id"], _REGIONS[number % len(_REGIONS)]]
    sums["messages"] += row["total"]
    sums["segments"] += row["total"]
    sums["price"] += row["price"]
    sums["charged"] += row["delivered"] * PRICE
    books.submitted[submitted_days.day_of(row["submitted_at"]), row["route_id"]] += Counter(
        tasks=1, messages=row["total"], sent=row["delivered"], failed=row["failed"], price=row["price"]
    )
    for name in ("delivered", "failed", "in_doubt"):
        sums[name] += row[name]
    _count_by_hour(books, row, _REGIONS[number % len(_REGIONS)])


def _count_by_hour(books: _Books, row: dict[str, Any], region: str) -> None:
    """What `app.ledger.route_hours` makes of such messages: each left and ended with its task."""
    left, done = (int(row[name].timestamp()) for name in ("started_at", "finished_at"))
    for kind, name, count in (
        (FigureKind.STATUS, "delivered", row["delivered"]),
        (FigureKind.STATUS, "failed", row["failed"]),
        (FigureKind.STATUS, "in_doubt", row["in_doubt"]),
        (FigureKind.ERROR, "unknown_subscriber", row["failed"]),
        (FigureKind.ERROR, "timeout", row["in_doubt"]),
        (FigureKind.RECEIPT, receipt_step(done - left), row["delivered"]),
    ):
        if count:
            books.hours[row["route_id"], left // 3600, kind, region, name] += count


def _months(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The daily sums by month."""
    months: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        place = {name: row[name] for name in ("account_id", "route_id", "region")}
        place["month"] = row["day"].replace(day=1)
        sums = months.setdefault(tuple(place.values()), {**place, **dict.fromkeys(SUMS, 0)})
        for name in SUMS:
            sums[name] += row[name]
    return list(months.values())


def _close(session: Session, books: _Books) -> None:
    """The daily sums, and the account's balances."""
    rows = [
        {"account_id": books.account_id, "day": day, "route_id": route_id, "region": region, **sums}
        for (day, route_id, region), sums in books.days.items()
    ]
    insert_many(session, _table(Rollup), rows)
    insert_many(session, _table(RollupMonth), _months(rows))
    names = ("route_id", "hour", "kind", "region", "name", "messages")
    hours = [dict(zip(names, (*key, count), strict=True)) for key, count in books.hours.items()]
    insert_many(session, _table(RouteHour), hours)
    submitted = [
        {"day": day, "route_id": route_id, **{name: sums[name] for name in submitted_days.SUMS}}
        for (day, route_id), sums in books.submitted.items()
    ]
    insert_many(session, _table(SubmittedDay), submitted)
    blocks.count_all(session, books.account_id)
    balances = {"available": books.available, "held": books.held}
    session.execute(update(Account).where(Account.id == books.account_id).values(balances))
