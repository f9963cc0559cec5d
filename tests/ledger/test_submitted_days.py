"""What was submitted on a day of UTC is kept with the submissions and the outcomes, and the audit proves it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from app.database import before_commit, write_transaction
from app.desk.home import Volume, volume
from app.ledger.audit import audit
from app.models import SubmittedDay
from tests.factories.accounts import make_account
from tests.factories.messages import ACCEPTED, CANCELLED, DELIVERED, IN_DOUBT, REFUSED, WAITING
from tests.factories.routes import make_route
from tests.factories.tasks import make_settled_task
from tests.factories.users import make_owner

LATE = datetime(2026, 11, 20, 23, 59, tzinfo=UTC)  # another day in most of the world
EARLY = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)


@pytest.fixture
def sent(session):
    for moment, outcomes in (
        (LATE, [ACCEPTED, DELIVERED, REFUSED, IN_DOUBT, CANCELLED, WAITING]),
        (EARLY, [DELIVERED]),
        (EARLY, [REFUSED]),
    ):
        owner = make_owner(session, make_account(session, available=100_000, time_zone="Australia/Sydney"))
        make_settled_task(
            session, owner, make_route(session), outcomes, submitted_at=moment, day=moment.date()
        )


def test_the_desk_sees_what_all_clients_submitted_that_day(any_app, session, sent):
    assert volume(session, LATE.date()) == Volume(tasks=1, messages=6, sent=2, failed=1, price=6_000)
    assert volume(session, EARLY.date()) == Volume(tasks=2, messages=2, sent=1, failed=1, price=2_000)
    assert volume(session, datetime(2026, 11, 22, tzinfo=UTC).date()) == Volume(0, 0, 0, 0, 0)
    session.rollback()
    assert audit(session).ok


@pytest.mark.books_broken_on_purpose
def test_the_audit_finds_a_day_that_strayed(any_app, session, sent):
    with write_transaction(session):
        session.execute(update(SubmittedDay).where(SubmittedDay.day == LATE.date()).values(sent=9))
    (difference,) = audit(session).differences
    assert (difference.account_id, difference.expected, difference.found) == (None, 2, 9)
    assert difference.what.startswith("sent submitted on 2026-11-20")
    route_id = session.scalar(select(SubmittedDay.route_id).where(SubmittedDay.day == LATE.date()))
    with write_transaction(session):
        session.query(SubmittedDay).filter_by(route_id=route_id).delete()
    assert len(audit(session).differences) == 5


def test_what_waits_for_the_commit_is_written_in_the_same_order_by_everybody(session):
    """Else one would wait for the rows of another, which waits for its own."""
    written = []

    def first(_session, _gathered):
        written.append("first")

    def second(_session, _gathered):
        written.append("second")

    for order in ((first, second), (second, first)):
        with write_transaction(session):
            for write in order:
                before_commit(session, write, list)
    assert written == ["first", "second"] * 2
