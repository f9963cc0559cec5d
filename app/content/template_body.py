"""The body of a WhatsApp message template: a text with numbered variables, `{{1}}`, `{{2}}` and on.

Source: the template guidelines of the WhatsApp Business Platform: variables are numbered from 1 without a gap, and
the body neither begins nor ends with one; a value has no line breaks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.language import gettext, thousands

VARIABLE = re.compile(r"\{\{\s*([0-9]{1,3})\s*\}\}")
LONGEST_BODY = 1024


class ValuesMissing(ValueError):
    """There are not as many values as variables; the message says how many are wanted."""


def variables_in(body: str) -> list[int]:
    """The numbers of the variables, each once, in the order in which they first stand."""
    return list(dict.fromkeys(int(number) for number in VARIABLE.findall(body)))


def body_problems(body: str) -> list[str]:
    """What keeps a body from being submitted, in sentences; none when it is well formed."""
    problems = []
    numbers = variables_in(body)
    if sorted(numbers) != list(range(1, len(numbers) + 1)):
        problems.append(gettext("Number the variables from {{1}} on without a gap."))
    text = body.strip()
    if text and (VARIABLE.match(text) or re.search(VARIABLE.pattern + r"$", text)):
        problems.append(
            gettext("The body may neither begin nor end with a variable. Write some words before and after.")
        )
    if len(body) > LONGEST_BODY:
        problems.append(
            gettext(
                "The body has %(body)s characters; at most %(longest_body)s are allowed.",
                body=thousands(len(body)),
                longest_body=thousands(LONGEST_BODY),
            )
        )
    return problems


def fill_body(body: str, values: Sequence[str]) -> str:
    """The body with each variable's value in its place. Values may hold merge fields, which stay.

    Raises ValuesMissing.
    """
    wanted = len(variables_in(body))
    if len(values) != wanted:
        raise ValuesMissing(
            gettext(
                "Variables of this template: %(wanted)s; values given: %(given)s. Write one value on each line, in "
                "the order of the variables.",
                wanted=wanted,
                given=len(values),
            )
        )
    return VARIABLE.sub(lambda match: values[int(match[1]) - 1], body)
