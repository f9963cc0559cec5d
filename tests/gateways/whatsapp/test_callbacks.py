"""A WhatsApp route's address: the handshake, stored statuses, opt-outs on the right list, header files."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.models import Channel, Message, Receipt, Route, Suppression, TemplateState, User, WhatsAppTemplate
from app.sending.gateways import lock_secrets
from app.stored_files import store_upload
from config import Settings
from tests.factories.routes import make_route
from tests.factories.tasks import make_submitted_task
from tests.factories.users import make_owner
from tests.gateways.whatsapp.graph import GOOD, VERIFY_TOKEN, preference, signed, status, webhook
from tests.panel_client import PanelClient

NUMBER = "16505551234"
E164 = f"+{NUMBER}"


@pytest.fixture
def settings(app: Flask) -> Settings:
    found: Settings = app.config["CARILLON"]
    return found


@pytest.fixture
def route(session: Session, settings: Settings) -> Route:
    secrets = {name: value for name, value in GOOD.items() if name != "phone_number_id"}
    return make_route(
        session,
        channel=Channel.WHATSAPP,
        gateway="whatsapp",
        gateway_settings={"phone_number_id": GOOD["phone_number_id"]},
        gateway_secrets=lock_secrets(secrets, settings),
        price_per_segment=0,
    )


def post(client: PanelClient, route: Route, body: bytes) -> int:
    headers = {**signed(body), "Content-Type": "application/json"}
    return client.post(f"/callbacks/{route.public_id}", data=body, headers=headers).status_code


def say(client: PanelClient, route: Route, value: str, timestamp: int) -> int:
    return post(client, route, webhook(preference(value, NUMBER, timestamp), "user_preferences"))


def written_to(session: Session, route: Route, owner: User, days_ago: float) -> None:
    """A message of the owner's account to the number, that left by the route then."""
    task = make_submitted_task(session, owner, route, messages=1, price=0)
    with write_transaction(session):
        session.execute(
            update(Message)
            .where(Message.task_id == task.id)
            .values(e164=E164, sent_at=now() - timedelta(days=days_ago))
        )


def suppressed(session: Session) -> list[tuple[int | None, str]]:
    session.rollback()
    return [
        (row.account_id, row.source) for row in session.scalars(select(Suppression).order_by(Suppression.id))
    ]


def test_the_handshake_is_answered_with_the_challenge(client: PanelClient, route: Route) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}
    answer = client.get(f"/callbacks/{route.public_id}", query_string=query)

    assert (answer.status_code, answer.text, answer.mimetype) == (200, "1158201444", "text/plain")
    wrong = client.get(f"/callbacks/{route.public_id}", query_string={**query, "hub.verify_token": "guess"})
    assert (wrong.status_code, wrong.text) == (403, "refused")


def test_statuses_are_stored_once_and_acknowledged_with_200(
    client: PanelClient, route: Route, session: Session
) -> None:
    body = webhook({"statuses": [status("sent"), status("failed", "wamid.2", code=131049)]})

    assert [post(client, route, body), post(client, route, body)] == [200, 200]
    session.rollback()
    stored = session.execute(
        select(Receipt.gateway_id, Receipt.reference, Receipt.status, Receipt.error_code)
    )
    assert sorted(tuple(row) for row in stored) == [
        ("wamid.1", "ref-1", "buffered", None),
        ("wamid.2", "ref-1", "failed", "marketing_cap"),
    ]


def test_a_forged_stop_suppresses_nobody(client: PanelClient, route: Route, session: Session) -> None:
    body = webhook(preference("stop"), "user_preferences")
    headers = signed(body, "another-app-secret")

    assert client.post(f"/callbacks/{route.public_id}", data=body, headers=headers).status_code == 403
    assert suppressed(session) == []


def test_a_stop_goes_to_the_account_that_wrote_last(
    client: PanelClient, route: Route, session: Session
) -> None:
    first, last, elsewhere = (make_owner(session) for _ in range(3))
    written_to(session, route, last, 3)
    written_to(session, route, first, 5)
    written_to(session, make_route(session, price_per_segment=0), elsewhere, 1)

    assert say(client, route, "stop", 1_731_705_721) == 200
    assert say(client, route, "stop", 1_731_705_721) == 200
    assert suppressed(session) == [(last.account_id, "opt_out")]


def test_a_stop_of_a_stranger_holds_for_all(client: PanelClient, route: Route, session: Session) -> None:
    say(client, route, "stop", 1_731_705_721)
    assert suppressed(session) == [(None, "opt_out")]


def test_a_later_resume_lets_through_again_and_an_old_one_does_not(
    client: PanelClient, route: Route, session: Session
) -> None:
    say(client, route, "stop", 1_731_705_800)
    say(client, route, "resume", 1_731_705_700)
    assert suppressed(session) == [(None, "opt_out")]
    say(client, route, "resume", 1_731_705_900)
    assert suppressed(session) == []


def test_a_resume_leaves_what_others_put_on_the_list(
    client: PanelClient, route: Route, session: Session
) -> None:
    session.add(Suppression(account_id=None, e164=E164, source="opt_out", note="asked on the opt-out page"))
    session.commit()
    say(client, route, "stop", 1_731_705_800)
    say(client, route, "resume", 1_999_999_999)
    assert suppressed(session) == [(None, "opt_out")]


def test_whatsapp_may_fetch_a_header_file_by_its_name_alone(
    client: PanelClient, route: Route, session: Session, settings: Settings
) -> None:
    owner = make_owner(session)
    stored = store_upload(settings.uploads_url, io.BytesIO(b"%PDF-1.7 menu"), "menu.pdf", 1000)
    template = WhatsAppTemplate(
        account_id=owner.account_id, user_id=owner.id, name="spring", language="en", body="Hello.",
        state=TemplateState.APPROVED, header_kind="document", header_key=stored.key, header_name="menu.pdf",
        header_type="application/pdf",
    )  # fmt: skip
    session.add(template)
    session.commit()
    address = f"/callbacks/{route.public_id}/media/{template.public_id}"
    sms = make_route(session)

    answer = client.get(address)
    assert (answer.status_code, answer.data, answer.mimetype) == (200, b"%PDF-1.7 menu", "application/pdf")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"/callbacks/{route.public_id}/media/guessed").status_code == 404
    assert client.get(f"/callbacks/{sms.public_id}/media/{template.public_id}").status_code == 404
    template.state = TemplateState.DRAFT
    session.commit()
    assert client.get(address).status_code == 404
