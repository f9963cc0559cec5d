"""Telling people: a notice each, in the transaction of the act that it tells of, and a letter where they want one.

Everything that the panel has to say to a person about their things goes through `tell`. What stands outside are the
letters that are a step of something (a link to confirm an address, a code, an invitation): they tell of no act.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.database import insert_once
from app.language import gettext as _
from app.language import speaking
from app.letters.writing import STOP_LINK, link, write_to
from app.models import Notice, NoticeChoice, NoticeKind, User
from app.notices.kinds import KINDS

SETTINGS_PATH = "/notices/settings"


@dataclass(frozen=True, slots=True)
class Words:
    """A notice in its reader's language. The letter says `text`, then `more`, then where `path` leads."""

    title: str
    text: str
    path: str
    more: tuple[str, ...] = ()


def tell(
    session: Session,
    people: Iterable[User],
    kind: NoticeKind,
    words_for: Callable[[User], Words],
    *,
    key: str | None = None,
    by_letter: bool = True,
) -> int:
    """Tell each of them, once for each `key`; without one, each call is an act of its own. Returns how many were told.

    `words_for` is asked with the reader's language spoken. Who is gone (disabled) is not told. Needs a write
    transaction.
    """
    key = key or secrets.token_hex(12)
    told = 0
    for person in people:
        if person.disabled_at is not None:
            continue
        with speaking(person.language):
            told += _tell(session, person, kind, words_for(person), key, by_letter)
    return told


def tell_one(session: Session, person: User, kind: NoticeKind, words_for: Callable[[User], Words]) -> None:
    """Tell one person of an act that is their own or happens once."""
    tell(session, (person,), kind, words_for)


def is_always_written(kind: NoticeKind) -> bool:
    """Whether letters of this kind go out whatever people choose."""
    return KINDS[kind].always_written


def _tell(session: Session, person: User, kind: NoticeKind, words: Words, key: str, by_letter: bool) -> bool:
    choice = session.scalar(
        select(NoticeChoice).where(NoticeChoice.user_id == person.id, NoticeChoice.kind == kind)
    )
    row = {
        "user_id": person.id,
        "kind": kind.value,
        "key": key,
        "title": _cut(words.title, 200),
        "text": _cut(words.text, 600),
        "path": words.path,
        "on_page": choice is None or choice.on_page,
        "created_at": now(),
    }
    if insert_once(session, Notice.__table__, row) is None:  # type: ignore[arg-type]
        return False
    always = is_always_written(kind)
    if by_letter and (always or choice is None or choice.by_email):
        write_to(session, person, words.title, _letter(person, words, always), stops=None if always else kind)
    return True


def _letter(person: User, words: Words, always: bool) -> str:
    lines = [
        _("Hello %(name)s,", name=person.name),
        words.text,
        *words.more,
        link(words.path),
        "Carillon",
    ]
    foot = (
        _("This letter is about the safety of your account, so it cannot be switched off.")
        if always
        else _("No more letters of this kind: %(address)s", address=STOP_LINK)
        + "\n"
        + _("Choose what you are told: %(address)s", address=link(SETTINGS_PATH))
    )
    return "\n\n".join(lines) + f"\n\n-- \n{foot}\n"


def _cut(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"
