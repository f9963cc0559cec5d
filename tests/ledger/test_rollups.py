"""The daily sums follow every message, and the audit proves them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, update

from app.database import write_transaction
from app.ledger.audit import audit
from app.ledger.rollups import due_day
from app.models import Account, Message, MessageStatus, Rollup
from app.sending.lookup import lock_task
from app.sending.settlement import apply_changes, change_of, locked_messages
from tests.factories.accounts import make_account
from tests.factories.messages import ACCEPTED, DELIVERED, FAILED_LATE, IN_DOUBT, REFUSED, WAITING
from tests.factories.routes import make_route
from tests.factories.tasks import make_settled_task, make_submitted_task
from tests.factories.users import make_owner

M = MessageStatus


@pytest.fixture
def owner(session):
    return make_owner(session, make_account(session, available=1_000_000))


def sums(session):
    session.expire_all()
    return {row.region: row for row in session.scalars(select(Rollup))}


def change_all(session, task_id, becomes):
    with write_transaction(session):
        task = lock_task(session, task_id)
        ids = session.scalars(select(Message.id).where(Message.task_id == task_id)).all()
        apply_changes(session, task, [change_of(each, becomes) for each in locked_messages(session, ids)])


def test_a_submission_is_counted_on_its_day(any_app, session, owner):
    task = make_submitted_task(session, owner, make_route(session), messages=3, price=1_500)
    kept = sums(session)
    assert kept[""].tasks == 1
    assert (kept["AU"].day, kept["AU"].messages, kept["AU"].price) == (task.day, 3, 4_500)


def test_every_move_moves_the_sums_with_it(any_app, session, owner):
    task_id = make_submitted_task(session, owner, make_route(session), messages=2).id
    for step in (M.SENDING, M.ACCEPTED):
        change_all(session, task_id, step)
    row = sums(session)["AU"]
    assert (row.accepted, row.charged, row.refunded) == (2, 2_000, 0)
    change_all(session, task_id, M.FAILED)
    row = sums(session)["AU"]
    assert (row.accepted, row.failed, row.charged, row.refunded) == (0, 2, 2_000, 2_000)
    assert audit(session).ok


def test_two_tasks_of_a_day_share_their_row(session, owner):
    route = make_route(session)
    make_settled_task(session, owner, route, [ACCEPTED, DELIVERED, REFUSED])
    make_settled_task(session, owner, route, [FAILED_LATE, IN_DOUBT, WAITING])
    kept = sums(session)
    row = kept["AU"]
    assert kept[""].tasks == 2
    assert (row.messages, row.accepted, row.delivered, row.failed, row.in_doubt) == (6, 1, 1, 2, 1)
    assert row.charged - row.refunded == 2_000


@pytest.mark.books_broken_on_purpose
def test_the_audit_finds_a_sum_that_strayed(session, owner):
    make_settled_task(session, owner, make_route(session), [DELIVERED])
    with write_transaction(session):
        session.execute(update(Rollup).where(Rollup.region == "AU").values(delivered=7))
    by_day, by_month = audit(session).differences
    assert (by_day.expected, by_day.found) == (1, 7)
    assert (by_month.expected, by_month.found) == (7, 1)  # a month is held against its days
    for difference in (by_day, by_month):
        assert "delivered" in difference.what
        assert "AU" in difference.what


@pytest.mark.parametrize(
    ("submitted", "scheduled", "day"),
    [
        (datetime(2026, 11, 21, 12, 0, tzinfo=UTC), None, date(2026, 11, 21)),
        (datetime(2026, 11, 21, 14, 0, tzinfo=UTC), None, date(2026, 11, 22)),
        (
            datetime(2026, 11, 21, 12, 0, tzinfo=UTC),
            datetime(2026, 11, 25, 1, 0, tzinfo=UTC),
            date(2026, 11, 25),
        ),
    ],
)
def test_a_task_counts_on_the_day_it_is_due_where_its_account_is(submitted, scheduled, day):
    assert due_day(Account(time_zone="Australia/Sydney"), submitted, scheduled) == day
