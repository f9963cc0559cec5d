"""Price lists, top-ups in any state, and receipts as people upload them."""

from __future__ import annotations

import io
from itertools import count

from PIL import Image, ImageDraw
from sqlalchemy.orm import Session

from app.clock import now
from app.models import Plan, PlanTier, TopUp, TopUpState, User
from app.topups.receipts import PICTURE
from app.topups.references import new_reference

_numbers = count(1)

TIERS = ((100, 10_000), (1_000, 9_000), (10_000, 7_000))  # 0.10, 0.09 and 0.07 a credit


def make_plan(session: Session, *, tiers: tuple[tuple[int, int], ...] = TIERS, **columns: object) -> Plan:
    """A price list; the default, where nothing else is said."""
    values = {"name": f"Plan {next(_numbers)}", "is_default": True, **columns}
    plan = Plan(**values, tiers=[PlanTier(from_credits=size, price=price) for size, price in tiers])
    session.add(plan)
    session.commit()
    return plan


def make_top_up(session: Session, user: User, **columns: object) -> TopUp:
    """A top-up of 5,000 credits that waits for staff."""
    number = next(_numbers)
    values: dict[str, object] = {
        "state": TopUpState.WAITING,
        "amount": 5_000_000,
        "paid": 45_000,
        "currency": "AUD",
        "reference": new_reference(),
        "receipt_key": f"key-{number}",
        "receipt_type": PICTURE,
        "receipt_name": "receipt.png",
        "receipt_hash": f"hash-{number}",
        "submitted_at": now(),
        **columns,
    }
    top_up = TopUp(account_id=user.account_id, user_id=user.id, **values)
    session.add(top_up)
    session.commit()
    return top_up


def picture(
    kind: str = "PNG", size: tuple[int, int] = (320, 200), words: str = "", **options: object
) -> bytes:
    """A receipt's picture; every one shows something else, unless `words` are given."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((10, 10), words or f"Transfer {next(_numbers)}", fill="black")
    stored = io.BytesIO()
    image.save(stored, kind, **options)
    return stored.getvalue()


def pdf(extra: bytes = b"") -> bytes:
    """The least that passes for a PDF."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n"
        + extra
        + b"\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"
    )
