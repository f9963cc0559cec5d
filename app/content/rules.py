"""The rulebook: every content rule, in one check of one text.

Rules and their names: `greeting`, `link`, `chinese`, `emoji`, `alphabet`, `banned_word`, `too_long`, `empty`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from app.content.alphabet import outside
from app.content.findings import Finding, Severity, blocking
from app.content.segments import MAX_CHARACTERS
from app.content.tidy import replacement_for

__all__ = ["BannedWord", "Finding", "Rulebook", "Severity", "Switches", "blocking"]

_GREETING = re.compile(r"\b(?:hi|hello|hey)\b", re.IGNORECASE)
_LINK = re.compile(r"https?\b\S*", re.IGNORECASE)
_CHINESE = re.compile(r"[\u2e80-\u303f\u3100-\u312f\u31a0-\u31ef\u3400-\u9fff\uf900-\ufaff\uff00-\uff65]+")
_EMOJI = re.compile(r"[\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d\u20e3\U0001f000-\U0001faff]+")


@dataclass(frozen=True, slots=True)
class BannedWord:
    """A word or phrase of the banned list, with why (`category`), how badly, and what to write `instead`."""

    word: str
    category: str
    severity: Severity
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Switches:
    """Which rules are on."""

    greetings: bool = True
    links: bool = True
    chinese: bool = True
    emoji: bool = True
    alphabet: bool = True


@dataclass(frozen=True)
class Rulebook:
    """Banned words and switches, built once and then asked for each text; equal ones hash alike."""

    words: tuple[BannedWord, ...] = ()
    switches: Switches = Switches()
    _pattern: re.Pattern[str] | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        if self.words:
            alternatives = "|".join(re.escape(entry.word) for entry in self.words)
            object.__setattr__(self, "_pattern", re.compile(rf"\b(?:{alternatives})\b", re.IGNORECASE))

    @classmethod
    def default(cls) -> Rulebook:
        """The panel's own rules with no banned words."""
        return cls()

    @classmethod
    def of(cls, words: Iterable[BannedWord], switches: Switches | None = None) -> Rulebook:
        """A rulebook of any iterable of words."""
        return cls(tuple(words), switches or Switches())

    def check(self, text: str) -> list[Finding]:
        """Every finding in the text, sorted by start."""
        if not text.strip():
            return [
                Finding(
                    "empty", Severity.BLOCK, 0, len(text), text, "The message is empty.", "Write a message."
                )
            ]
        findings = [*self._words(text), *self._scripts(text), *_too_long(text)]
        return sorted(findings, key=lambda finding: (finding.start, finding.end))

    def _words(self, text: str) -> list[Finding]:
        findings = []
        if self.switches.greetings:
            message, advice = "Greetings are not allowed.", "Start with the name or the offer."
            findings += _all(_GREETING, "greeting", text, message, advice)
        if self.switches.links:
            message, advice = "Links are not allowed.", "Remove the link."
            findings += _all(_LINK, "link", text, message, advice)
        if self._pattern is not None:
            message, advice = "This word is not allowed.", "Remove or reword it."
            by_word = {entry.word.casefold(): entry for entry in self.words}
            findings += [
                replace(finding, severity=by_word[finding.excerpt.casefold()].severity)
                for finding in _all(self._pattern, "banned_word", text, message, advice)
            ]
        return findings

    def _scripts(self, text: str) -> list[Finding]:
        findings = []
        if self.switches.chinese:
            message, advice = "Chinese characters are not allowed.", "Write in English."
            findings += _all(_CHINESE, "chinese", text, message, advice)
        if self.switches.emoji:
            findings += _all(_EMOJI, "emoji", text, "Emoji are not allowed.", "Remove the emoji.")
        if self.switches.alphabet:
            covered = {i for finding in findings for i in range(finding.start, finding.end)}
            for start, end, character in outside(text):
                if start not in covered:
                    message = f'"{character}" is outside the GSM alphabet.'
                    tidied = replacement_for(character)
                    advice = "Remove it." if tidied is None else f'Use "{tidied}" instead.'
                    findings.append(
                        Finding("alphabet", Severity.BLOCK, start, end, character, message, advice)
                    )
        return findings


def _all(pattern: re.Pattern[str], rule: str, text: str, message: str, advice: str) -> list[Finding]:
    return [
        Finding(rule, Severity.BLOCK, *match.span(), match[0], message, advice)
        for match in pattern.finditer(text)
    ]


def _too_long(text: str) -> list[Finding]:
    if len(text) <= MAX_CHARACTERS:
        return []
    message = f"The message has {len(text)} characters; at most {MAX_CHARACTERS} are allowed."
    start = MAX_CHARACTERS
    return [Finding("too_long", Severity.BLOCK, start, len(text), text[start:], message, "Shorten it.")]
