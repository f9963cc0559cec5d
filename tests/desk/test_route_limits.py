"""A route's daily cap, its test first and the route that stands in for it, as staff set them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from app.database import write_transaction
from app.desk import routes
from app.desk.audit_log import Actor
from app.desk.route_values import RouteRefused, values_of
from app.extensions import db
from app.models import AuditEvent, Role, Route
from tests.desk.test_routes import FIELDS
from tests.factories.routes import make_route
from tests.factories.users import make_staff

WIDE = {**FIELDS, "allowed_prefixes": "", "secrets": ""}


@pytest.fixture
def operator(client, session, sign_in):
    return sign_in(client, make_staff(session, role=Role.OPERATOR))


def route_of(session, **columns) -> Route:
    return make_route(session, blocked_prefixes=["86"], sender_id_maximum=11, **columns)


def test_what_staff_set_is_kept_shown_and_recorded(operator, session):
    other = route_of(session, name="Spare")
    limits = {"daily_cap": "50000", "requires_test": "y", "fallback_route_id": str(other.id)}
    answer = operator.submit("/staff/routes/new", {**WIDE, **limits})
    assert answer.status_code == 303, answer.text
    session.rollback()
    made = session.query(Route).filter_by(name="Economy").one()
    assert (made.daily_cap, made.requires_test, made.fallback_route_id) == (50_000, True, other.id)
    page = operator.get(f"/staff/routes/{made.id}").text
    assert "50,000" in page
    assert "Spare" in page
    operator.submit(
        f"/staff/routes/{made.id}/edit",
        {**WIDE, "requires_test": "n", "fallback_route_id": "0", "daily_cap": ""},
    )
    session.rollback()
    assert (made.daily_cap, made.requires_test, made.fallback_route_id) == (None, False, None)
    operator.submit(
        f"/staff/routes/{made.id}/edit",
        {**WIDE, "channel": "whatsapp", "requires_test": "", "fallback_route_id": "0"},
    )
    session.rollback()
    assert made.requires_test  # as the channel has it, where nobody says otherwise
    event = session.query(AuditEvent).filter_by(action="route.change").order_by(AuditEvent.id).first()
    assert (event.before["daily_cap"], event.after["daily_cap"]) == (50_000, None)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"channel": "whatsapp"}, "another channel"),
        ({"takes_sender_id": False}, "no sender ID"),
        ({"blocked_prefixes": ["86", "614"]}, "does not send everywhere"),
        ({"allowed_prefixes": ["61"]}, "does not send everywhere"),
    ],
)
def test_a_route_that_cannot_take_everything_stands_in_for_nothing(operator, session, columns, words):
    other = make_route(session, **{"blocked_prefixes": ["86"], "sender_id_maximum": 11, **columns})
    answer = operator.submit("/staff/routes/new", {**WIDE, "fallback_route_id": str(other.id)})
    assert answer.status_code == 422
    assert words in answer.text


def test_neither_itself_nor_a_circle_nor_a_closed_route(operator, session):
    first, second, third = (route_of(session, name=name) for name in ("A1", "B2", "C3"))
    closed = route_of(session, name="Closed", open=False)
    first.fallback_route_id, second.fallback_route_id = second.id, third.id
    session.commit()
    for named, words in ((first, "circle"), (closed, "valid choice"), (third, "valid choice")):
        fields = {**WIDE, "name": "C3", "fallback_route_id": str(named.id)}
        answer = operator.submit(f"/staff/routes/{third.id}/edit", fields)
        assert answer.status_code == 422, named.name
        assert words in answer.text
    session.rollback()
    assert third.fallback_route_id is None


def test_a_route_that_stands_in_for_another_cannot_become_unfit(operator, session):
    other = route_of(session, name="Spare")
    other_id = other.id
    first = route_of(session, name="First", fallback_route_id=other_id)
    answer = operator.submit(
        f"/staff/routes/{other_id}/edit", {**WIDE, "name": "Spare", "blocked_prefixes": "86, 61"}
    )
    assert answer.status_code == 422
    assert "First names this route" in answer.text
    assert first.fallback_route_id == other_id


@pytest.mark.parametrize("value", ["0", "-5", "many", "100000001"])
def test_a_cap_is_a_whole_number_or_nothing(operator, session, value):
    answer = operator.submit("/staff/routes/new", {**WIDE, "daily_cap": value})
    assert answer.status_code == 422
    assert session.query(Route).count() == 0


def test_two_changes_at_once_close_no_circle(any_app, session):
    """Each is checked before the other is seen, unless one waits for the other."""
    staff = make_staff(session)
    actor, settings = Actor.of(staff, "127.0.0.1"), any_app.config["CARILLON"]
    for turn in range(5):
        ids = [route_of(session, name=f"{name}{turn}").id for name in "AB"]
        session.rollback()  # or the next route cannot be written on SQLite
        both = Barrier(2)

        def name_each_other(route_id, other_id, both=both):
            with any_app.app_context():
                values = values_of(db.session.get(Route, route_id))
                db.session.rollback()
                both.wait(10)
                try:
                    with write_transaction(db.session()) as own:
                        values = replace(values, fallback_route_id=other_id)
                        routes.change(own, actor, route_id, values, {}, settings)
                except RouteRefused:
                    return False
                return True

        with ThreadPoolExecutor(2) as pool:
            took = list(pool.map(name_each_other, ids, reversed(ids)))
        assert sorted(took) == [False, True]
