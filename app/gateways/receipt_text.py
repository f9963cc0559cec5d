"""The text form of a delivery receipt, as SMPP 3.4's appendix B has it and as Kannel passes it on.

`id:IIIIIIIIII sub:SSS dlvrd:DDD submit date:YYMMDDhhmm done date:YYMMDDhhmm stat:DDDDDDD err:E Text:…`. The form is
"SMSC vendor specific": fields come in any case and order, some are left out, and only the text is always last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from app.gateways.base import ReportStatus
from app.gateways.errors import ErrorCode

_FIELD: Final = re.compile(r"\b(id|stat|err)\s*:\s*([^\s]{1,100})", re.IGNORECASE)
_TEXT: Final = re.compile(r"\btext\s*:", re.IGNORECASE)
_LONGEST: Final = 1000

# What a state says, and why it failed, by its first seven letters: some carriers write the words in full. Accepted
# and unknown are not final: nobody knows how it ended.
STATES: Final[dict[str, tuple[ReportStatus, ErrorCode | None]]] = {
    "SCHEDUL": (ReportStatus.BUFFERED, None),
    "ENROUTE": (ReportStatus.BUFFERED, None),
    "DELIVRD": (ReportStatus.DELIVERED, None),
    "DELIVER": (ReportStatus.DELIVERED, None),
    "EXPIRED": (ReportStatus.FAILED, ErrorCode.EXPIRED),
    "DELETED": (ReportStatus.FAILED, ErrorCode.DELETED),
    "UNDELIV": (ReportStatus.FAILED, ErrorCode.UNDELIVERABLE),
    "ACCEPTD": (ReportStatus.BUFFERED, None),
    "ACCEPTE": (ReportStatus.BUFFERED, None),
    "UNKNOWN": (ReportStatus.BUFFERED, None),
    "REJECTD": (ReportStatus.FAILED, ErrorCode.BLOCKED_BY_CARRIER),
    "REJECTE": (ReportStatus.FAILED, ErrorCode.BLOCKED_BY_CARRIER),
    "SKIPPED": (ReportStatus.FAILED, ErrorCode.DELETED),
}

# The mobile application part's errors (3GPP TS 29.002, section 17.6.6, local values). Many carriers repeat them in
# `err` and in the network_error_code; where a carrier has a list of its own, the state still says the most.
NETWORK_ERRORS: Final[dict[int, ErrorCode]] = {
    1: ErrorCode.UNKNOWN_SUBSCRIBER,
    5: ErrorCode.UNKNOWN_SUBSCRIBER,
    6: ErrorCode.ABSENT_SUBSCRIBER,
    9: ErrorCode.BLOCKED_BY_CARRIER,
    11: ErrorCode.BLOCKED_BY_CARRIER,
    13: ErrorCode.BLOCKED_BY_CARRIER,
    27: ErrorCode.ABSENT_SUBSCRIBER,
}


def network_error(digits: str) -> ErrorCode | None:
    """The code for a network's error in decimal digits; none for one without a meaning of its own."""
    return NETWORK_ERRORS.get(int(digits)) if digits.isascii() and digits.isdigit() else None


@dataclass(frozen=True, slots=True)
class ReceiptText:
    """What the text says; a field is empty where it says nothing."""

    gateway_id: str = ""
    state: str = ""
    error: str = ""

    @classmethod
    def read(cls, text: str) -> ReceiptText:
        """Read what is there, of the head only: the message's own words at the end are not to be believed."""
        head = _TEXT.split(text[:_LONGEST], maxsplit=1)[0]
        found: dict[str, str] = {}
        for match in _FIELD.finditer(head):
            found.setdefault(match[1].lower(), match[2])
        return cls(found.get("id", ""), found.get("stat", "").upper()[:7], found.get("err", ""))

    @property
    def error_code(self) -> ErrorCode | None:
        """Why it failed: the network's error where it has a meaning, else the state's."""
        state = STATES.get(self.state)
        usual = state[1] if state else None
        return network_error(self.error) or usual if usual in (None, ErrorCode.UNDELIVERABLE) else usual
