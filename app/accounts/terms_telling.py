"""Telling every client of new terms: some at a time, since there may be many and each transaction holds up others.

The ticker asks for it until nobody is left. Who was told is known by their notices, so it may stop anywhere and go on.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.clock import now
from app.language import gettext as _
from app.models import CLIENT_ROLES, Account, AccountState, Notice, NoticeKind, Role, TermsVersion, User
from app.notices.telling import Words, tell

TELL_EVERY: Final = timedelta(seconds=5)
_SUBMITTERS: Final = frozenset({Role.OWNER, Role.SENDER})
_NEWS_FOR: Final = timedelta(days=7)
_AT_ONCE: Final = 200


def tell_of_new_terms(session: Session) -> int:
    """Tell some of those who have not been told of the newest version; letters to those who submit by it.

    Returns how many. People who came after it was published have accepted it on their way in. Needs a write
    transaction.
    """
    newest = session.scalar(
        select(TermsVersion)
        .where(TermsVersion.published_at > now() - _NEWS_FOR)
        .order_by(TermsVersion.published_at.desc(), TermsVersion.id.desc())
        .limit(1)
    )
    if newest is None:
        return 0
    key = f"terms:{newest.version}"
    people = session.scalars(
        select(User)
        .join(Account, Account.id == User.account_id)
        .where(
            User.role.in_(CLIENT_ROLES),
            User.disabled_at.is_(None),
            User.email_confirmed_at.is_not(None),
            User.created_at <= newest.published_at,
            Account.state != AccountState.CLOSED,
            ~exists().where(Notice.user_id == User.id, Notice.key == key),
        )
        .order_by(User.id)
        .limit(_AT_ONCE)
    ).all()
    submitters = [person for person in people if person.role in _SUBMITTERS]
    others = [person for person in people if person.role not in _SUBMITTERS]

    def words(_person: User) -> Words:
        return _words(newest.version)

    tell(session, submitters, NoticeKind.TERMS, words, key=key)
    tell(session, others, NoticeKind.TERMS, words, key=key, by_letter=False)
    return len(people)


def _words(name: str) -> Words:
    text = _("Version %(version)s of the terms is in force from now on.", version=name)
    more = _("You are asked to accept it at your next sign-in or submission. Tasks that are out keep theirs.")
    return Words(_("New terms: %(version)s", version=name), text, "/terms", (more,))
