"""What somebody new looks for: what a route does, what nothing costs, how a task stands, how figures line up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.clock import now
from app.models import TaskState
from tests.factories.accounts import make_account
from tests.factories.messages import ACCEPTED, DELIVERED
from tests.factories.routes import make_route
from tests.factories.tasks import make_settled_task
from tests.factories.users import make_owner


@pytest.fixture
def owner(session, client, sign_in):
    owner = make_owner(session, make_account(session, available=12_000_000, time_zone="Australia/Sydney"))
    sign_in(client, owner)
    return owner


def test_the_empty_overview_says_how_to_try_without_texting_anybody(client, owner):
    page = client.get("/").text
    assert "without texting anybody" in page
    assert 'href="/help/sandbox"' in page.partition("<main")[2]


def test_a_route_says_what_it_takes_and_what_it_does(client, session, owner):
    make_route(session, name="Real", gateway="kannel", split="160", takes_sender_id=False)
    make_route(session, name="Try it", prices={"61": 1_500})
    page = client.get("/quick/").text
    assert "A sandbox: it texts nobody" in page
    assert "1.00 credits a segment; 1.50 to +61" in page
    assert "Each 160 characters begun are one segment" in page
    assert page.count("data-route=") == 2
    assert page.count(" hidden>") >= 1


@pytest.mark.parametrize(("address", "words"), [("/quick/", "Quick message"), ("/bulk/", "Bulk message")])
def test_a_task_has_a_name_to_begin_with(client, session, owner, address, words):
    make_route(session)
    page = client.get(address).text
    assert f'value="{words} ' in page


def test_amounts_of_a_page_have_the_same_decimals(client, session, owner):
    make_route(session, price_per_segment=850)
    assert ">12,000.00<" in client.get("/").text


@pytest.mark.parametrize(
    ("outcomes", "ago", "gives_reports", "words"),
    [
        ([ACCEPTED, DELIVERED], 1, True, "Sent, waiting for receipts"),
        ([DELIVERED], 1, True, "Done"),
        ([ACCEPTED], 1, False, "Done"),
        ([ACCEPTED], 100, True, "Done"),
    ],
)
def test_a_task_that_waits_for_receipts_says_so(client, session, owner, outcomes, ago, gives_reports, words):
    route = make_route(session, gives_reports=gives_reports)
    finished = now() - timedelta(hours=ago)
    make_settled_task(session, owner, route, outcomes, state=TaskState.DONE, finished_at=finished)
    assert f"<span>{words}</span>" in client.get("/tasks").text


def test_the_page_for_a_file_that_is_too_big_names_the_limit_in_force(client, session, owner, app):
    make_route(session)
    answer = client.post("/bulk/", data={"file": b"x" * (app.config["MAX_CONTENT_LENGTH"] + 1)})
    assert answer.status_code == 413
    assert f"at most {app.config['CARILLON'].limits.upload_bytes // 1024**2} MB" in answer.text
