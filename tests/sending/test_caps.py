"""Daily caps: never one message more, the rest on the next day, whoever pumps and however many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.accounts import clocks
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.gateways.base import Capabilities, Deferred
from app.gateways.errors import ErrorCode
from app.models import Account, AuditEvent, Role, Route, TaskState
from app.sending.dispatch import cap_waits, caps, claims
from tests.factories.routes import make_route
from tests.factories.tasks import make_submitted_task
from tests.factories.users import make_staff
from tests.sending.engine import SPANS, House, ScriptedGateway, at_once, pump

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def capped(house: House, *, account: int | None = None, route: int | None = None) -> None:
    house.session.rollback()
    house.session.execute(update(Account).values(daily_cap=account))
    house.session.execute(update(Route).values(daily_cap=route))
    house.session.commit()


@pytest.fixture(autouse=True)
def _midday() -> Iterator[None]:
    """What a day is counted by must not end within a test."""
    with time_machine.travel(NOON):
        yield


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets what day the caps and the queue take it for; leases and letters keep the real time."""

    def set_to(moment: datetime) -> None:
        for module in ("app.sending.dispatch.caps.now", "app.sending.dispatch.claims.now"):
            monkeypatch.setattr(module, lambda: moment)

    return set_to


@pytest.mark.parametrize("of", ["account", "route"])
def test_what_is_beyond_the_cap_waits_for_the_next_day(
    any_app: Flask, house: House, clock: Callable[[datetime], None], of: str
) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=30)
    capped(house, **{of: 12})
    clock(NOON)
    gateway = ScriptedGateway()
    assert pump(any_app, house.route_id, gateway).sent == 12
    assert pump(any_app, house.route_id, gateway).sent == 0
    assert claims.routes_with_work(house.session) == []
    assert house.statuses(task) == {"accepted": 12, "queued": 18}
    assert house.now(task).state == TaskState.RUNNING
    house.session.rollback()
    clock(NOON + timedelta(hours=12))
    assert claims.routes_with_work(house.session) == [house.route_id]
    house.session.rollback()
    assert pump(any_app, house.route_id, gateway).sent == 12
    clock(NOON + timedelta(hours=36))
    assert pump(any_app, house.route_id, gateway).sent == 6
    assert house.now(task).state == TaskState.DONE


def test_other_clocks_give_no_cap_anew(
    any_app: Flask, house: House, clock: Callable[[datetime], None]
) -> None:
    make_submitted_task(house.session, house.owner, house.route, messages=30)
    capped(house, account=12)
    clock(NOON)
    gateway = ScriptedGateway()
    assert pump(any_app, house.route_id, gateway).sent == 12
    with write_transaction(house.session) as session:
        clocks.set_zone(session, Actor.machine(), house.account_id, ZoneInfo("Atlantic/Azores"))
    clock(NOON + timedelta(hours=12))  # there it is an hour before midnight
    assert pump(any_app, house.route_id, gateway).sent == 0
    clock(NOON + timedelta(hours=13))
    assert pump(any_app, house.route_id, gateway).sent == 12


def test_a_cap_that_is_raised_or_taken_away_lets_the_rest_go_at_once(any_app: Flask, house: House) -> None:
    make_submitted_task(house.session, house.owner, house.route, messages=9)
    capped(house, account=4)
    gateway = ScriptedGateway()
    pump(any_app, house.route_id, gateway)
    capped(house, account=6)
    pump(any_app, house.route_id, gateway)
    assert len(gateway.sent) == 6
    capped(house)
    pump(any_app, house.route_id, gateway)
    assert len(gateway.sent) == 9


def test_many_pumps_on_many_routes_never_go_beyond_an_account(any_app: Flask, house: House) -> None:
    routes = [house.route, *(make_route(house.session) for _ in range(3))]
    ids = [route.id for route in routes]
    for route in routes:
        make_submitted_task(house.session, house.owner, route, messages=20)
    capped(house, account=31)
    gateway = ScriptedGateway()

    def pumping(route_id: int) -> Callable[[Session], str]:
        return lambda _: str(pump(any_app, route_id, gateway).sent >= 0)

    at_once(any_app, [pumping(route_id) for route_id in ids])
    for route_id in ids:
        pump(any_app, route_id, gateway)
    assert len(gateway.sent) == 31
    house.session.rollback()
    assert house.session.get_one(Account, house.account_id).daily_used == 31


def test_what_did_not_leave_counts_no_more(any_app: Flask, house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=5)
    capped(house, account=5, route=5)
    busy = ScriptedGateway(lambda _: Deferred(ErrorCode.THROTTLED))
    assert pump(any_app, house.route_id, busy).sent == 5
    house.session.rollback()
    assert house.session.get_one(Account, house.account_id).daily_used == 0
    assert house.session.get_one(Route, house.route_id).daily_used == 0
    for message in house.messages(task):
        message.not_before = None
    house.session.commit()
    assert pump(any_app, house.route_id, ScriptedGateway()).sent == 5


