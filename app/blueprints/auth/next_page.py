"""Where to go after signing in."""

from __future__ import annotations

from urllib.parse import urlsplit

_NEVER = frozenset({"/sign-in", "/sign-out"})


def next_page(asked: str | None, otherwise: str) -> str:
    """The address that was asked for, when it is a path of this site; else `otherwise`.

    Browsers read "//host" and "/\\host" as another site, and drop tabs and line breaks inside an address
    (WHATWG URL standard), so both are refused.
    """
    if not asked or not asked.startswith("/") or asked[1:2] in ("/", "\\"):
        return otherwise
    if "\\" in asked or not asked.isprintable():
        return otherwise
    return otherwise if urlsplit(asked).path in _NEVER else asked
