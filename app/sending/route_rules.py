"""A route's rules, handed to the pure packages in the form that they understand."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.content.findings import Finding, Severity, blocking
from app.content.rules import BannedWord, Rulebook
from app.content.segments import Split
from app.content.sender_id import check_sender_id
from app.content.switches import Switches
from app.language import gettext, thousands
from app.models import BannedWordEntry, Channel, ProtectedName, Route, SenderIdRequest
from app.pricing import Tariff
from app.recipients.numbers import NumberRules

# The newest list that this process has compiled, by the state of the words it was made from.
_compiled: dict[tuple[object, ...], Rulebook] = {}


def rulebook(session: Session, route: Route) -> Rulebook:
    """The content rules for a route: its own switches or those of its channel, and the banned words as they stand."""
    return rulebook_with(session, switches(route))


def rulebook_with(session: Session, switches: Switches) -> Rulebook:
    """These rules with the banned words as they stand."""
    return replace(banned_words(session), switches=switches)


def switches(route: Route) -> Switches:
    """Which content rules hold on the route: its own, else those of its channel."""
    if route.content_switches is not None:
        return Switches.from_json(route.content_switches)
    return channel_switches(route.channel)


def channel_switches(channel: str) -> Switches:
    """The content rules of a channel, for routes that have none of their own."""
    return Switches.whatsapp() if channel == Channel.WHATSAPP else Switches()


def banned_words(session: Session) -> Rulebook:
    """The panel's own rules with the banned words as they stand.

    Thousands of words are read and compiled only when they have changed, which one small query tells.
    """
    state = words_as_they_stand(session)
    known = _compiled.get(state)
    if known is not None:
        return known
    entries = session.scalars(select(BannedWordEntry).order_by(BannedWordEntry.id))
    book = Rulebook.of(
        BannedWord(entry.word, entry.category, Severity(entry.severity), entry.instead) for entry in entries
    )
    _compiled.clear()
    _compiled[state] = book
    return book


def words_as_they_stand(session: Session) -> tuple[object, ...]:
    """What tells one state of the banned words from another: how many, the newest, and when one last changed."""
    return tuple(
        session.execute(
            select(func.count(), func.max(BannedWordEntry.id), func.max(BannedWordEntry.changed_at))
        ).one()
    )


def number_rules(route: Route) -> NumberRules:
    """Which countries the route sends to."""
    allowed = frozenset(route.allowed_prefixes) if route.allowed_prefixes is not None else None
    return NumberRules(blocked_prefixes=frozenset(route.blocked_prefixes), allowed_prefixes=allowed)


def tariff(route: Route, own_price: int | None = None) -> Tariff:
    """The route's prices, in millicredits a segment; an account's own price stands for all of them."""
    if own_price is not None:
        return Tariff(own_price)
    return Tariff(
        route.price_per_segment, tuple((price.prefix, price.price_per_segment) for price in route.prices)
    )


def size_refusal(minimum: int, maximum: int, recipients: int) -> str | None:
    """Why a route with these bounds does not take a task of that many recipients; None when it does."""
    if recipients < minimum:
        return gettext(
            "This route takes tasks of %(minimum)s recipients or more, and this one has "
            "%(recipients)s that can be sent to. Add recipients, or choose another route.",
            minimum=thousands(minimum),
            recipients=thousands(recipients),
        )
    if recipients > maximum:
        return gettext(
            "This route takes tasks of at most %(maximum)s recipients, and this one has "
            "%(recipients)s. Split it, or choose another route.",
            maximum=thousands(maximum),
            recipients=thousands(recipients),
        )
    return None


def split(route: Route) -> Split | None:
    """How the route bills long texts; None where a message is one unit however long it is."""
    return None if route.channel == Channel.WHATSAPP else Split(route.split)


def sender_id_findings(
    session: Session, route: Route, account_id: int, sender_id: str | None, maximum: int
) -> list[Finding]:
    """What is wrong with an account's sender ID on this route; routes without sender IDs take none and need none.

    A name that staff approved for the account may be a protected one: its owner sends by it.
    """
    if not route.takes_sender_id:
        return []
    name = sender_id or ""
    approved = _is_approved(session, account_id, name)
    protected = () if approved else tuple(session.scalars(select(ProtectedName.name)))
    findings = check_sender_id(name, maximum, protected)
    if route.sender_id_approval and not approved and not blocking(findings):
        message = gettext(
            "%(name)s takes only sender IDs that staff have approved for your account.", name=route.name
        )
        advice = gettext("Ask for it on the page Sender IDs, or leave the field empty.")
        findings.append(Finding("sid_not_approved", Severity.BLOCK, 0, len(name), name, message, advice))
    return findings


def _is_approved(session: Session, account_id: int, name: str) -> bool:
    """Whether staff have approved the name for the account; capitals make no other name."""
    return bool(
        session.scalar(
            select(func.count())
            .select_from(SenderIdRequest)
            .where(
                SenderIdRequest.account_id == account_id,
                func.lower(SenderIdRequest.name) == name.lower(),
                SenderIdRequest.state == "approved",
            )
        )
    )
