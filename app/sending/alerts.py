"""Alerts for staff, one per trouble however often it shows."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.clock import now
from app.database import insert_new
from app.models import StaffAlert


def raise_alert(
    session: Session, key: str, text: str, *, account_id: int | None = None, route_id: int | None = None
) -> None:
    """Tell staff, unless this trouble is already before them."""
    row = {
        "key": key,
        "text": text[:1000],
        "account_id": account_id,
        "route_id": route_id,
        "raised_at": now(),
    }
    insert_new(session, StaffAlert.__table__, [row])  # type: ignore[arg-type]


def clear_alert(session: Session, key: str) -> None:
    """The trouble is over."""
    session.execute(delete(StaffAlert).where(StaffAlert.key == key))
