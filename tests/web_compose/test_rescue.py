"""What was typed outlives the session that it was typed in."""

from __future__ import annotations

import html
import io

from sqlalchemy import update

from app.clock import now
from app.models import DeviceSession, User
from tests.factories.users import PASSWORD
from tests.web_compose.conftest import TEXT, Desk

OURS = {"Origin": "http://localhost"}


def end_session(desk: Desk) -> None:
    desk.session.execute(update(DeviceSession).values(ended_at=now()))
    desk.session.commit()


def sign_in_again(desk: Desk) -> None:
    email = desk.session.get_one(User, desk.user_id).email
    desk.client.submit("/sign-in", {"email": email, "password": PASSWORD, "accept_terms": "y"})


def test_signed_out_meanwhile_the_text_leads_through_the_sign_in(desk: Desk) -> None:
    token = desk.client.csrf_token("/quick/")
    end_session(desk)
    values = {**desk.values(), "csrf_token": token}
    kept = desk.client.post("/quick/", data=values, headers=OURS)
    assert kept.status_code == 401
    assert TEXT in kept.text
    assert 'value="+61412345678, +14155552671"' in kept.text
    sign_in_again(desk)
    back = desk.client.post("/quick/", data={**values, "only_check": "1"}, headers=OURS)
    assert back.status_code == 400
    assert TEXT in back.text
    assert "Your session has changed" in back.text
    assert desk.tasks() == []
    assert desk.quick().status_code == 303


def test_a_form_of_another_site_is_not_shown_again(desk: Desk) -> None:
    for headers in ({"Origin": "http://evil.example"}, {}, {"Origin": "null"}):
        refused = desk.client.post("/quick/", data=desk.values(), headers=headers)
        assert refused.status_code == 400
        assert TEXT not in refused.text


def test_a_stale_form_saves_no_text_and_takes_no_other_act(desk: Desk) -> None:
    values = {**desk.values(), "csrf_token": "stale", "text_name": "Mine", "save_text": "1"}
    page = desk.client.post("/quick/", data=values, headers=OURS)
    assert page.status_code == 400
    assert "Saved as" not in html.unescape(page.text)
    assert "There is something to correct" in page.text


def test_a_file_has_to_be_chosen_again_and_that_is_said(desk: Desk) -> None:
    end_session(desk)
    values = {**desk.values(), "file": (io.BytesIO(b"phone\n+61412345678\n"), "list.csv")}
    page = desk.client.post("/bulk/", data=values, headers=OURS)
    assert page.status_code == 401
    assert "has to be chosen again" in page.text
