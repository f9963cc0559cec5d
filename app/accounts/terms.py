"""Which terms are in force, and who accepted them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.terms_text import SHIPPED_TEXT, SHIPPED_VERSION
from app.errors import Conflict
from app.language import gettext
from app.models import TermsAcceptance, TermsVersion, User


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a text: `kind` is heading, paragraph or list, `lines` its one text or its items."""

    kind: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """A published version. `published_at` is None for the text that ships with Carillon."""

    version: str
    text: str
    published_at: datetime | None = None

    @property
    def blocks(self) -> list[Block]:
        """The text as headings, paragraphs and lists."""
        return blocks_of(self.text)


SHIPPED_TERMS: Final = Terms(SHIPPED_VERSION, SHIPPED_TEXT)


def current_terms(session: Session) -> Terms:
    """The newest published version; the shipped text while there is none."""
    newest = session.scalar(
        select(TermsVersion)
        .where(TermsVersion.published_at.is_not(None))
        .order_by(TermsVersion.published_at.desc(), TermsVersion.id.desc())
        .limit(1)
    )
    return Terms(newest.version, newest.text, newest.published_at) if newest else SHIPPED_TERMS


def accept(session: Session, user: User, version: str, occasion: str, ip: str) -> None:
    """Note that this person accepts the version they were shown; a second time changes nothing.

    `occasion` is "sign_in", "submission" or "invitation". Raises Conflict when another version is in force by now.
    """
    if version != current_terms(session).version:
        raise Conflict(
            gettext("The terms have changed since this page was opened. Read the new ones, and accept them.")
        )
    if not _has_accepted(session, user, version):
        session.add(TermsAcceptance(user_id=user.id, version=version, occasion=occasion, ip=ip))
        session.flush()


def blocks_of(text: str) -> list[Block]:
    """A text's pieces: "## " begins a heading, "- " an item, blank lines part paragraphs."""
    blocks: list[Block] = []
    for part in text.replace("\r\n", "\n").split("\n\n"):
        lines = [line.strip() for line in part.strip().split("\n") if line.strip()]
        while lines and lines[0].startswith("## "):
            blocks.append(Block("heading", (lines.pop(0).removeprefix("## ").strip(),)))
        if lines and lines[0].startswith("- "):
            blocks.append(Block("list", tuple(_items(lines))))
        elif lines:
            blocks.append(Block("paragraph", (" ".join(lines),)))
    return blocks


def _items(lines: list[str]) -> list[str]:
    items: list[str] = []
    for line in lines:
        if line.startswith("- "):
            items.append(line.removeprefix("- ").strip())
        else:
            items[-1] = f"{items[-1]} {line}"
    return items


def _has_accepted(session: Session, user: User, version: str) -> bool:
    found = session.scalar(
        select(TermsAcceptance.id)
        .where(TermsAcceptance.user_id == user.id, TermsAcceptance.version == version)
        .limit(1)
    )
    return found is not None
