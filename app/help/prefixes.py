"""Country prefixes in words."""

from __future__ import annotations

from collections.abc import Iterable

import phonenumbers

from app.language import locale

_FEW = 5


def prefix_words(prefixes: Iterable[str]) -> str:
    """Such as "Australia (+61), +1876": the country's name where the prefix is its whole code.

    Small neighbours may share the code of a large country, which stands for them; two dozen share +1.
    """
    return ", ".join(_words(prefix) for prefix in prefixes)


def _words(prefix: str) -> str:
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(prefix), ()) if prefix.isdecimal() else ()
    name = locale().territories.get(regions[0]) if 0 < len(regions) <= _FEW else None
    return f"{name} (+{prefix})" if name else f"+{prefix}"
