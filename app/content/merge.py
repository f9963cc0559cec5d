"""Merge fields: `{first name}` in a text becomes the recipient's own value.

A field is a name in braces that begins with a letter and goes on with letters, digits, spaces and `_ - . '`,
at most 40 characters. Names match without case and without spaces, so `{First Name}` finds the column
"firstname". Any other brace (`{}`, `{ 50% }`, a lone `{`) is literal text and is sent as it stands. Values
are put in as they are and are not searched for fields again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.language import gettext

FIELD = re.compile(r"\{\s{0,8}([^\W\d_][\w \-.']{0,39})\}")


class MergeFieldMissing(Exception):
    """The text asks for a field that the recipient file does not have."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name = name
        self.known = known
        have = ", ".join(f"{{{field}}}" for field in known) or "none"
        super().__init__(
            gettext(
                "The message uses {%(name)s}, but there is no such column. Columns: %(have)s.",
                name=name,
                have=have,
            )
        )


def field_key(name: str) -> str:
    """A field's name as it is compared: without case and without any spaces."""
    return "".join(name.casefold().split())


@dataclass(frozen=True, slots=True)
class Template:
    """A text cut once at its fields, so that thousands of rows are filled without searching again.

    `literals` has one entry more than `names`; a text is literal, field, literal, … field, literal.
    """

    literals: tuple[str, ...]
    names: tuple[str, ...]
    keys: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """Cut the text at its fields."""
        pieces = FIELD.split(text)
        names = tuple(" ".join(name.split()) for name in pieces[1::2])
        return cls(tuple(pieces[::2]), names, tuple(field_key(name) for name in names))

    def fill(self, values: Mapping[str, str]) -> str:
        """The text for one recipient, whose values are by `field_key`.

        Raises MergeFieldMissing for a field without a value; an empty value is a value.
        """
        if not self.keys:
            return self.literals[0]
        pieces = [self.literals[0]]
        for name, key, literal in zip(self.names, self.keys, self.literals[1:], strict=True):
            try:
                pieces.append(values[key])
            except KeyError:
                raise MergeFieldMissing(name, tuple(values)) from None
            pieces.append(literal)
        return "".join(pieces)


def fields_in(text: str) -> tuple[str, ...]:
    """The names of the fields that a text asks for, as first written, each once, in order."""
    template = Template.parse(text)
    found: dict[str, str] = {}
    for name, key in zip(template.names, template.keys, strict=True):
        found.setdefault(key, name)
    return tuple(found.values())


def merge(text: str, values: Mapping[str, str]) -> str:
    """The text with each field replaced by its value; `values` may be keyed by headings as people write them.

    Raises MergeFieldMissing, which names the field and the known ones.
    """
    try:
        return Template.parse(text).fill({field_key(name): value for name, value in values.items()})
    except MergeFieldMissing as missing:
        raise MergeFieldMissing(missing.name, tuple(values)) from None


def change_literals(text: str, change: Callable[[str], str]) -> str:
    """The text with everything but its fields changed."""
    pieces, end = [], 0
    for match in FIELD.finditer(text):
        pieces += [change(text[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*pieces, change(text[end:])])
