"""Routes as staff keep them."""

from __future__ import annotations

import html
import json

import pytest

from app.database import write_transaction
from app.desk import route_trial
from app.desk import routes as desk
from app.desk.audit_log import Actor
from app.desk.route_values import values_of
from app.gateways.base import Accepted
from app.gateways.registry import settings_of
from app.models import AuditEvent, Role, Route, Task
from app.secrets import Vault
from app.sending.drafting.checking import check
from app.sending.gateways import gateway_values
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft
from tests.factories.users import make_staff, make_user
from tests.gateways.http.carrier import API_KEY, RECEIPT_SECRET, documented_lines

FIELDS = {
    "name": "Economy",
    "description": "Cheap and slow",
    "channel": "sms",
    "gateway": "sandbox",
    "gateway_settings": "concurrency = 8",
    "secrets": "secret = hush-hush-hush",
    "rate": "50",
    "price_per_segment": "0.85",
    "prices": "61 = 0.9\n+6141 = 1.25",
    "allowed_prefixes": "61, 64",
    "blocked_prefixes": "86",
    "takes_sender_id": "y",
    "sender_id_maximum": "11",
    "sender_id_approval": "y",
    "minimum_recipients": "2",
    "maximum_recipients": "3",
    "split": "160",
    "charge_when": "delivered",
    "gives_reports": "y",
    "retry_attempts": "7",
}


@pytest.fixture
def operator(client, session, sign_in):
    return sign_in(client, make_staff(session, role=Role.OPERATOR))


def test_every_field_of_a_new_route_is_kept_and_it_starts_closed(operator, session):
    answer = operator.submit("/staff/routes/new", FIELDS)
    assert answer.status_code == 303
    route = session.query(Route).one()
    assert (route.name, route.rate, route.price_per_segment, route.open) == ("Economy", 50, 850, False)
    assert {price.prefix: price.price_per_segment for price in route.prices} == {"61": 900, "6141": 1_250}
    assert (route.allowed_prefixes, route.blocked_prefixes) == (["61", "64"], ["86"])
    assert (route.takes_sender_id, route.sender_id_maximum, route.sender_id_approval) == (True, 11, True)
    assert (route.minimum_recipients, route.maximum_recipients) == (2, 3)
    assert (route.split, route.charge_when, route.refund_failed_receipt) == ("160", "delivered", False)
    assert (route.gives_reports, route.retry_attempts, route.everyone) == (True, 7, False)
    assert route.gateway_settings == {"concurrency": 8}
    form = operator.get(f"/staff/routes/{route.id}/edit").text
    for words in ("Economy", "0.85", "6141 = 1.25", "61, 64", "concurrency = 8"):
        assert words in form


def test_mainland_china_is_blocked_unless_somebody_says_otherwise(operator):
    assert 'value="86"' in operator.get("/staff/routes/new").text


def test_secrets_go_in_and_never_come_out(operator, session, app):
    operator.submit("/staff/routes/new", FIELDS)
    route = session.query(Route).one()
    settings = app.config["CARILLON"]
    assert "hush" not in route.gateway_secrets
    assert json.loads(Vault(settings.encryption_keys).unlock(route.gateway_secrets)) == {
        "secret": "hush-hush-hush"
    }
    assert gateway_values(route, settings)["secret"] == "hush-hush-hush"
    pages = [
        f"/staff/routes/{route.id}",
        f"/staff/routes/{route.id}/edit",
        "/staff/audit/",
    ]
    texts = [operator.get(page).text for page in pages]
    texts.append(operator.submit(f"/staff/routes/{route.id}/edit", {**FIELDS, "name": ""}).text)
    texts.append(operator.submit(f"/staff/routes/{route.id}/edit", {**FIELDS, "secrets": "hush hush"}).text)
    assert not any("hush" in text for text in texts)
    assert not any("hush" in json.dumps([event.before, event.after]) for event in session.query(AuditEvent))
    operator.submit(f"/staff/routes/{route.id}/edit", {**FIELDS, "secrets": ""})
    session.rollback()
    assert gateway_values(route, settings)["secret"] == "hush-hush-hush"
    operator.submit(f"/staff/routes/{route.id}/edit", {**FIELDS, "secrets": "secret ="})
    session.rollback()
    assert route.gateway_secrets is None


