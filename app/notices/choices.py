"""What a person wants to be told, and how."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import NoticeChoice, User
from app.notices.kinds import KINDS, Kind, kinds_for


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind that concerns the person, and whether they get it on the pages and by e-mail."""

    about: Kind
    on_page: bool
    by_email: bool


def choices_of(session: Session, user: User) -> list[Choice]:
    """Every kind that concerns this person, as they have chosen."""
    rows = session.scalars(select(NoticeChoice).where(NoticeChoice.user_id == user.id))
    stored = {row.kind: row for row in rows}
    found = []
    for kind in kinds_for(user.role):
        row = stored.get(kind.kind)
        found.append(
            Choice(
                kind,
                on_page=row is None or row.on_page,
                by_email=kind.always_written or row is None or row.by_email,
            )
        )
    return found


def choose(session: Session, user: User, on_page: Iterable[str], by_email: Iterable[str]) -> None:
    """Set which kinds this person gets on the pages and by e-mail; letters that nobody can stop stay on."""
    shown, written = set(on_page), set(by_email)
    for kind in kinds_for(user.role):
        _set(
            session,
            user.id,
            kind,
            on_page=kind.kind in shown,
            by_email=kind.always_written or kind.kind in written,
        )
    session.flush()


def stop_letters(session: Session, user_id: int, kind_name: str) -> Kind | None:
    """No more letters of this kind to this person; a second time changes nothing. None where that cannot be."""
    kind = {each.value: kind for each, kind in KINDS.items()}.get(kind_name)
    person = session.get(User, user_id)
    if kind is None or kind.always_written or person is None:
        return None
    row = session.get(NoticeChoice, (user_id, kind.kind.value))
    _set(session, user_id, kind, on_page=row is None or row.on_page, by_email=False)
    session.flush()
    return kind


def _set(session: Session, user_id: int, kind: Kind, *, on_page: bool, by_email: bool) -> None:
    session.merge(NoticeChoice(user_id=user_id, kind=kind.kind.value, on_page=on_page, by_email=by_email))
