"""Saved texts: written once, used again, always of one account.

They are not judged here: what may be written changes, and so do routes. A text that is used goes into the composer
and through the checks like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import Conflict, NotFound, TaskRefused
from app.language import gettext as _
from app.models import Account, SavedText

LONGEST_NAME: Final = 100
LONGEST_TEXT: Final = 20_000  # beyond any message, as in the composer
MOST: Final = 200


def texts_of(session: Session, account_id: int) -> Sequence[SavedText]:
    """The account's texts, by name."""
    return session.scalars(
        select(SavedText)
        .where(SavedText.account_id == account_id)
        .order_by(func.lower(SavedText.name), SavedText.id)
    ).all()


def text_of(session: Session, account_id: int, public_id: str) -> SavedText:
    """The account's text of that public id. Raises NotFound, also when it is somebody else's."""
    found = session.scalar(
        select(SavedText).where(SavedText.account_id == account_id, SavedText.public_id == public_id)
    )
    if found is None:
        raise NotFound(_("There is no such saved text in your account. It may have been deleted."))
    return found


def save(session: Session, user_id: int, account_id: int, name: str, text: str) -> SavedText:
    """Keep a text under a name. The same text under the same name again changes nothing.

    Raises TaskRefused without a name or a text, and at MOST of them; Conflict when the name stands for another text.
    """
    name, text = " ".join(name.split())[:LONGEST_NAME], text[:LONGEST_TEXT]
    if not name:
        raise TaskRefused(_("Name the text, so that you find it again."))
    if not text.strip():
        raise TaskRefused(_("Write the message first; an empty text is not saved."))
    same = _named(session, account_id, name)
    if same is not None:
        if same.text == text:
            return same
        raise _taken(name)
    _require_room(session, account_id)
    saved = SavedText(account_id=account_id, user_id=user_id, name=name, text=text)
    try:
        with session.begin_nested():
            session.add(saved)
    except IntegrityError:  # the other half of a double click came first
        raise _taken(name) from None
    return saved


def rename(session: Session, account_id: int, public_id: str, name: str) -> SavedText:
    """Give the text another name. Raises NotFound, TaskRefused without a name, Conflict when the name is taken."""
    saved, name = text_of(session, account_id, public_id), " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise TaskRefused(_("Name the text, so that you find it again."))
    same = _named(session, account_id, name)
    if same is not None and same.id != saved.id:
        raise _taken(name)
    saved.name = name
    return saved


def forget(session: Session, actor: Actor, account_id: int, public_id: str) -> str:
    """Delete the text; tasks that were written with it keep theirs. Returns its name. Raises NotFound."""
    saved = text_of(session, account_id, public_id)
    name = saved.name
    session.delete(saved)
    audit_log.record(
        session,
        actor,
        "saved_text.delete",
        f"saved_text:{public_id}",
        account_id=account_id,
        before={"name": name},
    )
    return name


def _named(session: Session, account_id: int, name: str) -> SavedText | None:
    return session.scalar(
        select(SavedText).where(
            SavedText.account_id == account_id, func.lower(SavedText.name) == name.lower()
        )
    )


def _require_room(session: Session, account_id: int) -> None:
    session.execute(select(Account.id).where(Account.id == account_id).with_for_update())
    count = session.scalar(
        select(func.count()).select_from(SavedText).where(SavedText.account_id == account_id)
    )
    if (count or 0) >= MOST:
        raise TaskRefused(
            _("Your account has %(most)s saved texts, as many as it may. Delete one first.", most=MOST)
        )


def _taken(name: str) -> Conflict:
    return Conflict(
        _(
            "Another saved text is named “%(name)s” already. Choose another name, or delete that one.",
            name=name,
        )
    )
