from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database import write_transaction
from app.errors import Conflict, InsufficientCredit, LedgerStopped, NotFound
from app.ledger import transfers
from app.ledger.balances import Balance, balance
from app.models import EntryKind, LedgerEntry, Task
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft
from tests.factories.users import make_owner, make_staff

TASK_TRANSFERS = (transfers.hold, transfers.charge, transfers.release, transfers.refund)


@pytest.fixture
def task(session: Session) -> Task:
    """A draft on an account with 10 credits."""
    owner = make_owner(session, make_account(session, available=10_000))
    return make_draft(session, owner, make_route(session))


def entries(session: Session) -> int:
    return session.scalar(select(func.count(LedgerEntry.id))) or 0


@pytest.mark.usefixtures("any_app")
@pytest.mark.books_broken_on_purpose  # the transfers stand alone here, without the messages they are for
def test_each_transfer_moves_its_balances(session: Session, task: Task) -> None:
    account_id, task_id = task.account_id, task.id
    steps: list[tuple[Callable[..., LedgerEntry], int, Balance]] = [
        (transfers.hold, 6_000, Balance(4_000, 6_000)),
        (transfers.charge, 2_500, Balance(4_000, 3_500)),
        (transfers.release, 3_500, Balance(7_500, 0)),
        (transfers.refund, 500, Balance(8_000, 0)),
    ]
    for transfer, amount, after in steps:
        with write_transaction(session):
            entry = transfer(session, task_id, account_id, amount, f"test:{transfer.__name__}")
            assert (entry.available_after, entry.held_after) == (after.available, after.held)
        assert balance(session, account_id) == after


def test_a_top_up_keeps_who_confirmed_it_and_their_note(session: Session) -> None:
    account, staff = make_account(session), make_staff(session)
    account_id, staff_id = account.id, staff.id
    with write_transaction(session):
        entry = transfers.top_up(session, account_id, 5_000, "topup:1", user_id=staff_id, note="Invoice 7")
    assert (entry.kind, entry.user_id, entry.note) == (EntryKind.TOP_UP, staff_id, "Invoice 7")
    assert account.available == 5_000


def test_an_adjustment_goes_either_way_but_not_below_zero(session: Session) -> None:
    account_id = make_account(session, available=1_000).id
    with write_transaction(session):
        transfers.adjust(session, account_id, -400, "adjust:1", user_id=None, note=None)
        transfers.adjust(session, account_id, 100, "adjust:2", user_id=None, note=None)
    with pytest.raises(Conflict), write_transaction(session):
        transfers.adjust(session, account_id, -701, "adjust:3", user_id=None, note=None)
    assert balance(session, account_id) == Balance(700, 0)


def test_an_account_in_the_session_shows_the_new_balance_at_once(session: Session, task: Task) -> None:
    with write_transaction(session):
        account = task.account
        assert account.available == 10_000
        transfers.adjust(session, account.id, -1, "adjust:1", user_id=None, note=None)
        assert account.available == 9_999


