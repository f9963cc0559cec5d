"""Templates are written and submitted by clients, and marked by staff, through the real forms."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.template_body import body_problems, fill_body, variables_in
from app.models import AuditEvent, Letter, Role, User, WhatsAppTemplate
from tests.factories.users import make_staff, make_user
from tests.panel_client import PanelClient

Enter = Callable[[PanelClient, User], PanelClient]
BODY = "Dear {{1}}, {{2}} off this week."


@pytest.mark.parametrize(
    ("body", "sound"),
    [(BODY, True), ("No variable.", True), ("{{1}} comes first.", False), ("Ends with {{1}}", False),
     ("Only {{2}} here.", False), ("a" * 1_025, False)],
)  # fmt: skip
def test_a_body_is_sound_or_says_what_is_not(body: str, sound: bool) -> None:
    assert (body_problems(body) == []) == sound


def test_a_variable_that_stands_twice_is_filled_twice() -> None:
    assert variables_in("a {{1}} b {{ 2 }} c {{1}} d") == [1, 2]
    assert fill_body("a {{1}} b {{ 2 }} c {{1}} d", ["x", "y"]) == "a x b y c x d"


def test_from_draft_to_approval(
    any_app: Flask, session: Session, client: PanelClient, sign_in: Enter
) -> None:
    sign_in(client, make_user(session))
    png = (io.BytesIO(b"\x89PNG\r\n\x1a\n rest"), "offer.png")
    written = client.submit(
        "/whatsapp/new", {"name": "spring_offer", "language": "en", "body": BODY, "file": png}
    )
    assert written.status_code == 303
    page = written.location
    assert client.submit(f"{page}/submit", page=page).status_code == 303
    assert (
        client.submit(
            f"{page}/submit", {"csrf_token": client.csrf_token("/whatsapp/new")}, page="/whatsapp/new"
        ).status_code
        == 303
    )
    staff = any_app.test_client()
    assert isinstance(staff, PanelClient)
    sign_in(staff, make_staff(session, role=Role.SUPPORT))
    assert "spring_offer" in staff.get("/staff/whatsapp/").text
    desk = page.replace("/whatsapp/", "/staff/whatsapp/")
    assert staff.get(f"{desk}/header").data.startswith(b"\x89PNG")
    assert staff.submit(desk, {"state": "rejected", "reason": ""}).status_code == 422
    assert staff.submit(desk, {"state": "approved", "reason": ""}).status_code == 303
    session.rollback()
    template = session.scalars(select(WhatsAppTemplate)).one()
    assert (template.state, template.variables, template.header_kind) == ("approved", 2, "image")
    assert "spring_offer" in session.scalars(select(Letter.subject)).all()[-1]
    actions = session.scalars(select(AuditEvent.action)).all()
    assert {"whatsapp_template.submit", "whatsapp_template.mark"} <= set(actions)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "Spring Offer"}, "small letters"),
        ({"body": "Hello {{1}}, come in."}, "greeting"),
        ({"body": "See https://example.com now."}, "Links are not allowed"),
        ({"file": (io.BytesIO(b"MZ\x90"), "offer.png")}, "JPEG or PNG"),
    ],
)
def test_what_may_not_be_is_said_at_its_field(
    session: Session, client: PanelClient, sign_in: Enter, changes: dict[str, object], words: str
) -> None:
    sign_in(client, make_user(session))
    response = client.submit("/whatsapp/new", {"name": "spring", "language": "en", "body": BODY, **changes})
    assert response.status_code == 422
    assert words in response.text
    assert session.scalars(select(WhatsAppTemplate)).all() == []


def test_another_account_finds_no_template(
    app: Flask, session: Session, client: PanelClient, sign_in: Enter
) -> None:
    sign_in(client, make_user(session))
    page = client.submit("/whatsapp/new", {"name": "spring", "language": "en", "body": BODY}).location
    stranger = app.test_client()
    assert isinstance(stranger, PanelClient)
    sign_in(stranger, make_user(session))
    assert stranger.get(page).status_code == 404
    assert stranger.get(f"{page}/edit").status_code == 404
