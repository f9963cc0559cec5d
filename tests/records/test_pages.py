"""Pages by key, walked in both directions."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from app.clock import now
from app.models import TaskState
from app.records.asked import Asked
from app.records.messages import message_page
from app.records.periods import read_period
from app.records.tasks import task_page
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft, make_submitted_task
from tests.factories.users import make_owner


@pytest.fixture
def user(session):
    return make_owner(session, make_account(session, available=1_000_000))


@pytest.fixture
def tasks(session, user):
    """120 tasks, oldest first, every third one done."""
    route = make_route(session)
    for number in range(120):
        make_draft(
            session,
            user,
            route,
            name=f"Task {number}",
            state=TaskState.DONE if number % 3 == 0 else TaskState.DRAFT,
        )
    return [f"Task {number}" for number in range(120)]


def names(page):
    return [task.name for task in page.rows]


def test_walking_down_and_up_again_shows_every_task_once(session, user, tasks):
    down, page = [], task_page(session, user.account_id)
    assert not page.has_previous
    down.append(page)
    while page.has_next:
        page = task_page(session, user.account_id, before=page.rows[-1].public_id)
        down.append(page)
    assert [name for page in down for name in names(page)] == tasks[::-1]
    up = [down[-1]]
    while up[-1].has_previous:
        up.append(task_page(session, user.account_id, after=up[-1].rows[0].public_id))
    assert [name for page in up[::-1] for name in names(page)] == tasks[::-1]


def test_oldest_first_walks_the_same_tasks_the_other_way_round(session, user, tasks):
    asked = Asked(read_period(None, None, None, ZoneInfo("UTC"), now()), oldest_first=True)
    pages = [task_page(session, user.account_id, asked=asked)]
    assert not pages[0].has_previous
    while pages[-1].has_next:
        pages.append(task_page(session, user.account_id, asked=asked, before=pages[-1].rows[-1].public_id))
    assert [name for page in pages for name in names(page)] == tasks
    back = task_page(session, user.account_id, asked=asked, after=pages[1].rows[0].public_id)
    assert (names(back), back.has_previous, back.has_next) == (tasks[:50], False, True)


def test_a_filter_holds_on_every_page(session, user, tasks):
    page = task_page(session, user.account_id, state_filter="done")
    assert names(page) == [name for name in tasks[::-1] if int(name.split()[1]) % 3 == 0]
    assert not page.has_next


def test_an_unknown_filter_is_passed_over(session, user, tasks):
    assert names(task_page(session, user.account_id, state_filter="nonsense")) == tasks[:-51:-1]


def test_another_accounts_task_is_no_key_and_is_not_listed(session, user, tasks):
    stranger = make_owner(session)
    theirs = make_draft(session, stranger, make_route(session))
    assert names(task_page(session, user.account_id, before=theirs.public_id)) == tasks[:-51:-1]
    assert names(task_page(session, stranger.account_id)) == [theirs.name]


def test_messages_come_in_the_order_of_their_rows(session, user):
    task = make_submitted_task(session, user, make_route(session), messages=60)
    first = message_page(session, task.id)
    assert [message.row for message in first.rows] == list(range(2, 52))
    assert (first.has_previous, first.has_next) == (False, True)
    second = message_page(session, task.id, after=51)
    assert [message.row for message in second.rows] == list(range(52, 62))
    assert (second.has_previous, second.has_next) == (True, False)
    back = message_page(session, task.id, before=52)
    assert [message.row for message in back.rows] == [message.row for message in first.rows]
    assert (back.has_previous, back.has_next) == (False, True)
