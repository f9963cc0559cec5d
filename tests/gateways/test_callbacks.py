"""The address for receipts: believed only when signed, acknowledged only when stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.clock import now
from app.extensions import db
from app.gateways.base import Accepted
from app.gateways.registry import make_gateway
from app.gateways.sandbox_carrier.running import RunningCarrier
from app.gateways.signature import HEADER, sign
from app.models import Receipt, Route
from config import Settings
from tests.factories.routes import make_route
from tests.gateways.peers import message, send
from tests.loopback import serving
from tests.panel_client import PanelClient
from tests.waiting import until

DELIVERED = {"id": "g1", "reference": "r1", "status": "delivered", "error": None}
FAILED = {"id": "g2", "reference": "r2", "status": "failed", "error": "absent_subscriber"}

Post = Callable[..., TestResponse]


def callback(*receipts: dict[str, object]) -> bytes:
    return json.dumps({"receipts": receipts}).encode()


@pytest.fixture
def route(session: Session) -> Route:
    return make_route(session)


@pytest.fixture
def post(app: Flask, client: PanelClient, route: Route) -> Post:
    """Posts a body to the route's address, signed as the carrier would unless told otherwise."""
    address = f"/callbacks/{route.public_id}"
    secret = app.config["CARILLON"].sandbox_secret

    def post(body: bytes, to: str = address, **headers: str) -> TestResponse:
        return client.post(to, data=body, headers={HEADER: sign(secret, body, now()), **headers})

    return post


def stored(session: Session) -> list[tuple[str, str | None, str, str | None]]:
    session.rollback()
    columns = (Receipt.gateway_id, Receipt.reference, Receipt.status, Receipt.error_code)
    return [tuple(row) for row in session.execute(select(*columns).order_by(Receipt.id))]


def test_signed_receipts_are_stored_and_acknowledged(post: Post, session: Session) -> None:
    answer = post(callback(DELIVERED, FAILED))

    assert (answer.status_code, answer.data) == (204, b"")
    assert stored(session) == [
        ("g1", "r1", "delivered", None),
        ("g2", "r2", "failed", "absent_subscriber"),
    ]


def test_a_receipt_that_comes_again_is_stored_once_and_acknowledged_again(
    post: Post, session: Session
) -> None:
    answers = [post(callback(DELIVERED, DELIVERED)) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [204] * 3
    assert len(stored(session)) == 1


def test_a_forged_callback_is_refused_and_leaves_nothing(post: Post, session: Session) -> None:
    genuine = callback(DELIVERED)
    signature = sign("guessed", genuine, now())

    assert post(genuine, **{HEADER: signature}).status_code == 403
    assert post(genuine, **{HEADER: ""}).status_code == 403
    assert stored(session) == []


def test_an_old_callback_played_again_is_refused(app: Flask, post: Post, session: Session) -> None:
    body = callback(DELIVERED)
    old = sign(app.config["CARILLON"].sandbox_secret, body, now() - timedelta(minutes=6))

    assert post(body, **{HEADER: old}).status_code == 403
    assert stored(session) == []


def test_an_unreadable_callback_is_refused_as_a_whole(post: Post, session: Session) -> None:
    assert post(callback(DELIVERED, {"id": "g2", "status": "lost"})).status_code == 400
    assert stored(session) == []


def test_where_a_callback_says_it_comes_from_changes_nothing(post: Post, session: Session) -> None:
    headers = {"Host": "carrier.example", "X-Forwarded-For": "127.0.0.1", HEADER: ""}

    assert post(callback(DELIVERED), **headers).status_code == 403
    headers.pop(HEADER)
    assert post(callback(DELIVERED), **headers).status_code == 204


def test_an_unknown_route_has_no_address(post: Post) -> None:
    assert post(callback(DELIVERED), to="/callbacks/nowhere").status_code == 404


def test_a_look_at_the_address_proves_nothing(client: PanelClient, route: Route) -> None:
    address = f"/callbacks/{route.public_id}"

    assert client.get(address).status_code == 403
    assert client.get(f"{address}?reference=r1&status=1").status_code == 403
    assert client.put(address).status_code == 405


def test_a_body_over_three_megabytes_is_not_read(post: Post, session: Session) -> None:
    assert post(b" " * (3 * 1024 * 1024 + 1)).status_code == 413
    assert stored(session) == []


def test_what_the_database_does_not_take_is_not_acknowledged(
    app: Flask, post: Post, session: Session
) -> None:
    engine = db.engine

    @event.listens_for(engine, "commit")
    def fail(_connection: object) -> None:
        raise OperationalError("COMMIT", {}, OSError("disk full"))

    try:
        assert post(callback(DELIVERED)).status_code == 503
    finally:
        event.remove(engine, "commit", fail)
    assert stored(session) == []
    assert post(callback(DELIVERED)).status_code == 204
    assert len(stored(session)) == 1


def test_a_route_whose_settings_broke_keeps_its_receipts_at_the_gateway(
    post: Post, route: Route, session: Session
) -> None:
    route.gateway_settings = {"concurrency": "many"}
    session.commit()

    assert post(callback(DELIVERED)).status_code == 503


@pytest.fixture
def panel_url(app: Flask) -> Iterator[str]:
    """The application behind a real socket."""
    with serving(app) as address:
        yield address


def test_from_a_send_to_the_stored_receipts_over_real_sockets(
    app: Flask, panel_url: str, route: Route, session: Session
) -> None:
    settings: Settings = app.config["CARILLON"]
    address = f"{panel_url}/callbacks/{route.public_id}"
    with RunningCarrier(secret=settings.sandbox_secret) as carrier:
        wire = {"url": carrier.url, "secret": settings.sandbox_secret}
        gateway = make_gateway("sandbox", wire, callback_url=address)
        outcomes = send(
            gateway,
            message("+60123456701", "delivered"),
            message("+60123456794", "failed"),
            message("+60123456798", "in doubt"),
        )
        until(lambda: len(stored(session)) == 3)

    assert [isinstance(outcome, Accepted) for outcome in outcomes] == [True, True, False]
    assert sorted(row[1:] for row in stored(session)) == [
        ("delivered", "delivered", None),
        ("failed", "failed", "absent_subscriber"),
        ("in doubt", "delivered", None),
    ]
