"""Daily caps: how many messages an account and a route send a day, and to how many different numbers a carrier lets us.

They are counted by the fence, in its transaction and under the lock of the row that holds the count, so that any
number of pumps together never go beyond. What surely did not leave is given back. An account's day is that of its own
clocks, a route's is UTC's; a carrier counts the numbers of the last 24 hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, CursorResult, delete, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.clock import now
from app.database import insert_new, write_transaction
from app.gateways.base import Capabilities
from app.models import Account, Message, MessageStatus, RecentRecipient, RecipientPool, Route, Task
from app.sending.dispatch.due import LONGEST_DAY

# The carrier's 24 hours begin when a message reaches it, a little after its fence.
RECIPIENTS_WINDOW: Final = timedelta(hours=24, minutes=1)

Owner = type[Account] | type[Route]


class _Count(NamedTuple):
    """A cap as it stands, read under lock: `used` of the day that ends at `until`."""

    cap: int
    used: int
    until: datetime


def day_of(zone: str, moment: datetime) -> tuple[datetime, datetime]:
    """The first moment (UTC) of the day that `moment` falls in by the clocks of `zone`, and of the next day."""
    local = moment.astimezone(ZoneInfo(zone))
    first = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return first.astimezone(UTC), (first + timedelta(days=1)).astimezone(UTC)


class Allowance:
    """How many messages one account may send by one route now, all caps together, `size` at most.

    The rows that hold the counts are locked until the transaction ends; `count` writes down what is fenced in it.
    """

    def __init__(
        self, session: Session, route_id: int, task: Any, size: int, capabilities: Capabilities | None
    ) -> None:
        """`task` is a row with its account_id and the two caps, account_cap and route_cap."""
        self._session = session
        self._counts: list[tuple[Owner, int, _Count]] = []
        owners: tuple[tuple[Owner, int, int | None], ...] = (
            (Account, task.account_id, task.account_cap),
            (Route, route_id, task.route_cap),
        )
        for owner, owner_id, cap in owners:
            if cap is None:
                continue
            count = _locked_count(session, owner, owner_id)
            self._counts.append((owner, owner_id, count))
            size = min(size, max(count.cap - count.used, 0))
        self._pool: _Pool | None = None
        if capabilities is not None and capabilities.recipients_per_day is not None:
            name = capabilities.recipients_pool or f"route:{route_id}"
            self._pool = _Pool(session, name, capabilities.recipients_per_day)
            size = min(size, self._pool.room)
            if self._pool.room == 0:
                self._pool.rest(route_id)
        self.size = size

    def count(self, numbers: Sequence[str]) -> None:
        """Count the messages that have just been fenced, one for each of these numbers (E.164)."""
        for owner, owner_id, count in self._counts:
            self._session.execute(
                update(owner)
                .where(owner.id == owner_id)
                .values(daily_used=count.used + len(numbers), daily_until=count.until)
                .execution_options(synchronize_session=False)
            )
        if self._pool is not None:
            self._pool.note(set(numbers))


def give_back(session: Session, owner: Owner, owner_id: int, message_ids: Sequence[int]) -> None:
    """Let messages that surely did not leave count no more, where they were counted on the day that still runs.

    The caller goes through accounts in the order of their ids, then through routes, as the house locks them.
    """
    if not message_ids:
        return
    capped = session.execute(
        select(owner.daily_until, _zone(owner))
        .where(owner.id == owner_id, owner.daily_cap.is_not(None), owner.daily_until > now())
        .with_for_update(of=owner, key_share=True)
    ).one_or_none()
    if capped is None:
        return
    began = day_of(capped.zone, capped.daily_until - timedelta(seconds=1))[0]
    count = session.scalar(select(func.count()).where(Message.id.in_(message_ids), Message.sent_at >= began))
    session.execute(
        update(owner)
        .where(owner.id == owner_id, owner.daily_used >= count)
        .values(daily_used=owner.daily_used - count)
        .execution_options(synchronize_session=False)
    )


def _locked_count(session: Session, owner: Owner, owner_id: int) -> _Count:
    """The owner's count, locked until the transaction ends; begun anew where its day is over."""
    row = session.execute(
        select(owner.daily_cap, owner.daily_used, owner.daily_until, _zone(owner))
        .where(owner.id == owner_id)
        .with_for_update(of=owner, key_share=True)
    ).one()
    moment, cap = now(), row.daily_cap or 0
    if row.daily_until is None or not moment < row.daily_until <= moment + LONGEST_DAY:
        return _Count(cap, 0, day_of(row.zone, moment)[1])
    return _Count(cap, row.daily_used, row.daily_until)


