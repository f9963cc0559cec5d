"""What a command_status means for the message (SMPP 3.4, section 5.1.3).

Refused: the carrier says what is wrong with the message, and asking again would not help. Deferred: it says that it did
not take the message now. In doubt: a failure inside the carrier, or a code without a documented meaning, of which the
codes that a carrier makes up itself (0x400 to 0x4FF) are the most common.

ESME_RSYSERR (0x08) is in no table, and so in doubt. The standard says “System Error” and no more, neither that the
message was dropped nor that it was kept; carriers use it for whatever fails inside them, at any step (Vibes' list, for
one: “other processing errors while processing SubmitSM”). Kannel and RestComm take it for temporary, and Jasmin sends
twice more after 30 seconds: they can live with a text that arrives twice, and we promise that none does. What that
costs is bounded, since a carrier that keeps failing rests the route by its breaker.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from app.gateways.base import Deferred, InDoubt, Outcome, Refused
from app.gateways.errors import ErrorCode


class Status(IntEnum):
    """The ones that we send, or treat apart."""

    OK = 0x00
    INVALID_COMMAND = 0x03
    INVALID_BIND_STATE = 0x04
    ALREADY_BOUND = 0x05
    QUEUE_FULL = 0x14
    THROTTLED = 0x58
    RECEIVER_TEMPORARY = 0x64
    RECEIVER_PERMANENT = 0x65


_REFUSED: Final[dict[int, ErrorCode]] = {
    0x0A: ErrorCode.SENDER_NOT_REGISTERED,  # ESME_RINVSRCADR
    0x0B: ErrorCode.INVALID_NUMBER,  # ESME_RINVDSTADR
    0x45: ErrorCode.REJECTED_REQUEST,  # ESME_RSUBMITFAIL
    0x48: ErrorCode.SENDER_NOT_REGISTERED,  # ESME_RINVSRCTON
    0x49: ErrorCode.SENDER_NOT_REGISTERED,  # ESME_RINVSRCNPI
    0x50: ErrorCode.INVALID_NUMBER,  # ESME_RINVDSTTON
    0x51: ErrorCode.INVALID_NUMBER,  # ESME_RINVDSTNPI
    0x65: ErrorCode.BLOCKED_BY_CARRIER,  # ESME_RX_P_APPN
    0x66: ErrorCode.BLOCKED_BY_CARRIER,  # ESME_RX_R_APPN
    **dict.fromkeys(
        (
            # Lengths, command and single fields that the carrier does not take as we send them.
            *(0x01, 0x02, 0x03, 0x06, 0x07, 0x0C, 0x15, 0x33, 0x34, 0x40, 0x42, 0x43, 0x44, 0x54, 0x55),
            *(0x61, 0x62, 0x63, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4),
        ),
        ErrorCode.REJECTED_REQUEST,
    ),
}

_DEFERRED: Final[dict[int, Deferred]] = {
    Status.INVALID_BIND_STATE: Deferred(ErrorCode.UNREACHABLE),
    0x0D: Deferred(ErrorCode.GATEWAY_SETTINGS),  # ESME_RBINDFAIL
    0x0E: Deferred(ErrorCode.GATEWAY_SETTINGS),  # ESME_RINVPASWD
    0x0F: Deferred(ErrorCode.GATEWAY_SETTINGS),  # ESME_RINVSYSID
    0x53: Deferred(ErrorCode.GATEWAY_SETTINGS),  # ESME_RINVSYSTYP
    Status.QUEUE_FULL: Deferred(ErrorCode.QUEUE_FULL),
    Status.THROTTLED: Deferred(ErrorCode.THROTTLED),
    Status.RECEIVER_TEMPORARY: Deferred(ErrorCode.CARRIER_BUSY),
}

# A bind that fails for one of these fails again until somebody changes the settings.
BIND_SETTINGS: Final = frozenset({0x0D, 0x0E, 0x0F, 0x53})


def outcome_of_failure(status: int) -> Outcome:
    """What a submit_sm that was answered with a status other than 0 came to."""
    if status in _REFUSED:
        return Refused(_REFUSED[status])
    return _DEFERRED.get(status) or InDoubt(ErrorCode.GATEWAY_FAILURE)
