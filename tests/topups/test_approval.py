"""Credit comes in once, for the right amount, by the right people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import NullPool, create_engine, select, update
from sqlalchemy.orm import Session

from app.clock import now
from app.database import configure_engine, write_transaction
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.desk.settings import change_settings
from app.errors import Conflict, InvalidMove, NotAllowed, TopUpRefused
from app.extensions import db
from app.ledger.balances import Balance, balance
from app.models import AuditEvent, LedgerEntry, Letter, TopUp, TopUpState, User
from app.topups import approval, requests
from app.topups.approval import Outcome
from app.topups.receipts import PICTURE, Receipt
from app.topups.states import MOVES
from tests.factories.accounts import make_account
from tests.factories.top_ups import make_top_up
from tests.factories.users import make_owner, make_staff, make_user

AMOUNT = 5_000_000
MACHINE = Actor.machine()


def at_once(app: Flask, count: int, act: Callable[[Session, int], str]) -> Counter[str]:
    """Run `act(session, number)` in threads that start together, each with a connection of its own."""
    barrier = Barrier(count)
    with app.app_context():
        engine = create_engine(db.engine.url, poolclass=NullPool)
    configure_engine(engine)

    def run(number: int) -> str:
        with app.app_context(), Session(engine) as session:
            barrier.wait()
            return act(session, number)

    with ThreadPoolExecutor(count) as pool:
        return Counter(pool.map(run, range(count)))


def act_as(
    session: Session, staff_id: int, what: Callable[..., Outcome], public_id: str, **values
) -> Outcome:
    with write_transaction(session):
        staff = session.get_one(User, staff_id)
        return what(session, Actor.of(staff, "192.0.2.1"), staff, public_id, **values)


def approve(session: Session, staff_id: int, top_up: TopUp | str, **values) -> Outcome:
    public_id = top_up if isinstance(top_up, str) else top_up.public_id
    seen = values.pop("seen", None) or session.scalar(
        select(TopUp.receipt_hash).where(TopUp.public_id == public_id)
    )
    given = {"amount": AMOUNT, "reason": "", "seen": seen, **values}
    return act_as(session, staff_id, approval.approve, public_id, **given)


def set_limit(session: Session, above: int) -> None:
    with write_transaction(session):
        change_settings(session, MACHINE, top_up_second_person_above=above)


def fresh(session: Session, top_up: TopUp) -> TopUp:
    session.rollback()
    return session.get_one(TopUp, top_up.id, populate_existing=True)


@pytest.fixture
def owner(session: Session) -> User:
    return make_owner(session, make_account(session, available=1_000))


def test_sixty_four_simultaneous_approvals_credit_once(session: Session, any_app: Flask, owner: User) -> None:
    top_up = make_top_up(session, owner)
    public_id, account_id, seen = top_up.public_id, owner.account_id, top_up.receipt_hash
    staff = [make_staff(session).id for _ in range(8)]
    session.rollback()

    def click(session: Session, number: int) -> str:
        return approve(session, staff[number % 8], public_id, seen=seen)

    assert at_once(any_app, 64, click) == {Outcome.CREDITED: 1, Outcome.ALREADY: 63}
    assert balance(session, account_id) == Balance(1_000 + AMOUNT, 0)
    keys = session.scalars(select(LedgerEntry.key).where(LedgerEntry.key.like("topup:%"))).all()
    assert keys == [f"topup:{fresh(session, top_up).id}"]
    approved = session.scalars(select(AuditEvent.id).where(AuditEvent.action == "top_up.approve")).all()
    assert len(approved) == 1
    assert len(session.scalars(select(Letter.id)).all()) == 1


def test_sixty_four_simultaneous_confirmations_credit_once(
    session: Session, any_app: Flask, owner: User
) -> None:
    set_limit(session, AMOUNT - 1)
    top_up = make_top_up(session, owner)
    public_id, account_id, seen = top_up.public_id, owner.account_id, top_up.receipt_hash
    first, *others = [make_staff(session).id for _ in range(5)]
    assert approve(session, first, public_id) is Outcome.NEEDS_SECOND
    assert balance(session, account_id) == Balance(1_000, 0)
    session.rollback()

    def click(session: Session, number: int) -> str:
        try:
            return act_as(session, [first, *others][number % 5], approval.confirm, public_id, seen=seen)
        except NotAllowed:
            return "refused"

    outcomes = at_once(any_app, 64, click)
    assert outcomes[Outcome.CREDITED] == 1
    assert sum(outcomes.values()) == 64
    assert balance(session, account_id) == Balance(1_000 + AMOUNT, 0)
    decided = fresh(session, top_up)
    assert decided.decided_by == first
    assert decided.confirmed_by in others


def test_approving_and_cancelling_at_once_ends_one_way(session: Session, any_app: Flask, owner: User) -> None:
    top_up = make_top_up(session, owner)
    public_id, account_id, seen = top_up.public_id, owner.account_id, top_up.receipt_hash
    staff_id = make_staff(session).id
    session.rollback()

    def act(session: Session, number: int) -> str:
        try:
            if number % 2:
                return approve(session, staff_id, public_id, seen=seen)
            with write_transaction(session):
                return requests.cancel(session, MACHINE, account_id, public_id).state
        except Conflict:
            return "too late"

    at_once(any_app, 16, act)
    came = AMOUNT if fresh(session, top_up).state == TopUpState.APPROVED else 0
    assert balance(session, account_id) == Balance(1_000 + came, 0)


def test_a_second_person_must_be_another_one(session, owner):
    set_limit(session, AMOUNT - 1)
    top_up = make_top_up(session, owner)
    first, second = make_staff(session).id, make_staff(session).id
    assert approve(session, first, top_up) is Outcome.NEEDS_SECOND
    assert approve(session, first, top_up) is Outcome.ALREADY
    seen = fresh(session, top_up).receipt_hash
    with pytest.raises(NotAllowed, match="different member"):
        act_as(session, first, approval.confirm, top_up.public_id, seen=seen)
    with pytest.raises(Conflict, match="a moment ago"):
        approve(session, second, top_up)
    assert balance(session, owner.account_id) == Balance(1_000, 0)
    assert act_as(session, second, approval.confirm, top_up.public_id, seen=seen) is Outcome.CREDITED
    assert act_as(session, second, approval.confirm, top_up.public_id, seen=seen) is Outcome.ALREADY
    assert balance(session, owner.account_id) == Balance(1_000 + AMOUNT, 0)


def test_exactly_at_the_limit_one_person_is_enough(session, owner):
    set_limit(session, AMOUNT)
    assert approve(session, make_staff(session).id, make_top_up(session, owner)) is Outcome.CREDITED


def test_what_one_person_approves_alone_for_an_account_is_counted_over_a_day(session, any_app, owner):
    set_limit(session, 2 * AMOUNT)
    first, second = make_staff(session).id, make_staff(session).id
    other = make_owner(session, make_account(session))
    for client, staff_id, outcome in (
        (owner, first, Outcome.CREDITED),
        (owner, first, Outcome.CREDITED),
        (owner, first, Outcome.NEEDS_SECOND),
        (other, first, Outcome.CREDITED),
        (owner, second, Outcome.CREDITED),
    ):
        assert approve(session, staff_id, make_top_up(session, client)) is outcome


def test_what_a_second_person_confirmed_or_a_day_ago_counts_no_more(session, owner):
    set_limit(session, AMOUNT)
    first, second = make_staff(session).id, make_staff(session).id
    assert approve(session, first, make_top_up(session, owner)) is Outcome.CREDITED
    waiting = make_top_up(session, owner)
    assert approve(session, first, waiting) is Outcome.NEEDS_SECOND
    seen = fresh(session, waiting).receipt_hash
    assert act_as(session, second, approval.confirm, waiting.public_id, seen=seen) is Outcome.CREDITED
    assert approve(session, second, make_top_up(session, owner)) is Outcome.CREDITED
    session.execute(update(TopUp).values(decided_at=now() - timedelta(hours=24, seconds=1)))
    session.commit()
    assert approve(session, first, make_top_up(session, owner)) is Outcome.CREDITED


def test_what_one_person_approves_alone_for_all_accounts_has_a_limit_too(session, owner):
    with write_transaction(session):
        change_settings(session, MACHINE, top_ups_alone_a_day=2 * AMOUNT)
    staff_id = make_staff(session).id
    clients = [make_owner(session, make_account(session)) for _ in range(3)]
    outcomes = [approve(session, staff_id, make_top_up(session, client)) for client in clients]
    assert outcomes == [Outcome.CREDITED, Outcome.CREDITED, Outcome.NEEDS_SECOND]


def test_slices_approved_at_the_same_moment_are_counted_together(session, any_app, owner):
    set_limit(session, 3 * AMOUNT)
    staff_id, account_id = make_staff(session).id, owner.account_id
    slices = [make_top_up(session, owner) for _ in range(8)]
    seen = [(top_up.public_id, top_up.receipt_hash) for top_up in slices]
    session.rollback()

    def click(session: Session, number: int) -> str:
        public_id, receipt = seen[number]
        return approve(session, staff_id, public_id, seen=receipt)

    assert at_once(any_app, 8, click) == {Outcome.CREDITED: 3, Outcome.NEEDS_SECOND: 5}
    assert balance(session, account_id) == Balance(1_000 + 3 * AMOUNT, 0)


def test_a_first_approval_can_be_taken_back(session, owner):
    set_limit(session, AMOUNT - 1)
    top_up, first, second = make_top_up(session, owner), make_staff(session).id, make_staff(session).id
    approve(session, first, top_up, amount=AMOUNT * 2, reason="A slip of the finger")
    with pytest.raises(TopUpRefused):
        act_as(session, second, approval.send_back, top_up.public_id, reason="")
    act_as(session, second, approval.send_back, top_up.public_id, reason="Twice too much")
    again = fresh(session, top_up)
    assert (again.state, again.approved_amount, again.decided_by) == (TopUpState.WAITING, None, None)
    assert balance(session, owner.account_id) == Balance(1_000, 0)


def test_nobody_decides_on_their_own_account(session, owner):
    top_up, staff = make_top_up(session, owner), make_staff(session)
    with pytest.raises(NotAllowed, match="Only staff"):
        approve(session, owner.id, top_up)
    staff.phone = "+61412345678"
    make_user(session, owner.account, phone=staff.phone)
    with pytest.raises(NotAllowed, match="your phone number"):
        approve(session, staff.id, top_up)
    with pytest.raises(NotAllowed, match="your phone number"):
        act_as(session, staff.id, approval.reject, top_up.public_id, reason="no", seen="")
    assert balance(session, owner.account_id) == Balance(1_000, 0)


def test_nobody_decides_on_a_top_up_they_asked_for_themselves(session, owner):
    top_up, staff = make_top_up(session, owner), make_staff(session)
    top_up.user_id = staff.id
    session.commit()
    with pytest.raises(NotAllowed, match="belong to"):
        approve(session, staff.id, top_up)


def test_nobody_decides_on_top_ups_of_an_account_they_made(session, owner):
    top_up, staff = make_top_up(session, owner), make_staff(session)
    account_id = owner.account_id
    with write_transaction(session):
        audit_log.record(
            session, Actor.of(staff, None), "account.create", f"account:{account_id}", account_id=account_id
        )
    with pytest.raises(NotAllowed, match="You made this account"):
        approve(session, staff.id, top_up)


def test_another_amount_needs_a_reason_that_the_client_is_told(session, owner):
    top_up, staff_id = make_top_up(session, owner), make_staff(session).id
    for amount in (0, -1, 10**14):
        with pytest.raises(TopUpRefused):
            approve(session, staff_id, top_up, amount=amount, reason="because")
    with pytest.raises(TopUpRefused, match="Say why"):
        approve(session, staff_id, top_up, amount=4_000_000)
    approve(session, staff_id, top_up, amount=4_000_000, reason="Only AUD 360 arrived.")
    assert balance(session, owner.account_id) == Balance(4_001_000, 0)
    letter = session.scalars(select(Letter)).one()
    assert letter.recipient == owner.email
    assert "Only AUD 360 arrived." in letter.body


def test_rejected_and_cancelled_top_ups_are_never_credited(session, owner):
    staff_id = make_staff(session).id
    rejected, cancelled = make_top_up(session, owner), make_top_up(session, owner)
    with pytest.raises(TopUpRefused, match="Say why"):
        act_as(session, staff_id, approval.reject, rejected.public_id, reason="", seen=rejected.receipt_hash)
    seen = fresh(session, rejected).receipt_hash
    act_as(session, staff_id, approval.reject, rejected.public_id, reason="Unreadable.", seen=seen)
    with write_transaction(session):
        requests.cancel(session, MACHINE, owner.account_id, cancelled.public_id)
    for top_up in (rejected, cancelled):
        with pytest.raises(InvalidMove):
            approve(session, staff_id, top_up)
        with pytest.raises(Conflict):
            act_as(session, staff_id, approval.confirm, top_up.public_id, seen="x")
    assert balance(session, owner.account_id) == Balance(1_000, 0)
    assert "Unreadable." in session.scalars(select(Letter)).one().body


def test_a_receipt_that_was_exchanged_since_is_not_approved_unseen(session, owner):
    top_up, staff_id = make_top_up(session, owner), make_staff(session).id
    seen, account_id = top_up.receipt_hash, owner.account_id
    act_as(session, staff_id, approval.reject, top_up.public_id, reason="Unreadable.", seen=seen)
    with write_transaction(session):
        other = Receipt("another-key", PICTURE, "b.png", "another-hash")
        requests.attach_receipt(session, MACHINE, account_id, top_up.public_id, other, "")
    with pytest.raises(Conflict, match="another receipt"):
        approve(session, staff_id, top_up, seen=seen)
    assert approve(session, staff_id, top_up, seen="another-hash") is Outcome.CREDITED


def test_what_is_approved_or_cancelled_stays_so():
    assert MOVES[TopUpState.APPROVED] == MOVES[TopUpState.CANCELLED] == frozenset()
    credited_from = {state for state, moves in MOVES.items() if TopUpState.APPROVED in moves}
    assert credited_from == {TopUpState.WAITING, TopUpState.CONFIRMING}
