"""The first page after sign-in."""

from __future__ import annotations

import pytest

from app.clock import now
from app.models import Role, TaskState
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft, make_submitted_task
from tests.factories.users import make_owner, make_staff, make_user


@pytest.fixture
def owner(session):
    return make_owner(session, make_account(session, available=100_000))


def test_a_new_account_is_told_what_to_do(client, session, sign_in):
    sign_in(client, make_owner(session))
    page = client.get("/").text
    assert "Nothing has been sent yet" in page
    assert page.count("btn-primary") == 1
    assert 'href="/bulk/"' in page


def test_running_and_scheduled_tasks_show_their_progress(client, session, sign_in, owner):
    route = make_route(session)
    make_submitted_task(session, owner, route, name="On its way", messages=4)
    make_submitted_task(session, owner, route, name="Tonight", state=TaskState.SCHEDULED, scheduled_at=now())
    sign_in(client, owner)
    page = client.get("/").text
    assert 'data-refresh-url="/live"' in page
    assert "0 of 4 gone out" in page
    assert "Tonight" in page


def test_the_live_part_stops_refreshing_when_nothing_is_left(client, session, sign_in, owner):
    make_submitted_task(session, owner, make_route(session), state=TaskState.DONE, messages=0)
    sign_in(client, owner)
    partial = client.get("/live").text
    assert "data-refresh-url" not in partial
    assert "Nothing is running or scheduled now." in partial


def test_the_live_part_brings_the_credit_along(client, session, sign_in, owner):
    sign_in(client, owner)
    assert 'id="credit"' in client.get("/live").text


def test_the_credit_stands_in_the_header_and_held_only_when_there_is_any(client, session, sign_in, owner):
    sign_in(client, owner)
    header = client.get("/tasks").text
    assert "100" in header
    assert "credit-held" not in header
    make_submitted_task(session, owner, make_route(session), messages=3)
    header = client.get("/tasks").text
    assert "credit-held" in header
    assert ">97<" in header


def test_nobody_sees_another_accounts_tasks(client, session, sign_in, owner):
    make_draft(session, make_owner(session), make_route(session), name="A stranger's plan")
    sign_in(client, owner)
    assert "A stranger" not in client.get("/").text
    assert "A stranger" not in client.get("/tasks").text


def test_somebody_who_may_not_send_is_not_invited_to(client, session, sign_in):
    sign_in(client, make_user(session, role=Role.VIEWER))
    page = client.get("/").text
    assert "/bulk/" not in page
    assert "/quick/" not in page


def test_staff_go_to_their_desk(client, session, sign_in):
    sign_in(client, make_staff(session))
    assert client.get("/").location == "/staff/"
    assert client.get("/live").status_code == 403


def test_the_latest_tasks_and_the_credit_follow_the_running_work(client, session, sign_in):
    owner = make_owner(session, make_account(session, available=100_000))
    make_submitted_task(session, owner, make_route(session), name="Lanterns")
    sign_in(client, owner)
    for part in ('id="live"', 'id="home-credits"', 'id="latest-tasks"', 'id="credit"'):
        assert part in client.get("/").text
        assert part in client.get("/live").text
