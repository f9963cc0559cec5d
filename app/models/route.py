"""A route: a way out, with its price, its rules and its pace."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.models.base import Base, BigKey, UtcDateTime, new_public_id


class Channel(StrEnum):
    SMS = "sms"
    WHATSAPP = "whatsapp"


class ChargeWhen(StrEnum):
    """What makes a message successful on this route, and so charged."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"


class Route(Base):
    """Prices are integer millicredits a segment; `rate` is messages a second over all pumps together.

    `split` is one of `app.content.segments.Split`. `public_id` names the route in callback addresses.
    """

    __tablename__ = "route"
    __table_args__ = (
        CheckConstraint("rate > 0", name="rate_positive"),
        CheckConstraint("price_per_segment >= 0", name="price_not_negative"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    channel: Mapped[str] = mapped_column(String(16), default=Channel.SMS)
    gateway: Mapped[str] = mapped_column(String(32))
    gateway_settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    rate: Mapped[int] = mapped_column(Integer)
    price_per_segment: Mapped[int] = mapped_column(BigInteger)
    takes_sender_id: Mapped[bool] = mapped_column(Boolean, default=True)
    split: Mapped[str] = mapped_column(String(8), default="160/153")
    charge_when: Mapped[str] = mapped_column(String(16), default=ChargeWhen.ACCEPTED)
    refund_failed_receipt: Mapped[bool] = mapped_column(Boolean, default=True)
    sender_id_maximum: Mapped[int] = mapped_column(Integer, default=10)
    sender_id_approval: Mapped[bool] = mapped_column(Boolean, default=False)
    gives_reports: Mapped[bool] = mapped_column(Boolean, default=True)  # per-message delivery reports
    minimum_recipients: Mapped[int] = mapped_column(Integer, default=1)
    maximum_recipients: Mapped[int] = mapped_column(Integer, default=5_000)
    allowed_prefixes: Mapped[list[str] | None] = mapped_column(JSON)  # null: everywhere but the blocked ones
    requires_test: Mapped[bool] = mapped_column(
        Boolean, default=False
    )  # of a bulk task's content, by its account
    fallback_route_id: Mapped[int | None] = mapped_column(
        ForeignKey("route.id")
    )  # for what this cannot take now
    daily_cap: Mapped[int | None] = mapped_column(Integer)  # messages a UTC day, over all accounts
    daily_used: Mapped[int] = mapped_column(Integer, default=0, server_default="0")  # of the day that ends…
    daily_until: Mapped[datetime | None] = mapped_column(UtcDateTime)  # …then; see app.sending.dispatch.caps
    carrier_since: Mapped[datetime | None] = mapped_column(UtcDateTime)  # of what left before, another knows
    recipients_full_until: Mapped[datetime | None] = mapped_column(UtcDateTime)  # its pool of recipients
    retry_attempts: Mapped[int] = mapped_column(Integer, default=20)  # of deferred messages
    gateway_secrets: Mapped[str | None] = mapped_column(Text)  # encrypted JSON, never shown again
    description: Mapped[str] = mapped_column(String(500), default="")
    everyone: Mapped[bool] = mapped_column(Boolean, default=True)  # else only accounts with an AccountRoute
    blocked_prefixes: Mapped[list[str]] = mapped_column(JSON, default=list)
    content_switches: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # null: those of its channel
    open: Mapped[bool] = mapped_column(Boolean, default=True)
    paused_reason: Mapped[str | None] = mapped_column(String(500))
    breaker_failures: Mapped[int] = mapped_column(Integer, default=0)
    breaker_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    prices: Mapped[list[RoutePrice]] = relationship(back_populates="route", cascade="all, delete-orphan")


class RoutePrice(Base):
    """A price of its own for numbers that begin with `prefix` (digits, no plus). The longest match wins."""

    __tablename__ = "route_price"
    __table_args__ = (UniqueConstraint("route_id", "prefix"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    route_id: Mapped[int] = mapped_column(ForeignKey("route.id"))
    prefix: Mapped[str] = mapped_column(String(15))
    price_per_segment: Mapped[int] = mapped_column(BigInteger)

    route: Mapped[Route] = relationship(back_populates="prices")


class AccountRoute(Base):
    """What an account has of its own on a route: that it may use it, and a price (null: the route's prices)."""

    __tablename__ = "account_route"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    route_id: Mapped[int] = mapped_column(ForeignKey("route.id"), primary_key=True)
    allowed: Mapped[bool] = mapped_column(Boolean, default=True)
    price_per_segment: Mapped[int | None] = mapped_column(BigInteger)


class PumpLease(Base):
    """Who may pump a route, until when, and where its pace stands.

    `fence` grows with every new holder. Who gives the lease back writes its own fence into `given_back`, and where the
    pace stands into `next_send_at` and `arrived` (see `dispatch.pace.Handover`), so that a handover makes no burst
    and loses nothing. Where `given_back` is not the last fence, its holder gave nothing back.
    """

    __tablename__ = "pump_lease"

    route_id: Mapped[int] = mapped_column(ForeignKey("route.id"), primary_key=True)
    holder: Mapped[str | None] = mapped_column(String(64))
    fence: Mapped[int] = mapped_column(BigInteger, default=0)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_send_at: Mapped[float | None] = mapped_column()
    arrived: Mapped[list[float] | None] = mapped_column(JSON(none_as_null=True))
    given_back: Mapped[int | None] = mapped_column(BigInteger)


class RecipientPool(Base):
    """A carrier's count of different numbers in any 24 hours; routes of one portfolio share it.

    `used` is how many rows of RecentRecipient it has; both move in one transaction, under this row's lock.
    """

    __tablename__ = "recipient_pool"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    used: Mapped[int] = mapped_column(Integer, default=0)


class RecentRecipient(Base):
    """A number that was written to through a pool, and when last (UTC)."""

    __tablename__ = "recent_recipient"
    __table_args__ = (Index("ix_recent_recipient_pool_last_at", "pool", "last_at"),)

    pool: Mapped[str] = mapped_column(ForeignKey("recipient_pool.name"), primary_key=True)
    e164: Mapped[str] = mapped_column(String(16), primary_key=True)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
