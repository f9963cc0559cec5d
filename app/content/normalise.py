"""A text as a reader sees it, with each character's way back to the original.

Folding undoes what only a machine would notice: case, full-width and other compatibility forms, accents,
zero-width characters and look-alike letters of other scripts. It never guesses: digits, signs, gaps and
repeated letters stay, for `app.content.words` to judge in their surroundings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.content.lookalikes import plain_letters


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text. `origins[i]` is the index in the original of the character that `text[i]` came from."""

    original: str
    text: str
    origins: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that the folded span [start, end), not empty, came from.

        Invisible characters and accents between its first and last character are inside it, and so are the
        accents that follow the last.
        """
        first, last = self.origins[start], self.origins[end - 1] + 1
        while last < len(self.original) and not plain_letters(self.original[last]):
            last += 1
        return first, last


def fold(text: str, gaps: Iterable[tuple[int, int]] = ()) -> Folded:
    """Fold the text; spans in `gaps` (merge fields not filled yet) become one space each."""
    if not (gaps := tuple(gaps)) and text.isascii():
        return Folded(text, text.lower(), range(len(text)))
    gap_at = dict(gaps)
    pieces: list[str] = []
    origins: list[int] = []
    position = 0
    while position < len(text):
        if position in gap_at:
            pieces.append(" ")
            origins.append(position)
            position = gap_at[position]
            continue
        plain = plain_letters(text[position])
        pieces.append(plain)
        origins.extend([position] * len(plain))
        position += 1
    return Folded(text, "".join(pieces), origins)
