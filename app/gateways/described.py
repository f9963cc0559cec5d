"""What a gateway wants to know of its carrier: each setting once, for whoever enters it and for whoever reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Form(StrEnum):
    """How a setting is written. A list or an object is written as JSON."""

    TEXT = "text"
    LINES = "lines"
    SECRET = "secret"  # noqa: S105
    WHOLE = "whole"
    SECONDS = "seconds"
    FLAG = "flag"
    CHOICE = "choice"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Setting:
    """`hint` is for people, marked for translation: it says what to give, with an example, and is what a value that
    cannot work is refused with. `default` counts where nothing is given; of `choices` it is the first.

    `least` and `most` bound a number, or the length of a text. `needed` ones have no default that works. `tuning` says
    that whoever changes it speaks to the same carrier still, under the same name: what may have left by the route is
    known there. `part` is the heading, marked, under which a long list has it.
    """

    name: str
    hint: str = ""
    form: Form = Form.TEXT
    default: Any = None
    least: float = 1
    most: float = 200
    choices: tuple[str, ...] = ()
    needed: bool = False
    tuning: bool = False
    part: str = ""

    @property
    def usual(self) -> Any:
        """What counts where nothing is given."""
        return self.choices[0] if self.choices else self.default


def names_of(settings: Iterable[Setting]) -> frozenset[str]:
    """The settings' names."""
    return frozenset(each.name for each in settings)


def carrier_in(settings: Iterable[Setting], values: Mapping[str, Any]) -> dict[str, Any]:
    """What of the values says which carrier is spoken to, and under which name."""
    return {each.name: values.get(each.name, each.usual) for each in settings if not each.tuning}


def at_once(usual: int = 32) -> Setting:
    """How many sends may be under way at once."""
    return Setting("concurrency", form=Form.WHOLE, default=usual, least=1, most=500, tuning=True)


def answer_within(usual: float = 10.0, least: float = 0.05) -> Setting:
    """How many seconds an answer may take."""
    return Setting("answer_timeout", form=Form.SECONDS, default=usual, least=least, most=60, tuning=True)
