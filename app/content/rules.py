"""The rulebook: every content rule, in one check of one text.

Rules by name: `greeting`, `link`, `shortener`, `bare_domain`, `chinese`, `emoji`, `alphabet`,
`personal_data`, `call_back` (see `app.content.switches`), `banned_word` (the list), and always `empty` and
`too_long`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from app.content import requests, scripts, wording
from app.content.alphabet import is_gsm
from app.content.countries import COUNTRY_RULES
from app.content.findings import Finding, Severity, blocking
from app.content.greetings import is_greeting
from app.content.intent import GREETINGS
from app.content.length import excess
from app.content.links import find_links
from app.content.merge import FIELD, field_key
from app.content.normalise import Folded, fold
from app.content.switches import Switches
from app.content.words import WordFinder

__all__ = ["BannedWord", "Finding", "Rulebook", "Severity", "Switches", "blocking"]

MAX_FINDINGS_OF_A_RULE = 20
LONGEST_READ = (
    3_000  # three times what any channel takes; the rules take long for what is made to keep them busy
)


@dataclass(frozen=True, slots=True)
class BannedWord:
    """A word or phrase of the banned list, with why (`category`), how badly, and what to write `instead`."""

    word: str
    category: str
    severity: Severity
    instead: str = ""


@lru_cache(maxsize=32)
def _finder(words: tuple[str, ...]) -> WordFinder:
    """The compiled list, shared by the rulebooks of every route and country that have the same words."""
    return WordFinder(words)


@dataclass(frozen=True)
class Rulebook:
    """Banned words and switches, built once and then asked for each text; equal ones hash alike."""

    words: tuple[BannedWord, ...] = ()
    switches: Switches = field(default_factory=Switches)
    _words: WordFinder = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        listed = (*GREETINGS, *(entry.word for entry in self.words))
        object.__setattr__(self, "_words", _finder(listed))

    @classmethod
    def default(cls) -> Rulebook:
        """The panel's own rules with no banned words."""
        return cls()

    @classmethod
    def of(cls, words: Iterable[BannedWord], switches: Switches | None = None) -> Rulebook:
        """A rulebook of any iterable of words."""
        return cls(tuple(words), switches or Switches())

    def for_region(self, region: str) -> Rulebook:
        """These rules with what the destination country (ISO 3166 code, such as MY) adds to them."""
        country = COUNTRY_RULES.get(region)
        if country is None:
            return self
        return replace(self, switches=self.switches.stricter(dict(country.rules)))

    def check(self, text: str, fields: Collection[str] = ()) -> list[Finding]:
        """Every finding in the text, sorted by start.

        `fields` are the recipient file's columns when the text is not merged yet: `{first name}` is then a
        gap of unknown content, so that `he{x}llo` is found and a column named Hello is not. Only the first
        LONGEST_READ characters are read; a text beyond that is `too_long` many times over anyway.
        """
        known = {field_key(name) for name in fields}
        read = text[:LONGEST_READ]
        gaps = [m.span() for m in FIELD.finditer(read) if field_key(m[1]) in known] if known else ()
        folded = fold(read, gaps)
        if not folded.text.strip() and not gaps and len(text) == len(read):
            return [wording.empty(text)]
        links = self._links(folded)
        findings = [*links, *self._listed(folded, links), *self._scripts(read), *self._requests(folded)]
        findings += self._too_long(text)
        if not findings:
            return findings
        return _limited(sorted(findings, key=lambda finding: (finding.start, finding.end)))

    def _links(self, folded: Folded) -> list[Finding]:
        switches = self.switches
        if not (switches.link or switches.shortener or switches.bare_domain):
            return []
        return [
            wording.plain_finding(link.kind, severity, folded.original, folded.span(link.start, link.end))
            for link in find_links(folded)
            if (severity := getattr(switches, link.kind)) is not None
        ]

    def _listed(self, folded: Folded, links: list[Finding]) -> list[Finding]:
        """Greetings and banned words; a greeting inside a link is the link's affair."""
        findings = []
        for hit in self._words.find(folded):
            span = folded.span(hit.start, hit.end)
            if hit.index >= len(GREETINGS):
                entry = self.words[hit.index - len(GREETINGS)]
                details = (entry.word, entry.category, entry.instead)
                findings.append(wording.banned_word(entry.severity, folded.original, span, *details))
            elif (severity := self.switches.greeting) is not None:
                linked = any(link.start <= span[0] and span[1] <= link.end for link in links)
                if not linked and is_greeting(folded, hit, GREETINGS[hit.index]):
                    findings.append(wording.plain_finding("greeting", severity, folded.original, span))
        return _outermost(findings)

    def _scripts(self, text: str) -> list[Finding]:
        if is_gsm(text):
            return []
        switches, findings = self.switches, []
        if switches.chinese is not None:
            spans = scripts.chinese(text)
            findings += [wording.plain_finding("chinese", switches.chinese, text, span) for span in spans]
        if switches.emoji is not None:
            spans = [span for span in scripts.emoji(text) if not _within(span, findings)]
            findings += [wording.plain_finding("emoji", switches.emoji, text, span) for span in spans]
        if switches.alphabet is not None:
            covered = [(finding.start, finding.end) for finding in findings]
            spans = scripts.outside_runs(text, covered)
            findings += [wording.alphabet(switches.alphabet, text, span) for span in spans]
        return findings

    def _requests(self, folded: Folded) -> list[Finding]:
        findings = []
        for rule, severity, search in (
            ("personal_data", self.switches.personal_data, requests.personal_data),
            ("call_back", self.switches.call_back, requests.call_back),
        ):
            if severity is not None:
                spans = [folded.span(start, end) for start, end in search(folded.text)]
                findings += [wording.plain_finding(rule, severity, folded.original, s) for s in spans]
        return findings

    def _too_long(self, text: str) -> list[Finding]:
        over = excess(text, self.switches.longest, unicode_allowed=self.switches.allows_unicode)
        return [] if over is None else [wording.too_long(text, over.start, over.length, over.limit)]


def _within(span: tuple[int, int], findings: list[Finding]) -> bool:
    return any(finding.start <= span[0] and span[1] <= finding.end for finding in findings)


def _outermost(findings: list[Finding]) -> list[Finding]:
    """Without what stands inside a longer finding of the same rule and severity: `win` in `win big`."""
    widest: dict[tuple[str, Severity], tuple[int, int]] = {}
    kept = []
    for finding in sorted(findings, key=lambda finding: (finding.start, -finding.end)):
        kind, span = (finding.rule, finding.severity), (finding.start, finding.end)
        outer = widest.get(kind, (0, 0))
        if span == outer or finding.end > outer[1]:
            widest[kind] = span
            kept.append(finding)
    return kept


def _limited(findings: list[Finding]) -> list[Finding]:
    """At most MAX_FINDINGS_OF_A_RULE of each rule; the last one says how many more there are."""
    if len(findings) <= MAX_FINDINGS_OF_A_RULE:
        return findings
    counts = Counter(finding.rule for finding in findings)
    seen: Counter[str] = Counter()
    kept = []
    for finding in findings:
        seen[finding.rule] += 1
        more = counts[finding.rule] - MAX_FINDINGS_OF_A_RULE
        if seen[finding.rule] == MAX_FINDINGS_OF_A_RULE and more > 0:
            finding = replace(finding, message=f"{finding.message} There are {more} more like it.")
        if seen[finding.rule] <= MAX_FINDINGS_OF_A_RULE:
            kept.append(finding)
    return kept
