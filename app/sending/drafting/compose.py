"""Rows and a text become messages: merged, checked and counted, one by one where the rows differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from app.content.alphabet import BASIC
from app.content.findings import Finding, Severity, blocking
from app.content.merge import FIELD, Template, field_key, fields_in
from app.content.rules import Rulebook
from app.content.segments import GSM_SINGLE, Split, count_segments
from app.language import gettext
from app.pricing import Tariff, price
from app.recipients.intake import Recipient, Rejection
from app.sending.drafting.countries import country_name

COUNTRY_RULE: Final = "country_rule"


@dataclass(frozen=True, slots=True)
class Composed:
    """A message to be: `text` is None where it is the task's content as it stands; price in millicredits.

    `parameters` are the values of a WhatsApp template's variables.
    """

    recipient: Recipient
    text: str | None
    segments: int
    price: int
    parameters: list[str] | None = None


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
    findings = rulebook.check(content, fields_in(content))
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
    split: Split | None,
    tariff: Tariff,
    known_fields: Sequence[str] = (),
    template_values: Sequence[str] | None = None,
) -> Composition:
    """Merge, check, count and price every recipient. A row whose values or country break a rule fails alone.

    A `split` of None counts every message as one unit. `template_values` are filled like the content is.
    """
    findings = check_content(content, rulebook, known_fields)
    if blocking(findings):
        return Composition([], [], findings)
    template = Template.parse(content)
    variables = [Template.parse(value) for value in template_values] if template_values is not None else None
    if template.keys:
        return _merged(recipients, template, variables, rulebook, split, tariff, findings)
    refused = _refused_countries(recipients, content, rulebook)
    segments = segments_of(content, split)
    values = [variable.fill({}) for variable in variables] if variables is not None else None
    plain = [
        Composed(each, None, segments, price(each.e164, segments, tariff), values)
        for each in recipients
        if each.region not in refused
    ]
    rejections = [
        Rejection(each.row, each.written, COUNTRY_RULE, refused[each.region], each.fields)
        for each in recipients
        if each.region in refused
    ]
    return Composition(plain, rejections, findings)


def segments_of(text: str, split: Split | None) -> int:
    """What a text is billed as."""
    if split is None or (0 < len(text) <= GSM_SINGLE and BASIC.issuperset(text)):
        return 1  # by either split; most texts are told without counting further
    return count_segments(text, split).segments


def _merged(
    recipients: Sequence[Recipient],
    template: Template,
    variables: Sequence[Template] | None,
    rulebook: Rulebook,
    split: Split | None,
    tariff: Tariff,
    findings: list[Finding],
) -> Composition:
    books = {region: rulebook.for_region(region) for region in {each.region for each in recipients}}
    composed: list[Composed] = []
    rejections: list[Rejection] = []
    rows_found: list[RowFindings] = []
    keys: dict[str, str] = {}
    # Rows that come to the same text are judged and counted once; a book is told from another by what it is, not says.
    judged: dict[tuple[int, str], tuple[list[Finding], int]] = {}
    for recipient in recipients:
        values = {
            keys.get(name) or keys.setdefault(name, field_key(name)): value
            for name, value in recipient.fields.items()
        }
        text = template.fill(values)
        book = books[recipient.region]
        if (judgement := judged.get((id(book), text))) is None:
            judgement = judged[id(book), text] = book.check(text), segments_of(text, split)
        found, segments = judgement
        refused = _refusal(recipient, text, found, None if book is rulebook else rulebook)
        if refused is not None:
            rejections.append(refused)
            continue
        rows_found.extend(_row_findings(recipient, text, found, findings))
        parameters = [each.fill(values) for each in variables] if variables is not None else None
        amount = price(recipient.e164, segments, tariff)
        composed.append(Composed(recipient, text, segments, amount, parameters))
    return Composition(composed, rejections, findings, rows_found)


def _refused_countries(recipients: Sequence[Recipient], content: str, rulebook: Rulebook) -> dict[str, str]:
    """Why the text may not go to some of the countries, by region."""
    refused = {}
    for region in {each.region for each in recipients}:
        book = rulebook.for_region(region)
        if book is rulebook:
            continue
        for finding in book.check(content):
            if finding.severity is Severity.BLOCK:
                refused[region] = _country_words(region, finding)
                break
    return refused


def _country_words(region: str, finding: Finding) -> str:
    return gettext(
        "%(country_name)s has rules of its own. %(message)s %(advice)s",
        country_name=country_name(region),
        message=finding.message,
        advice=finding.advice,
    )


def _row_findings(
    recipient: Recipient, text: str, found: Sequence[Finding], in_content: Sequence[Finding]
) -> list[RowFindings]:
    """The row's own findings, for staff to see; what the content says anyway is not told row by row."""
    if not found:
        return []
    told = {(finding.rule, finding.excerpt.casefold()) for finding in in_content}
    own = tuple(finding for finding in found if (finding.rule, finding.excerpt.casefold()) not in told)
    return [RowFindings(recipient.row, text, own)] if own else []


def _refusal(
    recipient: Recipient, text: str, found: Sequence[Finding], general: Rulebook | None
) -> Rejection | None:
    """The row's rejection when its merged text may not go out.

    `general` are the rules without the country's own, where it has any: they tell which of the two it broke.
    """
    for finding in found:
        if finding.severity is Severity.BLOCK:
            if general is not None and not blocking(general.check(text)):
                words = _country_words(recipient.region, finding)
                return Rejection(recipient.row, recipient.written, COUNTRY_RULE, words, recipient.fields)
            message = gettext(
                "With this row's values the text says “%(excerpt)s”. %(message)s",
                excerpt=finding.excerpt[:60],
                message=finding.message,
            )
            return Rejection(recipient.row, recipient.written, "content", message)
    return None


def _unknown_field(start: int, end: int, excerpt: str, known_fields: Sequence[str]) -> Finding:
    columns = ", ".join(f"{{{name}}}" for name in known_fields)
    advice = (
        gettext("Use one of the file's columns: %(columns)s.", columns=columns)
        if columns
        else gettext("Merge fields need a file with more columns.")
    )
    message = gettext("There is no column for %(excerpt)s.", excerpt=excerpt)
    return Finding("unknown_field", Severity.BLOCK, start, end, excerpt, message, advice)
