"""Numbers and texts are erased when their time is over; what the books and the figures rest on stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.clock import now
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.exports import asking
from app.exports.wishes import Wish
from app.ledger.audit import audit
from app.ledger.transfers import top_up
from app.models import (
    AuditEvent,
    ExportKind,
    GatewayTry,
    LedgerEntry,
    Message,
    Receipt,
    RecentRecipient,
    Recipient,
    RecipientPool,
    RecordExport,
    Rejection,
    StaffAlert,
    Suppression,
    Task,
    TaskState,
    Ticket,
    User,
)
from app.sending.alerts import raise_alert
from jobs import retention
from tests.factories.messages import ACCEPTED, DELIVERED, FAILED_LATE, IN_DOUBT, REFUSED
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft, make_settled_task
from tests.factories.users import make_owner

LONG_AGO = timedelta(days=400)
TEXT = "Come to the harbour at noon"
OUTCOMES = [DELIVERED, ACCEPTED, REFUSED, FAILED_LATE]


@pytest.fixture
def owner(any_app, session):
    owner = make_owner(session)
    with write_transaction(session):
        top_up(session, owner.account_id, 1_000_000, "topup:1", user_id=None, note=None)
    return owner


@pytest.fixture
def route(any_app, session):
    return make_route(session)


def erase(session):
    session.rollback()
    retention.erase()
    session.rollback()


def ended(session, owner, route, outcomes=OUTCOMES, ago=LONG_AGO, **columns):
    """A task that ended so long ago, with all that is told of such."""
    task = make_settled_task(session, owner, route, outcomes, **columns)
    with write_transaction(session):
        task = session.get_one(Task, task.id)
        task.state, task.finished_at = TaskState.DONE, now() - ago
        task.content, task.typed_recipients, task.upload_name = TEXT, "0400 000 001", "guests.csv"
        task.report = {"rows_read": 9, "by_reason": {"too_short": 1}, "row_findings": [{"text": TEXT}]}
        session.add(
            Rejection(task_id=task.id, row=9, written="0400 000 009", reason="too_short", message="Short")
        )
        for message in session.scalars(select(Message).where(Message.task_id == task.id)):
            message.text, message.gateway_id = f"{TEXT}, {message.row}", f"gateway-{message.id}"
            session.add(
                Receipt(
                    route_id=route.id,
                    message_id=message.id,
                    gateway_id=message.gateway_id,
                    status="delivered",
                    received_at=now() - ago,
                )
            )
            session.add(
                GatewayTry(
                    message_id=message.id, route_id=route.id, gateway="http", attempt=1, outcome="deferred",
                    code="throttled", said=f"Not now for {message.e164}",
                )
            )  # fmt: skip
    return task.id


def test_what_is_kept_is_what_the_books_rest_on(session, owner, route):
    task_id = ended(session, owner, route)
    kept = (Message.row, Message.region, Message.status, Message.money, Message.price, Message.reference)
    before = session.execute(select(*kept).where(Message.task_id == task_id).order_by(Message.row)).all()
    entries = session.scalar(select(func.count(LedgerEntry.id)))
    erase(session)
    task = session.get_one(Task, task_id)
    assert (
        session.execute(select(*kept).where(Message.task_id == task_id).order_by(Message.row)).all() == before
    )
    assert session.scalar(select(func.count(LedgerEntry.id))) == entries
    assert (task.total, task.failed, task.price) == (4, 2, 4_000)
    assert task.report == {"rows_read": 9, "by_reason": {"too_short": 1}}
    assert audit(session).ok


def test_numbers_texts_rows_and_receipts_are_gone(session, owner, route):
    task_id = ended(session, owner, route)
    erase(session)
    task = session.get_one(Task, task_id)
    assert task.erased_at is not None
    assert (task.content, task.typed_recipients, task.upload_name) == ("", None, None)
    for message in session.scalars(select(Message).where(Message.task_id == task_id)):
        assert message.is_erased
        assert (message.e164, message.text, message.gateway_id) == (f"~{message.row}", None, None)
    for model in (Receipt, Rejection, Recipient, GatewayTry):
        assert session.scalar(select(func.count()).select_from(model)) == 0


def test_whom_a_carrier_counts_no_more_is_forgotten_though_nothing_is_sent(session, owner):
    with write_transaction(session):
        session.add(RecipientPool(name="waba", used=2))
        session.flush()
        for e164, hours in (("+61400000001", 25), ("+61400000002", 1)):
            session.add(RecentRecipient(pool="waba", e164=e164, last_at=now() - timedelta(hours=hours)))
    erase(session)
    assert session.scalars(select(RecentRecipient.e164)).all() == ["+61400000002"]
    assert session.get_one(RecipientPool, "waba").used == 1


def test_an_old_export_keeps_its_filter_but_not_the_number(session, owner):
    def asked_for(ago):
        export = RecordExport(
            account_id=owner.account_id, user_id=owner.id, kind="messages", file_type="csv", request_hash="x",
            asked={"number": "+61400000001", "status": "failed"}, asked_at=now() - ago, time_zone="UTC",
            state="expired",
        )  # fmt: skip
        session.add(export)
        session.flush()
        return export.id

    with write_transaction(session):
        old, lately = asked_for(LONG_AGO), asked_for(timedelta(days=1))
    erase(session)
    assert session.get_one(RecordExport, old).asked == {"status": "failed"}
    assert session.get_one(RecordExport, lately).asked["number"] == "+61400000001"


def test_the_number_of_an_export_is_nowhere_else_either(session, owner):
    wish = Wish(ExportKind.MESSAGES, "csv", number="+61400000001", status="failed")
    with write_transaction(session):
        user = session.get_one(User, owner.id)
        export = asking.ask(session, Actor.of(user, "192.0.2.1"), user, wish, "UTC")
        export.asked_at, export.state = now() - LONG_AGO, "expired"
    erase(session)
    told = session.scalars(select(AuditEvent.after).where(AuditEvent.action == "records.export")).one()
    assert told == {"kind": "messages", "file_type": "csv", "status": "failed", "of_one_number": True}
    kept = session.scalars(select(RecordExport)).one()
    assert kept.request_hash != wish.request_hash(owner.id)  # by which ten digits are soon guessed


def test_what_staff_were_told_of_a_text_goes_with_it(session, owner, route):
    task_id = ended(session, owner, route)
    with write_transaction(session):
        raise_alert(session, f"content:{task_id}", f"It went out with “{TEXT}”.", account_id=owner.account_id)
        raise_alert(session, f"content:{task_id}0", "Of another task.", account_id=owner.account_id)
    erase(session)
    assert session.scalars(select(StaffAlert.key)).all() == [f"content:{task_id}0"]


def test_doing_it_twice_does_it_once(session, owner, route):
    task_id = ended(session, owner, route)
    erase(session)
    first = session.get_one(Task, task_id).erased_at
    erase(session)
    assert session.get_one(Task, task_id).erased_at == first


def test_an_interrupted_erasing_goes_on_where_it_was(session, owner, route, monkeypatch):
    monkeypatch.setattr("app.retention.erasing._AT_ONCE", 2)
    task_id = ended(session, owner, route, [DELIVERED] * 5)
    with monkeypatch.context() as broken:
        broken.setattr("app.retention.erasing._erase_words", _dies)
        with pytest.raises(KeyboardInterrupt):
            erase(session)
    session.rollback()
    assert session.get_one(Task, task_id).erased_at is None
    assert sum(message.is_erased for message in session.scalars(select(Message))) == 4
    erase(session)
    assert session.get_one(Task, task_id).erased_at is not None
    assert all(message.is_erased for message in session.scalars(select(Message)))


def _dies(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("outcomes", "ago"), [(OUTCOMES, timedelta(days=390)), ([*OUTCOMES, IN_DOUBT], LONG_AGO)]
)
def test_what_is_recent_or_in_doubt_stays(session, owner, route, outcomes, ago):
    task_id = ended(session, owner, route, outcomes, ago)
    erase(session)
    assert session.get_one(Task, task_id).content == TEXT


@pytest.mark.parametrize("state", [TaskState.RUNNING, TaskState.PAUSED])
def test_what_is_not_over_stays(session, owner, route, state):
    task_id = ended(session, owner, route)
    with write_transaction(session):
        session.get_one(Task, task_id).state = state
    erase(session)
    assert session.get_one(Task, task_id).content == TEXT


def test_what_support_is_asked_about_stays_until_the_request_is_closed(session, owner, route):
    task_id = ended(session, owner, route)
    with write_transaction(session):
        ticket = Ticket(
            account_id=owner.account_id, user_id=owner.id, task_id=task_id, subject="Why?", due_at=now()
        )
        session.add(ticket)
    erase(session)
    assert session.get_one(Task, task_id).erased_at is None
    with write_transaction(session):
        session.get_one(Ticket, ticket.id).state = "closed"
    erase(session)
    assert session.get_one(Task, task_id).erased_at is not None


def test_a_forgotten_draft_is_discarded_and_erased(session, owner, route):
    draft = make_draft(session, owner, route, content=TEXT, state=TaskState.READY)
    fresh = make_draft(session, owner, route, content=TEXT, state=TaskState.READY)
    with write_transaction(session):
        session.add(
            Recipient(task_id=draft.id, row=2, e164="+61400000001", region="AU", segments=1, price=1_000)
        )
        session.get_one(Task, draft.id).changed_at = now() - LONG_AGO
    erase(session)
    assert (session.get_one(Task, draft.id).state, session.get_one(Task, draft.id).content) == (
        "discarded",
        "",
    )
    assert session.get_one(Task, fresh.id).content == TEXT
    assert session.scalar(select(func.count(Recipient.id))) == 0


def test_who_opted_out_stays_opted_out(session, owner, route):
    ended(session, owner, route)
    with write_transaction(session):
        session.add(Suppression(account_id=owner.account_id, e164="+61400000000", source="opt_out"))
    erase(session)
    assert session.scalar(select(Suppression.e164)) == "+61400000000"
