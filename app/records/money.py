"""What tasks cost, as the ledger has it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import CompoundSelect, func, select, union
from sqlalchemy.orm import Session

from app.models import AccountRoute, EntryKind, LedgerEntry, Route, RoutePrice
from app.pricing import decimals_of


@dataclass(frozen=True, slots=True)
class TaskMoney:
    """One task's credits so far, in millicredits: `held` at submission, and what became of it."""

    held: int = 0
    charged: int = 0
    released: int = 0
    refunded: int = 0

    @property
    def outstanding(self) -> int:
        """Still held: neither charged nor released yet."""
        return self.held - self.charged - self.released

    @property
    def cost(self) -> int:
        """What the task has cost up to now."""
        return self.charged - self.refunded


def money_of_tasks(session: Session, task_ids: Collection[int]) -> dict[int, TaskMoney]:
    """The money of each of these tasks, from their ledger entries."""
    sums: dict[int, dict[str, int]] = {task_id: {} for task_id in task_ids}
    rows = session.execute(
        select(
            LedgerEntry.task_id, LedgerEntry.kind, func.sum(LedgerEntry.available), func.sum(LedgerEntry.held)
        )
        .where(LedgerEntry.task_id.in_(sums))
        .group_by(LedgerEntry.task_id, LedgerEntry.kind)
    )
    for task_id, kind, available, held in rows:
        assert task_id is not None  # it is one of those asked for
        moved_from_held = kind in (EntryKind.HOLD, EntryKind.CHARGE)
        sums[task_id][kind] = abs(int(held if moved_from_held else available))
    return {
        task_id: TaskMoney(
            held=by_kind.get(EntryKind.HOLD, 0),
            charged=by_kind.get(EntryKind.CHARGE, 0),
            released=by_kind.get(EntryKind.RELEASE, 0),
            refunded=by_kind.get(EntryKind.REFUND, 0),
        )
        for task_id, by_kind in sums.items()
    }


def money_of_task(session: Session, task_id: int) -> TaskMoney:
    """One task's money, from its ledger entries."""
    return money_of_tasks(session, [task_id])[task_id]


def latest_entries(session: Session, task_id: int, limit: int) -> Sequence[LedgerEntry]:
    """A task's latest ledger entries, newest first."""
    return session.scalars(
        select(LedgerEntry).where(LedgerEntry.task_id == task_id).order_by(LedgerEntry.id.desc()).limit(limit)
    ).all()


def price_decimals(session: Session, account_id: int | None) -> int:
    """How many decimals amounts need at the prices in force: those of every route, and the account's own ones."""
    prices: CompoundSelect[int] = union(
        select(Route.price_per_segment),
        select(RoutePrice.price_per_segment),
        select(AccountRoute.price_per_segment).where(
            AccountRoute.account_id == account_id, AccountRoute.price_per_segment.is_not(None)
        ),
    )
    return max((decimals_of(price) for price in session.scalars(prices)), default=0)
