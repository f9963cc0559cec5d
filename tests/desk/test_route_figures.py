"""What staff read of a route and of a message's tries, and what clients read before they choose a route."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.extensions import db
from app.gateways.base import Accepted, Deferred, InDoubt, Outcome, OutgoingMessage, Refused
from app.ledger.route_hours import LONGER, WINDOW_SECONDS
from app.models import GatewayTry, Role, Route, Task
from app.records.route_figures import median_of, now_of, rate_over
from app.sending import sweep
from app.sending.dispatch import outcomes
from app.web_figures import duration, percent
from tests.factories.accounts import make_account
from tests.factories.messages import ACCEPTED, DELIVERED, FAILED_LATE, IN_DOUBT, age
from tests.factories.routes import make_route
from tests.factories.tasks import make_settled_task, make_submitted_task
from tests.factories.users import make_owner, make_staff
from tests.panel_client import PanelClient
from tests.sending.engine import ScriptedGateway, make_house, pump

SignIn = Callable[..., PanelClient]


@pytest.fixture
def support(client: PanelClient, session: Session, sign_in: SignIn) -> PanelClient:
    return sign_in(client, make_staff(session, role=Role.SUPPORT))


def script(*answers: Outcome) -> Callable[[OutgoingMessage], Outcome]:
    left = list(answers)
    return lambda message: left.pop(0) if left else Accepted(f"g-{message.reference}")


def test_the_page_tells_pace_depth_doubts_countries_and_errors_in_words(
    app: Flask, session: Session, support: PanelClient
) -> None:
    house = make_house(app, session)
    make_submitted_task(session, house.owner, house.route, messages=4)
    session.rollback()
    answers = script(Refused("invalid_number"), InDoubt("timeout"))
    pump(app, house.route_id, ScriptedGateway(answers, concurrency=1))
    make_submitted_task(
        session, house.owner, house.route, messages=7, started_at=now() - timedelta(minutes=12)
    )
    for address in (f"/staff/routes/{house.route_id}", f"/staff/routes/{house.route_id}/figures"):
        page = support.get(address).text
        assert 'data-count="waiting" data-value="7"' in page
        assert 'data-count="in-doubt" data-value="1"' in page
        assert "of 1,000" in page
        assert "12 min" in page
        assert "Australia" in page
        assert "The carrier does not take this for a phone number." in page
        assert "The breaker is closed" in page
        assert f'data-refresh-url="/staff/routes/{house.route_id}/figures"' in page


def test_an_open_breaker_is_told_with_its_reason_and_since_when(
    session: Session, support: PanelClient
) -> None:
    route_id = make_route(session).id
    for code in ("unreachable", "timeout"):
        with write_transaction(session):
            outcomes.trip_breaker(session, route_id, code)
    page = support.get(f"/staff/routes/{route_id}/figures").text
    assert "The breaker is open since" in page
    assert "The gateway could not be reached" in page
    assert "after 2 rests in a row" in page
    with write_transaction(session):
        outcomes.reset_breaker(session, route_id)
        outcomes.reset_breaker(session, route_id)
    page = support.get(f"/staff/routes/{route_id}/figures").text
    assert "The breaker is closed" in page
    assert page.count("The gateway answers again") == 1


def test_a_pause_is_told_with_its_words_and_a_resumption_after_it(
    client: PanelClient, session: Session, sign_in: SignIn
) -> None:
    operator, route_id = sign_in(client, make_staff(session, role=Role.OPERATOR)), make_route(session).id
    page = f"/staff/routes/{route_id}"
    operator.submit(f"{page}/pause", {"reason": "The carrier mends its line."}, page=page)
    assert "Paused since" in operator.get(f"{page}/figures").text
    operator.submit(f"{page}/resume", page=page)
    told = operator.get(f"{page}/figures").text
    assert "Resumed by staff" in told
    assert "Paused by staff: The carrier mends its line." in told


def test_a_messages_log_has_every_try_with_the_gateways_words_and_the_request(
    app: Flask, session: Session, support: PanelClient
) -> None:
    house = make_house(app, session)
    task = make_submitted_task(session, house.owner, house.route, messages=1)
    session.rollback()
    answers = script(Deferred("carrier_busy", 0.0, said='503 {"error": "carrier_busy"}'))
    pump(app, house.route_id, ScriptedGateway(answers))
    session.rollback()
    session.execute(text("UPDATE message SET not_before = NULL"))
    session.commit()
    pump(app, house.route_id, ScriptedGateway())
    page = support.get(f"/staff/tasks/{task.public_id}/messages/2").text
    assert "Put off" in page
    assert "503 {&#34;error&#34;: &#34;carrier_busy&#34;}" in page
    assert "Accepted" in page
    assert house.messages(task)[0].gateway_id in page
    assert "POST http" in page
    assert house.messages(task)[0].e164 in page
    assert app.config["CARILLON"].sandbox_secret not in page
    assert "‹removed›" in page


def test_a_try_whose_pump_died_is_in_the_log_and_an_accepted_one_costs_no_row(
    app: Flask, session: Session
) -> None:
    house = make_house(app, session)
    task = make_submitted_task(session, house.owner, house.route, messages=5)
    session.rollback()
    pump(app, house.route_id, ScriptedGateway())
    assert session.scalars(select(GatewayTry)).all() == []
    task = make_submitted_task(session, house.owner, house.route, messages=1)
    session.execute(
        text(
            "UPDATE message SET status = 'sending', attempt = 1, claim = '1.1.1', sent_at = :at,"
            " claim_expires_at = :at WHERE task_id = :task"
        ),
        {"at": (now() - timedelta(minutes=1)).strftime("%Y-%m-%d %H:%M:%S.%f"), "task": task.id},
    )
    session.commit()
    with write_transaction(session):
        sweep.doubt_lapsed_sends(session, frozenset())
    (kept,) = session.scalars(select(GatewayTry))
    assert (kept.outcome, kept.code, kept.attempt) == ("in_doubt", "interrupted", 1)


def test_of_what_was_put_off_only_a_few_of_a_transaction_are_kept(app: Flask, session: Session) -> None:
    house = make_house(app, session)
    make_submitted_task(session, house.owner, house.route, messages=60)
    session.rollback()
    with write_transaction(session):
        from app.sending.dispatch.gateway_log import DEFERRED_KEPT, keep
        from app.sending.settlement import locked_messages

        class Taken:
            task_id = 1

        messages = locked_messages(session, range(1, 61))
        keep(session, [(message, Taken(), Deferred("throttled")) for message in messages])  # type: ignore[list-item]
    assert len(session.scalars(select(GatewayTry)).all()) == DEFERRED_KEPT


def test_the_card_tells_delivery_only_of_enough_messages_that_had_time(
    app: Flask, client: PanelClient, session: Session, sign_in: SignIn
) -> None:
    owner = make_owner(session, make_account(session, available=1_000_000))
    route = make_route(session, name="Harbour")
    other = make_owner(session, make_account(session, available=1_000_000))
    make_settled_task(session, other, route, [DELIVERED] * 45 + [FAILED_LATE] * 3 + [ACCEPTED, IN_DOUBT])
    panel = sign_in(client, owner)
    assert "Too few messages lately to say" in panel.get("/routes/").text  # they left a moment ago
    age(session, timedelta(hours=3))
    for address in ("/routes/", "/quick/", "/bulk/"):
        page = panel.get(address).text
        assert "90 % delivered" in page, address
        assert "Of 50 messages in the last 24 hours" in page
        assert "6 % failed" in page
        assert "4 % without a receipt" in page
    age(session, timedelta(days=3))
    assert "Of 50 messages in the last 7 days" in panel.get("/routes/").text


def test_the_card_says_that_a_route_rests_and_that_one_has_no_receipts(
    client: PanelClient, session: Session, sign_in: SignIn
) -> None:
    make_route(session, name="A", breaker_until=now() + timedelta(minutes=5))
    make_route(session, name="B", paused_reason="Words for staff alone", gives_reports=False)
    page = sign_in(client, make_owner(session)).get("/routes/").text
    assert "It rests now" in page
    assert "It is paused now by us" in page
    assert "Words for staff alone" not in page
    assert "this route gives no receipts" in page


def test_figures_never_read_messages(any_app: Flask, session: Session) -> None:
    """Whatever is asked of them, at any size."""
    from app.blueprints.desk_routes.figures import figures_of
    from app.records.metrics import measure

    house = make_house(any_app, session)
    make_settled_task(session, house.owner, house.route, [DELIVERED, ACCEPTED, IN_DOUBT])
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    session.rollback()
    figures_of(session.get_one(Route, house.route_id))
    measure(session, {}, timedelta(seconds=15))
    assert len(asked) > 8
    assert not [statement for statement in asked if "FROM message" in statement]


def test_old_doubts_and_open_doubts_are_found_by_their_indexes(any_app: Flask, session: Session) -> None:
    """Both are partial: SQLite takes them only for queries that repeat their conditions word by word."""
    asked: list[tuple[str, object]] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
    with write_transaction(session):
        sweep.release_old_doubts(session, timedelta(hours=72))
    now_of(session, 1, now())
    held = next(each for each in asked if "message.money = 'held'" in each[0])
    doubts = next(each for each in asked if "in_doubt > 0" in each[0])
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    if not is_sqlite:
        session.execute(text("SET LOCAL enable_seqscan = off"))
    for (statement, parameters), index in ((held, "ix_message_held_out"), (doubts, "ix_task_")):
        explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
        plan = session.connection().exec_driver_sql(explain + statement, parameters).all()  # type: ignore[arg-type]
        assert index in str(plan), plan


@pytest.mark.parametrize(
    ("receipts", "median"),
    [
        ({}, None),
        ({"1": 1}, 0.5),
        ({"2": 10, "3": 10}, 2.0),
        ({"1": 1, "60": 3, "longer": 1}, 47.0),
        ({LONGER: 3, "1": 1}, math.inf),
    ],
)
def test_the_median_lies_within_its_step(receipts: dict[str, int], median: float | None) -> None:
    found = median_of(receipts)
    assert (
        found == median if median is None or math.isinf(median) else found == pytest.approx(median, abs=0.5)
    )


def test_the_rate_is_of_the_last_windows_alone() -> None:
    moment = now().replace(second=52, microsecond=0)
    window = int(moment.timestamp()) // WINDOW_SECONDS
    assert rate_over({window - 9: 900}, moment) == 0
    assert rate_over({window - 3: 100, window - 2: 100, window - 1: 100, window: 40}, moment) == 340 / 17


@pytest.mark.parametrize(
    ("share", "words"), [(None, "–"), (100.0, "100 %"), (99.96, "99.9 %"), (0.0, "0 %"), (97.05, "97 %")]
)
def test_only_all_is_a_hundred_percent(app: Flask, share: float | None, words: str) -> None:
    assert percent(share) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, "–"), (0.2, "1 s"), (75, "75 s"), (600, "10 min"), (7200, "2 h")]
)
def test_times_are_as_exact_as_they_are_known(app: Flask, seconds: float | None, words: str) -> None:
    assert duration(seconds) == words


def test_a_task_that_runs_for_another_route_is_not_counted_here(app: Flask, session: Session) -> None:
    house = make_house(app, session)
    make_submitted_task(session, house.owner, house.route, messages=2)
    other = make_route(session)
    assert now_of(session, other.id, now()).waiting == 0
    assert session.scalar(select(Task.total)) == 2