def go_by(account: Account, zone: str) -> None:
    """Let the day that is counted end by other clocks, no earlier than it would: else each change gave a cap anew.

    The caller holds the account's lock.
    """
    moment = now()
    if account.daily_until is not None and moment < account.daily_until <= moment + LONGEST_DAY:
        account.daily_until = max(account.daily_until, day_of(zone, moment)[1])


def _zone(owner: Owner) -> ColumnElement[str]:
    return (Account.time_zone if owner is Account else literal("UTC")).label("zone")


def recount(session: Session, owner: Owner, owner_id: int) -> None:
    """Count what has left on the day that runs, when a cap is set for the first time or anew.

    A task that nothing of left today has not changed today; so few messages are looked at.
    """
    _locked_count(session, owner, owner_id)
    zone = session.scalar(select(_zone(owner)).where(owner.id == owner_id)) or "UTC"
    began, until = day_of(zone, now())
    owned = Message.account_id if owner is Account else Message.route_id
    task_owned = Task.account_id if owner is Account else Task.route_id
    left = session.scalar(
        select(func.count())
        .select_from(Message)
        .join(Task, Task.id == Message.task_id)
        .where(
            task_owned == owner_id,
            Task.changed_at >= began,
            owned == owner_id,
            Message.sent_at >= began,
            Message.status.not_in((MessageStatus.QUEUED, MessageStatus.CANCELLED)),
        )
    )
    session.execute(
        update(owner)
        .where(owner.id == owner_id)
        .values(daily_used=left or 0, daily_until=until)
        .execution_options(synchronize_session=False)
    )


def forget_recipients(session: Session) -> int:
    """Forget whom carriers no longer count, also where nothing is sent any more; returns how many numbers.

    A transaction of its own for each pool.
    """
    names = session.scalars(select(RecipientPool.name).order_by(RecipientPool.name)).all()
    gone = 0
    for name in names:
        with write_transaction(session):
            gone += _Pool(session, name, 0).forgotten
    return gone


class _Pool:
    """A carrier's count of different numbers in the last 24 hours, locked, without those that are older."""

    def __init__(self, session: Session, name: str, limit: int) -> None:
        self._session = session
        self._name = name
        self._moment = now()
        insert_new(session, RecipientPool.__table__, [{"name": name, "used": 0}])  # type: ignore[arg-type]
        mine = RecipientPool.name == name
        used = session.scalars(select(RecipientPool.used).where(mine).with_for_update()).one()
        forgotten = session.execute(
            delete(RecentRecipient)
            .where(RecentRecipient.pool == name, RecentRecipient.last_at <= self._moment - RECIPIENTS_WINDOW)
            .execution_options(synchronize_session=False)
        )
        assert isinstance(forgotten, CursorResult)
        self.forgotten = forgotten.rowcount
        self._used = used - self.forgotten
        self.room = max(limit - self._used, 0)
        if self.forgotten:
            self._write(self._used)

    def note(self, numbers: set[str]) -> None:
        """Note that these are written to now. Who was written to before only counts for longer."""
        if not numbers:
            return
        dialect = sqlite if self._session.get_bind().dialect.name == "sqlite" else postgresql
        statement = dialect.insert(RecentRecipient.__table__)
        recent = RecentRecipient.pool == self._name, RecentRecipient.e164.in_(numbers)
        known = self._session.scalar(select(func.count()).where(*recent)) or 0
        self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["pool", "e164"], set_={"last_at": statement.excluded.last_at}
            ),
            [{"pool": self._name, "e164": each, "last_at": self._moment} for each in sorted(numbers)],
        )
        self._write(self._used + len(numbers) - known)

    def rest(self, route_id: int) -> None:
        """Let the route wait until the number that was written to longest ago counts no more."""
        first = self._session.scalar(
            select(func.min(RecentRecipient.last_at)).where(RecentRecipient.pool == self._name)
        )
        self._session.execute(
            update(Route)
            .where(Route.id == route_id)
            .values(recipients_full_until=(first or self._moment) + RECIPIENTS_WINDOW)
            .execution_options(synchronize_session=False)
        )

    def _write(self, used: int) -> None:
        self._session.execute(
            update(RecipientPool)
            .where(RecipientPool.name == self._name)
            .values(used=used)
            .execution_options(synchronize_session=False)
        )
