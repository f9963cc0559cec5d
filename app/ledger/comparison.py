"""Numbers that must be the same, compared in the database, so that only what differs is brought back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, cast, func, or_, true
from sqlalchemy.orm import InstrumentedAttribute


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not add up. Amounts are integer millicredits; counts are messages.

    What is summed over everybody's messages names no account.
    """

    account_id: int | None
    task_id: int | None
    what: str
    expected: int
    found: int

    def __str__(self) -> str:
        place = f"task {self.task_id}, " if self.task_id is not None else ""
        return f"{place}{self.what}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True, slots=True)
class Check:
    """Two columns of a row that must be the same, neither of them null."""

    what: str
    expected: ColumnElement[int]
    found: ColumnElement[int]


def columns(checks: Sequence[Check]) -> list[ColumnElement[int]]:
    """Both sides of every check, as `differences` expects to find them in a row."""
    return [
        side.label(f"{name}_{number}")
        for number, check in enumerate(checks)
        for name, side in (("expected", check.expected), ("found", check.found))
    ]


def any_differs(checks: Sequence[Check]) -> ColumnElement[bool]:
    """True for a row in which at least one check fails."""
    return or_(*(check.expected != check.found for check in checks))


def differences(
    account_id: int, task_id: int | None, checks: Sequence[Check], values: Sequence[Any]
) -> Iterator[Difference]:
    """What differs in a row of `columns(checks)`."""
    for number, check in enumerate(checks):
        expected, found = values[2 * number], values[2 * number + 1]
        if expected != found:
            yield Difference(account_id, task_id, check.what, int(expected), int(found))


def total(amount: ColumnElement[int] | InstrumentedAttribute[int], *where: ColumnElement[bool]) -> Any:
    """The sum over the rows that fit, as a whole number (PostgreSQL would make it numeric); null for none."""
    summed = func.sum(amount)
    return cast(summed.filter(*where) if where else summed, BigInteger)


def or_zero(column: ColumnElement[Any]) -> ColumnElement[int]:
    """The number, or 0 where an outer join found no row."""
    return func.coalesce(column, 0)


def of_account(column: InstrumentedAttribute[int], account_id: int | None) -> ColumnElement[bool]:
    """The account's rows; everybody's for None."""
    return true() if account_id is None else column == account_id
