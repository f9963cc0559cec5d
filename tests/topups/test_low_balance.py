"""One e-mail when the credit falls below the mark, and not again until it has risen."""

from __future__ import annotations

from sqlalchemy import func, select

from app.database import write_transaction
from app.desk.audit_log import Actor
from app.ledger import transfers
from app.models import Letter, Role
from app.topups.low_balance import set_mark, tell_low_balances
from tests.factories.accounts import make_account
from tests.factories.users import make_owner, make_user


def look(session) -> int:
    """Look once; how many e-mails were written by it."""
    before = session.scalar(select(func.count(Letter.id)))
    with write_transaction(session):
        tell_low_balances(session)
    return session.scalar(select(func.count(Letter.id))) - before


def move(session, account_id: int, amount: int, key: str) -> None:
    with write_transaction(session):
        transfers.adjust(session, account_id, amount, key, user_id=None, note=None)


def mark(session, account_id: int, amount: int | None) -> bool:
    with write_transaction(session):
        return set_mark(session, Actor.machine(), account_id, amount)


def test_one_email_for_a_fall_and_another_only_after_a_rise(session):
    account = make_account(session, available=10_000)
    make_owner(session, account)
    make_user(session, account, role=Role.BILLING)
    make_user(session, account, role=Role.SENDER)
    account_id = account.id
    assert mark(session, account_id, 5_000) is False
    assert look(session) == 0
    move(session, account_id, -6_000, "a")
    assert look(session) == 2  # the owner and the billing member
    assert look(session) == 0
    move(session, account_id, -1_000, "b")
    assert look(session) == 0
    move(session, account_id, 2_000, "c")  # exactly at the mark: it has risen to it
    assert look(session) == 0
    move(session, account_id, -1, "d")
    assert look(session) == 2


def test_whoever_sets_a_mark_above_the_credit_is_told_on_the_page_only(session):
    account = make_account(session, available=1_000)
    make_owner(session, account)
    account_id = account.id
    assert mark(session, account_id, 5_000) is True
    assert look(session) == 0
    mark(session, account_id, None)
    move(session, account_id, -1_000, "a")
    assert look(session) == 0
