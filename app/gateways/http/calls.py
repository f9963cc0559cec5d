"""A carrier's calls to our callback address, described by settings: how they prove themselves, and what they hold.

Receipts and what people send back come to one address, in one shape, under one proof.
"""

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
from app.gateways.base import Callback, ForgedReceipt, SettingsRefused, UnreadableReceipt
from app.gateways.described import Form, Setting
from app.gateways.given import Given
from app.gateways.http.paths import checked_path, json_in, text_at, value_at
from app.gateways.remote import comes_from
from app.language import gettext, mark

_MOST: Final = 1000
_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,60}")
_HMAC: Final[Mapping[str, Callable[[bytes], str]]] = {
    "hex": lambda digest: digest.hex(),
    "sha256=hex": lambda digest: f"sha256={digest.hex()}",
    "base64": lambda digest: base64.b64encode(digest).decode(),
}
_STAMPED: Final = "stamped"  # t=<seconds>,v1=<hex>, as app.gateways.signature has it: an old one is refused

PART: Final = mark("Receipts and replies: how they come")
SETTINGS: Final = (
    Setting("receipt_method", form=Form.CHOICE, choices=("POST", "GET"), tuning=True, part=PART),
    Setting("receipt_format", form=Form.CHOICE, choices=("json", "form"), tuning=True, part=PART),
    Setting(
        "receipt_list",
        mark("Where the list stands when one call brings several, such as results."),
        tuning=True,
        part=PART,
    ),
    Setting(
        "receipt_proof",
        mark("What proves that a call is the carrier's: its signature, or a secret in the address."),
        Form.CHOICE,
        choices=("signature", "address"),
        tuning=True,
        part=PART,
    ),
    Setting(
        "receipt_secret",
        mark(
            "Give at least 16 characters for a signature, 24 for an address; they authenticate the receipts."
        ),
        Form.SECRET,
        least=16,
        tuning=True,
        part=PART,
    ),
    Setting(
        "receipt_signature_header",
        mark("The header that has the signature, such as X-Signature."),
        most=60,
        tuning=True,
        part=PART,
    ),
    Setting(
        "receipt_signature_scheme",
        mark("How it is written; stamped is t=…,v1=…, which an old call cannot pass."),
        Form.CHOICE,
        choices=(*_HMAC, _STAMPED),
        tuning=True,
        part=PART,
    ),
    Setting(
        "receipt_networks",
        mark('Give a list of the addresses or networks that receipts come from, such as ["10.0.0.0/24"].'),
        Form.JSON,
        default=[],
        tuning=True,
        part=PART,
    ),
)
_LONG_SECRET: Final = 24  # of one that stands in an address


@dataclass(frozen=True, slots=True)
class Calls:
    """`proof` is signature or address. Paths are dotted; in forms and addresses they are names of fields."""

    method: str
    form: bool
    list_path: str | None
    proof: str
    header: str
    scheme: str
    networks: tuple[IPv4Network | IPv6Network, ...]
    secret: str = field(repr=False)

    @classmethod
    def read(cls, given: Given, settings: Mapping[str, Any]) -> Calls:
        """Check the settings. Raises SettingsRefused."""
        list_path = optional_path(settings, "receipt_list")
        method = given.choice("receipt_method")
        form = given.choice("receipt_format") == "form" or method == "GET"
        if form and list_path is not None:
            raise SettingsRefused(
                "receipt_list", gettext("A form or an address holds one receipt; leave this out.")
            )
        proof = given.choice("receipt_proof")
        if proof == "signature" and method == "GET":
            raise SettingsRefused("receipt_proof", gettext("A GET has no body to sign; choose address."))
        header = given.optional_text("receipt_signature_header")
        if proof == "signature" and not _HEADER.fullmatch(header):
            raise SettingsRefused(
                "receipt_signature_header", gettext("Name the header that has the signature.")
            )
        secret = given.text("receipt_secret")
        if proof == "address" and len(secret) < _LONG_SECRET:
            raise SettingsRefused(
                "receipt_secret", gettext("Give at least 24 characters; they authenticate the receipts.")
            )
        return cls(
            method=method,
            form=form,
            list_path=list_path,
            proof=proof,
            header=header,
            scheme=given.choice("receipt_signature_scheme"),
            networks=given.networks("receipt_networks") if proof == "address" else (),
            secret=secret,
        )

    def address(self, callback_url: str) -> str:
        """The address that the carrier is to report to."""
        return (
            callback_url
            if self.proof == "signature"
            else f"{callback_url}?token={quote(self.secret, safe='')}"
        )

    def items(self, callback: Callback, now: datetime) -> list[Any]:
        """What a call holds, once it is proven. Raises ForgedReceipt and UnreadableReceipt."""
        if callback.method != self.method:
            raise ForgedReceipt(f"Receipts come by {self.method}.")
        self._prove(callback, now)
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

    def at(self, item: Any, path: str) -> str | None:
        """A form's fields are known by their whole name, dots and all."""
        return item.get(path) if self.form else text_at(item, path)

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


def optional_path(settings: Mapping[str, Any], name: str) -> str | None:
    """A path, where the setting gives one. Raises SettingsRefused."""
    value = settings.get(name)
    return checked_path(name, value) if value not in (None, "") else None
