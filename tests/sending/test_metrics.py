"""What monitoring is told, and who is told it; what workers do not write into their logs."""

from __future__ import annotations

from flask import Flask

from app.models import Message
from tests.factories.messages import ACCEPTED, REFUSED, WAITING
from tests.factories.tasks import make_settled_task, make_submitted_task
from tests.panel_client import PanelClient
from tests.sending.engine import House, ScriptedGateway, pump


def test_metrics_tell_depth_outcomes_leases_and_queues(
    any_app: Flask, client: PanelClient, house: House
) -> None:
    make_settled_task(house.session, house.owner, house.route, [ACCEPTED, REFUSED, WAITING])
    route_id = house.route_id
    house.session.rollback()
    pump(any_app, route_id, ScriptedGateway())
    make_submitted_task(house.session, house.owner, house.route, messages=7)
    said = client.get("/metrics")
    assert said.content_type.startswith("text/plain; version=0.0.4")
    lines = said.text.splitlines()
    route = f'route="{route_id}"'
    assert f"carillon_messages_waiting{{{route}}} 7" in lines
    assert f'carillon_recent_messages{{{route},status="accepted"}} 2' in lines
    assert f'carillon_recent_messages{{{route},status="failed"}} 1' in lines
    assert f"carillon_route_stopped{{{route}}} 0" in lines
    assert 'carillon_jobs_waiting{queue="dispatch"} 0' in lines
    assert any(line.startswith(f"carillon_pump_lease_seconds{{{route}}} ") for line in lines)


def test_metrics_are_for_neighbours_or_for_whoever_has_the_token(app_on, client: PanelClient) -> None:  # type: ignore[no-untyped-def]
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "10.0.0.7"}).status_code == 200
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "8.8.8.8"}).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.0.0.7"}).status_code == 404
    closed = app_on(metrics_token="a-token").test_client()
    assert closed.get("/metrics").status_code == 404
    assert closed.get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 404
    far = {"REMOTE_ADDR": "8.8.8.8"}
    assert (
        closed.get("/metrics", headers={"Authorization": "Bearer a-token"}, environ_base=far).status_code
        == 200
    )


def test_it_is_ready_when_database_and_redis_answer(app_on, client: PanelClient) -> None:  # type: ignore[no-untyped-def]
    assert client.get("/readyz").json == {"database": "ok", "redis": "ok"}
    alone = app_on(redis_url="redis://127.0.0.1:1/0").test_client()
    said = alone.get("/readyz")
    assert (said.status_code, said.json["redis"]) == (503, "does not answer")
    assert alone.get("/healthz").status_code == 200
    assert alone.get("/metrics").status_code == 200


def test_nothing_that_a_pump_logs_names_a_number_or_a_text(app: Flask, house: House, capfd) -> None:  # type: ignore[no-untyped-def]
    task = make_submitted_task(house.session, house.owner, house.route, messages=3)
    house.session.rollback()

    def broken(_message: object) -> None:
        raise RuntimeError("a bug")

    pump(app, house.route_id, ScriptedGateway(broken))  # type: ignore[arg-type]
    said = "".join(capfd.readouterr())
    assert "gateway_broke_its_promise" in said
    numbers = [message.e164 for message in house.session.query(Message).filter_by(task_id=task.id)]
    assert not [number for number in numbers if number in said or number.lstrip("+") in said]
    assert task.content not in said
