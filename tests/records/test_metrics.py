"""What monitoring is told, and who is told it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.gateways.base import Accepted, DeliveryReport, Outcome, OutgoingMessage, Refused, ReportStatus
from app.models import PumpLease, Route
from app.sending import receipts
from tests import servers
from tests.factories.tasks import make_submitted_task
from tests.panel_client import PanelClient
from tests.records.exposition import read, value
from tests.sending.engine import House, ScriptedGateway, make_house, pump

FAR = {"REMOTE_ADDR": "8.8.8.8"}


@pytest.fixture
def house(any_app: Flask, session) -> House:  # type: ignore[no-untyped-def]
    return make_house(any_app, session)


def test_metrics_tell_depth_pace_outcomes_leases_receipts_and_queues(
    any_app: Flask, client: PanelClient, house: House
) -> None:
    done = make_submitted_task(house.session, house.owner, house.route, messages=3)
    house.session.rollback()
    left: list[Outcome] = [Refused("invalid_number")]

    def answer(message: OutgoingMessage) -> Outcome:
        return left.pop() if left else Accepted(f"g-{message.reference}")

    pump(any_app, house.route_id, ScriptedGateway(answer, concurrency=1))
    make_submitted_task(
        house.session, house.owner, house.route, messages=7, started_at=now() - timedelta(minutes=5)
    )
    taken = [message.gateway_id or "" for message in house.messages(done) if message.gateway_id]
    with write_transaction(house.session) as session:
        receipts.insert_reports(session, house.route_id, [DeliveryReport(taken[0], ReportStatus.DELIVERED)])
    with write_transaction(house.session) as session:
        receipts.apply_due(session, house.route_id)
        receipts.insert_reports(session, house.route_id, [DeliveryReport("early", ReportStatus.DELIVERED)])

    said = client.get("/metrics")
    assert said.content_type.startswith("text/plain; version=0.0.4")
    found = read(said.text)
    route = {"route": house.route_id}
    assert value(found, "carillon_messages_waiting", **route) == 7
    assert 300 <= value(found, "carillon_oldest_waiting_seconds", **route) < 600
    assert value(found, "carillon_send_rate", **route) > 0
    assert value(found, "carillon_send_rate_limit", **route) == 1000
    assert value(found, "carillon_recent_messages", **route, status="accepted") == 1
    assert value(found, "carillon_recent_messages", **route, status="delivered") == 1
    assert value(found, "carillon_outcomes_total", **route, outcome="refused") == 1
    assert value(found, "carillon_outcomes_total", **route, outcome="accepted") == 2
    assert value(found, "carillon_outcomes_total", **route, outcome="delivered") == 1
    assert value(found, "carillon_receipt_median_seconds", **route) <= 300
    assert value(found, "carillon_receipts_waiting", **route) == 1
    assert value(found, "carillon_receipt_lag_seconds", **route) >= 0
    assert value(found, "carillon_route_stopped", **route) == 0
    assert value(found, "carillon_pump_lease_age_seconds", **route) >= 0
    assert value(found, "carillon_jobs_waiting", queue="dispatch") == 0
    assert value(found, "carillon_jobs_failed", queue="dispatch") == 0
    assert value(found, "carillon_redis_up") == 1


def test_a_held_lease_tells_since_when_it_was_renewed(
    any_app: Flask, client: PanelClient, house: House
) -> None:
    spell = house.settings.pump_lease
    house.session.add(
        PumpLease(route_id=house.route_id, fence=1, expires_at=now() + spell - timedelta(seconds=4))
    )
    house.session.commit()
    found = read(client.get("/metrics").text)
    assert 4 <= value(found, "carillon_pump_lease_age_seconds", route=house.route_id) < 8


def test_a_route_may_have_any_name(any_app: Flask, client: PanelClient, house: House) -> None:
    name = 'The "fast" one\\ \nof ours, {cheap}'
    house.session.execute(update(Route).values(name=name))
    house.session.commit()
    found = read(client.get("/metrics").text)
    assert value(found, "carillon_route_info", route=house.route_id, name=name, gateway="sandbox") == 1


@pytest.mark.parametrize(
    ("address", "headers", "proxies", "answered"),
    [
        ("127.0.0.1", {}, 0, True),
        ("10.0.0.7", {}, 0, True),
        ("::1", {}, 0, True),
        ("::ffff:10.0.0.7", {}, 0, True),
        ("8.8.8.8", {}, 0, False),
        ("::ffff:8.8.8.8", {}, 0, False),
        ("192.0.2.7", {}, 0, False),
        ("2001:db8::1", {}, 0, False),
        ("", {}, 0, False),
        # A proxy that nobody told us of.
        ("10.0.0.1", {"X-Forwarded-For": "10.0.0.7"}, 0, False),
        ("10.0.0.1", {"Forwarded": "for=10.0.0.7"}, 0, False),
        ("10.0.0.1", {"Via": "1.1 front"}, 0, False),
        ("10.0.0.1", {"X-Forwarded-Proto": "https"}, 0, False),
        # One that we trust: a stranger who claims to be near, and one who claims it where too many are trusted.
        ("10.0.0.1", {"X-Forwarded-For": "10.0.0.7, 8.8.8.8"}, 1, False),
        ("10.0.0.1", {"X-Forwarded-For": "10.0.0.7"}, 1, False),
        ("10.0.0.1", {"X-Forwarded-For": "10.0.0.7, 8.8.8.8"}, 2, False),
        ("8.8.8.8", {"X-Forwarded-For": "10.0.0.7"}, 1, False),
        # Past the proxy, straight from the private network.
        ("10.0.0.9", {}, 1, True),
    ],
)
def test_without_a_token_only_neighbours_are_answered_and_no_proxy_makes_one(
    app_on: Callable[..., Flask], address: str, headers: dict[str, str], proxies: int, answered: bool
) -> None:
    client = app_on(trusted_proxies=proxies).test_client()
    said = client.get("/metrics", environ_base={"REMOTE_ADDR": address}, headers=headers)
    assert said.status_code == (200 if answered else 404)


def test_with_a_token_only_who_has_it_is_answered(app_on: Callable[..., Flask]) -> None:
    closed = app_on(metrics_token="a-token").test_client()
    assert closed.get("/metrics").status_code == 404
    assert closed.get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 404
    right = {"Authorization": "Bearer a-token", "X-Forwarded-For": "8.8.8.8"}
    assert closed.get("/metrics", headers=right, environ_base=FAR).status_code == 200


def test_it_is_ready_when_database_and_redis_answer(
    app_on: Callable[..., Flask], client: PanelClient
) -> None:
    assert client.get("/readyz").json == {"database": "ok", "redis": "ok"}
    alone = app_on(redis_url="redis://127.0.0.1:1/0").test_client()
    said = alone.get("/readyz")
    assert (said.status_code, said.json["redis"]) == (503, "does not answer")
    assert alone.get("/healthz").status_code == 200
    assert value(read(alone.get("/metrics").text), "carillon_redis_up") == 0


@pytest.mark.parametrize(
    ("marks", "status", "said"),
    [
        (["0001"], 503, "is at revision 0001, this code needs"),
        ([], 503, "has no schema of ours"),
        (["of-newer-code"], 200, "ok"),  # upgraded for the next release, whose processes are about to come
    ],
)
def test_it_is_not_ready_on_a_schema_that_is_behind_the_code(
    any_app: Flask, session: Session, client: PanelClient, marks: list[str], status: int, said: str
) -> None:
    session.execute(text("DELETE FROM alembic_version"))
    for mark in marks:
        session.execute(text("INSERT INTO alembic_version VALUES (:mark)"), {"mark": mark})
    session.commit()
    try:
        answer = client.get("/readyz")
    finally:
        servers.mark_newest(session.connection())
        session.commit()
    assert answer.status_code == status
    assert answer.json["database"].startswith(said)
    assert client.get("/readyz").status_code == 200
