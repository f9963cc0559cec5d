"""Rows and a text become messages: merged, checked and counted, one by one where the rows differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from app.content.findings import Finding, Severity, blocking
from app.content.merge import FIELD, Template, field_key
from app.content.rules import Rulebook
from app.content.segments import Split, count_segments
from app.pricing import Tariff, price
from app.recipients.intake import Recipient, Rejection


@dataclass(frozen=True, slots=True)
class Composed:
    """A message to be: `text` is None where it is the task's content as it stands; price in millicredits."""

    recipient: Recipient
    text: str | None
    segments: int
    price: int


@dataclass(frozen=True, slots=True)
class RowFindings:
    """What staff should see of one row: its merged text, and findings that the content alone does not have."""

    row: int
    text: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Composition:
    """`findings` are against the content itself; a blocking one leaves nothing to send."""

    composed: list[Composed]
    rejections: list[Rejection]
    findings: list[Finding]
    row_findings: list[RowFindings] = field(default_factory=list)


def check_content(content: str, rulebook: Rulebook, known_fields: Sequence[str]) -> list[Finding]:
    """What is wrong with a text before any row is merged in. Field names are not text and are not judged.

    `known_fields` are the columns that the recipient file offers; asking for another one is a finding.
    """
    literal = FIELD.sub(lambda match: " " * len(match[0]), content)
    findings = rulebook.check(literal) if literal.strip() or not FIELD.search(content) else []
    known = {field_key(name) for name in known_fields}
    findings += [
        _unknown_field(match.start(), match.end(), match[0], known_fields)
        for match in FIELD.finditer(content)
        if field_key(match[1]) not in known
    ]
    return sorted(findings, key=lambda finding: (finding.start, finding.end))


def compose(
    recipients: Sequence[Recipient],
    content: str,
    *,
    rulebook: Rulebook,
    split: Split,
    tariff: Tariff,
    known_fields: Sequence[str] = (),
    progress: Callable[[int], None] | None = None,
) -> Composition:
    """Merge, check, count and price every recipient. A row whose values break a rule fails alone."""
    findings = check_content(content, rulebook, known_fields)
    if blocking(findings):
        return Composition([], [], findings)
    template = Template.parse(content)
    if not template.keys:
        segments = count_segments(content, split).segments
        plain = [Composed(each, None, segments, price(each.e164, segments, tariff)) for each in recipients]
        return Composition(plain, [], findings)
    composed: list[Composed] = []
    rejections: list[Rejection] = []
    rows_found: list[RowFindings] = []
    for done, recipient in enumerate(recipients, 1):
        values = {field_key(name): value for name, value in recipient.fields.items()}
        text = template.fill(values)
        found = rulebook.check(text)
        refused = _refusal(recipient, found)
        if refused is not None:
            rejections.append(refused)
        else:
            rows_found.extend(_row_findings(recipient, text, found, findings))
            segments = count_segments(text, split).segments
            composed.append(Composed(recipient, text, segments, price(recipient.e164, segments, tariff)))
        if progress is not None and done % 500 == 0:
            progress(done)
    return Composition(composed, rejections, findings, rows_found)


def _row_findings(
    recipient: Recipient, text: str, found: Sequence[Finding], in_content: Sequence[Finding]
) -> list[RowFindings]:
    """The row's own findings, for staff to see; what the content says anyway is not told row by row."""
    if not found:
        return []
    told = {(finding.rule, finding.excerpt.casefold()) for finding in in_content}
    own = tuple(finding for finding in found if (finding.rule, finding.excerpt.casefold()) not in told)
    return [RowFindings(recipient.row, text, own)] if own else []


def _refusal(recipient: Recipient, found: Sequence[Finding]) -> Rejection | None:
    """The row's rejection when its merged text may not go out."""
    for finding in found:
        if finding.severity is Severity.BLOCK:
            message = f"With this row's values the text says “{finding.excerpt[:60]}”. {finding.message}"
            return Rejection(recipient.row, recipient.written, "content", message)
    return None


def _unknown_field(start: int, end: int, excerpt: str, known_fields: Sequence[str]) -> Finding:
    columns = ", ".join(f"{{{name}}}" for name in known_fields)
    advice = (
        f"Use one of the file's columns: {columns}."
        if columns
        else "Merge fields need a file with more columns."
    )
    message = f"There is no column for {excerpt}."
    return Finding("unknown_field", Severity.BLOCK, start, end, excerpt, message, advice)
