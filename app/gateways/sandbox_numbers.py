"""What the sandbox does with a number, by its last two digits: the one table for carrier, help and README."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.gateways.base import ReportStatus
from app.gateways.errors import ErrorCode
from app.language import mark


class Answer(StrEnum):
    """How the carrier answers the submission itself."""

    ACCEPT = "accept"
    ACCEPT_SLOWLY = "accept_slowly"
    REFUSE = "refuse"
    BUSY = "busy"
    THROTTLE = "throttle"
    ACCEPT_IN_SILENCE = "accept_in_silence"
    ACCEPT_AND_HANG_UP = "accept_and_hang_up"
    ACCEPT_AND_FAIL = "accept_and_fail"


@dataclass(frozen=True, slots=True)
class Ending:
    """`digits` are the number's last two (empty: every other number); `sentence` says it to a tester.

    `times` is how often it answers so before it accepts (busy and throttle). `receipts` come one after the
    other, the last one final; `code` goes with a refusal or a failed receipt.
    """

    digits: str
    sentence: str
    answer: Answer
    receipts: tuple[ReportStatus, ...] = ()
    code: str | None = None
    times: int = 0


_DELIVERED = (ReportStatus.DELIVERED,)

ORDINARY = Ending("", mark("Accepted, and reported delivered a moment later."), Answer.ACCEPT, _DELIVERED)

SPECIAL: tuple[Ending, ...] = (
    Ending(
        "90", mark("Refused: the number does not exist."), Answer.REFUSE, code=ErrorCode.UNKNOWN_SUBSCRIBER
    ),
    Ending(
        "91", mark("Refused: the network blocks the message."), Answer.REFUSE, code=ErrorCode.BLOCKED_BY_CARRIER
    ),
    Ending(
        "92", mark("Put off twice because the carrier is busy, then accepted and delivered."),
        Answer.BUSY, _DELIVERED, times=2,
    ),
    Ending(
        "93", mark("Throttled once (wait one second), then accepted and delivered."),
        Answer.THROTTLE, _DELIVERED, times=1,
    ),
    Ending(
        "94", mark("Accepted, and later reported failed: the phone stayed out of reach."),
        Answer.ACCEPT, (ReportStatus.FAILED,), code=ErrorCode.ABSENT_SUBSCRIBER,
    ),
    Ending("95", mark("Accepted, and never heard of again: no receipt comes."), Answer.ACCEPT),
    Ending(
        "96", mark("Taken without any answer, so in doubt after the time-out; a receipt says delivered."),
        Answer.ACCEPT_IN_SILENCE, _DELIVERED,
    ),
    Ending(
        "97", mark("Taken, and the line cut before the answer: in doubt, and no receipt ever comes."),
        Answer.ACCEPT_AND_HANG_UP,
    ),
    Ending(
        "98", mark("Taken, but answered with a server error: in doubt, until a receipt says delivered."),
        Answer.ACCEPT_AND_FAIL, _DELIVERED,
    ),
    Ending(
        "99", mark("Accepted after a slow answer, held while the phone is off, then delivered."),
        Answer.ACCEPT_SLOWLY, (ReportStatus.BUFFERED, ReportStatus.DELIVERED),
    ),
)  # fmt: skip

_BY_DIGITS = {ending.digits: ending for ending in SPECIAL}


def ending_of(number: str) -> Ending:
    """What the sandbox does with this number."""
    return _BY_DIGITS.get(number[-2:], ORDINARY)
