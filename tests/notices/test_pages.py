"""The bell, the page of notices, what people choose, and the link that stops letters of one kind."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import write_transaction
from app.desk.verification_route import verification_gateway
from app.letters import sending
from app.models import Letter, Notice, NoticeChoice, NoticeKind, User
from app.notices.kinds import KINDS
from app.notices.telling import Words, tell
from tests.factories.users import make_owner, make_staff
from tests.letters import mail_server
from tests.panel_client import PanelClient

SignIn = Callable[[PanelClient, User], PanelClient]


def told(session: Session, user: User, title: str = "It is decided", kind: str = NoticeKind.TOP_UP) -> int:
    with write_transaction(session):
        person = session.get_one(User, user.id)
        tell(session, [person], NoticeKind(kind), lambda _: Words(title, "In your favour.", "/statement"))
        return session.scalars(select(Notice.id).order_by(Notice.id.desc())).first() or 0


def newest_letter(session: Session) -> Letter:
    session.rollback()
    return session.scalars(select(Letter).order_by(Letter.id.desc())).first()  # type: ignore[return-value]


def unread(page: str) -> str:
    found = re.search(r'class="bell-count"><span aria-hidden="true">([^<]+)', page)
    return found.group(1) if found else ""


def test_the_bell_counts_and_opening_a_notice_reads_it_and_goes_where_it_leads(
    session: Session, client: PanelClient, sign_in: SignIn
) -> None:
    owner = make_owner(session)
    sign_in(client, owner)
    assert unread(client.get("/").text) == ""
    told(session, owner)
    newest = told(session, owner, "And this")
    page = client.get("/notices").text
    assert unread(page) == "2"
    assert page.index("And this") < page.index("It is decided")
    answer = client.submit(f"/notices/{newest}/open", {}, page="/notices")
    assert (answer.status_code, answer.location) == (303, "/statement")
    assert unread(client.get("/").text) == "1"


def test_what_comes_after_the_page_was_opened_stays_unread(
    session: Session, client: PanelClient, sign_in: SignIn
) -> None:
    owner = make_owner(session)
    sign_in(client, owner)
    seen = told(session, owner)
    told(session, owner, "Later")
    client.submit("/notices/read", {"up_to": str(seen)}, page="/notices")
    assert unread(client.get("/").text) == "1"


def test_nobody_reads_the_notices_of_others(session: Session, client: PanelClient, sign_in: SignIn) -> None:
    owner, other = make_owner(session), make_owner(session)
    theirs = told(session, other, "Theirs alone")
    sign_in(client, owner)
    assert "Theirs alone" not in client.get("/notices").text
    assert client.submit(f"/notices/{theirs}/open", {}, page="/notices").status_code == 404
    client.submit("/notices/read", {"up_to": str(theirs)}, page="/notices")
    session.rollback()
    assert session.get_one(Notice, theirs).read_at is None


def test_notices_are_paged_by_key(session: Session, client: PanelClient, sign_in: SignIn) -> None:
    owner = make_owner(session)
    for number in range(31):
        told(session, owner, f"Number {number}.")
    sign_in(client, owner)
    first = client.get("/notices").text
    assert "Number 0." not in first
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    assert "Number 0." in client.get(older.group(1)).text


def test_a_choice_holds_and_what_is_not_offered_cannot_be_chosen(
    session: Session, client: PanelClient, sign_in: SignIn
) -> None:
    owner = make_owner(session)
    sign_in(client, owner)
    chosen = {"on_page": ["top_up", "nonsense"], "by_email": ["ticket"]}
    assert client.submit("/notices/settings", chosen).status_code == 303
    rows = {row.kind: (row.on_page, row.by_email) for row in session.scalars(select(NoticeChoice))}
    assert rows["top_up"] == (True, False)
    assert rows["ticket"] == (False, True)
    assert rows["security"] == (False, True)
    assert "nonsense" not in rows
    page = client.get("/notices/settings").text
    assert 'value="ticket" aria-label="A support ticket: by e-mail" checked' in page
    assert 'name="by_email" value="security"' not in page


def test_staff_are_offered_what_concerns_them(session: Session, client: PanelClient, sign_in: SignIn) -> None:
    sign_in(client, make_staff(session))
    page = client.get("/notices/settings").text
    assert 'value="ticket"' in page
    assert 'value="low_balance"' not in page


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[EmailMessage]:
    """What the mail server was handed."""
    return mail_server(monkeypatch)


def post(app: Flask, session: Session, letter: Letter) -> None:
    settings = dataclasses.replace(
        app.config["CARILLON"], smtp_host="mail.example", smtp_starttls=False, public_url="https://p.example"
    )
    sending.send(session, letter.id, settings, verification_gateway)


def test_one_click_in_a_mail_program_stops_letters_of_that_kind_and_no_others(
    app: Flask, session: Session, client: PanelClient, sent: list[EmailMessage]
) -> None:
    owner = make_owner(session)
    told(session, owner)
    post(app, session, newest_letter(session))
    (message,) = sent
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = message["List-Unsubscribe"].strip("<>")
    assert address in message.get_content().replace("\n", "")
    path = address.removeprefix("https://p.example")
    assert "Stop these e-mails?" in client.get(path).text  # opening it does nothing
    assert session.get(NoticeChoice, (owner.id, "top_up")) is None
    for _ in range(2):  # RFC 8058: no cookies, no token of ours, no redirect
        answer = app.test_client(use_cookies=False).post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    session.rollback()
    before = newest_letter(session).id
    told(session, owner)
    assert newest_letter(session).id == before
    told(session, owner, kind=NoticeKind.TICKET)
    assert newest_letter(session).id > before


def test_letters_about_safety_carry_no_such_link(
    app: Flask, session: Session, sent: list[EmailMessage]
) -> None:
    told(session, make_owner(session), kind=NoticeKind.SIGN_IN)
    post(app, session, newest_letter(session))
    assert sent[0]["List-Unsubscribe"] is None
    assert "/notices/stop/" not in sent[0].get_content()


@pytest.mark.parametrize("kind", sorted(kind for kind in KINDS if KINDS[kind].always_written))
def test_no_signed_link_stops_letters_about_safety(
    app: Flask, session: Session, client: PanelClient, kind: str
) -> None:
    from app.letters.stopping import stop_address

    owner = make_owner(session)
    letter = Letter(user_id=owner.id, stops=kind, recipient="", subject="", body="")
    address = stop_address(letter, "", app.config["CARILLON"].secret_key)
    assert client.post(address or "").status_code == 404
    assert client.post("/notices/stop/made-up").status_code == 404


def test_a_sign_in_from_a_new_device_is_told_and_one_from_a_known_device_is_not(
    app: Flask, session: Session, client: PanelClient, sign_in: SignIn
) -> None:
    owner = make_owner(session)
    sign_in(client, owner)
    assert newest_letter(session) is None  # the first of all
    client.submit("/sign-out", {}, page="/")
    sign_in(client, session.merge(owner))
    assert newest_letter(session) is None
    sign_in(PanelClient(app), session.merge(owner))
    letter = newest_letter(session)
    assert letter.subject == "A sign-in from a new device"
    assert "127.0.0.1" in letter.body
    assert letter.stops is None
