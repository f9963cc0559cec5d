"""What people may read of a wire: requests and answers with every secret taken out.

By the secrets' values first, in the forms that they take on a wire, whole or in part; then by the names of fields
that usually hold one, for those that we do not know (a cookie of the carrier's).
"""

from __future__ import annotations

import base64
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, quote_plus

REMOVED: Final = "‹removed›"
EXCERPT: Final = 500  # characters of an answer that are kept
_LOOKED_AT: Final = 4_096  # of an answer; the rest is no explanation of anything
_PIECE: Final = 8  # so many characters of a secret in a row are a piece of it

_SECRET_NAME: Final = re.compile(
    r"authori[sz]ation|cookie|passw|secret|token|signature|credential|api.?key|^x-hub-", re.IGNORECASE
)
_NAMED: Final = (
    # "token": "…", token=…, Authorization: Bearer …
    re.compile(r'(?i)("[^"\n]*(?:passw|secret|token|signature|credential|api.?key)[^"\n]*"\s*:\s*")[^"\n]*'),
    re.compile(
        r"(?i)(\b[\w.-]*(?:passw|secret|token|signature|credential|api.?key)[\w.-]*\s*=\s*)[^\s&\"'<>,;]+"
    ),
    re.compile(r"(?i)(\b(?:proxy-)?(?:authorization|(?:set-)?cookie)\"?\s*[:=]\s*)[^\r\n]+"),
    re.compile(r"(?i)(\b(?:bearer|basic)\s+)[\w.~+/=-]{6,}"),
)


@dataclass(frozen=True, slots=True)
class ShownRequest:
    """A request as staff read it: what is asked of whom, its fields in order, what it carries."""

    line: str
    fields: tuple[tuple[str, str], ...] = ()
    body: str = ""


class Redactor:
    """Takes a gateway's secrets out of texts."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._pieces: dict[int, set[str]] = defaultdict(set)
        for secret in secrets:
            for form in _forms(secret):
                size = min(_PIECE, len(form))
                self._pieces[size].update(form[at : at + size] for at in range(len(form) - size + 1))

    def clean(self, text: str) -> str:
        """The text without secrets."""
        text = self._without_values(text)
        for named in _NAMED:
            text = named.sub(rf"\1{REMOVED}", text)
        return text

    def excerpt(self, body: bytes) -> str | None:
        """The beginning of an answer without secrets, as one can read it; None for an empty one."""
        text = self.clean(body[:_LOOKED_AT].decode("utf-8", "replace"))
        text = "".join(letter if letter.isprintable() else " " for letter in text).strip()
        return (text if len(text) <= EXCERPT else text[:EXCERPT] + "…") or None

    def request(self, line: str, fields: Iterable[tuple[str, str]] = (), body: str = "") -> ShownRequest:
        """A request without secrets. A field whose name says that it holds one loses all of its value."""
        shown = (
            (name, REMOVED if _SECRET_NAME.search(name) else self.clean(value)) for name, value in fields
        )
        return ShownRequest(self.clean(line), tuple(shown), self.clean(body))

    def _without_values(self, text: str) -> str:
        """Whatever has as much as a piece of a secret in it loses that."""
        hidden = bytearray(len(text))
        for size, pieces in self._pieces.items():
            for at in range(len(text) - size + 1):
                if text[at : at + size] in pieces:
                    hidden[at : at + size] = b"\x01" * size
        if not any(hidden):
            return text
        return "".join(_shown(text, hidden))


def _shown(text: str, hidden: bytearray) -> Iterator[str]:
    for at, letter in enumerate(text):
        if not hidden[at]:
            yield letter
        elif at == 0 or not hidden[at - 1]:
            yield REMOVED


def _forms(secret: str) -> set[str]:
    """How a secret may stand on a wire: plain, in an address, in JSON, in base64, in hexadecimal digits."""
    octets = secret.encode()
    forms = {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        base64.b64encode(octets).decode().rstrip("="),
        base64.urlsafe_b64encode(octets).decode().rstrip("="),
        octets.hex(),
    }
    forms |= {form.upper() for form in forms} | {form.lower() for form in forms}
    return {form for form in forms if form}
