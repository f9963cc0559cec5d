"""What Meta tells by webhook: what became of messages, and who stopped or resumed marketing messages.

By https://developers.facebook.com/docs/graph-api/webhooks/getting-started and the Cloud API's webhook reference. A
signature covers the raw body; it has no time in it, so what is read here must do no harm when it is played again. One
app may serve several numbers: what names another number than ours is left alone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from app.gateways.base import Callback, DeliveryReport, ForgedReceipt, OptOut, ReportStatus, UnreadableReceipt
from app.gateways.whatsapp.errors import failure_of
from app.gateways.whatsapp.settings import WhatsAppSettings

SIGNATURE_HEADER: Final = "X-Hub-Signature-256"
_SCHEME: Final = "sha256="
_OURS: Final = "whatsapp_business_account"
_MARKETING: Final = "marketing_messages"
_LONGEST_ID: Final = 100
_LONGEST_REFERENCE: Final = 40
_LONGEST_CHALLENGE: Final = 200
# Read says what delivered says, and more; it may come alone. Other statuses (deleted, warning) say nothing of it.
_STATUSES: Final = {
    "sent": ReportStatus.BUFFERED,
    "delivered": ReportStatus.DELIVERED,
    "read": ReportStatus.DELIVERED,
    "failed": ReportStatus.FAILED,
}


def reports(settings: WhatsAppSettings, callback: Callback) -> list[DeliveryReport]:
    """The statuses in a webhook; none in a verification. Raises ForgedReceipt and UnreadableReceipt."""
    if callback.method == "GET":
        _verify_handshake(settings, callback)
        return []
    found = []
    for _field, value in _changes(settings, callback):
        for status in _objects(value, "statuses"):
            says = _STATUSES.get(str(status.get("status")))
            if says is not None:
                found.append(_report(status, says))
    return list(dict.fromkeys(found))


def opt_outs(settings: WhatsAppSettings, callback: Callback) -> list[OptOut]:
    """The wishes in a webhook, oldest first. Raises ForgedReceipt and UnreadableReceipt."""
    if callback.method == "GET":
        return []
    found = []
    for field, value in _changes(settings, callback):
        if field == "user_preferences":
            wishes = _objects(value, "user_preferences")
            found += [_wish(wish) for wish in wishes if wish.get("category") == _MARKETING]
    return sorted(found, key=lambda wish: wish.at)


def _verify_handshake(settings: WhatsAppSettings, callback: Callback) -> None:
    query = callback.query
    given = query.get("hub.verify_token", "").encode()
    if not hmac.compare_digest(settings.verify_token.encode(), given):
        raise ForgedReceipt("The verification does not know our verify token.")
    challenge = query.get("hub.challenge", "")
    is_plain = challenge.isascii() and challenge.isprintable() and len(challenge) <= _LONGEST_CHALLENGE
    if query.get("hub.mode") != "subscribe" or not challenge or not is_plain:
        raise UnreadableReceipt("The verification has no challenge.")


def _changes(settings: WhatsAppSettings, callback: Callback) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The field and value of each change that is about our number, once the signature was found right."""
    _verify_signature(settings, callback)
    try:
        content = json.loads(callback.body)
    except (ValueError, RecursionError) as error:
        raise UnreadableReceipt("The webhook is not JSON.") from error
    if not isinstance(content, dict) or content.get("object") != _OURS:
        raise UnreadableReceipt("The webhook is not about a WhatsApp business account.")
    for entry in _objects(content, "entry"):
        for change in _objects(entry, "changes"):
            value = change.get("value")
            metadata = value.get("metadata") if isinstance(value, dict) else None
            number = metadata.get("phone_number_id") if isinstance(metadata, dict) else None
            if isinstance(value, dict) and number == settings.phone_number_id:
                yield str(change.get("field")), value


def _verify_signature(settings: WhatsAppSettings, callback: Callback) -> None:
    wanted = SIGNATURE_HEADER.lower()
    header = next((value for name, value in callback.headers.items() if name.lower() == wanted), "")
    digest = hmac.new(settings.app_secret.encode(), callback.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(f"{_SCHEME}{digest}".encode(), header.encode()):
        raise ForgedReceipt("The signature does not fit the body.")


def _objects(holder: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """A list of objects that may be missing. Raises UnreadableReceipt when it is anything else."""
    found = holder.get(name) or []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise UnreadableReceipt(f"“{name}” is not a list of objects.")
    return found


def _report(status: Mapping[str, Any], says: ReportStatus) -> DeliveryReport:
    gateway_id = status.get("id")
    if not isinstance(gateway_id, str) or not 0 < len(gateway_id) <= _LONGEST_ID:
        raise UnreadableReceipt("A status names no message.")
    reference = status.get("biz_opaque_callback_data")
    if not isinstance(reference, str) or not 0 < len(reference) <= _LONGEST_REFERENCE:
        reference = None
    code = None
    if says is ReportStatus.FAILED:
        errors = _objects(status, "errors")
        given = errors[0].get("code") if errors else None
        code = failure_of(given if type(given) is int else None)
    return DeliveryReport(gateway_id, says, reference, code)


def _wish(wish: Mapping[str, Any]) -> OptOut:
    number, value, moment = str(wish.get("wa_id", "")), wish.get("value"), wish.get("timestamp")
    if not (number.isascii() and number.isdigit() and 5 <= len(number) <= 15) or value not in (
        "stop",
        "resume",
    ):
        raise UnreadableReceipt("A user preference has no number, or neither stops nor resumes.")
    try:
        at = datetime.fromtimestamp(int(str(moment)), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UnreadableReceipt("A user preference has no time.") from error
    return OptOut(f"+{number}", value == "stop", at)
