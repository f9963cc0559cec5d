"""The client's way: price, reference, receipt, state; and what it cannot do."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from app.database import write_transaction
from app.desk.audit_log import Actor
from app.desk.settings import change_settings
from app.models import Plan, Role, TopUpState
from tests.factories.top_ups import make_plan, make_top_up, pdf, picture
from tests.factories.users import make_owner, make_user


def test_from_a_price_to_the_queue(till):
    with write_transaction(till.session) as session:
        change_settings(session, Actor.machine(), bank_details="Harbour Bank\nBSB 123")
    page = till.client.get("/top-up?credits=5,000").text
    assert "5,000 credits cost AUD 450.00" in page
    response = till.start()
    assert response.status_code == 303
    page = till.client.get(response.location).text
    top_up = till.top_up()
    for words in (top_up.reference, "BSB 123", "AUD 450.00"):
        assert words in page
    assert till.upload(bank_reference="ft 26-001").status_code == 303
    top_up = till.top_up()
    assert (top_up.state, top_up.amount, top_up.paid) == (TopUpState.WAITING, 5_000_000, 45_000)
    assert top_up.bank_reference == "FT26001"
    assert "the next that our staff look at" in till.client.get(f"/top-up/{top_up.public_id}").text
    assert till.available() == 0


def test_a_second_click_begins_no_second_top_up(till):
    assert till.start().location == till.start().location
    assert len(till.top_ups()) == 1


def test_a_little_less_than_a_tier_costs_no_more_than_its_start(till):
    page = till.client.get("/top-up?credits=999").text
    assert "999 credits cost AUD 90.00" in page
    assert "1,000 credits cost the same" in page


@pytest.mark.parametrize("credits", ["", "abc", "-5", "5", "1e3", "99999999999", "5.5"])
def test_amounts_that_are_not_sold(till, credits):
    response = till.client.get(f"/top-up?credits={credits}")
    assert response.status_code == 422
    assert "There is something to correct" in response.text


def test_the_server_names_the_price(till):
    response = till.start(total=1)
    assert response.status_code == 303
    assert "The price has changed" in till.client.get(response.location).text
    assert till.top_ups() == []


def test_a_plan_that_is_not_the_accounts_cannot_be_bought_by(till):
    closed = make_plan(till.session, tiers=((1, 1),), is_default=False, open=False)
    response = till.client.submit("/top-up", {"credits": 5_000, "plan": closed.id, "shown_total": 5})
    assert till.top_ups() == []
    assert response.status_code == 303


def test_only_the_forms_own_fields_count(till):
    evil = {
        "state": "approved",
        "approved_amount": 9_000_000,
        "amount": 9_000_000,
        "paid": 1,
        "account_id": 999,
        "user_id": 999,
        "reference": "MINE",
        "decided_by": 1,
    }
    till.start(**evil)
    till.upload(**evil)
    top_up = till.top_up()
    assert (top_up.state, top_up.approved_amount, top_up.amount) == (TopUpState.WAITING, None, 5_000_000)
    assert (top_up.paid, top_up.account_id, top_up.user_id) == (45_000, till.account_id, till.owner_id)
    assert top_up.reference != "MINE"
    assert top_up.decided_by is None


def test_another_accounts_top_up_is_not_there(till):
    other = make_owner(till.session)
    theirs = make_top_up(till.session, other, state=TopUpState.DRAFT)
    done = make_top_up(till.session, other, state=TopUpState.APPROVED, approved_amount=1)
    for top_up in (theirs, done):
        for end in ("", "/state", "/receipt", "/receipt.pdf", "/cancel"):
            assert till.client.get(f"/top-up/{top_up.public_id}{end}").status_code == 404
    token = till.client.csrf_token("/top-up?credits=5000")
    for end in ("/cancel", "/receipt"):
        response = till.client.post(f"/top-up/{theirs.public_id}{end}", data={"csrf_token": token})
        assert response.status_code == 404
    assert theirs.reference not in till.client.get("/top-up/history").text
    till.session.refresh(theirs)
    assert theirs.state == TopUpState.DRAFT


def test_cancelling_asks_once_more_and_a_second_click_is_harmless(till):
    till.start()
    address = f"/top-up/{till.top_up().public_id}/cancel"
    assert till.client.get(address).status_code == 200
    assert till.top_up().state == TopUpState.DRAFT
    token = till.client.csrf_token(address)
    for _ in range(2):
        assert till.client.post(address, data={"csrf_token": token}).status_code == 303
    assert till.top_up().state == TopUpState.CANCELLED


def test_who_does_not_handle_money_sees_the_statement_only(app, till, sign_in):
    for role, status in ((Role.BILLING, 200), (Role.SENDER, 403), (Role.VIEWER, 403)):
        client = sign_in(app.test_client(), make_user(till.session, role=role))
        for address in ("/top-up", "/top-up/history"):
            assert client.get(address).status_code == status
        page = client.get("/statement")
        assert page.status_code == 200
        assert ("Low-balance alert" in page.text) == (role is Role.BILLING)


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"<svg onload=alert(1)></svg>", "receipt.png", "web page or a drawing"),
        (b"", "receipt.png", "empty"),
        (b"\0" * (6 * 1024 * 1024), "big.pdf", "larger than 5 MB"),
        (picture()[:200], "../../x\u202e.png", "damaged or cut off"),
    ],
)
def test_a_receipt_that_cannot_be_taken_gets_a_clear_sentence(till, data, name, words):
    till.start()
    response = till.upload(data, name)
    assert response.status_code == 422
    assert words in response.text
    assert till.top_up().state == TopUpState.DRAFT


def test_a_picture_is_shown_as_ours_and_a_pdf_is_only_downloaded(till):
    till.start()
    till.upload(picture() + b"<script>alert(1)</script>", "x.html")
    shown = till.client.get(f"/top-up/{till.top_up().public_id}/receipt")
    with Image.open(io.BytesIO(shown.data)) as image:
        assert image.format == "JPEG"
    assert shown.mimetype == "image/jpeg"
    assert b"script" not in shown.data
    for response in (shown, till.staff.get(f"/staff/top-ups/{till.top_up().public_id}/receipt")):
        assert "sandbox" in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in response.headers["Cache-Control"]
        assert ".html" not in response.headers["Content-Disposition"]


def test_a_pdf_leaves_only_as_a_download(till):
    till.start()
    till.upload(pdf(), "a.png")
    response = till.staff.get(f"/staff/top-ups/{till.top_up().public_id}/receipt")
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.mimetype == "application/pdf"
    assert "sandbox" in response.headers["Content-Security-Policy"]


def test_the_statement_its_files_and_the_alert(till):
    for address in (
        "/statement",
        "/statement?days=7-days",
        "/statement?from=2026-11-01&to=x",
        "/top-up/history",
    ):
        assert till.client.get(address).status_code == 200
    for kind in ("csv", "xlsx", "pdf"):
        response = till.client.get(f"/statement.{kind}")
        assert response.status_code == 200
        assert response.headers["Content-Disposition"].startswith("attachment")
    assert till.client.get("/statement.exe").status_code == 404
    response = till.client.submit("/statement/alert", {"low_balance": "1,500"}, page="/statement")
    assert "It is below that already" in till.client.get(response.location).text
    assert 'value="1,500"' in till.client.get("/statement").text
    till.client.submit("/statement/alert", {"low_balance": "lots"}, page="/statement")
    assert 'value="1,500"' in till.client.get("/statement").text


def test_without_a_price_list_the_page_says_so(till):
    till.session.delete(till.session.query(Plan).one())
    till.session.commit()
    assert "No prices are set yet" in till.client.get("/top-up").text


def test_strangers_are_sent_to_sign_in(app, till):
    till.start()
    public_id = till.top_up().public_id
    stranger = app.test_client()
    token = stranger.csrf_token("/sign-in")
    for address in (
        f"/top-up/{public_id}/receipt",
        f"/top-up/{public_id}/cancel",
        "/top-up",
        "/statement/alert",
    ):
        response = stranger.post(address, data={"csrf_token": token})
        assert response.status_code == 302
        assert "/sign-in" in response.location
    for address in ("/statement.csv", f"/top-up/{public_id}/receipt", f"/staff/top-ups/{public_id}/receipt"):
        assert "/sign-in" in stranger.get(address).location
