"""Where clients transfer to. Whoever changes it could divert their money, so every admin hears of it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.desk.audit_log import Actor
from app.desk.settings import change_settings, desk_settings
from app.language import gettext as _
from app.models import NoticeKind, Role, User
from app.notices.telling import Words, tell


def change_bank_details(session: Session, actor: Actor, bank_details: str) -> None:
    """Set them, on the record, and write to every admin, with the old ones beside the new."""
    before = desk_settings(session).bank_details
    if bank_details == before:
        return
    change_settings(session, actor, bank_details=bank_details)
    admins = session.scalars(select(User).where(User.role == Role.ADMIN, User.disabled_at.is_(None)))

    def words(_person: User) -> Words:
        more = (
            _("Now:\n%(details)s", details=bank_details),
            _("Before:\n%(details)s", details=before),
            _("If you do not know of this, set them back at once, and ask."),
        )
        text = _("%(who)s changed where clients transfer to.", who=actor.email)
        return Words(_("The bank details for top-ups were changed"), text, "/staff/plans", more)

    tell(session, admins.all(), NoticeKind.SECURITY, words)
