"""Receipts of a carrier that is described by settings: how they prove themselves, and where they say what."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Final
from urllib.parse import parse_qsl, quote

from app.gateways import signature
from app.gateways.base import (
    Callback,
    DeliveryReport,
    ForgedReceipt,
    ReportStatus,
    SettingsRefused,
    UnreadableReceipt,
)
from app.gateways.errors import ErrorCode
from app.gateways.given import Given
from app.gateways.http.answers import codes_by_value
from app.gateways.http.paths import checked_path, json_in, text_at, value_at
from app.gateways.remote import comes_from

_MOST: Final = 1000
_LONGEST_ID: Final = 100
_LONGEST_REFERENCE: Final = 40
_OTHERWISE: Final = "*"
_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,60}")
_HMAC: Final[Mapping[str, Callable[[bytes], str]]] = {
    "hex": lambda digest: digest.hex(),
    "sha256=hex": lambda digest: f"sha256={digest.hex()}",
    "base64": lambda digest: base64.b64encode(digest).decode(),
}
_STAMPED: Final = "stamped"  # t=<seconds>,v1=<hex>, as app.gateways.signature has it: an old one is refused

NAMES: Final = frozenset(
    {
        "receipt_method",
        "receipt_format",
        "receipt_list",
        "receipt_id",
        "receipt_reference",
        "receipt_status",
        "receipt_statuses",
        "receipt_error",
        "receipt_errors",
        "receipt_proof",
        "receipt_signature_header",
        "receipt_signature_scheme",
        "receipt_networks",
        "receipt_secret",
    }
)


@dataclass(frozen=True, slots=True)
class Receipts:
    """`proof` is signature or address. Paths are dotted; in forms and addresses they are names of fields."""

    method: str
    form: bool
    list_path: str | None
    id_path: str | None
    reference_path: str | None
    status_path: str
    statuses: Mapping[str, ReportStatus]
    error_path: str | None
    errors: Mapping[str, ErrorCode]
    proof: str
    header: str
    scheme: str
    networks: tuple[IPv4Network | IPv6Network, ...]
    secret: str = field(repr=False)

    @classmethod
    def read(cls, given: Given, settings: Mapping[str, Any]) -> Receipts | None:
        """Check the settings; None where they describe no receipts. Raises SettingsRefused."""
        if not any(name in settings for name in NAMES):
            return None
        paths = {name: _path(settings, name) for name in ("list", "id", "reference", "status", "error")}
        if paths["status"] is None:
            raise SettingsRefused(
                "receipt_status", "Say where a receipt has its status, such as status.name."
            )
        if paths["id"] is None and paths["reference"] is None:
            raise SettingsRefused(
                "receipt_id", "Say where a receipt names its message: receipt_id, or receipt_reference."
            )
        method = given.choice("receipt_method", ("POST", "GET"))
        form = given.choice("receipt_format", ("json", "form")) == "form" or method == "GET"
        if form and paths["list"] is not None:
            raise SettingsRefused("receipt_list", "A form or an address holds one receipt; leave this out.")
        proof = given.choice("receipt_proof", ("signature", "address"))
        if proof == "signature" and method == "GET":
            raise SettingsRefused("receipt_proof", "A GET has no body to sign; choose address.")
        header = given.optional_text("receipt_signature_header", most=60)
        if proof == "signature" and not _HEADER.fullmatch(header):
            raise SettingsRefused("receipt_signature_header", "Name the header that has the signature.")
        return cls(
            method=method,
            form=form,
            list_path=paths["list"],
            id_path=paths["id"],
            reference_path=paths["reference"],
            status_path=paths["status"],
            statuses=_statuses(settings.get("receipt_statuses")),
            error_path=paths["error"],
            errors=codes_by_value("receipt_errors", settings.get("receipt_errors", {})),
            proof=proof,
            header=header,
            scheme=given.choice("receipt_signature_scheme", (*_HMAC, _STAMPED)),
            networks=given.networks("receipt_networks", []) if proof == "address" else (),
            secret=given.text(
                "receipt_secret",
                "Give at least 24 characters; receipts prove themselves by them.",
                least=24 if proof == "address" else 16,
            ),
        )

    def address(self, callback_url: str) -> str:
        """The address that the carrier is to report to."""
        return (
            callback_url
            if self.proof == "signature"
            else f"{callback_url}?token={quote(self.secret, safe='')}"
        )

    def reports(self, callback: Callback, now: datetime) -> list[DeliveryReport]:
        """The receipts in a callback. Raises ForgedReceipt and UnreadableReceipt."""
        if callback.method != self.method:
            raise ForgedReceipt(f"Receipts come by {self.method}.")
        self._prove(callback, now)
        return list(
            dict.fromkeys(self._report(row, item) for row, item in enumerate(self._items(callback), 1))
        )

    def _prove(self, callback: Callback, now: datetime) -> None:
        if self.proof == "address":
            if not comes_from(callback.remote, self.networks):
                raise ForgedReceipt(f"Receipts may not come from {callback.remote or 'nowhere'}.")
            if not hmac.compare_digest(self.secret.encode(), callback.query.get("token", "").encode()):
                raise ForgedReceipt("The address has not our secret.")
            return
        wanted = self.header.lower()
        given = next((value for name, value in callback.headers.items() if name.lower() == wanted), "")
        if self.scheme == _STAMPED:
            signature.verify(self.secret, given, callback.body, now)
            return
        digest = hmac.new(self.secret.encode(), callback.body, hashlib.sha256).digest()
        if not hmac.compare_digest(_HMAC[self.scheme](digest).encode(), given.encode()):
            raise ForgedReceipt("The signature does not fit the body.")

    def _items(self, callback: Callback) -> list[Any]:
        if self.method == "GET":
            return [dict(callback.query)]
        if self.form:
            return [dict(parse_qsl(callback.body.decode("utf-8", "replace"), keep_blank_values=True))]
        content = json_in(callback.body)
        if self.list_path is not None:
            content = value_at(content, self.list_path)
        items = content if isinstance(content, list) else [content]
        if len(items) > _MOST or not all(isinstance(item, dict) for item in items):
            raise UnreadableReceipt(f"The callback needs at most {_MOST} receipts, each an object.")
        return items

    def _report(self, row: int, item: Any) -> DeliveryReport:
        gateway_id = self._name(row, item, self.id_path, _LONGEST_ID)
        reference = self._name(row, item, self.reference_path, _LONGEST_REFERENCE)
        if not gateway_id and not reference:
            raise UnreadableReceipt(f"Receipt {row} names no message.")
        given = self._at(item, self.status_path)
        status = self.statuses.get(given or "") or self.statuses.get(_OTHERWISE)
        if given is None or status is None:
            raise UnreadableReceipt(f"Receipt {row} has a status that the settings do not know.")
        code = None
        if status is ReportStatus.FAILED:
            said = self._at(item, self.error_path) if self.error_path else None
            code = self.errors.get(said or "") or self.errors.get(_OTHERWISE) or ErrorCode.UNDELIVERABLE
        return DeliveryReport(gateway_id or reference or "", status, reference, code)

    def _name(self, row: int, item: Any, path: str | None, longest: int) -> str | None:
        """What the receipt calls its message. Raises UnreadableReceipt where it would not fit."""
        found = self._at(item, path) if path is not None else None
        if found is not None and len(found) > longest:
            raise UnreadableReceipt(f"Receipt {row} has too long a name for its message.")
        return found or None

    def _at(self, item: Any, path: str) -> str | None:
        """A form's fields are known by their whole name, dots and all."""
        return item.get(path) if self.form else text_at(item, path)


def _path(settings: Mapping[str, Any], name: str) -> str | None:
    value = settings.get(f"receipt_{name}")
    return checked_path(f"receipt_{name}", value) if value not in (None, "") else None


def _statuses(value: object) -> dict[str, ReportStatus]:
    """What the carrier says by what it means; the name * stands for all that is not named."""
    if not isinstance(value, dict) or not value:
        raise SettingsRefused(
            "receipt_statuses", 'Give an object such as {"DELIVERED": "delivered", "*": "buffered"}.'
        )
    try:
        return {str(says): ReportStatus(str(means)) for says, means in value.items()}
    except ValueError as error:
        raise SettingsRefused("receipt_statuses", f"Each means one of {', '.join(ReportStatus)}.") from error
