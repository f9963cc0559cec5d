"""The task list: filters and pages live in its address."""

from __future__ import annotations

import re

import pytest

from app.models import TaskState
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft, make_submitted_task
from tests.factories.users import make_owner


@pytest.fixture
def owner(session):
    return make_owner(session, make_account(session, available=100_000))


def test_an_empty_list_says_what_will_be_there(client, session, sign_in, owner):
    sign_in(client, owner)
    assert "No tasks yet" in client.get("/tasks").text
    assert "No task here" in client.get("/tasks?state=done").text


def test_a_row_tells_the_numbers_of_its_task(client, session, sign_in, owner):
    task = make_submitted_task(
        session, owner, make_route(session, name="Direct"), messages=5, name="Five of them", kind="bulk"
    )
    sign_in(client, owner)
    page = client.get("/tasks").text
    assert f'href="/tasks/{task.public_id}"' in page
    assert "Bulk · Direct" in page
    assert re.search(r'data-label="Recipients">5<', page)
    assert re.search(r'data-label="Waiting">5<', page)


def test_the_filter_is_in_the_address_and_stays_on_the_next_page(client, session, sign_in, owner):
    route = make_route(session)
    for number in range(51):
        make_draft(session, owner, route, name=f"Offer {number}.")
    make_draft(session, owner, route, name="Another one", state=TaskState.DONE)
    sign_in(client, owner)
    page = client.get("/tasks?state=drafts").text
    assert "Another one" not in page
    assert "Offer 50." in page
    assert "Offer 0." not in page
    older = re.search(r'rel="next" href="([^"]+)"', page)[1].replace("&amp;", "&")
    assert "state=drafts" in older
    page = client.get(older).text
    assert "Offer 0." in page
    assert "Offer 50." not in page
    assert 'rel="prev"' in page


@pytest.mark.parametrize("query", ["state=nonsense", "before=nonsense", "after=' OR 1=1", "state=&before="])
def test_nonsense_in_the_address_shows_the_first_page(client, session, sign_in, owner, query):
    make_draft(session, owner, make_route(session), name="The only one")
    sign_in(client, owner)
    response = client.get(f"/tasks?{query}")
    assert response.status_code == 200
    assert "The only one" in response.text


def test_names_are_shown_as_written(client, session, sign_in, owner):
    make_draft(session, owner, make_route(session), name="<b>Sale</b> & more")
    sign_in(client, owner)
    assert "&lt;b&gt;Sale&lt;/b&gt; &amp; more" in client.get("/tasks").text
