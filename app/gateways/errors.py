"""Why a message did not arrive, as codes that are stored and as sentences that people read."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class ErrorCode(StrEnum):
    """Every gateway translates what its carrier says into these. They fit `Message.error_code`."""

    # The carrier refused the message, or reported later that it failed.
    UNKNOWN_SUBSCRIBER = "unknown_subscriber"
    INVALID_NUMBER = "invalid_number"
    BLOCKED_BY_CARRIER = "blocked_by_carrier"
    SENDER_NOT_REGISTERED = "sender_not_registered"
    ABSENT_SUBSCRIBER = "absent_subscriber"
    EXPIRED = "expired"
    DELETED = "deleted"
    UNDELIVERABLE = "undeliverable"
    NOT_ROUTABLE = "not_routable"
    REJECTED_REQUEST = "rejected_request"
    CALLBACK_NOT_LOCAL = "callback_not_local"
    # Not now.
    THROTTLED = "throttled"
    CARRIER_BUSY = "carrier_busy"
    UNREACHABLE = "unreachable"
    GATEWAY_SETTINGS = "gateway_settings"
    # Nobody knows.
    TIMEOUT = "timeout"
    CONNECTION_LOST = "connection_lost"
    GATEWAY_FAILURE = "gateway_failure"
    UNREADABLE_ANSWER = "unreadable_answer"
    PARTLY_ACCEPTED = "partly_accepted"


ERROR_WORDS: Mapping[str, str] = MappingProxyType(
    {
        ErrorCode.UNKNOWN_SUBSCRIBER: "The number does not exist on its network.",
        ErrorCode.INVALID_NUMBER: "The carrier does not take this for a phone number.",
        ErrorCode.BLOCKED_BY_CARRIER: "The number's network blocks messages of this kind to it.",
        ErrorCode.SENDER_NOT_REGISTERED: "The sender ID is not registered with the number's network.",
        ErrorCode.ABSENT_SUBSCRIBER: "The phone was switched off or out of reach for too long.",
        ErrorCode.EXPIRED: "The network tried until the message was too old, and gave up.",
        ErrorCode.DELETED: "The network removed the message before it was delivered.",
        ErrorCode.UNDELIVERABLE: "The network could not deliver the message, and gave no reason that we know.",
        ErrorCode.NOT_ROUTABLE: "The gateway has no way to the number's network.",
        ErrorCode.REJECTED_REQUEST: "The gateway did not understand our request; staff must look into it.",
        ErrorCode.CALLBACK_NOT_LOCAL: (
            "The sandbox reports only to this machine: the address of the callback must be on 127.0.0.1."
        ),
        ErrorCode.THROTTLED: "The carrier asked us to slow down; the message is tried again.",
        ErrorCode.CARRIER_BUSY: "The carrier could not take the message just then; it is tried again.",
        ErrorCode.UNREACHABLE: "The gateway could not be reached; the message is tried again.",
        ErrorCode.GATEWAY_SETTINGS: (
            "The gateway did not accept our credentials or address; staff must correct them."
        ),
        ErrorCode.TIMEOUT: "The gateway did not answer in time, so the message may or may not have gone out.",
        ErrorCode.CONNECTION_LOST: (
            "The connection broke before the gateway answered, so the message may or may not have gone out."
        ),
        ErrorCode.GATEWAY_FAILURE: (
            "The gateway failed in the middle, so the message may or may not have gone out."
        ),
        ErrorCode.UNREADABLE_ANSWER: (
            "The gateway's answer made no sense, so the message may or may not have gone out."
        ),
        ErrorCode.PARTLY_ACCEPTED: (
            "The carrier took a part of this long message and not the rest, so it may arrive incomplete."
        ),
    }
)


def error_words(code: str) -> str:
    """The sentence for a code; for one that no gateway of ours documents, a sentence that repeats it."""
    return ERROR_WORDS.get(code) or f"The gateway gave the code “{code}” and no explanation."
