"""Things that staff must look at, raised by the machine."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.models.base import Base, BigKey, UtcDateTime


class StaffAlert(Base):
    """`key` names the trouble: while it is open, the same trouble raises no second alert."""

    __tablename__ = "staff_alert"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    route_id: Mapped[int | None] = mapped_column(ForeignKey("route.id"))
    text: Mapped[str] = mapped_column(String(1000))
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
