"""What phones send back through Kannel: STOP lands on the right list, and no text anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.gateways.base import Callback, ForgedReceipt, HearsOptOuts, OptOut, UnreadableReceipt
from app.gateways.registry import make_gateway
from app.models import Route
from tests.factories.routes import make_route
from tests.factories.tasks import make_submitted_task
from tests.factories.users import make_owner
from tests.gateways.kannel.box import PASSWORD, RECEIPT_SECRET, REPLY_SECRET, USERNAME, Kannel
from tests.gateways.kannel.conftest import REPLIES
from tests.gateways.kannel.post import Door
from tests.gateways.kannel.test_answers import GOOD
from tests.gateways.peers import message, send
from tests.gateways.written_to import E164, left, lists
from tests.panel_client import PanelClient

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRIVATE = "my new pin is 4711"
gateway = make_gateway(
    "kannel", {**GOOD, "reply_secret": REPLY_SECRET}, callback_url="https://panel.example/r"
)
STOP = Callback("POST", {"X-Kannel-From": E164}, {"token": REPLY_SECRET}, b"STOP", "127.0.0.1")


def heard(callback: Callback) -> list[OptOut]:
    assert isinstance(gateway, HearsOptOuts)
    assert gateway.read_receipts(callback, NOW) == []
    return gateway.read_opt_outs(callback, NOW)


@pytest.fixture
def route(session: Session) -> Route:
    settings = {
        "url": "http://127.0.0.1:9/",
        "username": USERNAME,
        "password": PASSWORD,
        "receipt_secret": RECEIPT_SECRET,
        "reply_secret": REPLY_SECRET,
    }
    route = make_route(session, gateway="kannel", gateway_settings=settings, price_per_segment=0)
    route.public_id = REPLIES
    session.commit()
    return route


@pytest.fixture
def account_id(session: Session, route: Route) -> int | None:
    """An account that wrote to the number an hour ago."""
    owner = make_owner(session)
    make_submitted_task(session, owner, route, messages=1, price=0)
    left(session, owner.account_id, 1.0)
    return owner.account_id


def test_what_phones_send_reaches_the_panel_and_no_phone_hears_of_it(
    kannel: Kannel,
    door: Door,
    app: Flask,
    session: Session,
    account_id: int | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    door.application = app
    kannel.say(f"{E164} 32500 text {PRIVATE}")
    kannel.say(f"+60123456702 32500 text {PRIVATE}")
    kannel.say(f"{E164} 32500 text Stop.")
    kannel.say(f"{E164} 32500 text ＢＥＲＨＥＮＴＩ!")
    door.wait("200", 4)

    assert lists(session) == [(account_id, E164, "opt_out")]
    send(kannel.gateway(), message(E164, text="the next one"))
    kannel.wait_for("the next one")
    assert [line for line in kannel.lines if line.startswith("32500")] == []
    told = capsys.readouterr()
    assert "4711" not in told.out + told.err
    assert E164.removeprefix("+") not in told.out + told.err


def test_what_could_not_be_stored_comes_again(
    kannel: Kannel, door: Door, app: Flask, session: Session, account_id: int | None
) -> None:
    kannel.say(f"{E164} 32500 text STOP")
    door.wait("503")
    assert lists(session) == []
    door.application = app
    door.wait("200")
    assert lists(session) == [(account_id, E164, "opt_out")]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"headers": {"X-Kannel-From": "60123456701"}},
        {"headers": {"x-kannel-from": "0060123456701"}},
        {"body": b" stop all! "},
        {
            "headers": {"X-Kannel-From": E164, "Content-Type": 'text/plain; charset="UTF-16BE"'},
            "body": "BATAL".encode("utf-16-be"),
        },
    ],
)
def test_a_stop_is_read_however_it_is_written(change: dict[str, Any]) -> None:
    assert heard(replace(STOP, **change)) == [OptOut(E164, stop=True, at=NOW)]


@pytest.mark.parametrize(
    "change",
    [
        {"body": b"Thanks"},
        {"body": b""},
        {"body": b"\xff\xfe"},
        {"headers": {"X-Kannel-From": "0123456701"}},
        {"headers": {"X-Kannel-From": "32500"}},
        {"headers": {"X-Kannel-From": "BANK"}},
        {"headers": {"X-Kannel-From": ""}},
    ],
)
def test_what_is_no_stop_of_a_number_is_none(change: dict[str, Any]) -> None:
    assert heard(replace(STOP, **change)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"query": {}},
        {"query": {"token": ""}},
        {"query": {"token": "s" * 24}},
        {"query": {"token": "é"}},
        {"remote": "10.0.0.9"},
        {"remote": ""},
        {"headers": {"X-Kannel-From": E164, "X-Forwarded-For": "127.0.0.1"}, "remote": "10.0.0.9"},
        {"method": "GET"},
        {"method": "PUT"},
    ],
)
def test_without_the_secret_or_from_elsewhere_it_is_forged(change: dict[str, Any]) -> None:
    with pytest.raises(ForgedReceipt):
        heard(replace(STOP, **change))


def test_a_route_that_awaits_no_replies_believes_none() -> None:
    deaf = make_gateway("kannel", GOOD, callback_url="https://panel.example/r")
    for token in ("", GOOD["receipt_secret"]):
        with pytest.raises(ForgedReceipt):
            deaf.read_receipts(replace(STOP, query={"token": str(token)}), NOW)


def test_a_message_without_its_sender_is_unreadable() -> None:
    with pytest.raises(UnreadableReceipt, match="send-sender"):
        heard(replace(STOP, headers={}))


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"query_string": {"token": "guess"}}, 403),
        ({"headers": {}}, 400),
        ({"environ_base": {"REMOTE_ADDR": "10.0.0.9"}}, 403),
    ],
)
def test_what_is_refused_suppresses_nobody(
    client: PanelClient, session: Session, account_id: int | None, change: dict[str, Any], status: int
) -> None:
    call: Callable[..., TestResponse] = client.post
    genuine = {
        "data": b"STOP",
        "headers": {"X-Kannel-From": E164},
        "query_string": {"token": REPLY_SECRET},
        "environ_base": {"REMOTE_ADDR": "127.0.0.1"},
    }
    assert call(f"/callbacks/{REPLIES}", **{**genuine, **change}).status_code == status
    assert lists(session) == []
    assert [call(f"/callbacks/{REPLIES}", **genuine).status_code for _ in range(2)] == [200, 200]
    assert lists(session) == [(account_id, E164, "opt_out")]
