"""Why a message did not arrive, as codes that are stored and as sentences that people read."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from app.language import gettext, mark


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
    OPTED_OUT = "opted_out"
    MARKETING_CAP = "marketing_cap"
    EXPERIMENT = "experiment"
    WHATSAPP_UNDELIVERABLE = "whatsapp_undeliverable"
    TEMPLATE_WANTED = "template_wanted"
    TEMPLATE_MISSING = "template_missing"
    TEMPLATE_MISMATCH = "template_mismatch"
    TEMPLATE_PAUSED = "template_paused"
    TEMPLATE_DISABLED = "template_disabled"
    HEADER_UNUSABLE = "header_unusable"
    OUTSIDE_WINDOW = "outside_window"
    # Not now.
    THROTTLED = "throttled"
    CARRIER_BUSY = "carrier_busy"
    QUEUE_FULL = "queue_full"
    SYSTEM_ERROR = "system_error"
    PAIR_RATE = "pair_rate"
    SENDING_RESTRICTED = "sending_restricted"
    UNREACHABLE = "unreachable"
    GATEWAY_SETTINGS = "gateway_settings"
    # Nobody knows.
    TIMEOUT = "timeout"
    CONNECTION_LOST = "connection_lost"
    GATEWAY_FAILURE = "gateway_failure"
    UNREADABLE_ANSWER = "unreadable_answer"
    PARTLY_ACCEPTED = "partly_accepted"
    # What Carillon itself knows of the message.
    INTERRUPTED = "interrupted"
    NOT_SENT = "not_sent"
    NO_RECEIPT = "no_receipt"
    SUPPRESSED = "suppressed"
    TOO_LATE = "too_late"


ERROR_WORDS: Mapping[str, str] = MappingProxyType(
    {
        ErrorCode.UNKNOWN_SUBSCRIBER: mark("The number does not exist on its network."),
        ErrorCode.INVALID_NUMBER: mark("The carrier does not take this for a phone number."),
        ErrorCode.BLOCKED_BY_CARRIER: mark("The number's network blocks messages of this kind to it."),
        ErrorCode.SENDER_NOT_REGISTERED: mark("The sender ID is not registered with the number's network."),
        ErrorCode.ABSENT_SUBSCRIBER: mark("The phone was switched off or out of reach for too long."),
        ErrorCode.EXPIRED: mark("The network tried until the message was too old, and gave up."),
        ErrorCode.DELETED: mark("The network removed the message before it was delivered."),
        ErrorCode.UNDELIVERABLE: mark(
            "The network could not deliver the message, and gave no reason that we know."
        ),
        ErrorCode.NOT_ROUTABLE: mark("The gateway has no way to the number's network."),
        ErrorCode.REJECTED_REQUEST: mark(
            "The gateway did not understand our request; staff must look into it."
        ),
        ErrorCode.CALLBACK_NOT_LOCAL: (
            mark(
                "The sandbox reports only to this machine: the address of the callback must be on 127.0.0.1."
            )
        ),
        ErrorCode.OPTED_OUT: mark(
            "The number's owner has stopped marketing messages from this business on WhatsApp."
        ),
        ErrorCode.MARKETING_CAP: (
            mark(
                "WhatsApp held this message back: the person has had as many marketing messages "
                "lately as WhatsApp allows. Sending it again soon does not help."
            )
        ),
        ErrorCode.EXPERIMENT: mark(
            "WhatsApp held this message back: the number is part of an experiment of WhatsApp's."
        ),
        ErrorCode.WHATSAPP_UNDELIVERABLE: (
            mark(
                "WhatsApp could not deliver the message: the number is not on WhatsApp, has an old "
                "version of it, or has not accepted its terms."
            )
        ),
        ErrorCode.TEMPLATE_WANTED: mark(
            "WhatsApp takes only approved templates here, and this message has none."
        ),
        ErrorCode.TEMPLATE_MISSING: (
            mark(
                "WhatsApp does not know this template in this language, or has not approved it; "
                "staff must look into it."
            )
        ),
        ErrorCode.TEMPLATE_MISMATCH: (
            mark(
                "The message does not fit its template as WhatsApp approved it: another number of "
                "values, a value that is too long or has line breaks, or another kind of header."
            )
        ),
        ErrorCode.TEMPLATE_PAUSED: (
            mark(
                "WhatsApp has paused this template because readers complained. It comes back after "
                "some hours; until then use another one."
            )
        ),
        ErrorCode.TEMPLATE_DISABLED: (
            mark("WhatsApp has disabled this template for good because readers complained. Write a new one.")
        ),
        ErrorCode.HEADER_UNUSABLE: mark("WhatsApp could not fetch or use the file in the template's header."),
        ErrorCode.OUTSIDE_WINDOW: (
            mark(
                "More than 24 hours have passed since the person last wrote, so WhatsApp takes only "
                "approved templates."
            )
        ),
        ErrorCode.THROTTLED: mark("The carrier asked us to slow down; the message is tried again."),
        ErrorCode.CARRIER_BUSY: mark("The carrier could not take the message just then; it is tried again."),
        ErrorCode.QUEUE_FULL: mark(
            "The carrier's queue for us was full; the message is tried again some minutes later."
        ),
        ErrorCode.SYSTEM_ERROR: mark(
            "Something failed inside the carrier before it took the message; it is tried again."
        ),
        ErrorCode.PAIR_RATE: mark("WhatsApp had too many messages to this number at once."),
        ErrorCode.SENDING_RESTRICTED: (
            mark(
                "WhatsApp restricts for now how much the business may send, because of its pace, its "
                "quality or its limit."
            )
        ),
        ErrorCode.UNREACHABLE: mark("The gateway could not be reached; the message is tried again."),
        ErrorCode.GATEWAY_SETTINGS: (
            mark("The gateway did not accept our credentials or address; staff must correct them.")
        ),
        ErrorCode.TIMEOUT: mark(
            "The gateway did not answer in time, so the message may or may not have gone out."
        ),
        ErrorCode.CONNECTION_LOST: (
            mark(
                "The connection broke before the gateway answered, so the message may or may not "
                "have gone out."
            )
        ),
        ErrorCode.GATEWAY_FAILURE: (
            mark("The gateway failed in the middle, so the message may or may not have gone out.")
        ),
        ErrorCode.UNREADABLE_ANSWER: (
            mark("The gateway's answer made no sense, so the message may or may not have gone out.")
        ),
        ErrorCode.PARTLY_ACCEPTED: (
            mark(
                "The carrier took a part of this long message and not the rest, so it may arrive incomplete."
            )
        ),
        ErrorCode.INTERRUPTED: mark(
            "Our machine stopped while it was sending this, so it may or may not have gone out."
        ),
        ErrorCode.NOT_SENT: mark("It did not leave in time; it is tried again."),
        ErrorCode.NO_RECEIPT: mark("Nothing was heard of the message for too long, so it is not charged."),
        ErrorCode.SUPPRESSED: mark("The number was put on a suppression list, so nothing was sent to it."),
        ErrorCode.TOO_LATE: mark(
            "It had not left by the time that it was to be sent before, so it was released."
        ),
    }
)


def error_words(code: str) -> str:
    """The sentence for a code; for one that no gateway of ours documents, a sentence that repeats it."""
    if code in ERROR_WORDS:
        return gettext(ERROR_WORDS[code])
    return gettext("The gateway gave the code “%(code)s” and no explanation.", code=code)
