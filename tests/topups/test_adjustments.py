"""Corrections by hand make credit as top-ups do: not for oneself, and not beyond what one person may make in a day."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.database import write_transaction
from app.desk import audit_log, clients
from app.desk.audit_log import Actor
from app.desk.settings import change_settings
from app.errors import NotAllowed
from app.ledger.balances import balance
from app.models import Adjustment, Role, User
from app.topups import adjustments
from app.topups.approval import Outcome
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.top_ups import make_top_up
from tests.factories.users import make_owner, make_staff, make_user
from tests.topups.test_approval import AMOUNT, MACHINE, approve, at_once

GIFT = 500_000


@pytest.fixture
def owner(session: Session) -> User:
    return make_owner(session, make_account(session, available=1_000))


def correct(session: Session, staff_id: int, account_id: int, amount: int, key: str) -> str:
    with write_transaction(session):
        actor = Actor.of(session.get_one(User, staff_id), "192.0.2.1")
        return adjustments.request(session, actor, account_id, amount, "Goodwill", key).state


def may_make(session: Session, a_day: int) -> None:
    with write_transaction(session):
        change_settings(session, MACHINE, top_ups_alone_a_day=a_day)


def test_nobody_corrects_the_balance_of_an_account_that_is_theirs(session, owner):
    staff, account_id = make_staff(session), owner.account_id
    staff.phone = "+61412345678"
    make_user(session, owner.account, phone=staff.phone)
    session.commit()
    with pytest.raises(adjustments.AdjustmentRefused, match="your phone number"):
        correct(session, staff.id, account_id, GIFT, "mine")
    colleague = make_staff(session).id
    assert correct(session, colleague, account_id, 9_000_000, "large") == adjustments.WAITING
    waiting = session.query(Adjustment).one().id
    with pytest.raises(adjustments.AdjustmentRefused, match="your phone number"), write_transaction(session):
        adjustments.confirm(session, Actor.of(session.get_one(User, staff.id), None), waiting)
    assert balance(session, account_id).available == 1_000


def test_nobody_corrects_the_balance_of_an_account_they_made(session, owner):
    staff, account_id = make_staff(session), owner.account_id
    with write_transaction(session):
        audit_log.record(
            session, Actor.of(staff, None), "account.create", f"account:{account_id}", account_id=account_id
        )
    with pytest.raises(adjustments.AdjustmentRefused, match="You made this account"):
        correct(session, staff.id, account_id, GIFT, "mine")


def test_slices_spread_over_many_accounts_reach_what_one_person_may_make_in_a_day(session):
    may_make(session, 2 * GIFT)
    staff_id = make_staff(session).id
    accounts = [make_account(session, available=GIFT).id for _ in range(4)]
    states = [correct(session, staff_id, each, GIFT, f"key-{each}") for each in accounts[:3]]
    assert states == [adjustments.POSTED, adjustments.POSTED, adjustments.WAITING]
    assert correct(session, staff_id, accounts[3], -GIFT, "away") == adjustments.POSTED  # takes, makes none


def test_top_ups_and_corrections_count_together(session, owner):
    may_make(session, AMOUNT + GIFT)
    staff_id = make_staff(session).id
    assert approve(session, staff_id, make_top_up(session, owner)) is Outcome.CREDITED
    others = [make_account(session).id for _ in range(2)]
    assert correct(session, staff_id, others[0], GIFT, "one") == adjustments.POSTED
    assert correct(session, staff_id, others[1], GIFT, "two") == adjustments.WAITING
    assert approve(session, staff_id, make_top_up(session, owner)) is Outcome.NEEDS_SECOND


def test_slices_corrected_at_the_same_moment_are_counted_together(session, any_app):
    may_make(session, 3 * GIFT)
    staff_id = make_staff(session).id
    accounts = [make_account(session).id for _ in range(6)]
    session.rollback()

    def click(session: Session, number: int) -> str:
        return correct(session, staff_id, accounts[number], GIFT, f"key-{number}")

    assert at_once(any_app, 6, click) == {adjustments.POSTED: 3, adjustments.WAITING: 3}


def test_nobody_sets_the_prices_of_an_account_that_is_theirs(session, owner):
    staff, account_id, route = make_staff(session, role=Role.ADMIN), owner.account_id, make_route(session)
    staff.phone = "+61412345678"
    make_user(session, owner.account, phone=staff.phone)
    session.commit()
    actor = Actor.of(staff, None)
    with pytest.raises(NotAllowed, match="your phone number"), write_transaction(session):
        clients.set_route(session, actor, account_id, route.id, True, 0)
    with pytest.raises(NotAllowed, match="your phone number"), write_transaction(session):
        clients.set_plan(session, actor, account_id, None)
    with write_transaction(session):
        clients.set_route(session, MACHINE, account_id, route.id, True, 0)
