"""Many threads on one balance, each with a connection of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import NullPool, create_engine, func, select
from sqlalchemy.orm import Session

from app.database import configure_engine, write_transaction
from app.errors import InsufficientCredit
from app.extensions import db
from app.ledger import transfers
from app.ledger.balances import Balance, balance
from app.models import LedgerEntry, Task
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft, make_submitted_task
from tests.factories.users import make_owner


def at_once(app: Flask, count: int, act: Callable[[Session, int], str]) -> Counter[str]:
    """Run `act(session, number)` in `count` threads that start together; count what they return."""
    barrier = Barrier(count)
    with app.app_context():
        engine = create_engine(db.engine.url, poolclass=NullPool)  # a pool would let only a few in at a time
    configure_engine(engine)

    def run(number: int) -> str:
        with Session(engine) as session:
            barrier.wait()
            return act(session, number)

    with ThreadPoolExecutor(count) as pool:
        return Counter(pool.map(run, range(count)))


@pytest.mark.books_broken_on_purpose  # no messages behind the holds
def test_fifty_holds_on_credit_for_ten_never_overdraw(session: Session, any_app: Flask) -> None:
    owner = make_owner(session, make_account(session, available=10_000))
    route, account_id = make_route(session), owner.account_id
    tasks = [make_draft(session, owner, route).id for _ in range(50)]
    session.rollback()

    def hold(session: Session, number: int) -> str:
        try:
            with write_transaction(session):
                transfers.hold(session, tasks[number], account_id, 1_000, f"task:{tasks[number]}:hold")
        except InsufficientCredit:
            return "refused"
        return "held"

    assert at_once(any_app, 50, hold) == {"held": 10, "refused": 40}
    assert balance(session, account_id) == Balance(0, 10_000)


def test_one_key_from_twenty_threads_posts_once(session: Session, any_app: Flask) -> None:
    account_id = make_account(session).id
    session.rollback()

    def top_up(session: Session, number: int) -> str:
        with write_transaction(session):
            entry = transfers.top_up(session, account_id, 700, "topup:4", user_id=None, note=None)
            return f"entry {entry.id}"

    outcomes = at_once(any_app, 20, top_up)

    assert list(outcomes.values()) == [20]
    assert session.scalar(select(func.count(LedgerEntry.id))) == 1
    assert balance(session, account_id) == Balance(700, 0)


@pytest.mark.books_broken_on_purpose  # a hold without messages
@pytest.mark.only_on("postgresql")  # SQLite has one writer at a time
def test_who_counts_does_not_wait_for_who_has_added_a_row_of_the_account(
    session: Session, any_app: Flask
) -> None:
    """And would move its credit next: the two would wait for each other."""
    owner, route = make_owner(session, make_account(session, available=10_000)), make_route(session)
    adding = Task(
        account_id=owner.account_id, user_id=owner.id, route_id=route.id, kind="quick", name="", content=""
    )
    session.rollback()
    impatient = create_engine(
        db.engine.url, poolclass=NullPool, connect_args={"options": "-c lock_timeout=20s"}
    )
    with Session(db.engine) as other, Session(impatient) as counting, write_transaction(other):
        other.add(adding)
        other.flush()
        make_submitted_task(counting, counting.merge(owner), counting.merge(route))
        transfers.hold(other, adding.id, adding.account_id, 1_000, f"task:{adding.id}:hold")