def test_the_accounts_day_is_that_of_its_own_clocks() -> None:
    first, following = caps.day_of("Australia/Sydney", NOON)
    assert (first.hour, following - first) == (13, timedelta(days=1))
    # The night in which clocks go forward has 23 hours.
    first, following = caps.day_of("Australia/Sydney", datetime(2026, 10, 4, 3, tzinfo=UTC))
    assert following - first == timedelta(hours=23)


class Carrier(ScriptedGateway):
    """Lets us write to so many different numbers in any 24 hours."""

    limit = 7

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            dedupes_reference=False, can_be_asked=False, receipts=True, concurrency=32, long_text=True,
            answer_timeout=5.0, recipients_per_day=self.limit, recipients_pool="whatsapp:1",
        )  # fmt: skip


def test_routes_of_one_portfolio_share_its_different_numbers_of_24_hours(
    any_app: Flask, house: House, clock: Callable[[datetime], None]
) -> None:
    other = make_route(house.session)
    other_id = other.id
    make_submitted_task(house.session, house.owner, house.route, messages=5)
    make_submitted_task(house.session, house.owner, other, messages=5)
    house.session.rollback()
    gateway = Carrier()
    clock(NOON)
    pump(any_app, house.route_id, gateway)
    clock(NOON + timedelta(hours=3))
    pump(any_app, other_id, gateway)
    numbers = {message.to for _, message in gateway.sent}
    assert len(numbers) <= 7
    clock(NOON + timedelta(hours=24))
    assert pump(any_app, other_id, gateway).sent == 0
    clock(NOON + timedelta(hours=25))
    pump(any_app, other_id, gateway)
    assert len(gateway.sent) == 10


def test_a_number_that_was_written_to_before_takes_no_second_place(
    any_app: Flask, house: House, clock: Callable[[datetime], None]
) -> None:
    clock(NOON)
    gateway = Carrier()
    gateway.limit = 6
    for _ in range(2):  # the factory numbers every task's recipients alike
        make_submitted_task(house.session, house.owner, house.route, messages=5)
        house.session.rollback()
        pump(any_app, house.route_id, gateway)
    with any_app.app_context():
        pool = house.session.get_one(caps.RecipientPool, "whatsapp:1", populate_existing=True)
        assert pool.used == len({message.to for _, message in gateway.sent})


def test_a_pump_that_asks_twice_is_counted_once(any_app: Flask, house: House) -> None:
    """As when nobody heard that the first commit succeeded."""
    make_submitted_task(house.session, house.owner, house.route, messages=5)
    capped(house, account=5)
    with write_transaction(house.session) as session:
        lease = claims.acquire_lease(session, house.route_id, "a", SPANS)
    assert lease is not None
    taking = lease.taking(0)
    for _ in range(2):
        with write_transaction(house.session) as session:
            assert len(claims.take(session, lease, 3, 5.0, taking)) == 3
    house.session.rollback()
    assert house.session.get_one(Account, house.account_id).daily_used == 3


def test_staff_set_a_clients_cap_and_what_left_today_counts(
    client, sign_in, house: House, app: Flask
) -> None:  # type: ignore[no-untyped-def]
    task = make_submitted_task(house.session, house.owner, house.route, messages=5)
    house.session.rollback()
    pump(app, house.route_id, ScriptedGateway())
    waiting = make_submitted_task(house.session, house.owner, house.route, messages=7)
    sign_in(client, make_staff(house.session, role=Role.OPERATOR))
    page = f"/staff/clients/{house.account_id}/daily-cap"
    assert client.submit(page, {"cap": "0"}).status_code == 422
    assert client.submit(page, {"cap": "8"}).status_code == 303
    pump(app, house.route_id, ScriptedGateway())
    assert house.statuses(waiting) == {"accepted": 3, "queued": 4}
    (event,) = house.session.query(AuditEvent).filter_by(action="account.daily_cap")
    assert (event.before, event.after) == ({"daily_cap": None}, {"daily_cap": 8})
    for reader in (f"/staff/tasks/{waiting.public_id}",):
        shown = client.get(reader).text
        assert "at most 8 messages a day" in shown
        assert "The other 4 go on from" in shown
    assert "go on from" not in client.get(f"/staff/tasks/{task.public_id}").text


def test_a_client_reads_before_and_after_why_it_takes_days(client, sign_in, house: House, app: Flask) -> None:  # type: ignore[no-untyped-def]
    capped(house, account=2)
    task = house.ready(*(f"+6141200000{number}" for number in range(5)))
    sign_in(client, house.owner)
    shown = client.get(f"/tasks/{task.public_id}/review").text
    assert "This takes 3 days" in shown
    assert "at most 2 messages a day" in shown
    house.submit(house.now(task))
    pump(app, house.route_id, ScriptedGateway())
    shown = client.get(f"/tasks/{task.public_id}").text
    assert "The other 3 go on from" in shown


@pytest.mark.parametrize(("left", "days"), [(30, None), (25, None), (10, 3), (0, 4), (-10, 5)])
def test_days_are_counted_with_what_waits_already(left: int, days: int | None) -> None:
    told = cap_waits._forecast(25, left, 10, "")
    assert (told.days if told else None) == days
