"""What people are written to leads them to the page that it is about, wherever the panel is reached."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import write_transaction
from app.desk.audit_log import Actor
from app.desk.verification_route import verification_gateway
from app.letters import sending, writing
from app.models import (
    Letter,
    LetterChannel,
    Role,
    SenderIdRequest,
    TaskState,
    Ticket,
    TicketPost,
    TopUp,
    User,
)
from app.moderation import review_queue, sender_ids
from app.support import tickets
from app.topups import adjustments, approval
from app.topups.low_balance import tell_low_balances
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.tasks import make_submitted_task
from tests.factories.top_ups import make_top_up
from tests.factories.users import make_owner, make_staff, make_user
from tests.letters import mail_server

MACHINE = Actor.machine()
REJECTED = {"reason": "The receipt is not readable.", "note": ""}


def letters(session: Session) -> list[Letter]:
    session.rollback()
    emails = select(Letter).where(Letter.channel == LetterChannel.EMAIL).order_by(Letter.id)
    return list(session.scalars(emails))


def links(letter: Letter) -> list[str]:
    """The paths of its links; nothing else in it looks like one that was not filled in."""
    return re.findall(r"\{public_url\}(/[\w/.-]*)", letter.body)


def test_every_letter_about_a_thing_leads_to_its_page(app: Flask, session: Session) -> None:
    owner = make_owner(session, make_account(session, available=50_000, low_balance=60_000_000))
    staff = make_staff(session, role=Role.SUPPORT)
    route = make_route(session)
    held = [make_submitted_task(session, owner, route, state=TaskState.HELD).public_id for _ in range(2)]
    bought = make_top_up(session, owner)
    asked = SenderIdRequest(account_id=owner.account_id, name="Harbour", purpose="Ours", state="waiting")
    session.add(asked)
    session.commit()
    account_id, request_id, top_up = owner.account_id, asked.id, bought.public_id
    assert account_id is not None
    with write_transaction(session):
        review_queue.reject(session, MACHINE, held[0], "Too many capitals")
    with write_transaction(session):
        sender_ids.approve(session, MACHINE, request_id)
    with write_transaction(session):
        sender_ids.reject(session, MACHINE, request_id, "It is a bank's.")
    with write_transaction(session):
        tell_low_balances(session)
    with write_transaction(session):
        adjustments.request(session, Actor.of(staff, None), account_id, -1_000, "Charged twice", "key-1")
    with write_transaction(session):
        found = session.scalars(select(TopUp).where(TopUp.public_id == top_up)).one()
        approval.tell_rejected(session, found)
        approval.tell_approved(session, found, 1)
    with write_transaction(session):
        public_id = tickets.open_ticket(session, MACHINE, session.merge(owner), "Where?", "Row 4").public_id
    with write_transaction(session):
        seen = session.scalars(select(TicketPost.id)).one()
        tickets.answer(session, MACHINE, session.merge(staff), public_id, "It came.", seen=seen)
    found_links = {letter.subject: links(letter) for letter in letters(session)}
    assert len(found_links) == 9
    adapter = app.url_map.bind("panel.example")
    for subject, paths in found_links.items():
        assert paths, f"“{subject}” leads nowhere"
        for path in paths:
            endpoint, _ = adapter.match(path, method="GET")
            welcome = app.view_functions[endpoint].required_roles
            assert (Role.SUPPORT if subject.startswith("Ticket:") else Role.OWNER) in welcome, path


def test_an_adjustment_is_told_to_those_who_look_after_the_money_once_it_is_posted(session: Session) -> None:
    owner = make_owner(session, make_account(session, available=5_000_000))
    make_user(session, owner.account, role=Role.BILLING, email="bills@b.example")
    make_user(session, owner.account, role=Role.SENDER)
    first, second = (make_staff(session, role=Role.FINANCE) for _ in range(2))
    actors = Actor.of(first, None), Actor.of(second, None)
    account_id, owner_email = owner.account_id, owner.email
    assert account_id is not None
    with write_transaction(session):
        big = adjustments.request(session, actors[0], account_id, 900_000_000_000, "A large gift", "key-1").id
    assert letters(session) == []
    with write_transaction(session):
        adjustments.confirm(session, actors[1], big)
    told = letters(session)
    assert [letter.recipient for letter in told] == [owner_email, "bills@b.example"]
    assert "added to your credit: 900,000,000" in told[0].body.replace(".000", "")
    assert "A large gift" in told[0].body


@pytest.fixture
def ask(session: Session) -> Callable[[], Ticket]:
    """Opens a ticket of a client."""
    owner = make_owner(session)

    def ask() -> Ticket:
        with write_transaction(session):
            return tickets.open_ticket(session, MACHINE, session.get_one(User, owner_id), "Where?", "Row 4")

    owner_id = owner.id
    return ask


def test_support_people_hear_of_a_ticket_when_it_opens_and_when_it_opens_again(
    session: Session, ask: Callable[[], Ticket]
) -> None:
    support = make_staff(session, role=Role.SUPPORT).email
    make_staff(session, role=Role.OPERATOR)
    make_staff(session, role=Role.FINANCE)
    ticket = ask()
    public_id, user_id = ticket.public_id, ticket.user_id
    ask()  # the same again is the same ticket
    assert [letter.recipient for letter in letters(session)] == [support]
    assert "Row 4" not in letters(session)[0].body

    def reply(seen: int) -> None:
        with write_transaction(session):
            user = session.get_one(User, user_id)
            tickets.reply(session, MACHINE, user, public_id, "More", seen=seen)

    reply(99)
    assert len(letters(session)) == 1  # it is open, and they know
    with write_transaction(session):
        tickets.close(session, MACHINE, session.get_one(User, user_id), public_id)
    reply(99)
    assert [letter.recipient for letter in letters(session)] == [support] * 2


def test_without_support_people_operators_and_admins_hear_of_it(
    session: Session, ask: Callable[[], Ticket]
) -> None:
    expected = [make_staff(session, role=role).email for role in (Role.OPERATOR, Role.ADMIN)]
    make_staff(session, role=Role.FINANCE)
    ask()
    assert [letter.recipient for letter in letters(session)] == expected


def test_a_letter_is_sent_with_the_panels_own_address_and_the_outbox_shows_it_whole(
    app: Flask, session: Session, client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = mail_server(monkeypatch)
    settings = dataclasses.replace(
        app.config["CARILLON"],
        smtp_host="mail.example",
        smtp_starttls=False,
        public_url="https://panel.example",
    )
    body = f"See {writing.link('/statement')} and {{braces}} of your own."
    with write_transaction(session):
        letter_id = writing.write_email(session, "a@b.example", "Your credit", body).id
    sending.send(session, letter_id, settings, verification_gateway)
    assert sent[0].get_content().strip() == "See https://panel.example/statement and {braces} of your own."
    here = app.config["CARILLON"].public_url
    assert f'href="{here}/statement"' in client.get("/dev/outbox").text
