"""What the demo shows: a progress bar, and a table of what was expected beside what was found."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TextIO

_WIDTH = 34
_LINE_EVERY = 5.0


@dataclass(frozen=True)
class Line:
    """One thing that must add up. Numbers are shown with thousands; `credits` are millicredits."""

    words: str
    expected: int | str
    found: int | str
    credits: bool = False

    @property
    def right(self) -> bool:
        return self.expected == self.found


class Bar:
    """A bar that moves in place on a terminal; elsewhere (a log), a line every few seconds."""

    def __init__(self, words: str, output: TextIO | None = None) -> None:
        self._words = words
        self._output = output or sys.stdout
        self._in_place = self._output.isatty()
        self._said_at = 0.0
        self._last = self._said = ""

    def show(self, done: int, total: int, note: str = "") -> None:
        """Say how far it is."""
        share = done / total if total else 0.0
        filled = int(share * _WIDTH)
        drawn = "█" * filled + "░" * (_WIDTH - filled) if self._in_place else f"{share:4.0%}"
        text = f"  {self._words:<9} {drawn} {done:>6,} of {total:,}{'  ' + note if note else ''}"
        if text == self._last:
            return
        self._last = text
        if self._in_place:
            self._output.write(f"\r\x1b[K{text}")
            self._output.flush()
        elif time.monotonic() - self._said_at >= _LINE_EVERY:
            self._say()

    def end(self) -> None:
        """Leave the bar as it stands, and go on below it."""
        if self._in_place and self._last:
            print(file=self._output, flush=True)
        elif self._last != self._said:
            self._say()

    def _say(self) -> None:
        self._said, self._said_at = self._last, time.monotonic()
        print(self._last, file=self._output, flush=True)


def table(lines: list[Line]) -> str:
    """The lines under each other, each with its mark."""
    rows = [(line.words, _shown(line, line.expected), _shown(line, line.found), line.right) for line in lines]
    first = max(len(words) for words, *_ in rows)
    second = max(8, *(len(expected) for _, expected, _, _ in rows))
    third = max(5, *(len(found) for _, _, found, _ in rows))
    heading = f"  {'':<{first}}  {'expected':>{second}}  {'found':>{third}}"
    body = [
        f"  {words:<{first}}  {expected:>{second}}  {found:>{third}}  {'✓' if right else '✗ DIFFERS'}"
        for words, expected, found, right in rows
    ]
    return "\n".join([heading, "  " + "─" * (first + second + third + 7), *body])


def _shown(line: Line, value: int | str) -> str:
    if isinstance(value, str):
        return value
    if not line.credits:
        return f"{value:,}"
    return f"{value / 1000:,.3f}"
