"""How strong a new password must be, judged here for the meter and for the form alike.

Length and guessability, no rules of composition (NIST SP 800-63B, 3.1.1). Guessability is zxcvbn's estimate, which
knows the commonest leaked passwords, names, words, dates and keyboard runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from app.errors import CarillonError
from app.language import gettext, mark

SHORTEST: Final = 12
LONGEST: Final = 128
ENOUGH: Final = 3  # of 4: more than 10^8 guesses
SCORE_WORDS: Final = (
    mark("Very easy to guess"),
    mark("Easy to guess"),
    mark("Could be guessed"),
    mark("Strong"),
    mark("Very strong"),
)
_JUDGED = 72  # zxcvbn refuses more; what is strong this far is stronger with the rest
_DISGUISED = (
    16  # signs that may stand for letters; zxcvbn tries what they may all mean, for seconds if there are many
)
_OWN_WORD = 4  # shorter pieces of a name are in too many honest words


class WeakPassword(CarillonError):
    """The new password does not do; the message says why and what helps."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`score` is 0 to 4. `problems` say what must change, `advice` what would help; no problems: it may be used."""

    score: int
    problems: tuple[str, ...]
    advice: tuple[str, ...] = ()

    @property
    def is_enough(self) -> bool:
        return not self.problems

    @property
    def words(self) -> str:
        """The score as a person reads it."""
        return gettext(SCORE_WORDS[self.score])


def explanation() -> str:
    """What is asked of a password, for the form that asks for one."""
    return gettext(
        "At least %(shortest)s characters. Four or five words that do not belong together are strong and easy to "
        "keep. Known passwords, your name, e-mail address or company are refused.",
        shortest=SHORTEST,
    )


def judge(password: str, about: Iterable[str | None] = ()) -> Verdict:
    """What to think of a new password of somebody whose name, address and company are in `about`."""
    own = _own_words(about)
    if not password:
        return Verdict(0, (gettext("Enter a password."),))
    from zxcvbn import zxcvbn  # 12 MB of frequency lists, which only who judges a password needs

    found = zxcvbn(_beginning(password), user_inputs=sorted(own))
    feedback = found["feedback"]
    problems = []
    if len(password) < SHORTEST:
        problems.append(gettext("Use at least %(shortest)s characters.", shortest=SHORTEST))
    if len(password) > LONGEST:
        problems.append(gettext("Use at most %(longest)s characters.", longest=LONGEST))
    if any(word in password.casefold() for word in own):
        problems.append(gettext("Leave out your name, your e-mail address and your company."))
    if found["score"] < ENOUGH:
        problems.append(
            gettext("This password is too easy to guess. %(feedback)s", feedback=feedback["warning"]).strip()
        )
    score = found["score"] if not problems else min(found["score"], ENOUGH - 1)
    return Verdict(score, tuple(problems), tuple(feedback["suggestions"]))


def require_strong(password: str, about: Iterable[str | None] = ()) -> None:
    """Raises WeakPassword unless the password may be used."""
    verdict = judge(password, about)
    if not verdict.is_enough:
        raise WeakPassword(" ".join((*verdict.problems, *verdict.advice)))


def _beginning(password: str) -> str:
    """As much of it as can be judged in some hundredths of a second: strangers ask, as they type."""
    from zxcvbn.matching import L33T_TABLE

    disguises = {sign for signs in L33T_TABLE.values() for sign in signs}
    places = [place for place, sign in enumerate(password[:_JUDGED]) if sign in disguises]
    return password[: places[_DISGUISED] if len(places) > _DISGUISED else _JUDGED]


def _own_words(about: Iterable[str | None]) -> set[str]:
    """The names whole, and their pieces that are long enough to mean somebody."""
    texts = [text.casefold().strip()[:254] for text in about if text]
    pieces = {piece for text in texts for piece in re.split(r"[\W_]+", text)}
    return {word for word in (*texts, *pieces) if len(word) >= _OWN_WORD and word not in _NOBODYS}


_NOBODYS = frozenset(
    {"mail", "email", "gmail", "outlook", "hotmail", "yahoo", "info", "company", "limited", "gmbh"}
)