@pytest.mark.parametrize("amount", [0, -1, True, 1.0, "1", None, transfers.LARGEST_AMOUNT + 1])
def test_an_amount_is_a_positive_integer(session: Session, task: Task, amount: object) -> None:
    account_id, task_id = task.account_id, task.id
    for transfer in TASK_TRANSFERS:
        with pytest.raises(ValueError, match="millicredits"):
            transfer(session, task_id, account_id, amount, "test:1")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="millicredits"):
        transfers.top_up(session, account_id, amount, "test:1", user_id=None, note=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("amount", [0, True, -1.5, -transfers.LARGEST_AMOUNT - 1])
def test_an_adjustment_is_an_integer_other_than_zero(session: Session, amount: object) -> None:
    with pytest.raises(ValueError, match="millicredits"):
        transfers.adjust(session, 1, amount, "adjust:1", user_id=None, note=None)  # type: ignore[arg-type]


@pytest.mark.usefixtures("any_app")
def test_a_hold_beyond_the_credit_changes_nothing(session: Session, task: Task) -> None:
    account_id, task_id, before = task.account_id, task.id, entries(session)
    with pytest.raises(InsufficientCredit) as refused, write_transaction(session):
        transfers.hold(session, task_id, account_id, 10_001, "test:hold")
    assert (refused.value.needed, refused.value.available) == (10_001, 10_000)
    assert balance(session, account_id) == Balance(10_000, 0)
    assert entries(session) == before


@pytest.mark.books_broken_on_purpose  # no messages behind the hold
def test_a_repeated_key_is_done_once_even_after_the_account_was_stopped(session: Session, task: Task) -> None:
    account_id, task_id = task.account_id, task.id
    with write_transaction(session):
        first = transfers.hold(session, task_id, account_id, 10_000, "test:hold").id
    task.account.stopped_reason = "The books differ."
    session.commit()
    with write_transaction(session):
        assert transfers.hold(session, task_id, account_id, 10_000, "test:hold").id == first
    assert balance(session, account_id) == Balance(0, 10_000)


@pytest.mark.books_broken_on_purpose  # no messages behind the hold
def test_a_key_used_for_another_transfer_is_a_conflict(session: Session, task: Task) -> None:
    account_id, task_id, other_id = task.account_id, task.id, make_account(session).id
    with write_transaction(session):
        transfers.hold(session, task_id, account_id, 600, "test:1")
    attempts: list[Callable[[], LedgerEntry]] = [
        lambda: transfers.hold(session, task_id, account_id, 601, "test:1"),
        lambda: transfers.release(session, task_id, account_id, 600, "test:1"),
        lambda: transfers.top_up(session, other_id, 600, "test:1", user_id=None, note=None),
    ]
    for attempt in attempts:
        with pytest.raises(Conflict), write_transaction(session):
            attempt()
    assert balance(session, account_id) == Balance(9_400, 600)


def test_a_stopped_account_takes_no_new_hold(session: Session, task: Task) -> None:
    account_id, task_id = task.account_id, task.id
    task.account.stopped_reason = "The books differ."
    session.commit()
    with pytest.raises(LedgerStopped), write_transaction(session):
        transfers.hold(session, task_id, account_id, 1, "test:1")


def test_a_hold_needs_the_account_s_own_task(session: Session, task: Task) -> None:
    stranger_id, task_id, account_id = make_account(session, available=10_000).id, task.id, task.account_id
    for wrong_task, wrong_account in ((task_id, stranger_id), (task_id + 1, account_id), (task_id, 99)):
        with pytest.raises(NotFound), write_transaction(session):
            transfers.hold(session, wrong_task, wrong_account, 1, "test:1")


@pytest.mark.usefixtures("any_app")
@pytest.mark.books_broken_on_purpose  # no messages behind the holds
def test_a_task_cannot_spend_what_another_task_holds(session: Session, task: Task) -> None:
    account_id, task_id = task.account_id, task.id
    other_id = make_draft(session, task.user, task.route).id
    with write_transaction(session):
        transfers.hold(session, task_id, account_id, 1_000, "test:1")
        transfers.hold(session, other_id, account_id, 5_000, "test:2")
    for resolve in (transfers.charge, transfers.release):
        with pytest.raises(Conflict), write_transaction(session):
            resolve(session, task_id, account_id, 1_001, "test:3")
    assert balance(session, account_id) == Balance(4_000, 6_000)


@pytest.mark.books_broken_on_purpose  # no messages behind the hold
def test_a_refund_never_exceeds_what_was_charged(session: Session, task: Task) -> None:
    account_id, task_id = task.account_id, task.id
    with write_transaction(session):
        transfers.hold(session, task_id, account_id, 1_000, "test:1")
        transfers.charge(session, task_id, account_id, 700, "test:2")
        transfers.refund(session, task_id, account_id, 400, "test:3")
    with pytest.raises(Conflict), write_transaction(session):
        transfers.refund(session, task_id, account_id, 301, "test:4")
