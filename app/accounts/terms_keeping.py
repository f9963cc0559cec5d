"""How staff keep the terms: a draft is written, looked at, published, and never changed again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.terms import SHIPPED_TERMS, blocks_of
from app.clock import now
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import CarillonError, Conflict, NotFound
from app.language import gettext, thousands
from app.models import TermsAcceptance, TermsVersion

LONGEST_TEXT: Final = 60_000
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.\-]{0,31}")


class TermsRefused(CarillonError):
    """A draft that cannot be kept or published; the message tells why."""


@dataclass(frozen=True, slots=True)
class TermsLine:
    """A version in the list: `row` is None for the text that ships with Carillon. `people` have accepted it."""

    version: str
    row: TermsVersion | None
    people: int


def versions(session: Session) -> list[TermsLine]:
    """Drafts first, then the published, newest first, then the shipped text."""
    people = func.count(TermsAcceptance.user_id.distinct())
    counted = session.execute(select(TermsAcceptance.version, people).group_by(TermsAcceptance.version)).all()
    accepted: dict[str, int] = {name: int(number) for name, number in counted}
    rows: Sequence[TermsVersion] = session.scalars(
        select(TermsVersion).order_by(
            TermsVersion.published_at.is_not(None), TermsVersion.published_at.desc(), TermsVersion.id.desc()
        )
    ).all()
    lines = [TermsLine(row.version, row, accepted.get(row.version, 0)) for row in rows]
    shipped = SHIPPED_TERMS.version
    return [*lines, TermsLine(shipped, None, accepted.get(shipped, 0))]


def version(session: Session, version_id: int) -> TermsVersion:
    """Raises NotFound."""
    found = session.get(TermsVersion, version_id)
    if found is None:
        raise NotFound(gettext("There is no such version of the terms."))
    return found


def write_draft(
    session: Session, actor: Actor, name: str, text: str, version_id: int | None = None
) -> TermsVersion:
    """A new draft, or a change of one. Raises TermsRefused, NotFound, and Conflict once it is published."""
    name, text = name.strip(), text.replace("\r\n", "\n").strip()
    if not _VERSION.fullmatch(name):
        raise TermsRefused(
            gettext("Name the version with letters, digits, dots and hyphens, such as 2027-01.")
        )
    if name == SHIPPED_TERMS.version:
        raise TermsRefused(
            gettext("%(name)s is the version that ships with Carillon. Choose another name.", name=name)
        )
    if not blocks_of(text) or len(text) > LONGEST_TEXT:
        raise TermsRefused(
            gettext(
                "Write a text of at most %(longest_text)s characters.", longest_text=thousands(LONGEST_TEXT)
            )
        )
    draft = TermsVersion(created_by=actor.user_id) if version_id is None else _draft(session, version_id)
    draft.version, draft.text = name, text
    session.add(draft)
    try:
        session.flush()
    except IntegrityError as error:
        raise TermsRefused(
            gettext("There is a version %(name)s already. Choose another name.", name=name)
        ) from error
    audit_log.record(
        session, actor, "terms.write", f"terms:{draft.id}", after={"version": name, "characters": len(text)}
    )
    return draft


def publish(session: Session, actor: Actor, version_id: int) -> TermsVersion:
    """Put a draft in force: everybody is asked to accept it, and told of it (see `app.accounts.terms_telling`).

    Raises NotFound, and Conflict when it is published.
    """
    draft = _draft(session, version_id)
    published = session.execute(
        update(TermsVersion)
        .where(TermsVersion.id == version_id, TermsVersion.published_at.is_(None))
        .values(published_at=now())
        .execution_options(synchronize_session="fetch")
    )
    assert isinstance(published, CursorResult)
    if published.rowcount != 1:
        raise Conflict(gettext("This version is published already."))
    audit_log.record(session, actor, "terms.publish", f"terms:{version_id}", after={"version": draft.version})
    return draft


def discard(session: Session, actor: Actor, version_id: int) -> None:
    """Throw a draft away. Raises NotFound, and Conflict once it is published."""
    draft = _draft(session, version_id)
    audit_log.record(
        session, actor, "terms.discard", f"terms:{version_id}", before={"version": draft.version}
    )
    session.delete(draft)
    session.flush()


def _draft(session: Session, version_id: int) -> TermsVersion:
    found = session.get(TermsVersion, version_id, with_for_update=True)
    if found is None:
        raise NotFound(gettext("There is no such version of the terms."))
    if found.published_at is not None:
        raise Conflict(gettext("A published version is never changed. Write a new one."))
    return found
