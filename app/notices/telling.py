"""Telling people: a notice each, in the transaction of the act that it tells of, and a letter where they want one.

Everything that the panel has to say to a person about their things goes through `tell`. What stands outside are the
letters that are a step of something (a link to confirm an address, a code, an invitation): they tell of no act.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from app.clock import now
from app.database import insert_once
from app.language import gettext as _
from app.language import speaking
from app.letters.writing import STOP_LINK, link, write_to
from app.models import Notice, NoticeChoice, NoticeKind, User
from app.notices.kinds import KINDS

SETTINGS_PATH: Final = "/notices/settings"
_AT_ONCE: Final = 50  # letters of one act whose sending is asked for with it


@dataclass(frozen=True, slots=True)
class Words:
    """A notice in its reader's language. The letter says `text`, then `more`, then where `path` leads."""

    title: str
    text: str
    path: str
    more: tuple[str, ...] = ()


def tell(
    session: Session,
    people: Sequence[User],
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
            words = words_for(person)
            if _note(session, person, kind, words, key):
                told += 1
                if by_letter:
                    _write(session, person, kind, words, at_once=len(people) <= _AT_ONCE)
    return told


def tell_one(session: Session, person: User, kind: NoticeKind, words_for: Callable[[User], Words]) -> None:
    """Tell one person of an act that is their own or happens once."""
    tell(session, (person,), kind, words_for)


def is_always_written(kind: NoticeKind) -> bool:
    """Whether letters of this kind go out whatever people choose."""
    return KINDS[kind].always_written


def _note(session: Session, person: User, kind: NoticeKind, words: Words, key: str) -> bool:
    """Put the notice on the person's pages; False when they were told of this before."""
    choice = session.get(NoticeChoice, (person.id, kind.value))
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
    return insert_once(session, Notice.__table__, row) is not None  # type: ignore[arg-type]


def _write(session: Session, person: User, kind: NoticeKind, words: Words, *, at_once: bool) -> None:
    """The letter, where the person wants one."""
    choice, always = session.get(NoticeChoice, (person.id, kind.value)), is_always_written(kind)
    if always or choice is None or choice.by_email:
        stops = None if always else kind.value
        write_to(session, person, words.title, _letter(person, words, always), stops=stops, at_once=at_once)


def _letter(person: User, words: Words, always: bool) -> str:
    lines = [
        _("Hello %(name)s,", name=person.name),
        words.text,
        *words.more,
        link(words.path),
        "Carillon",
    ]
    foot = (
        _("This e-mail is about the safety of your account, so it cannot be switched off.")
        if always
        else _("No more e-mails of this kind: %(address)s", address=STOP_LINK)
        + "\n"
        + _("Choose what you are told: %(address)s", address=link(SETTINGS_PATH))
    )
    return "\n\n".join(lines) + f"\n\n-- \n{foot}\n"


def _cut(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"
