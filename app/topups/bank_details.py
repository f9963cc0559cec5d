"""Where clients transfer to. Whoever changes it could divert their money, so every admin hears of it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.desk.audit_log import Actor
from app.desk.settings import change_settings, desk_settings
from app.letters.writing import write_to
from app.models import Role, User


def change_bank_details(session: Session, actor: Actor, bank_details: str) -> None:
    """Set them, on the record, and write to every admin, with the old ones beside the new."""
    before = desk_settings(session).bank_details
    if bank_details == before:
        return
    change_settings(session, actor, bank_details=bank_details)
    admins = session.scalars(select(User).where(User.role == Role.ADMIN, User.disabled_at.is_(None)))
    for admin in admins.all():
        write_to(
            session,
            admin,
            "The bank details for top-ups were changed",
            f"{actor.email} changed where clients transfer to.\n\nNow:\n{bank_details}\n\nBefore:\n{before}\n\n"
            "If you do not know of this, set them back at once, and ask.\n",
        )
