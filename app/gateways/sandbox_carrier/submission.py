"""One message as the sender posted it, checked against the wire's shape."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

_LONGEST = {"reference": 40, "to": 16, "text": 10_000, "sender_id": 16, "callback_url": 500}


class Malformed(ValueError):
    """The request does not have the documented shape; the message says where."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A message to take, with the address that its receipts go to."""

    reference: str
    to: str
    text: str
    sender_id: str | None
    callback_url: str

    @classmethod
    def read(cls, body: bytes) -> Submission:
        """Read a request's body. Raises Malformed."""
        try:
            content = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Malformed("The body is not JSON.") from error
        if not isinstance(content, dict):
            raise Malformed("The body is not a JSON object.")
        sender_id = None if content.get("sender_id") is None else _text(content, "sender_id")
        message = cls(
            reference=_text(content, "reference"),
            to=_text(content, "to"),
            text=_text(content, "text"),
            sender_id=sender_id,
            callback_url=_text(content, "callback_url"),
        )
        digits = message.to.removeprefix("+")
        if not (message.to.startswith("+") and digits.isascii() and digits.isdigit()):
            raise Malformed("“to” must be an E.164 number with its plus.")
        return message


def _text(content: dict[str, Any], field: str) -> str:
    value = content.get(field)
    if not isinstance(value, str) or not value or len(value) > _LONGEST[field]:
        raise Malformed(f"“{field}” must be a text of 1 to {_LONGEST[field]} characters.")
    return value
