"""The message record and a message's own page; the sending record; figures on the overview."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.clock import now
from tests.factories.accounts import make_account
from tests.factories.messages import DELIVERED, FAILED_LATE, REFUSED, WAITING
from tests.factories.routes import make_route
from tests.factories.tasks import make_settled_task, make_submitted_task
from tests.factories.users import make_owner


@pytest.fixture
def owner(session, client, sign_in):
    owner = make_owner(session, make_account(session, available=1_000_000))
    sign_in(client, owner)
    return owner


@pytest.fixture
def task(session, owner):
    route = make_route(session, name="Harbour line")
    return make_settled_task(
        session,
        owner,
        route,
        [DELIVERED, REFUSED, FAILED_LATE, WAITING],
        name="Lanterns",
        sender_id="HARBOUR",
    )


def test_an_account_without_messages_is_told_what_will_stand_here(client, owner):
    assert "No messages yet" in client.get("/messages").text
    assert "Nothing has been sent yet" in client.get("/sending").text


def test_the_history_shows_each_message_with_what_became_of_it(client, task):
    page = client.get("/messages").text
    for words in (
        "+61400000000",
        "Lanterns",
        "HARBOUR",
        "Delivered",
        "Failed",
        "Waiting",
        "refunded",
        "given back",
    ):
        assert words in page


def test_a_filter_stays_in_every_address(client, session, owner):
    route = make_route(session)
    make_submitted_task(session, owner, route, messages=60, name="Large")
    page = client.get("/messages?status=waiting&task=Large&days=7-days").text
    (older,) = [line for line in page.splitlines() if 'id="page-next"' in line]
    for part in ("status=waiting", "task=Large", "days=7-days", "before="):
        assert part in older
    address = older.partition('href="')[2].partition('"')[0].replace("&amp;", "&")
    rest = client.get(address).text
    assert rest.count('data-label="Segments"') == 10
    assert 'id="page-previous"' in rest


def test_what_fits_nothing_says_so(client, task):
    assert "No message like that" in client.get("/messages?number=%2B61499999999").text


@pytest.mark.parametrize(
    "query", ["status=x", "before=x.y", "after=' OR 1=1.2", "from=2026-99-99", "number=++"]
)
def test_nonsense_in_the_address_is_passed_over(client, task, query):
    assert client.get(f"/messages?{query}").status_code == 200


def test_a_message_has_its_life_its_cost_and_its_entries(client, task):
    page = client.get(f"/messages/{task.public_id}/4").text
    for words in ("It was submitted", "handed to the gateway", "1 segment × 1 = ", "charged, then refunded"):
        assert words in page
    for entry in ("Held at submission", "Charged", "Refunded"):
        assert entry in page


def test_a_message_that_is_not_ours_is_not_there(client, session, owner):
    stranger = make_owner(session, make_account(session, available=10_000))
    theirs = make_submitted_task(session, stranger, make_route(session))
    assert client.get(f"/messages/{theirs.public_id}/2").status_code == 404
    assert client.get(f"/messages/{theirs.public_id}/99999999999999999999").status_code == 404


def test_the_sending_record_has_routes_and_tasks(client, task):
    page = client.get("/sending").text
    assert page.count("Harbour line") >= 2
    assert "Lanterns" in page
    assert "No submitted task fits" in client.get("/sending?sid=NOBODY").text


def test_the_overview_has_the_use_of_the_days_asked_for(client, session, owner, task):
    page = client.get("/").text
    assert 'data-count="sent" data-value="1"' in page
    assert 'data-count="failed" data-value="2"' in page
    assert 'data-count="used" data-value="1000"' in page
    assert "Harbour line" in page
    assert "Australia" in page
    assert "<svg" in page
    assert "The days as a table" in page
    past = (now() - timedelta(days=40)).date().isoformat()
    assert "Nothing was sent in these days." in client.get(f"/?from={past}&to={past}").text


def test_the_overview_says_how_long_the_credit_lasts(client, task):
    page = client.get("/").text
    assert "998 days" in page  # 998 credits are left, and one was used today
