"""The signature on the sandbox's callbacks: HMAC-SHA256 over a time stamp and the raw body.

The form is Stripe's (https://docs.stripe.com/webhooks, "Verify webhook signatures manually"): the header says
`t=<unix seconds>,v1=<hex>`, and while a secret is being changed it may carry a second `v1`.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from app.gateways.base import ForgedReceipt

HEADER = "X-Carillon-Signature"
TOLERANCE = timedelta(minutes=5)
_LONGEST_HEADER = 1024


def sign(secret: str, body: bytes, moment: datetime) -> str:
    """The header's value for `body`, sent at `moment` (aware)."""
    stamp = str(int(moment.timestamp()))
    return f"t={stamp},v1={_digest(secret, stamp, body)}"


def verify(secret: str, header: str | None, body: bytes, now: datetime) -> None:
    """Raise ForgedReceipt unless the header signs exactly this body, within `TOLERANCE` of `now`."""
    if not header:
        raise ForgedReceipt(f"The callback carries no {HEADER}.")
    if len(header) > _LONGEST_HEADER:
        raise ForgedReceipt("The signature header is longer than any we make.")
    pairs = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for name, _, value in pairs if name == "t"]
    digests = [value for name, _, value in pairs if name == "v1"]
    if len(stamps) != 1 or not (stamps[0].isascii() and stamps[0].isdigit()):
        raise ForgedReceipt("The signature header has no time stamp.")
    expected = _digest(secret, stamps[0], body).encode()
    # Every value is compared, so that the time taken tells nothing about which one was near.
    if sum(hmac.compare_digest(expected, digest.encode()) for digest in digests) == 0:
        raise ForgedReceipt("The signature does not fit the body.")
    if abs(now.timestamp() - int(stamps[0])) > TOLERANCE.total_seconds():
        raise ForgedReceipt("The signature is too old, or from the future.")


def _digest(secret: str, stamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