def test_a_secret_among_the_settings_is_refused(operator, session):
    answer = operator.submit("/staff/routes/new", {**FIELDS, "gateway_settings": "secret = open"})
    assert answer.status_code == 422
    assert "is a secret" in answer.text
    assert session.query(Route).count() == 0


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("rate", "0", "from 1 to"),
        ("price_per_segment", "-1", "cannot be negative"),
        ("prices", "61", "61 = 0.9"),
        ("prices", "61 = 1\n61 = 2", "stands there twice"),
        ("blocked_prefixes", "china", "is no prefix"),
        ("sender_id_maximum", "12", "from 1 to 11"),
        ("maximum_recipients", "1", "from 2 to"),
        ("gateway_settings", "speed = 8", "no setting “speed” here. It has: url, concurrency"),
        ("secrets", "url = http://127.0.0.1:8790", "no secret. Enter it above"),
        ("gateway", "smpp", "no setting “secret” here. It has: password."),
        ("gateway_settings", "nonsense", "name = value"),
        ("channel", "pigeon", "Not a valid choice"),
    ],
)
def test_what_makes_no_route_is_said_at_its_field(operator, session, field, value, words):
    answer = operator.submit("/staff/routes/new", {**FIELDS, field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert session.query(Route).count() == 0


def test_two_routes_do_not_share_a_name(operator, session):
    make_route(session, name="Economy")
    answer = operator.submit("/staff/routes/new", FIELDS)
    assert answer.status_code == 422
    assert "already" in answer.text


def test_a_form_sets_nothing_but_its_own_fields(operator, session):
    route = make_route(session, name="Economy", public_id="fixed")
    operator.submit(
        f"/staff/routes/{route.id}/edit",
        {
            **FIELDS,
            "open": "",
            "public_id": "other",
            "id": "99",
            "paused_reason": "x",
            "breaker_failures": "9",
        },
    )
    session.rollback()
    assert (route.public_id, route.open, route.paused_reason, route.breaker_failures) == (
        "fixed",
        True,
        None,
        0,
    )
    assert route.rate == 50


def test_a_new_price_never_touches_a_quote(operator, session, app):
    user = make_user(session, make_account(session, available=10_000))
    route = make_route(session, price_per_segment=1_000)
    task = make_draft(session, user, route, state="checking", typed_recipients="+61412345678", check_run=1)
    check(session, task.id, app.config["CARILLON"])
    session.rollback()
    assert (task.state, task.quote["total"]) == ("ready", 1_000)
    operator.submit(
        f"/staff/routes/{route.id}/edit",
        {
            **FIELDS,
            "name": route.name,
            "prices": "",
            "price_per_segment": "9",
            "allowed_prefixes": "",
            "blocked_prefixes": "",
            "minimum_recipients": "1",
            "maximum_recipients": "5000",
            "everyone": "y",
        },
    )
    session.rollback()
    assert route.price_per_segment == 9_000
    from app.sending import submission

    with write_transaction(session):
        submission.submit(
            session, user.account_id, task.public_id, user_id=user.id, check_run=1, terms_version="x", ip=""
        )
    session.rollback()
    assert (task.state, task.price, user.account.held) == ("running", 1_000, 1_000)


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({"minimum_recipients": 3}, "3 recipients or more"),
        ({"maximum_recipients": 1}, "at most 1 recipients"),
    ],
)
def test_a_task_outside_the_routes_bounds_is_refused_with_the_reason(session, app, bounds, words):
    user = make_user(session)
    route = make_route(session, **bounds)
    task = make_draft(
        session, user, route, state="checking", typed_recipients="+61412345678\n+61412345679", check_run=1
    )
    check(session, task.id, app.config["CARILLON"])
    session.rollback()
    task = session.get(Task, task.id)
    assert task.state == "rejected"
    assert words in task.state_reason


