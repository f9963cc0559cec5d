"""Receipts of a carrier that is described by settings: where they say what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.gateways.base import DeliveryReport, ReportStatus, SettingsRefused, UnreadableReceipt
from app.gateways.described import Form, Setting
from app.gateways.errors import ErrorCode
from app.gateways.http.answers import codes_by_value
from app.gateways.http.calls import Calls, optional_path
from app.language import gettext, mark

_LONGEST_ID: Final = 100
_LONGEST_REFERENCE: Final = 40
_OTHERWISE: Final = "*"

_PART: Final = mark("Receipts: what they say")
SETTINGS: Final = (
    Setting(
        "receipt_id",
        mark("Where a receipt has the carrier's id of the message, such as messageId."),
        tuning=True,
        part=_PART,
    ),
    Setting(
        "receipt_reference",
        mark("Where it has our reference, if the carrier repeats it."),
        tuning=True,
        part=_PART,
    ),
    Setting(
        "receipt_status",
        mark("Say where a receipt has its status, such as status.name."),
        tuning=True,
        part=_PART,
    ),
    Setting(
        "receipt_statuses",
        mark('Give an object such as {"DELIVERED": "delivered", "*": "buffered"}.'),
        Form.JSON,
        tuning=True,
        part=_PART,
    ),
    Setting("receipt_error", mark("Where it has the carrier's error."), tuning=True, part=_PART),
    Setting(
        "receipt_errors",
        mark('Give an object such as {"EC_UNKNOWN_SUBSCRIBER": "unknown_subscriber"}.'),
        Form.JSON,
        tuning=True,
        part=_PART,
    ),
)


@dataclass(frozen=True, slots=True)
class Receipts:
    """The paths in each item of a call; those of the id and of the reference are not both None."""

    calls: Calls
    id_path: str | None
    reference_path: str | None
    status_path: str
    statuses: Mapping[str, ReportStatus]
    error_path: str | None
    errors: Mapping[str, ErrorCode]

    @classmethod
    def read(cls, settings: Mapping[str, Any], calls: Calls) -> Receipts:
        """Check the settings. Raises SettingsRefused."""
        paths = {
            name: optional_path(settings, f"receipt_{name}")
            for name in ("id", "reference", "status", "error")
        }
        if paths["status"] is None:
            raise SettingsRefused(
                "receipt_status", gettext("Say where a receipt has its status, such as status.name.")
            )
        if paths["id"] is None and paths["reference"] is None:
            raise SettingsRefused(
                "receipt_id",
                gettext("Say where a receipt names its message: receipt_id, or receipt_reference."),
            )
        return cls(
            calls=calls,
            id_path=paths["id"],
            reference_path=paths["reference"],
            status_path=paths["status"],
            statuses=_statuses(settings.get("receipt_statuses")),
            error_path=paths["error"],
            errors=codes_by_value("receipt_errors", settings.get("receipt_errors", {})),
        )

    def reports(self, rows: Iterable[tuple[int, Any]]) -> list[DeliveryReport]:
        """The receipts in a call's items, each with its number. Raises UnreadableReceipt."""
        return list(dict.fromkeys(self._report(row, item) for row, item in rows))

    def _report(self, row: int, item: Any) -> DeliveryReport:
        gateway_id = self._name(row, item, self.id_path, _LONGEST_ID)
        reference = self._name(row, item, self.reference_path, _LONGEST_REFERENCE)
        if not gateway_id and not reference:
            raise UnreadableReceipt(f"Receipt {row} names no message.")
        given = self.calls.at(item, self.status_path)
        status = self.statuses.get(given or "") or self.statuses.get(_OTHERWISE)
        if given is None or status is None:
            raise UnreadableReceipt(f"Receipt {row} has a status that the settings do not know.")
        code = None
        if status is ReportStatus.FAILED:
            said = self.calls.at(item, self.error_path) if self.error_path else None
            code = self.errors.get(said or "") or self.errors.get(_OTHERWISE) or ErrorCode.UNDELIVERABLE
        return DeliveryReport(gateway_id or reference or "", status, reference, code)

    def _name(self, row: int, item: Any, path: str | None, longest: int) -> str | None:
        """What the receipt calls its message. Raises UnreadableReceipt where it would not fit."""
        found = self.calls.at(item, path) if path is not None else None
        if found is not None and len(found) > longest:
            raise UnreadableReceipt(f"Receipt {row} has too long a name for its message.")
        return found or None


def _statuses(value: object) -> dict[str, ReportStatus]:
    """What the carrier says by what it means; the name * stands for all that is not named."""
    if not isinstance(value, dict) or not value:
        raise SettingsRefused(
            "receipt_statuses",
            gettext('Give an object such as {"DELIVERED": "delivered", "*": "buffered"}.'),
        )
    try:
        return {str(says): ReportStatus(str(means)) for says, means in value.items()}
    except ValueError as error:
        raise SettingsRefused(
            "receipt_statuses", gettext("Each means one of %(join)s.", join=", ".join(ReportStatus))
        ) from error
