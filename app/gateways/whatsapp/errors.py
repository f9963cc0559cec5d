"""What Meta's error codes mean for a message, in an answer and in a webhook.

By the Cloud API's list of error codes (https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes).
Meta asks to judge by the code, not by the HTTP status or the title.
"""

from __future__ import annotations

from typing import Final

from app.gateways.base import Deferred, InDoubt, Outcome, Refused
from app.gateways.errors import ErrorCode

# The message was judged and will not be taken, however often it is sent.
_REFUSED: Final[dict[int, ErrorCode]] = {
    130472: ErrorCode.EXPERIMENT,
    130497: ErrorCode.BLOCKED_BY_CARRIER,  # the business may not write to this country
    131008: ErrorCode.REJECTED_REQUEST,
    131009: ErrorCode.REJECTED_REQUEST,
    131021: ErrorCode.INVALID_NUMBER,  # to itself
    131026: ErrorCode.WHATSAPP_UNDELIVERABLE,
    131047: ErrorCode.OUTSIDE_WINDOW,
    131049: ErrorCode.MARKETING_CAP,
    131050: ErrorCode.OPTED_OUT,
    131051: ErrorCode.REJECTED_REQUEST,
    131052: ErrorCode.HEADER_UNUSABLE,
    131053: ErrorCode.HEADER_UNUSABLE,
    132000: ErrorCode.TEMPLATE_MISMATCH,
    132001: ErrorCode.TEMPLATE_MISSING,
    132005: ErrorCode.TEMPLATE_MISMATCH,
    132007: ErrorCode.TEMPLATE_MISMATCH,
    132012: ErrorCode.TEMPLATE_MISMATCH,
    132015: ErrorCode.TEMPLATE_PAUSED,
    132016: ErrorCode.TEMPLATE_DISABLED,
    132018: ErrorCode.TEMPLATE_MISMATCH,
}
# Not taken now; with the seconds after which it makes sense to try again (none: the engine's growing gaps).
_DEFERRED: Final[dict[int, tuple[ErrorCode, float | None]]] = {
    4: (ErrorCode.THROTTLED, 60.0),  # calls of the whole app, counted by the hour
    80007: (ErrorCode.THROTTLED, 60.0),  # calls of the business account, likewise
    130429: (ErrorCode.THROTTLED, None),  # messages a second
    131048: (ErrorCode.SENDING_RESTRICTED, 300.0),
    131056: (ErrorCode.PAIR_RATE, 10.0),  # one message in six seconds to one number
    131057: (ErrorCode.CARRIER_BUSY, 60.0),  # the business account is in maintenance
}
# The account, not the message: credentials, permissions, a block, an unpaid bill. Staff must act.
_SETTINGS: Final = frozenset({0, 3, 10, 33, 190, 368, 131005, 131031, 131042, 131045, 133010})
_PERMISSIONS: Final = range(200, 300)
_MISSING_OBJECT: Final = 33  # the subcode under 100 for a phone number ID that is not there or not ours


def outcome_of(status: int, code: int | None, subcode: int | None = None) -> Outcome:
    """What an answer other than success means. `code` is None where the body is no error of Meta's."""
    if code is None:
        return _without_code(status)
    if _is_about_settings(code, subcode):
        return Deferred(ErrorCode.GATEWAY_SETTINGS)
    if code in _REFUSED:
        return Refused(_REFUSED[code])
    if code in _DEFERRED:
        return Deferred(*_DEFERRED[code])
    if 400 <= status < 500:
        return Refused(ErrorCode.REJECTED_REQUEST)
    return InDoubt(ErrorCode.GATEWAY_FAILURE)  # 1, 2, 131000, 131016: something broke, nobody says where


def failure_of(code: int | None) -> ErrorCode:
    """Why a message failed that had been accepted."""
    if code is None:
        return ErrorCode.UNDELIVERABLE
    if code in _REFUSED:
        return _REFUSED[code]
    if code in _DEFERRED:
        is_pair = _DEFERRED[code][0] is ErrorCode.PAIR_RATE
        return ErrorCode.PAIR_RATE if is_pair else ErrorCode.SENDING_RESTRICTED  # nobody tries it again now
    return ErrorCode.GATEWAY_SETTINGS if _is_about_settings(code, None) else ErrorCode.UNDELIVERABLE


def _without_code(status: int) -> Outcome:
    if status in (401, 403, 404):
        return Deferred(ErrorCode.GATEWAY_SETTINGS)
    if status == 429:
        return Deferred(ErrorCode.THROTTLED)
    if status == 400:
        return Refused(ErrorCode.REJECTED_REQUEST)
    return InDoubt(ErrorCode.GATEWAY_FAILURE)


def _is_about_settings(code: int, subcode: int | None) -> bool:
    return code in _SETTINGS or code in _PERMISSIONS or (code == 100 and subcode == _MISSING_OBJECT)