def test_pausing_and_resuming_end_every_rest(operator, session):
    from datetime import timedelta

    from app.clock import now

    route = make_route(session, breaker_until=now() + timedelta(minutes=5), breaker_failures=4)
    page = f"/staff/routes/{route.id}"
    assert operator.submit(f"{page}/pause", {"reason": ""}, page=page).status_code == 422
    operator.submit(f"{page}/pause", {"reason": "The carrier is down"}, page=page)
    session.rollback()
    assert route.paused_reason == "The carrier is down"
    assert operator.submit(f"{page}/pause", {"reason": "Again"}, page=page).status_code == 409
    operator.submit(f"{page}/resume", page=page)
    session.rollback()
    assert (route.paused_reason, route.breaker_until, route.breaker_failures) == (None, None, 0)


def test_a_test_message_costs_nothing_and_tells_what_the_gateway_says(operator, session, monkeypatch):
    sent = []

    async def take(_gateway, message):
        sent.append(message)
        return Accepted("carrier-77")

    monkeypatch.setattr(route_trial, "_send", take)
    route = make_route(session)
    page = f"/staff/routes/{route.id}"
    answer = operator.submit(f"{page}/test", {"to": "+61412345678", "text": "Hello"}, page=page)
    assert "carrier-77" in answer.text
    assert [message.to for message in sent] == ["+61412345678"]
    session.rollback()
    assert session.query(AuditEvent).filter_by(action="route.test").one().after["ok"] is True
    answer = operator.submit(f"{page}/test", {"to": "0412", "text": "Hello"}, page=page)
    assert len(sent) == 1
    assert "country code" in answer.text


def test_opening_and_closing_are_on_the_record(operator, session):
    route = make_route(session, open=False)
    page = f"/staff/routes/{route.id}"
    operator.submit(f"{page}/open", page=page)
    session.rollback()
    assert route.open
    operator.submit(f"{page}/close", page=page)
    session.rollback()
    assert not route.open
    actions = [event.action for event in session.query(AuditEvent).order_by(AuditEvent.id)]
    assert actions[-2:] == ["route.open", "route.close"]


def test_a_route_that_is_unchanged_is_no_event(session, app):
    route = make_route(session, prices={"61": 900})
    before = session.query(AuditEvent).count()
    with write_transaction(session):
        kept = desk.route(session, route.id)
        desk.change(session, Actor.machine(), route.id, values_of(kept), {}, app.config["CARILLON"])
    assert session.query(AuditEvent).count() == before


def test_each_gateway_has_its_own_list_and_says_all_that_it_lacks(operator, session):
    form = operator.get("/staff/routes/new").text
    for kind in ("kannel", "smpp", "http", "whatsapp"):
        for each in settings_of(kind):
            assert f"<code>{each.name}</code>" in form
    wanting = {**FIELDS, "gateway": "smpp", "gateway_settings": "port = 2776", "secrets": ""}
    answer = operator.submit("/staff/routes/new", wanting)
    assert (answer.status_code, "needs these, too: host, system_id, password." in answer.text) == (422, True)
    full = {**wanting, "gateway_settings": "host = smpp.carrier.example\nsystem_id = us\nwindow = many"}
    answer = operator.submit("/staff/routes/new", {**full, "secrets": "password = hush"})
    assert "window: Give a whole number from 1 to 500." in html.unescape(answer.text)
    right = {**full, "gateway_settings": "host = smpp.carrier.example\nsystem_id = us"}
    assert operator.submit("/staff/routes/new", {**right, "secrets": "password = hush"}).status_code == 303


def test_another_kind_of_gateway_keeps_no_secret_of_the_first(operator, session, app):
    operator.submit("/staff/routes/new", FIELDS)
    route = session.query(Route).one()
    other = {"gateway": "http", "gateway_settings": "\n".join(documented_lines())}
    secrets = f"api_key = {API_KEY}\nreceipt_secret = {RECEIPT_SECRET}"
    answer = operator.submit(f"/staff/routes/{route.id}/edit", {**FIELDS, **other, "secrets": secrets})
    session.rollback()
    assert answer.status_code == 303
    assert desk.secret_names(route, app.config["CARILLON"]) == ["api_key", "receipt_secret"]
