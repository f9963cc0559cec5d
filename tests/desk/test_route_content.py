"""A route's own content rules, chosen by staff."""

from __future__ import annotations

import pytest

from app.models import AuditEvent, Role
from app.sending.drafting.checking import check
from app.sending.route_rules import rulebook
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft
from tests.factories.users import make_staff, make_user

CHOSEN = {
    "whose": "own",
    "greeting": "hold",
    "link": "alert",
    "shortener": "block",
    "bare_domain": "block",
    "chinese": "off",
    "emoji": "off",
    "alphabet": "off",
    "personal_data": "hold",
    "call_back": "alert",
}


@pytest.fixture
def operator(client, session, sign_in):
    return sign_in(client, make_staff(session, role=Role.OPERATOR))


def test_each_severity_is_kept_shown_recorded_and_obeyed(operator, session):
    route = make_route(session)
    page = f"/staff/routes/{route.id}"
    assert "Those of SMS" in operator.get(page).text
    assert operator.submit(f"{page}/content", CHOSEN).status_code == 303
    session.rollback()
    shown = operator.get(page).text
    assert "Its own." in shown
    assert "70 and 67" in shown
    assert "Held for review" in shown
    found = {
        each.rule: each.severity for each in rulebook(session, route).check("Hello 你好 😀 http://a.example")
    }
    assert found == {"greeting": "hold", "link": "alert"}
    event = session.query(AuditEvent).filter_by(action="route.content_rules").one()
    assert event.before == {"rules": None}
    assert event.after["rules"]["greeting"] == "hold"


def test_unicode_is_counted_by_its_own_units_where_it_is_allowed(operator, session, app):
    user = make_user(session, make_account(session, available=10_000))
    route = make_route(session)
    operator.submit(f"/staff/routes/{route.id}/content", CHOSEN)
    session.rollback()
    text = "Счёт готов " * 7  # 77 units
    task = make_draft(
        session, user, route, state="checking", typed_recipients="+61412345678", content=text, check_run=1
    )
    check(session, task.id, app.config["CARILLON"])
    session.rollback()
    assert (task.state, task.quote["total"]) == ("ready", 2_000)


@pytest.mark.parametrize("severity", ["hold", "alert", "off"])
def test_six_segments_of_unicode_are_the_most_wherever_it_may_leave(operator, session, severity):
    route = make_route(session)
    operator.submit(f"/staff/routes/{route.id}/content", {**CHOSEN, "alphabet": severity})
    session.rollback()
    rules = [each.rule for each in rulebook(session, route).check("ё" * 403)]
    assert "too_long" in rules


def test_the_channels_rules_come_back(operator, session):
    route = make_route(session, content_switches={"greeting": None})
    operator.submit(f"/staff/routes/{route.id}/content", {**CHOSEN, "whose": "channel"})
    session.rollback()
    assert route.content_switches is None
    operator.submit(f"/staff/routes/{route.id}/content", {**CHOSEN, "whose": "channel"})
    session.rollback()
    assert session.query(AuditEvent).filter_by(action="route.content_rules").count() == 1


def test_whatsapp_takes_no_alphabet_rule_and_keeps_its_longest(operator, session):
    route = make_route(session, channel="whatsapp")
    page = f"/staff/routes/{route.id}/content"
    answer = operator.submit(page, {**CHOSEN, "alphabet": "block"})
    assert answer.status_code == 422
    assert "no GSM alphabet" in answer.text
    operator.submit(page, CHOSEN)
    session.rollback()
    assert route.content_switches["longest"] == 1_024


def test_an_unknown_severity_is_refused(operator, session):
    route = make_route(session)
    answer = operator.submit(f"/staff/routes/{route.id}/content", {**CHOSEN, "link": "fatal"})
    assert answer.status_code == 422
    session.rollback()
    assert route.content_switches is None
