"""A route's rules, handed to the pure packages in the form that they understand."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.findings import Finding, Severity
from app.content.rules import BannedWord, Rulebook
from app.content.segments import Split
from app.content.sender_id import check_sender_id
from app.models import BannedWordEntry, Route
from app.pricing import Tariff
from app.recipients.numbers import NumberRules


def rulebook(session: Session) -> Rulebook:
    """The panel's content rules with the banned words as they stand."""
    entries = session.scalars(select(BannedWordEntry).order_by(BannedWordEntry.id))
    return Rulebook.of(BannedWord(entry.word, entry.category, Severity(entry.severity)) for entry in entries)


def number_rules(route: Route) -> NumberRules:
    """Which countries the route sends to."""
    return NumberRules(blocked_prefixes=frozenset(route.blocked_prefixes))


def tariff(route: Route) -> Tariff:
    """The route's prices, in millicredits a segment."""
    return Tariff(
        route.price_per_segment, tuple((price.prefix, price.price_per_segment) for price in route.prices)
    )


def split(route: Route) -> Split:
    """How the route bills long texts."""
    return Split(route.split)


def sender_id_findings(route: Route, sender_id: str | None, maximum: int) -> list[Finding]:
    """What is wrong with a sender ID on this route; routes without sender IDs take none and need none."""
    if not route.takes_sender_id:
        return []
    return check_sender_id(sender_id or "", maximum)
