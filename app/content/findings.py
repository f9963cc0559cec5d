"""What a content rule says about a stretch of text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What a finding does to a message: refused, kept for staff to review, or sent with staff told."""

    BLOCK = "block"
    HOLD = "hold"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's objection, with the span in the text as the client wrote it (Python string indices).

    `rule` is a stable name (listed in `app.content.rules`), `message` says what is wrong and `advice` what
    to do, both in plain sentences; `excerpt` is the text of the span, so that a finding reads without its
    text.
    """

    rule: str
    severity: Severity
    start: int
    end: int
    excerpt: str
    message: str
    advice: str

    def to_json(self) -> dict[str, str | int]:
        """The finding as plain JSON values, to be stored on a task."""
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "start": self.start,
            "end": self.end,
            "excerpt": self.excerpt,
            "message": self.message,
            "advice": self.advice,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, str | int]) -> Finding:
        """The finding that `to_json` stored. Raises KeyError or ValueError when it is not one."""
        return cls(
            rule=str(stored["rule"]),
            severity=Severity(str(stored["severity"])),
            start=int(stored["start"]),
            end=int(stored["end"]),
            excerpt=str(stored["excerpt"]),
            message=str(stored["message"]),
            advice=str(stored["advice"]),
        )


def blocking(findings: Iterable[Finding]) -> bool:
    """Whether any finding refuses the message."""
    return any(finding.severity is Severity.BLOCK for finding in findings)
