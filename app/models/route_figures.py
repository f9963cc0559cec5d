"""What became of a route's messages, kept as sums by the transactions that move them, and what befell the route."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.models.base import Base, BigKey, UtcDateTime


class FigureKind(StrEnum):
    """What a `RouteHour` counts, and so what its `name` is."""

    STATUS = "status"  # accepted, delivered, failed, in_doubt: each message in one of them
    ERROR = "error"  # the code of each that failed or is in doubt, where it has one
    RECEIPT = "receipt"  # of each delivered one: the longest time, in seconds, of those it is counted with


class RouteHour(Base):
    """How the messages stand that left by a route in an hour, by the country they went to.

    `hour` is whole hours since 1970 (UTC) of `Message.sent_at`, `route_id` the route that the message left by, which
    a stand-in's is. Proved by the ledger audit against every message.
    """

    __tablename__ = "route_hour"

    route_id: Mapped[int] = mapped_column(ForeignKey("route.id"), primary_key=True)
    hour: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    region: Mapped[str] = mapped_column(String(3), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    messages: Mapped[int] = mapped_column(Integer)


class RouteOutcome(Base):
    """How often a route's messages came to an outcome, since ever: it only grows, as monitoring wants it.

    `outcome` is what the gateway answered (accepted, refused, deferred, in_doubt) or what a receipt, or its absence,
    said later (delivered, failed).
    """

    __tablename__ = "route_outcome"

    route_id: Mapped[int] = mapped_column(ForeignKey("route.id"), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(12), primary_key=True)
    messages: Mapped[int] = mapped_column(BigInteger)


class RoutePace(Base):
    """How many messages a route's gateway answered lately: a ring of a few windows of a few seconds.

    `window` says which the slot was last used for; an older one counts for nothing.
    """

    __tablename__ = "route_pace"

    route_id: Mapped[int] = mapped_column(ForeignKey("route.id"), primary_key=True)
    slot: Mapped[int] = mapped_column(Integer, primary_key=True)
    window: Mapped[int] = mapped_column(BigInteger)
    messages: Mapped[int] = mapped_column(Integer)


class RouteEventKind(StrEnum):
    RESTED = "rested"  # its breaker opened
    RECOVERED = "recovered"  # the gateway answers again
    PAUSED = "paused"
    RESUMED = "resumed"


class RouteEvent(Base):
    """What befell a route: its breaker opened (`code` says why, `until` for how long), staff paused it (`reason`)."""

    __tablename__ = "route_event"
    __table_args__ = (Index("ix_route_event_route_id_id", "route_id", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    route_id: Mapped[int] = mapped_column(ForeignKey("route.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    kind: Mapped[str] = mapped_column(String(12))
    code: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(String(500))
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class GatewayTry(Base):
    """One handing over of a message that was not simply accepted: what the gateway answered, without any secret.

    `sent_at` is when it was fenced, `answered_at` when the outcome was written down; `outcome` is refused, deferred
    or in_doubt, `said` the beginning of the gateway's own words. Kept for thirty days.
    """

    __tablename__ = "gateway_try"
    __table_args__ = (
        Index("ix_gateway_try_message_id", "message_id"),
        Index("ix_gateway_try_answered_at", "answered_at"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    route_id: Mapped[int] = mapped_column(ForeignKey("route.id"))
    gateway: Mapped[str] = mapped_column(String(32))
    attempt: Mapped[int] = mapped_column(Integer)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    outcome: Mapped[str] = mapped_column(String(12))
    code: Mapped[str] = mapped_column(String(64))
    said: Mapped[str | None] = mapped_column(String(600))
