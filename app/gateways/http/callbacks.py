"""What a carrier that is described by settings tells us by itself: receipts, replies, or both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.gateways.base import Callback, DeliveryReport, OptOut
from app.gateways.described import names_of
from app.gateways.given import Given
from app.gateways.http import calls, receipts, replies
from app.gateways.http.calls import Calls
from app.gateways.http.receipts import Receipts
from app.gateways.http.replies import Replies

SETTINGS: Final = (*receipts.SETTINGS, *calls.SETTINGS, *replies.SETTINGS)


@dataclass(frozen=True, slots=True)
class Callbacks:
    """At least one of the two is there."""

    calls: Calls
    receipts: Receipts | None
    replies: Replies | None

    @classmethod
    def read(cls, given: Given, settings: Mapping[str, Any]) -> Callbacks | None:
        """Check the settings; None where they describe nothing of the kind. Raises SettingsRefused."""
        replying, receiving, calling = (
            not names_of(each).isdisjoint(settings)
            for each in (replies.SETTINGS, receipts.SETTINGS, calls.SETTINGS)
        )
        if not replying and not receiving and not calling:
            return None
        called = Calls.read(given, settings)
        found = Receipts.read(settings, called) if receiving or not replying else None
        return cls(called, found, Replies.read(settings, called, found) if replying else None)

    def reports(self, callback: Callback, now: datetime) -> list[DeliveryReport]:
        """The receipts in a call. Raises ForgedReceipt and UnreadableReceipt."""
        rows = enumerate(self.calls.items(callback, now), 1)
        if self.receipts is None:
            return []
        return self.receipts.reports((row, item) for row, item in rows if not self._is_reply(item))

    def wishes(self, callback: Callback, now: datetime) -> list[OptOut]:
        """The wishes to stop in a call. Raises ForgedReceipt and UnreadableReceipt."""
        if self.replies is None:
            return []
        return self.replies.wishes(enumerate(self.calls.items(callback, now), 1), now)

    def _is_reply(self, item: Any) -> bool:
        return self.replies is not None and self.replies.among(item)
