"""The reference that a client quotes in a bank transfer: eight signs, the last of them a check on the others.

29 signs: digits and consonants, without those that are read for another (1, I, L, O) and without vowels, so that
no word comes about. 29 is prime and the signs are weighted, so a single wrong sign or two signs exchanged are always
noticed (the scheme of ISBN-10, with another modulus).
"""

from __future__ import annotations

import secrets
from typing import Final

from app.language import gettext

_SIGNS: Final = "023456789BCDFGHJKMNPQRSTVWXYZ"
_RANDOM: Final = 7
_MISREAD: Final = str.maketrans({"O": "0"})


def new_reference() -> str:
    """A random reference, such as 7K3M-9QXT. There are 29^7, some seventeen billion; the table keeps them unique."""
    body = "".join(secrets.choice(_SIGNS) for _ in range(_RANDOM))
    return _written(body + _check_sign(body))


def read_reference(text: str) -> str:
    """A reference as somebody typed it, with small letters, spaces or a missing hyphen, in its one form.

    Raises ValueError for what is no reference, or has a sign wrong.
    """
    signs = "".join(sign for sign in text.upper().translate(_MISREAD) if sign.isalnum())
    if len(signs) != _RANDOM + 1 or any(sign not in _SIGNS for sign in signs):
        raise ValueError(gettext("A reference has eight characters, such as 7K3M-9QXT."))
    if signs[-1] != _check_sign(signs[:-1]):
        raise ValueError(
            gettext(
                "One of the reference’s characters is mistyped: the last character does not fit the others."
            )
        )
    return _written(signs)


def _check_sign(body: str) -> str:
    """What makes the sum of weight × value divisible by 29. The check sign has the weight 1."""
    total = sum((len(body) + 1 - place) * _SIGNS.index(sign) for place, sign in enumerate(body))
    return _SIGNS[-total % len(_SIGNS)]


def _written(signs: str) -> str:
    return f"{signs[:4]}-{signs[4:]}"
