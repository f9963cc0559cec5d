"""What the composer shows while a client writes: the same functions as the authoritative check, nothing stored."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.content.findings import Finding
from app.content.marking import Piece, mark
from app.content.merge import FIELD, change_literals
from app.content.segments import Split, count_segments
from app.content.tidy import tidy
from app.ledger.balances import balance
from app.models import Route
from app.pricing import price
from app.recipients.intake import Recipient, Rejection
from app.recipients.typed import take_in_typed
from app.sending import route_rules
from app.sending.drafting.compose import check_content, segments_of
from app.sending.lookup import open_route, own_prices
from app.sending.suppressed import suppressed_among
from config import Limits


@dataclass(frozen=True)
class Preview:
    """Money is integer millicredits. `price_each` is the lowest and the highest price for one recipient.

    `tidied` is the text as tidying would leave it, `tidy_changes` what would change, as (before, after).
    """

    characters: int
    units: int
    encoding: str
    segments: int
    left: int
    recipients: int
    rejected: tuple[Rejection, ...]
    price_each: tuple[int, int]
    total: int
    findings: tuple[Finding, ...]
    sender_id_findings: tuple[Finding, ...]
    pieces: tuple[Piece, ...]
    available: int
    tidied: str
    tidy_changes: tuple[tuple[str, str], ...]


def preview(
    session: Session,
    account_id: int,
    route_id: int,
    content: str,
    sender_id: str | None,
    typed_recipients: str | None,
    limits: Limits,
    known_fields: tuple[str, ...] | None = (),
) -> Preview:
    """Count, check and price what is written so far.

    `known_fields` of None means that the file, and so its columns, is not known yet: fields are not judged.
    Raises NotFound for a route that is not open, FileRefused for more typed recipients than allowed.
    """
    route = open_route(session, route_id, account_id)
    split = route_rules.split(route)
    count = count_segments(content, split or Split.NETWORK)
    segments = segments_of(content, split) if content else 0
    rulebook = route_rules.rulebook(session, route)
    findings = check_content(content, rulebook, known_fields or ()) if content.strip() else []
    if known_fields is None:
        findings = [finding for finding in findings if finding.rule != "unknown_field"]
    recipients, rejected = _recipients(session, account_id, route, typed_recipients, limits)
    tariff = route_rules.tariff(route, own_prices(session, account_id).get(route.id))
    prices = [price(each.e164, segments, tariff) for each in recipients]
    base = segments * tariff.per_segment
    sid = (
        route_rules.sender_id_findings(session, route, account_id, sender_id, route.sender_id_maximum)
        if sender_id
        else []
    )
    return Preview(
        characters=count.characters,
        units=count.units,
        encoding=count.encoding,
        segments=segments,
        left=count.left,
        recipients=len(recipients),
        rejected=rejected,
        price_each=(min(prices, default=base), max(prices, default=base)),
        total=sum(prices),
        findings=tuple(findings),
        sender_id_findings=tuple(sid),
        pieces=tuple(mark(content, findings)),
        available=balance(session, account_id).available,
        tidied=tidied_text(content),
        tidy_changes=_tidy_changes(content),
    )


def tidied_text(content: str) -> str:
    """The text with GSM characters where there is an honest one; merge fields stay as they are."""
    return change_literals(content, lambda text: tidy(text).text)


def _tidy_changes(content: str) -> tuple[tuple[str, str], ...]:
    """What tidying would change, each kind of change once, as (before, after)."""
    fields = [match.span() for match in FIELD.finditer(content)]
    return tuple(
        dict.fromkeys(
            (before, after)
            for start, end, before, after in tidy(content).changes
            if not any(first <= start and end <= last for first, last in fields)
        )
    )


def _recipients(
    session: Session, account_id: int, route: Route, typed: str | None, limits: Limits
) -> tuple[list[Recipient], tuple[Rejection, ...]]:
    if not typed or not typed.strip():
        return [], ()
    intake = take_in_typed(
        typed,
        route_rules.number_rules(route),
        limits.quick_recipients,
        suppressed=lambda numbers: suppressed_among(session, account_id, numbers),
    )
    return intake.recipients, tuple(intake.rejections)
