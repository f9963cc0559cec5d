"""What a check finds of a draft: its recipients, its messages, its price. It writes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.content.findings import Finding
from app.content.rules import Rulebook
from app.content.segments import Split
from app.language import gettext
from app.models import TaskKind
from app.pricing import Quote, Tariff, quote
from app.recipients.confined import take_in_file
from app.recipients.errors import FileRefused
from app.recipients.intake import Intake, Recipient, take_in, withhold_suppressed
from app.recipients.limits import FileLimits
from app.recipients.numbers import NumberRules
from app.recipients.typed import take_in_typed
from app.recipients.zones import zone_groups
from app.sending.drafting.compose import Composition, compose
from app.sending.drafting.list_sheet import sheet_of_list
from app.sending.drafting.savings import Saving, find_savings
from app.sending.drafting.send_again import sheet_of_failed
from app.sending.suppressed import suppressed_among
from app.stored_files import local_copy
from config import Settings

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Draft:
    """What a check needs of a task, taken once, so that nothing is read from the database while it works.

    `split` is None where a message is one unit however long it is. `template_values` are those of a WhatsApp
    template's variables. `basis` tells the rules below from those of another day (`out_of_date.basis`).
    """

    task_id: int
    account_id: int
    run: int
    kind: str
    content: str
    sender_id_findings: tuple[Finding, ...]
    typed_recipients: str
    upload_key: str | None
    upload_name: str
    list_id: int | None
    again_of_id: int | None
    include_heading: bool
    corrections: Mapping[int, str]
    template_values: tuple[str, ...] | None
    rulebook: Rulebook
    number_rules: NumberRules
    split: Split | None
    tariff: Tariff
    minimum_recipients: int
    maximum_recipients: int
    basis: Mapping[str, str]


@dataclass(frozen=True)
class Examined:
    """What a check found. `fingerprint` is the same for the same numbers with the same text, whatever the file.

    `zones` is how many of the messages may go into which time zones.
    """

    intake: Intake
    composition: Composition
    quote: Quote
    fingerprint: str
    savings: list[Saving]
    zones: dict[tuple[str, ...], int]


def examine(session: Session, draft: Draft, settings: Settings, progress: Progress) -> Examined:
    """Read, judge and price the draft. Raises FileRefused for recipients that cannot be read."""
    taken = _take_in(session, draft, settings, progress)
    intake = withhold_suppressed(taken, lambda numbers: suppressed_among(session, draft.account_id, numbers))
    session.rollback()  # nothing is to stand open while texts are merged
    composition = compose(
        intake.recipients,
        draft.content,
        rulebook=draft.rulebook,
        split=draft.split,
        tariff=draft.tariff,
        known_fields=intake.field_names,
        template_values=draft.template_values,
    )
    priced = quote(
        ((each.recipient.e164, each.recipient.region, each.segments) for each in composition.composed),
        draft.tariff,
    )
    fingerprint = hashlib.sha256(f"{intake.fingerprint}\n{draft.content}".encode()).hexdigest()
    return Examined(
        intake,
        composition,
        priced,
        fingerprint,
        find_savings(
            draft.content, composition.composed, draft.rulebook, draft.split, draft.tariff, intake.field_names
        ),
        zone_groups((each.e164, each.country_code, each.network) for each in _written_to(composition)),
    )


def _written_to(composition: Composition) -> Iterator[Recipient]:
    return (each.recipient for each in composition.composed)


def _take_in(session: Session, draft: Draft, settings: Settings, progress: Progress) -> Intake:
    if draft.kind == TaskKind.QUICK:
        most = settings.limits.quick_recipients
        return take_in_typed(draft.typed_recipients, draft.number_rules, most, corrections=draft.corrections)
    limits = FileLimits(
        max_recipients=settings.limits.bulk_recipients, max_bytes=settings.limits.upload_bytes
    )
    if draft.upload_key is None and draft.list_id is not None:
        sheet = sheet_of_list(session, draft.list_id)
        session.rollback()
        return take_in(sheet, draft.number_rules, limits, corrections=draft.corrections, progress=progress)
    if draft.upload_key is None and draft.again_of_id is not None:
        sheet = sheet_of_failed(session, draft.account_id, draft.again_of_id)
        session.rollback()
        return take_in(sheet, draft.number_rules, limits, corrections=draft.corrections, progress=progress)
    try:
        if draft.upload_key is None:
            raise FileNotFoundError
        with local_copy(settings.uploads_url, draft.upload_key) as path:
            return take_in_file(
                path,
                draft.number_rules,
                limits,
                name=draft.upload_name,
                include_heading=draft.include_heading,
                corrections=draft.corrections,
                progress=progress,
            )
    except FileNotFoundError:
        raise FileRefused(
            "gone", gettext("The uploaded file is no longer stored. Upload it again.")
        ) from None
