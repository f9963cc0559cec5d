"""The alert that a client sets: one notice when the available credit falls below a mark.

Not again until the credit has risen to the mark: `low_balance_told_at` stands from the notice until then. The
ticker looks, not the transaction that spends: a hold happens in the middle of sending, where nothing should wait
for a letter to be written, and credit that falls and rises again within a minute is no news. Approving a top-up
looks at once, so that a rise which is spent at once still counts as one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import NotFound
from app.language import gettext
from app.language import gettext as _
from app.models import Account, AccountState, NoticeKind, User
from app.notices.telling import Words, tell
from app.topups.telling import STATEMENT, credit_words, people_of_money

LOOK_EVERY: Final = timedelta(seconds=30)
_AT_ONCE: Final = 200


def set_mark(session: Session, actor: Actor, account_id: int, mark: int | None) -> bool:
    """Set the mark in millicredits, or None for no alert. Whether the credit is below it already.

    No e-mail then: whoever sets the mark has just been told on the page. Raises NotFound.
    """
    account = session.get(Account, account_id, with_for_update={"key_share": True})
    if account is None:
        raise NotFound(gettext("There is no such account."))
    below = mark is not None and account.available < mark
    if mark != account.low_balance:
        audit_log.record(
            session,
            actor,
            "account.low_balance",
            f"account:{account_id}",
            account_id=account_id,
            before={"low_balance": account.low_balance},
            after={"low_balance": mark},
        )
    account.low_balance = mark
    account.low_balance_told_at = now() if below else None
    return below


def note_rise(session: Session, account_id: int | None = None) -> None:
    """Forget that accounts were told, once their credit has risen to the mark: all of them, or one.

    Takes no lock that somebody else has, so it never stands in a ring of waiters; what is passed over is looked at next
    time.
    """
    risen = select(Account).where(
        Account.low_balance_told_at.is_not(None), Account.available >= Account.low_balance
    )
    if account_id is not None:
        risen = risen.where(Account.id == account_id)
    for account in session.scalars(
        risen.order_by(Account.id).with_for_update(skip_locked=True, key_share=True)
    ):
        account.low_balance_told_at = None
    session.flush()


def tell_low_balances(session: Session) -> int:
    """Write to the people of every account that has fallen below its mark. Returns how many accounts. Needs a
    write transaction.
    """
    note_rise(session)
    fallen = session.scalars(
        select(Account)
        .where(
            Account.low_balance.is_not(None),
            Account.available < Account.low_balance,
            Account.low_balance_told_at.is_(None),
            Account.state == AccountState.ACTIVE,
        )
        .order_by(Account.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    for account in fallen:
        account.low_balance_told_at = now()
        _tell(session, account)
    session.flush()
    return len(fallen)


def _tell(session: Session, account: Account) -> None:
    def words(_person: User) -> Words:
        mark = credit_words(account.low_balance or 0)
        text = _(
            "%(name)s has %(available)s credits available, less than the %(mark)s at which you asked to be told.",
            name=account.name,
            available=credit_words(account.available),
            mark=mark,
        )
        more = (
            _(
                "Top up before your next campaign: a transfer is confirmed by our staff, and that takes a while."
            ),
            _("The level is set on the page Statement, and can be changed there."),
        )
        return Words(_("Credit below %(mark)s", mark=mark), text, STATEMENT, more)

    tell(session, people_of_money(session, account.id), NoticeKind.LOW_BALANCE, words)
