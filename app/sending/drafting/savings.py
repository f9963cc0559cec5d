"""Shorter spellings that cost less: counted exactly, row by row, by the check; offered by the review.

Tried are the characters of the text that take two septets, and those that make the whole text UCS-2. Fields are
left alone, and so are their values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final

from app.content.alphabet import EXTENSION, GSM
from app.content.findings import blocking
from app.content.merge import FIELD, Template, change_literals, field_key
from app.content.rules import Rulebook
from app.content.segments import Split, count_segments
from app.content.tidy import replacement_for, tidy
from app.language import gettext
from app.models import Task
from app.pricing import Tariff, price
from app.recipients.intake import Recipient
from app.sending.drafting.compose import Composed, check_content

SHOWN: Final = 3
_TRIED: Final = 8
_ONE_SEPTET: Final = {"[": "(", "]": ")", "{": "(", "}": ")", "\\": "/", "|": "/", "~": "-"}


@dataclass(frozen=True, slots=True)
class Saving:
    """`text` costs `saved` millicredits less than the content. `words` say what is changed in it."""

    words: str
    text: str
    saved: int


def find_savings(
    content: str,
    composed: Sequence[Composed],
    rulebook: Rulebook,
    split: Split | None,
    tariff: Tariff,
    known_fields: Sequence[str],
) -> list[Saving]:
    """The best few, the greatest saving first; only texts that the rules allow."""
    if split is None or not composed:
        return []
    total = sum(each.price for each in composed)
    found = []
    for words, text in _spellings(content):
        saved = total - _cost(text, [each.recipient for each in composed], split, tariff)
        if saved > 0 and text.strip() and not blocking(check_content(text, rulebook, known_fields)):
            found.append(Saving(words, text, saved))
    found.sort(key=lambda saving: (-saving.saved, -len(saving.text)))
    best: dict[int, Saving] = {}
    for saving in found:
        best.setdefault(saving.saved, saving)  # of two that save the same, the one that changes less
    return list(best.values())[:SHOWN]


def savings(task: Task) -> list[Saving]:
    """Those that the task's check found."""
    stored: list[dict[str, Any]] = (task.report or {}).get("savings", [])
    return [Saving(**each) for each in stored]


def to_json(found: Sequence[Saving]) -> list[dict[str, Any]]:
    """To be kept in the task's report."""
    return [asdict(each) for each in found]


def _spellings(content: str) -> list[tuple[str, str]]:
    """(What is changed, the text with it) for each character that may cost, for tidying, and for all of them."""
    literal = FIELD.sub("", content)
    costly = [sign for sign in dict.fromkeys(literal) if sign in EXTENSION - {"\f"} or sign not in GSM]
    if not costly:
        return []
    tried = []
    for sign in costly[:_TRIED]:
        other = _ONE_SEPTET.get(sign, "") if sign in GSM else replacement_for(sign) or ""
        words = (
            gettext("Writing “%(other)s” for “%(sign)s”", other=other, sign=sign)
            if other
            else gettext("Removing “%(sign)s”", sign=sign)
        )
        tried.append((words, change_literals(content, partial(_replaced, sign, other))))
    tidied = change_literals(content, lambda text: tidy(text).text)
    if tidied != content:
        tried.append((gettext("Tidying the text"), tidied))
    if len(costly) > 1:
        plain = str.maketrans({sign: _ONE_SEPTET.get(sign, "") for sign in costly})
        tried.append(
            (
                gettext("Doing without %(signs)s", signs=" ".join(costly[:_TRIED])),
                change_literals(content, lambda text: tidy(text).text.translate(plain)),
            )
        )
    return tried


def _replaced(sign: str, other: str, text: str) -> str:
    return text.replace(sign, other)


def _cost(text: str, recipients: Sequence[Recipient], split: Split, tariff: Tariff) -> int:
    template = Template.parse(text)
    if not template.keys:
        segments = count_segments(text, split).segments
        return sum(price(each.e164, segments, tariff) for each in recipients)
    cost = 0
    for each in recipients:
        values = {field_key(name): value for name, value in each.fields.items()}
        cost += price(each.e164, count_segments(template.fill(values), split).segments, tariff)
    return cost
