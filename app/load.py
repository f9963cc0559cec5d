"""An account with as many messages as one likes, for measuring: `flask seed-load --messages 10000000`.

The rows are made inside the database, a task of them in a statement, and its books are kept like those of any other
task: the ledger audit holds for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.ledger import rollups, transfers
from app.models import Account, MessageStatus, Money, Role, Route, Task, TaskKind, TaskState, User
from app.models.base import UtcDateTime

EMAIL: Final = "load@example.com"
PRICE: Final = 1_000
PER_TASK: Final = 5_000
_DAYS: Final = 390  # the tasks are spread over thirteen months
_COUNTRIES: Final = (("AU", 61_400_000_000), ("GB", 447_400_000_000), ("MY", 60_120_000_000))
_SENDERS: Final = ("HARBOUR", "LANTERN", "BAKERY", None)

# Of every 400 messages, ten failed and one is in doubt; the rest were delivered.
_STATUS: Final = "CASE WHEN n % 40 = 7 THEN 'failed' WHEN n % 400 = 11 THEN 'in_doubt' ELSE 'delivered' END"
_MONEY: Final = "CASE WHEN n % 40 = 7 THEN 'released' WHEN n % 400 = 11 THEN 'held' ELSE 'charged' END"
_MOMENTS: Final = ("submitted", "sent", "done")

_MESSAGES: Final = text(
    f"""
    WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n + 1 < :count)
    INSERT INTO message (task_id, account_id, route_id, row, e164, region, segments, price, status, money, reference,
                         attempt, gateway_id, error_code, queued_at, sent_at, answered_at, final_at)
    SELECT CAST(:task_id AS bigint), CAST(:account_id AS bigint), CAST(:route_id AS bigint), n + 2,
           '+' || CAST(CAST(:first AS bigint) + n AS varchar(15)), :region, 1, {PRICE}, {_STATUS}, {_MONEY},
           CAST(:name AS varchar(20)) || '.' || CAST(n + 2 AS varchar(10)), 1,
           CASE WHEN n % 400 <> 11 THEN 'load-' || CAST(:name AS varchar(20)) || '-' || CAST(n AS varchar(10)) END,
           CASE WHEN n % 40 = 7 THEN 'unknown_subscriber' WHEN n % 400 = 11 THEN 'timeout' END,
           :submitted, :sent, CASE WHEN n % 400 = 11 THEN NULL ELSE :sent END,
           CASE WHEN n % 400 = 11 THEN NULL ELSE :done END
    FROM series"""  # noqa: S608
).bindparams(*(bindparam(name, type_=UtcDateTime) for name in _MOMENTS))


@dataclass(frozen=True, slots=True)
class _Person:
    account_id: int
    user_id: int
    route_ids: tuple[int, ...]


def seed(session: Session, messages: int, password_hash: str, per_task: int = PER_TASK) -> Iterator[int]:
    """Make an account with this many messages, in tasks of `per_task`; yields how many there are after each.

    One transaction for each task. Raises sqlalchemy's IntegrityError when there is such an account already.
    """
    person = _person(session, messages, password_hash)
    tasks = -(-messages // per_task)
    began = now() - timedelta(days=_DAYS)
    for number in range(tasks):
        count = min(per_task, messages - number * per_task)
        with write_transaction(session):
            _task(session, person, number, count, began + timedelta(days=_DAYS) * number / tasks)
        yield number * per_task + count


def _person(session: Session, messages: int, password_hash: str) -> _Person:
    with write_transaction(session):
        account = Account(name="Under load", time_zone="Australia/Sydney")
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
        transfers.top_up(session, account.id, 2 * messages * PRICE, "load", user_id=user.id, note="Load")
        return _Person(account.id, user.id, tuple(route.id for route in routes))


def _task(session: Session, person: _Person, number: int, count: int, submitted: datetime) -> None:
    failed, in_doubt = len(range(7, count, 40)), len(range(11, count, 400))
    delivered = count - failed - in_doubt
    account = session.get_one(Account, person.account_id)
    done = submitted + timedelta(seconds=60)
    task = Task(
        account_id=account.id,
        user_id=person.user_id,
        route_id=person.route_ids[number % len(person.route_ids)],
        kind=TaskKind.BULK,
        state=TaskState.DONE,
        name=f"Load {number + 1}",
        sender_id=_SENDERS[number % len(_SENDERS)],
        content="Lunch at Harbour Lane is ready from twelve.",
        submission_key=f"load-{number}",
        created_at=submitted,
        submitted_at=submitted,
        started_at=submitted,
        finished_at=done,
        day=rollups.due_day(account, submitted, None),
        total=count,
        price=count * PRICE,
        delivered=delivered,
        failed=failed,
        in_doubt=in_doubt,
    )
    session.add(task)
    session.flush()
    transfers.hold(session, task.id, account.id, task.price, f"task:{task.id}:hold")
    region, first = _COUNTRIES[number % len(_COUNTRIES)]
    values: dict[str, Any] = {
        "count": count,
        "task_id": task.id,
        "account_id": account.id,
        "route_id": task.route_id,
        "first": first + number * PER_TASK % 90_000_000,
        "region": region,
        "name": task.public_id,
        "submitted": submitted,
        "sent": submitted + timedelta(seconds=2),
        "done": done,
    }
    session.execute(_MESSAGES, values)
    rollups.count_submission(session, task)
    rollups.count_moves(session, task, _moves(region, delivered, failed, in_doubt))
    for transfer, amount in ((transfers.charge, delivered), (transfers.release, failed)):
        if amount:
            transfer(session, task.id, account.id, amount * PRICE, f"task:{task.id}:load:{transfer.__name__}")


def _moves(region: str, delivered: int, failed: int, in_doubt: int) -> list[rollups.Moved]:
    ends = (
        (delivered, MessageStatus.DELIVERED, Money.CHARGED),
        (failed, MessageStatus.FAILED, Money.RELEASED),
        (in_doubt, MessageStatus.IN_DOUBT, Money.HELD),
    )
    return [
        move
        for count, status, money in ends
        for move in [rollups.Moved(region, PRICE, MessageStatus.QUEUED, status, Money.HELD, money)] * count
    ]
