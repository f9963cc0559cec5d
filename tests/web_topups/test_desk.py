"""The desk: the next one at once, everything in view, credit once, and the right people only."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.database import write_transaction
from app.desk.audit_log import Actor
from app.desk.settings import change_settings, desk_settings
from app.models import AuditEvent, Letter, Plan, Role, TopUpState
from tests.factories.top_ups import make_top_up, picture
from tests.factories.users import make_owner, make_staff


@pytest.fixture
def waiting(till):
    """A top-up of 5,000 credits with its receipt, in the queue."""
    till.start()
    till.upload(picture(words="one"))
    till.session.rollback()
    return till


def test_approving_credits_tells_the_client_and_shows_the_next(waiting):
    other = make_top_up(waiting.session, make_owner(waiting.session))
    first = waiting.top_ups()[0]
    page = f"/staff/top-ups/{first.public_id}"
    data = {"approve-seen": first.receipt_hash, "approve-amount": "5,000"}
    token = waiting.staff.csrf_token(page)
    for _ in range(3):
        response = waiting.staff.post(
            f"{page}/approve", data={**data, "approve-csrf_token": token, "csrf_token": token}
        )
        assert response.status_code == 303
        assert response.location.endswith(other.public_id)
    assert waiting.available() == 5_000_000
    assert len(waiting.session.scalars(select(Letter)).all()) == 1
    shown = waiting.client.get(f"/top-up/{first.public_id}").text
    assert "5,000 credits were added" in shown
    assert waiting.client.get(f"/top-up/{first.public_id}/receipt.pdf").data.startswith(b"%PDF-")
    history = waiting.client.get("/top-up/history").text
    assert "+5,000" in history
    assert first.reference in waiting.client.get("/statement").text


def test_the_page_holds_the_claim_the_receipt_and_the_client(waiting):
    page = waiting.staff.get("/staff/top-ups/next", follow_redirects=True).text
    top_up = waiting.top_up()
    for words in (
        top_up.reference,
        "AUD 450.00",
        "Brass &amp; Bell",
        "first top-up",
        f"{top_up.public_id}/receipt",
    ):
        assert words in page


def test_another_amount_without_a_reason_keeps_what_was_typed(waiting):
    response = waiting.decide("approve", "approve", amount="4,000")
    assert response.status_code == 422
    assert "Say why you credit 4,000" in response.text
    assert 'value="4,000"' in response.text
    assert waiting.available() == 0
    assert waiting.decide("approve", "approve", amount="4,000", reason="Less arrived").status_code == 303
    assert waiting.available() == 4_000_000
    assert "Less arrived" in waiting.client.get(f"/top-up/{waiting.top_up().public_id}").text


def test_a_rejection_says_what_to_do_and_takes_a_better_receipt(waiting):
    assert waiting.decide("reject", "reject", ready="", words=" ").status_code == 422
    assert waiting.decide("reject", "reject", ready="unreadable", words="It is too dark.").status_code == 303
    page = waiting.client.get(f"/top-up/{waiting.top_up().public_id}").text
    assert "Upload a sharper picture" in page
    assert "It is too dark." in page
    waiting.upload(picture(words="two"))
    assert waiting.top_up().state == TopUpState.WAITING
    waiting.decide("approve", "approve", amount="5000")
    assert waiting.available() == 5_000_000


def test_above_the_limit_a_second_person_confirms(app, waiting, sign_in):
    with write_transaction(waiting.session) as session:
        change_settings(session, Actor.machine(), top_up_second_person_above=1_000)
    waiting.decide("approve", "approve", amount="5000")
    assert waiting.top_up().state == TopUpState.CONFIRMING
    waiting.decide("confirm", "confirm")
    waiting.decide("approve", "approve", amount="5000")
    assert waiting.available() == 0
    page = waiting.staff.get(f"/staff/top-ups/{waiting.top_up().public_id}").text
    assert "You approved this" in page
    assert "Confirm and credit" not in page
    first, waiting.staff = (
        waiting.staff,
        sign_in(app.test_client(), make_staff(waiting.session, role=Role.FINANCE)),
    )
    assert first is not waiting.staff
    waiting.decide("confirm", "confirm")
    assert waiting.available() == 5_000_000
    actions = waiting.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert [name for name in actions if name.startswith("top_up.")] == [
        "top_up.start",
        "top_up.receipt",
        "top_up.first_approve",
        "top_up.approve",
    ]


def test_the_same_receipt_or_bank_reference_warns(till):
    till.start()
    till.upload(picture(words="again"), bank_reference="FT 1")
    first, other_owner = till.top_up(), make_owner(till.session)
    other = make_top_up(till.session, other_owner, receipt_hash=first.receipt_hash, bank_reference="FT1")
    page = till.staff.get(f"/staff/top-ups/{other.public_id}").text
    assert "The same receipt was uploaded before, by another account" in page
    assert "The same bank reference was used before" in page
    assert first.reference in page


def test_the_page_of_an_account_of_ones_own_has_no_buttons(waiting):
    top_up = waiting.top_up()
    top_up.user_id = waiting.staff_id
    waiting.session.commit()
    page = waiting.staff.get(f"/staff/top-ups/{top_up.public_id}").text
    assert "somebody else must decide" in page
    assert "data-decision" not in page
    response = waiting.staff.get("/staff/top-ups/next")
    assert response.location.endswith("/staff/top-ups")


def test_only_the_finance_desk_comes_in(app, waiting, sign_in):
    public_id = waiting.top_up().public_id
    addresses = (
        "/staff/top-ups",
        f"/staff/top-ups/{public_id}",
        f"/staff/top-ups/{public_id}/receipt",
        "/staff/plans",
    )
    for address in addresses:
        assert waiting.client.get(address).status_code == 403
    for role, status in ((Role.FINANCE, 200), (Role.SUPPORT, 403), (Role.OPERATOR, 403)):
        client = sign_in(app.test_client(), make_staff(waiting.session, role=role))
        for address in addresses:
            assert client.get(address).status_code == status


def test_a_reference_is_found_as_it_is_typed(waiting):
    top_up = waiting.top_up()
    typed = top_up.reference.lower().replace("-", " ")
    response = waiting.staff.get("/staff/top-ups", query_string={"reference": typed})
    assert response.location.endswith(top_up.public_id)
    assert "eight characters" in waiting.staff.get("/staff/top-ups?reference=nonsense").text
    for state in ("approved", "rejected", "cancelled", "drafts", "nonsense"):
        assert waiting.staff.get(f"/staff/top-ups?state={state}").status_code == 200


def tiers(*rows: tuple[str, str]) -> dict[str, str]:
    values = {}
    for number, (size, price) in enumerate(rows):
        values |= {f"tiers-{number}-from_credits": size, f"tiers-{number}-price": price}
    return values


def test_staff_keep_the_price_lists(till):
    values = {"name": "Large", "currency": "myr", "open": "y", "is_default": "y"}
    wrong = till.staff.submit("/staff/plans/new", values | tiers(("1000", "0.05"), ("5,000", "0.06")))
    assert wrong.status_code == 422
    assert "must cost less" in wrong.text
    assert "Row 1" in till.staff.submit("/staff/plans/new", values | tiers(("x", "1"))).text
    right = till.staff.submit("/staff/plans/new", values | tiers(("5,000", "0.0425"), ("1000", "0.05")))
    assert right.status_code == 303
    till.session.rollback()
    large = till.session.scalars(select(Plan).where(Plan.name == "Large")).one()
    assert [(tier.from_credits, tier.price) for tier in large.tiers] == [(1_000, 5_000), (5_000, 4_250)]
    assert large.currency == "MYR"
    assert [plan.name for plan in till.session.scalars(select(Plan).where(Plan.is_default))] == ["Large"]
    page = till.staff.get(f"/staff/plans/{large.id}").text
    assert 'value="0.0425"' in page
    again = till.staff.submit(f"/staff/plans/{large.id}", values | tiers(("1000", "0.05"), ("9000", "0.04")))
    assert again.status_code == 303
    assert "MYR&nbsp;0.04" in till.client.get("/top-up").text


def test_new_bank_details_are_told_to_every_admin(till):
    till.staff.submit("/staff/plans/bank-details", {"bank_details": "New Bank 1"}, page="/staff/plans")
    till.session.rollback()
    assert desk_settings(till.session).bank_details == "New Bank 1"
    letter = till.session.scalars(select(Letter)).one()
    assert "New Bank 1" in letter.body


def test_limits_are_an_admins_to_set(app, till, sign_in):
    values = {"top_ups": "500", "top_ups_a_day": "900", "adjustments": "0"}
    finance = sign_in(app.test_client(), make_staff(till.session, role=Role.FINANCE))
    assert finance.submit("/staff/plans/limits", values, page="/staff/plans").status_code == 403
    assert till.staff.submit("/staff/plans/limits", values, page="/staff/plans").status_code == 303
    till.session.rollback()
    settings = desk_settings(till.session)
    assert (settings.top_up_second_person_above, settings.adjustment_second_person_above) == (500_000, 0)
    assert settings.top_ups_alone_a_day == 900_000
