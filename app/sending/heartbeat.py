"""Whether a ticker is at work. Without one nothing that is scheduled begins, and what was lost stays lost: say so."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.models import Chore
from app.sending.sweep import claim_chore

_NAME: Final = "tick"
_EVERY: Final = timedelta(seconds=10)  # often enough to tell, and seldom enough to cost nothing
LATE: Final = timedelta(minutes=2)


def beat(session: Session) -> None:
    """A ticker has come by. Wants a write transaction."""
    claim_chore(session, _NAME, _EVERY)


def silence(session: Session, moment: datetime) -> timedelta | None:
    """Since a ticker last came by; None where none ever has."""
    chore = session.get(Chore, _NAME, populate_existing=True)
    return None if chore is None else max(moment - chore.done_at, timedelta(0))
