"""What an account sent, a row for each day, route and country: dashboards read these, never the messages."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class _Sums:
    """What is summed: see Rollup."""

    tasks: Mapped[int] = mapped_column(Integer, default=0)
    messages: Mapped[int] = mapped_column(Integer, default=0)
    segments: Mapped[int] = mapped_column(Integer, default=0)
    accepted: Mapped[int] = mapped_column(Integer, default=0)
    delivered: Mapped[int] = mapped_column(Integer, default=0)
    failed: Mapped[int] = mapped_column(Integer, default=0)
    in_doubt: Mapped[int] = mapped_column(Integer, default=0)
    cancelled: Mapped[int] = mapped_column(Integer, default=0)
    price: Mapped[int] = mapped_column(BigInteger, default=0)
    charged: Mapped[int] = mapped_column(BigInteger, default=0)
    refunded: Mapped[int] = mapped_column(BigInteger, default=0)


class Rollup(_Sums, Base):
    """Sums over the messages of the tasks due that `day` (see `Task.day`), moved by the transaction that moves them.

    `region` is the recipients' country; the row whose region is empty counts the tasks themselves, which may write
    to many. `price` is what was quoted, `charged` and `refunded` what became of it, all integer millicredits.
    """

    __tablename__ = "rollup"
    __table_args__ = (Index("ix_rollup_account_id_route_id", "account_id", "route_id"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    route_id: Mapped[int] = mapped_column(ForeignKey("route.id"), primary_key=True)
    region: Mapped[str] = mapped_column(String(3), primary_key=True, default="")


class RollupMonth(_Sums, Base):
    """The same by month, moved with the days: so that a year is read from a dozen rows of each route and country.

    `month` is the month's first day.
    """

    __tablename__ = "rollup_month"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    month: Mapped[date] = mapped_column(Date, primary_key=True)
    route_id: Mapped[int] = mapped_column(ForeignKey("route.id"), primary_key=True)
    region: Mapped[str] = mapped_column(String(3), primary_key=True, default="")


class SubmittedDay(Base):
    """What was submitted by a route on a day of UTC, and how much of it was sent or failed: the desk's own day.

    One row a route and day for all clients, so it is written last of all (`app.ledger.submitted_days`). `price` is
    what was quoted, in millicredits; `sent` was accepted or delivered.
    """

    __tablename__ = "submitted_day"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    route_id: Mapped[int] = mapped_column(ForeignKey("route.id"), primary_key=True)
    tasks: Mapped[int] = mapped_column(Integer, default=0)
    messages: Mapped[int] = mapped_column(BigInteger, default=0)
    sent: Mapped[int] = mapped_column(BigInteger, default=0)
    failed: Mapped[int] = mapped_column(BigInteger, default=0)
    price: Mapped[int] = mapped_column(BigInteger, default=0)
