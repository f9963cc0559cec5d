"""The sending calendar: months, weeks and days by the reader's clocks, and moving a task by a form."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from werkzeug.datastructures import MultiDict

from app.blueprints.calendar.asked import asked_for, place_words
from app.clock import now
from app.models import Account, Role, Task, TaskState
from app.records.calendar import agenda, midnight, weeks_of_month
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.tasks import make_submitted_task
from tests.factories.users import make_owner, make_user

SYDNEY = ZoneInfo("Australia/Sydney")


@pytest.fixture
def owner(session):
    return make_owner(session, make_account(session, available=1_000_000, time_zone="Australia/Sydney"))


@pytest.fixture
def route(session):
    return make_route(session)


def plan(session, owner, route, at: datetime, **columns: Any) -> Task:
    return make_submitted_task(
        session, owner, route, messages=1, state=TaskState.SCHEDULED, scheduled_at=at, **columns
    )


def sydney(*wall: int) -> datetime:
    return datetime(*wall, tzinfo=SYDNEY).astimezone(UTC)


def test_a_day_is_the_readers_and_may_have_23_or_25_hours(session, owner, route):
    """Sydney's clocks go forward on 4 October 2026 and back on 5 April 2026."""
    first = plan(session, owner, route, sydney(2026, 10, 4, 0, 30), name="First")
    last = plan(session, owner, route, sydney(2026, 10, 4, 23, 30), name="Last")
    plan(session, owner, route, sydney(2026, 10, 5, 0, 0), name="Next")
    weeks = weeks_of_month(session, owner.account_id, date(2026, 10, 1), SYDNEY)
    day = next(day for week in weeks for day in week if day.day.isoformat() == "2026-10-04")
    assert [task.id for task in day.tasks] == [first.id, last.id]
    nights = [midnight(date(2026, month, n), SYDNEY) for month, n in ((10, 4), (10, 5), (4, 5), (4, 6))]
    assert (nights[1] - nights[0], nights[3] - nights[2]) == (timedelta(hours=23), timedelta(hours=25))
    assert all(len(week) == 7 for week in weeks)
    assert weeks[0][0].day.isoformat() == "2026-09-28"


def test_a_full_day_is_told_by_number_and_listed_page_by_page(session, client, sign_in, owner, route):
    at = sydney(2030, 5, 6, 10, 0)
    for n in range(8):
        plan(session, owner, route, at + timedelta(minutes=n // 3), name=f"Job {n}")
    sign_in(client, owner)
    page = client.get("/calendar/?from=2030-05-01").text
    assert "and 5 more" in page
    day = at.astimezone(SYDNEY).date()
    seen, place = [], None
    while True:
        rows = agenda(session, owner.account_id, day, 1, SYDNEY, after=place, size=3)
        seen += [task.name for task in rows.rows]
        if not rows.has_next:
            break
        words = place_words(rows.rows[-1])
        place = asked_for(MultiDict({"after": words}), day).after
    assert seen == [f"Job {n}" for n in range(8)]
    back = agenda(session, owner.account_id, day, 1, SYDNEY, before=place, size=3)
    assert [task.name for task in back.rows] == ["Job 2", "Job 3", "Job 4"]


@pytest.mark.parametrize("query", ["", "?view=week", "?view=day", "?view=nothing&from=9999-99-99&after=x-y"])
def test_an_empty_calendar_says_how_it_is_filled(client, sign_in, owner, query):
    sign_in(client, owner)
    page = client.get(f"/calendar/{query}")
    assert page.status_code == 200
    assert "Nothing is planned" in page.text


def test_the_list_offers_what_may_still_be_done_to_who_may(session, client, sign_in, owner, route):
    at = sydney(2030, 5, 6, 10, 0)
    task = plan(session, owner, route, at, name="Tulips")
    plan(session, make_owner(session, make_account(session, available=9_000)), route, at, name="Stranger's")
    move = f"/calendar/{task.public_id}/move"
    sign_in(client, owner)
    page = client.get("/calendar/?view=week&from=2030-05-08").text
    assert "Tulips" in page
    assert "10:00" in page
    assert move in page
    assert "Stranger" not in page
    viewer = make_user(session, session.get_one(Account, owner.account_id), role=Role.VIEWER)
    reader = sign_in(client.application.test_client(), viewer)
    assert move not in reader.get("/calendar/?view=week&from=2030-05-08").text
    assert reader.get(move).status_code == 403


def seen_in(page: str) -> str:
    return re.search(r'name="seen"[^>]*value="([^"]*)"', page)[1].replace("&#43;", "+")


def test_a_task_is_moved_by_the_readers_clock(session, client, sign_in, owner, route):
    task = plan(session, owner, route, sydney(2030, 5, 6, 10, 0), name="Tulips")
    public_id = task.public_id
    sign_in(client, owner)
    address = f"/calendar/{public_id}/move"
    page = client.get(address).text
    assert 'value="2030-05-06T10:00"' in page
    answer = client.submit(address, {"at": "2030-05-09T11:30", "seen": seen_in(page)}, follow_redirects=True)
    assert "now starts 09 May 2030 11:30" in answer.text
    session.rollback()
    assert session.get_one(Task, task.id).scheduled_at == sydney(2030, 5, 9, 11, 30)
    again = client.submit(address, {"at": "2030-05-10T11:30", "seen": seen_in(page)}, follow_redirects=True)
    assert "Somebody else has moved this task" in again.text


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2031-10-05T02:30", "does not come on"),
        ("2020-01-01T10:00", "has passed"),
        ("soon", "Enter the day and the time"),
    ],
)
def test_a_time_that_cannot_be_is_refused_where_it_stands(session, client, sign_in, owner, route, at, words):
    task = plan(session, owner, route, sydney(2030, 5, 6, 10, 0))
    sign_in(client, owner)
    answer = client.submit(f"/calendar/{task.public_id}/move", {"at": at})
    assert answer.status_code == 422
    assert words in answer.text


def test_nights_are_asked_about_once_more(session, client, sign_in, owner, route):
    report = {"zones": [[["Australia/Sydney"], 1]]}
    task = plan(session, owner, route, sydney(2030, 5, 6, 10, 0), report=report)
    sign_in(client, owner)
    address = f"/calendar/{task.public_id}/move"
    asked = client.submit(address, {"at": "2030-05-06T22:00"})
    assert asked.status_code == 422
    assert "between 20:00 and 08:00" in asked.text
    assert 'value="2030-05-07T08:00"' in asked.text
    assert client.submit(address, {"at": "2030-05-06T22:00", "night": "y"}).status_code == 303


def test_what_has_begun_cannot_be_moved(session, client, sign_in, owner, route):
    task = make_submitted_task(session, owner, route, scheduled_at=now() + timedelta(hours=1))
    sign_in(client, owner)
    assert client.get(f"/calendar/{task.public_id}/move").status_code == 409
