"""What people send back through a carrier that is described by settings: who, and whether it asks for an end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.gateways.base import OptOut, SettingsRefused, UnreadableReceipt
from app.gateways.described import Form, Setting
from app.gateways.http.calls import Calls, optional_path
from app.gateways.http.receipts import Receipts
from app.gateways.replies import stop_of
from app.language import gettext, mark

_PART: Final = mark("What people send back")
SETTINGS: Final = (
    Setting(
        "reply_sender",
        mark("Say where an incoming message has its sender, such as from."),
        tuning=True,
        part=_PART,
    ),
    Setting(
        "reply_text",
        mark("Say where an incoming message has its text, such as message.text."),
        tuning=True,
        part=_PART,
    ),
    Setting(
        "reply_path",
        mark("Where a call says that it is an incoming message, if that is needed to tell."),
        tuning=True,
        part=_PART,
    ),
    Setting(
        "reply_values",
        mark('Give a list such as ["message.received"], what stands at reply_path; or neither.'),
        Form.JSON,
        tuning=True,
        part=_PART,
    ),
)


@dataclass(frozen=True, slots=True)
class Replies:
    """The paths in each item of a call; `path` is where an item says that it is a reply, by one of `values`."""

    calls: Calls
    receipts: Receipts | None
    sender_path: str
    text_path: str
    path: str | None
    values: frozenset[str]

    @classmethod
    def read(cls, settings: Mapping[str, Any], calls: Calls, receipts: Receipts | None) -> Replies:
        """Check the settings. Raises SettingsRefused."""
        sender, text, path = (optional_path(settings, f"reply_{name}") for name in ("sender", "text", "path"))
        if sender is None:
            raise SettingsRefused(
                "reply_sender", gettext("Say where an incoming message has its sender, such as from.")
            )
        if text is None:
            raise SettingsRefused(
                "reply_text", gettext("Say where an incoming message has its text, such as message.text.")
            )
        values = settings.get("reply_values", [])
        listed = isinstance(values, list) and all(isinstance(value, str) for value in values)
        if not listed or bool(values) != (path is not None):
            raise SettingsRefused(
                "reply_values",
                gettext('Give a list such as ["message.received"], what stands at reply_path; or neither.'),
            )
        return cls(calls, receipts, sender, text, path, frozenset(values))

    def among(self, item: Any) -> bool:
        """Whether an item is a reply: it says so, or where nothing is to say so, it has a sender and no status."""
        if self.path is not None:
            return self.calls.at(item, self.path) in self.values
        if self.receipts is None:
            return True
        has_status = self.calls.at(item, self.receipts.status_path) is not None
        return not has_status and self.calls.at(item, self.sender_path) is not None

    def wishes(self, rows: Iterable[tuple[int, Any]], now: datetime) -> list[OptOut]:
        """The wishes to stop in a call's items, each with its number. Raises UnreadableReceipt."""
        found = (self._wish(row, item, now) for row, item in rows if self.among(item))
        return [wish for wish in found if wish is not None]

    def _wish(self, row: int, item: Any, now: datetime) -> OptOut | None:
        sender, text = self.calls.at(item, self.sender_path), self.calls.at(item, self.text_path)
        if sender is None or text is None:
            raise UnreadableReceipt(f"Message {row} has no sender, or no text.")
        return stop_of(sender, text, now)
