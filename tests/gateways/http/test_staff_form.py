"""The worked example, pasted into the staff's form as it stands in the documentation."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Role, Route
from app.sending.gateways import gateway_for, gateway_values
from tests.factories.users import make_staff
from tests.gateways.http.carrier import API_KEY, GOOD, RECEIPT_SECRET, documented_lines

FIELDS = {
    "name": "Infobip",
    "channel": "sms",
    "gateway": "http",
    "gateway_settings": "\n".join(documented_lines()),
    "secrets": f"api_key = {API_KEY}\nreceipt_secret = {RECEIPT_SECRET}",
    "rate": "50",
    "price_per_segment": "0.85",
    "blocked_prefixes": "86",
    "takes_sender_id": "y",
    "sender_id_maximum": "11",
    "minimum_recipients": "1",
    "maximum_recipients": "5000",
    "split": "160",
    "charge_when": "delivered",
    "retry_attempts": "7",
}


def test_the_worked_example_is_taken_as_it_stands(app: Flask, client, session: Session, sign_in) -> None:
    operator = sign_in(client, make_staff(session, role=Role.OPERATOR))

    assert operator.submit("/staff/routes/new", FIELDS).status_code == 303
    route = session.scalars(select(Route)).one()
    settings = app.config["CARILLON"]
    assert gateway_values(route, settings) == GOOD
    assert gateway_for(route, settings).capabilities.receipts
    assert API_KEY not in str(route.gateway_settings)
    page = operator.get(f"/staff/routes/{route.id}/edit").text
    assert API_KEY not in page
    assert RECEIPT_SECRET not in page


def test_a_mistake_in_it_is_named(client, session: Session, sign_in) -> None:
    operator = sign_in(client, make_staff(session, role=Role.OPERATOR))
    wrong = FIELDS["gateway_settings"].replace("{text}", "{txt}")

    answer = operator.submit("/staff/routes/new", {**FIELDS, "gateway_settings": wrong})
    assert answer.status_code == 422
    assert "There is no {txt}; choose from" in answer.text
