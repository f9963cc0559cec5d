"""A person's notices, as their pages show them. Every question is about one person's own."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import NotFound
from app.language import gettext
from app.models import Notice
from app.models.base import LARGEST_KEY

COUNTED = 99  # beyond it, nobody counts
PAGE_SIZE = 30


def unread_count(session: Session, user_id: int) -> int:
    """How many this person has not read, at most one more than COUNTED."""
    some = select(Notice.id).where(*_unread(user_id)).limit(COUNTED + 1)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def latest_notices(session: Session, user_id: int, number: int) -> Sequence[Notice]:
    """The newest few, read or not."""
    return session.scalars(
        select(Notice)
        .where(Notice.user_id == user_id, Notice.on_page)
        .order_by(Notice.id.desc())
        .limit(number)
    ).all()


def notice_of(session: Session, user_id: int, notice_id: int) -> Notice:
    """One of this person's notices. Raises NotFound, also when it is somebody else's."""
    found = session.scalar(
        select(Notice).where(Notice.id == notice_id, Notice.user_id == user_id, Notice.on_page)
    )
    if found is None:
        raise NotFound(gettext("There is no such notice."))
    return found


def mark_read(session: Session, user_id: int, notice_id: int) -> str:
    """Note that it was read; a second time changes nothing. Returns the path that it leads to. Raises NotFound."""
    notice = notice_of(session, user_id, notice_id)
    if notice.read_at is None:
        notice.read_at = now()
        session.flush()
    return notice.path


def mark_all_read(session: Session, user_id: int, up_to: int) -> None:
    """Note that all up to this one were read: what came after the page was opened stays unread."""
    session.execute(
        update(Notice)
        .where(*_unread(user_id), Notice.id <= min(up_to, LARGEST_KEY))
        .values(read_at=now())
        .execution_options(synchronize_session=False)
    )


def _unread(user_id: int) -> tuple:  # type: ignore[type-arg]
    return Notice.user_id == user_id, Notice.read_at.is_(None), Notice.on_page
