"""Answers as a database can keep them.

PostgreSQL refuses a text with a NUL in it, and both databases one with half a surrogate pair. One such answer would
keep all the others of its batch from being written down, so each is looked at where it enters.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from app.gateways.base import Accepted, DeliveryReport, InDoubt, Outcome
from app.gateways.errors import ErrorCode

LONGEST_ID: Final = 100
LONGEST_REFERENCE: Final = 40
LONGEST_CODE: Final = 64


def storable(outcome: Outcome) -> Outcome:
    """The outcome with nothing in it that cannot be kept.

    An id that is empty, too long or not printable leaves the message in doubt, as any answer that cannot be read: its
    receipts could not be told from others. Codes and the carrier's words are cleaned instead.
    """
    if isinstance(outcome, Accepted):
        return outcome if _is_name(outcome.gateway_id, LONGEST_ID) else InDoubt(ErrorCode.UNREADABLE_ANSWER)
    if outcome.code.isprintable() and (outcome.said or "").isprintable():
        return outcome
    said = None if outcome.said is None else _printable(outcome.said)
    return replace(outcome, code=_printable(outcome.code), said=said)


def storable_report(report: DeliveryReport) -> DeliveryReport | None:
    """The report with nothing in it that cannot be kept; none where its id cannot: no message has such."""
    if not _is_name(report.gateway_id, LONGEST_ID):
        return None
    reference, code = report.reference, report.error_code
    if reference is not None and not _is_name(reference, LONGEST_REFERENCE):
        reference = None
    if code is not None and not _is_name(code, LONGEST_CODE):
        code = _printable(code)[:LONGEST_CODE]
    return replace(report, reference=reference, error_code=code)


def _is_name(text: str, longest: int) -> bool:
    return 0 < len(text) <= longest and text.isprintable()


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)
