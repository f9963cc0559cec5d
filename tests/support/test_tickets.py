"""Tickets: asked with sample numbers of one's own task, answered once, told by page and e-mail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.accounts import abuse
from app.accounts.abuse import Act
from app.clock import now
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.errors import Conflict
from app.gateways.errors import error_words
from app.models import AuditEvent, Letter, Message, Receipt, Role, Ticket, TicketMessage, TicketPost, User
from app.support import tickets
from tests.factories.accounts import make_account
from tests.factories.messages import ACCEPTED, DELIVERED, REFUSED
from tests.factories.routes import make_route
from tests.factories.tasks import make_settled_task
from tests.factories.users import make_owner, make_staff, make_user
from tests.sending.engine import at_once

ASKED = {"subject": "Nothing arrived", "text": "Two people saw nothing."}


@pytest.fixture
def owner(session):
    return make_owner(session, make_account(session, available=100_000))


@pytest.fixture
def task(session, owner):
    return make_settled_task(
        session,
        owner,
        make_route(session),
        [DELIVERED, REFUSED._replace(code="unknown_subscriber"), ACCEPTED],
        name="Spring",
    )


def ticket(session):
    session.rollback()
    return session.scalars(select(Ticket).execution_options(populate_existing=True)).one()


def make_ticket(session, user, **columns):
    made = Ticket(
        account_id=user.account_id,
        user_id=user.id,
        subject="No receipts",
        due_at=now() + timedelta(hours=72),
        **columns,
    )
    session.add(made)
    session.flush()
    session.add(TicketPost(ticket_id=made.id, user_id=user.id, text="It does not work."))
    session.commit()
    return made


def test_a_ticket_names_numbers_of_its_task_and_is_due_in_72_hours(client, session, sign_in, owner, task):
    sign_in(client, owner)
    assert "Spring" in client.get(f"/support/new?task={task.public_id}").text
    typed = "+61 400 000 000, 0061400000001"
    answer = client.submit("/support/new", {**ASKED, "task": task.public_id, "numbers": typed})
    made = ticket(session)
    assert answer.location == f"/support/{made.public_id}"
    assert timedelta(hours=71) < made.due_at - now() <= timedelta(hours=72)
    assert session.scalar(select(func.count()).select_from(TicketMessage)) == 2
    assert "+61400000001" in client.get(answer.location).text
    assert session.scalars(select(AuditEvent.action).where(AuditEvent.action == "ticket.open")).one()


def test_numbers_of_no_recipient_are_named_in_the_error(client, session, sign_in, owner, task):
    sign_in(client, owner)
    form = {**ASKED, "task": task.public_id, "numbers": "+61400000000, +61499999999"}
    answer = client.submit("/support/new", form)
    assert answer.status_code == 422
    assert "“+61499999999”" in answer.text
    assert "Two people saw nothing." in answer.text  # nothing typed is lost
    assert session.scalars(select(Ticket)).all() == []


def test_another_accounts_task_and_its_numbers_are_refused(client, session, sign_in, task):
    other = make_owner(session)
    sign_in(client, other)
    form = {**ASKED, "task": task.public_id, "numbers": "+61400000000"}
    answer = client.submit("/support/new", form)
    assert answer.status_code == 422
    assert "no such task in your account" in answer.text
    assert "Spring" not in client.get("/support/new").text
    assert client.submit("/support/new", {**ASKED, "numbers": "+61400000000"}).status_code == 422
    assert session.scalars(select(Ticket)).all() == []


def test_only_the_forms_own_fields_are_taken(client, session, sign_in, owner):
    sign_in(client, owner)
    stolen = make_owner(session).account_id
    client.submit(
        "/support/new",
        {**ASKED, "account_id": stolen, "state": "closed", "due_at": "2001-01-01", "user_id": "999"},
    )
    made = ticket(session)
    assert (made.account_id, made.user_id, made.state) == (owner.account_id, owner.id, "open")


def test_the_same_question_sent_twice_is_one_ticket(client, session, sign_in, owner):
    sign_in(client, owner)
    places = {client.submit("/support/new", ASKED).location for _ in range(2)}
    assert places == {f"/support/{ticket(session).public_id}"}


def test_another_account_does_not_see_or_touch_a_ticket(client, session, sign_in, owner):
    made = make_ticket(session, owner)
    sign_in(client, make_owner(session))
    assert client.get(f"/support/{made.public_id}").status_code == 404
    token = client.csrf_token("/support/new")
    for act in ("reply", "close"):
        data = {"csrf_token": token, "text": "Mine now", "seen": 99}
        assert client.post(f"/support/{made.public_id}/{act}", data=data).status_code == 404
    assert "No receipts" not in client.get("/support/").text
    assert ticket(session).state == "open"


@pytest.mark.books_broken_on_purpose  # the code is written onto the message, past the figures of its route
def test_staff_see_the_messages_whole_history(client, session, sign_in, owner, task):
    failed = session.scalars(select(Message).where(Message.task_id == task.id, Message.row == 3)).one()
    session.add(
        Receipt(route_id=failed.route_id, gateway_id=failed.gateway_id, status="failed", outcome="applied")
    )
    made = make_ticket(session, owner, task_id=task.id)
    session.add(TicketMessage(ticket_id=made.id, message_id=failed.id))
    session.commit()
    sign_in(client, make_staff(session, role=Role.SUPPORT))
    page = client.get(f"/staff/support/{made.public_id}").text
    assert failed.e164 in page
    assert failed.reference in page
    assert error_words("unknown_subscriber") in page
    assert "given back" in page
    assert "applied" in page
    assert "Held at submission" in page
    assert "+61400000000" not in page  # not one of the samples


def test_an_overdue_ticket_comes_first_and_is_marked(client, session, sign_in, owner):
    make_ticket(session, owner)
    late = make_ticket(session, owner)
    late.subject, late.due_at = "Waited long", now() - timedelta(hours=1)
    session.commit()
    sign_in(client, make_staff(session, role=Role.SUPPORT))
    page = client.get("/staff/support/").text
    assert page.index("Waited long") < page.index("No receipts")
    assert page.count("Overdue") == 1
    assert 'badge-wait">2<' in page


def test_an_answer_is_on_the_page_and_in_an_email_and_a_reply_opens_the_ticket_again(
    app, client, session, sign_in, owner
):
    made = make_ticket(session, owner)
    staff = app.test_client()
    sign_in(staff, make_staff(session, role=Role.SUPPORT))
    page = f"/staff/support/{made.public_id}"
    seen = session.scalars(select(TicketPost.id)).one()
    staff.submit(f"{page}/answer", {"text": "It was the network.", "seen": seen}, page=page)
    assert ticket(session).state == "answered"
    letter = session.scalars(select(Letter)).one()
    assert letter.recipient == owner.email
    assert "It was the network." in letter.body
    assert f"/support/{made.public_id}" in letter.body
    sign_in(client, owner)
    mine = f"/support/{made.public_id}"
    assert "It was the network." in client.get(mine).text
    client.submit(f"{mine}/reply", {"text": "Still nothing.", "seen": seen + 1}, page=mine)
    again = ticket(session)
    assert (again.state, again.due_at > now() + timedelta(hours=71)) == ("open", True)
    client.submit(f"{mine}/close", page=mine)
    assert ticket(session).state == "closed"
    refused = staff.post(
        f"{page}/answer", data={"csrf_token": staff.csrf_token(page), "text": "x", "seen": 99}
    )
    assert refused.status_code == 409


def test_a_second_click_answers_once_and_keeps_what_was_typed(client, session, sign_in, owner):
    made = make_ticket(session, owner)
    sign_in(client, make_staff(session, role=Role.OPERATOR))
    page = f"/staff/support/{made.public_id}"
    seen = session.scalars(select(TicketPost.id)).one()
    token = client.csrf_token(page)
    for status in (302, 409):
        answer = client.post(f"{page}/answer", data={"csrf_token": token, "text": "Fixed now.", "seen": seen})
        assert answer.status_code // 100 == status // 100
    assert "so yours was not sent" in answer.text
    session.rollback()
    assert session.scalar(select(func.count()).select_from(TicketPost)) == 2


def test_twenty_answers_at_once_are_one(any_app, session, owner):
    public_id = make_ticket(session, owner).public_id
    staff_id = make_staff(session, role=Role.SUPPORT).id
    seen = session.scalars(select(TicketPost.id)).one()
    session.rollback()

    def answer(own):
        staff = own.get_one(User, staff_id)
        try:
            with write_transaction(own):
                tickets.answer(own, Actor.machine(), staff, public_id, "Done.", seen=seen)
        except Conflict:
            return "told"
        return "answered"

    assert at_once(any_app, [answer] * 20) == {"answered": 1, "told": 19}
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Letter)) == 1


def test_finance_reads_tickets_and_answers_none(client, session, sign_in, owner):
    made = make_ticket(session, owner)
    sign_in(client, make_staff(session, role=Role.FINANCE))
    page = f"/staff/support/{made.public_id}"
    assert "It does not work." in client.get(page).text
    token = client.csrf_token("/staff/support/")
    assert (
        client.post(f"{page}/answer", data={"csrf_token": token, "text": "x", "seen": 9}).status_code == 403
    )


def test_every_role_of_a_client_may_ask(client, session, sign_in):
    sign_in(client, make_user(session, role=Role.VIEWER))
    assert client.submit("/support/new", ASKED).status_code == 303


def test_closing_and_writing_on_is_no_way_to_fill_our_peoples_mailboxes(
    client, session, sign_in, owner, monkeypatch
):
    few = abuse.Limit(3, 3600)
    monkeypatch.setitem(abuse.LIMITS, Act.TICKET, abuse.Limits(few, few, few))
    make_staff(session, role=Role.SUPPORT)
    public_id = make_ticket(session, owner).public_id
    sign_in(client, owner)
    page, answers = f"/support/{public_id}", []
    for number in range(4):
        client.submit(f"{page}/close", page=page)
        seen = session.scalar(select(func.max(TicketPost.id)))
        answers.append(client.submit(f"{page}/reply", {"text": f"No {number}", "seen": seen}, page=page))
        session.rollback()
    assert [answer.status_code for answer in answers] == [303, 303, 303, 429]
    assert session.scalar(select(func.count(Letter.id)).where(Letter.subject.startswith("Ticket:"))) == 3
