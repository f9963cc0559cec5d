"""The message history: every message once, in order, whatever is asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.clock import now
from app.records.asked import Asked
from app.records.history import message_history, message_of, place_of, tidy_number
from app.records.periods import read_period
from tests.factories.accounts import make_account
from tests.factories.messages import ACCEPTED, DELIVERED, REFUSED, WAITING
from tests.factories.routes import make_route
from tests.factories.tasks import make_settled_task, make_submitted_task
from tests.factories.users import make_owner

EVER = read_period(None, None, None, ZoneInfo("UTC"), now())
BEGAN = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def owner(session):
    return make_owner(session, make_account(session, available=10_000_000))


@pytest.fixture
def sent(session, owner):
    """Eleven tasks, oldest first, with 1 to 11 messages; every third message failed, every fourth waits."""
    route = make_route(session)
    tasks = []
    for number in range(1, 12):
        outcomes = [REFUSED if at % 3 == 0 else WAITING if at % 4 == 1 else DELIVERED for at in range(number)]
        tasks.append(
            make_settled_task(
                session,
                owner,
                route,
                outcomes,
                submitted_at=BEGAN + timedelta(days=number),
                sender_id="LUNCH" if number % 2 else "DINNER",
                name=f"Meal {number}",
            )
        )
    return tasks


def marks(page):
    return [(message.task.public_id, message.row) for message in page.rows]


def walk(session, account_id, asked, size):
    """All marks of the list, read downwards and then upwards again."""
    down, page = [], message_history(session, account_id, asked, size=size)
    while True:
        down.append(marks(page))
        if not page.has_next:
            break
        place = place_of(session, account_id, "{}.{}".format(*marks(page)[-1]))
        page = message_history(session, account_id, asked, before=place, size=size)
    up = [marks(page)]
    while page.has_previous:
        place = place_of(session, account_id, "{}.{}".format(*marks(page)[0]))
        page = message_history(session, account_id, asked, after=place, size=size)
        up.insert(0, marks(page))
    return [mark for part in down for mark in part], [mark for part in up for mark in part]


@pytest.mark.parametrize("size", [1, 7, 50])
def test_oldest_first_turns_the_tasks_round_and_no_rows(session, owner, sent, size):
    down, up = walk(session, owner.account_id, Asked(EVER, oldest_first=True), size)
    assert down == up == [(task.public_id, row + 2) for task in sent for row in range(task.total)]


def test_every_message_comes_once_newest_task_first_on_any_database(any_app, session, owner, sent):
    wanted = [(task.public_id, row) for task in sent[::-1] for row in range(2, 2 + task.total)]
    down, up = walk(session, owner.account_id, Asked(EVER), 7)
    assert down == wanted
    assert up == wanted


@pytest.mark.parametrize("status", ["failed", "waiting", "delivered", "in_doubt"])
def test_a_status_holds_on_every_page(session, owner, sent, status):
    everything = message_history(session, owner.account_id, Asked(EVER), size=100)
    words = {"waiting": "queued"}.get(status, status)
    wanted = [(message.task.public_id, message.row) for message in everything.rows if message.status == words]
    down, up = walk(session, owner.account_id, Asked(EVER, status=status), 4)
    assert down == wanted
    assert up == wanted


def test_a_number_is_found_in_every_task_it_was_in(session, owner, sent):
    first = message_history(session, owner.account_id, Asked(EVER, number="+61400000000"))
    assert [message.row for message in first.rows] == [2] * 11
    down, up = walk(session, owner.account_id, Asked(EVER, number="+61400000000"), 3)
    assert down == up == marks(first)
    narrow = Asked(EVER, number="+61400000000", sender_id="DINNER")
    assert len(message_history(session, owner.account_id, narrow).rows) == 5


def test_task_sender_id_and_route_narrow_the_list(session, owner, sent):
    route = make_route(session)
    make_submitted_task(session, owner, route, messages=2)
    asked = [
        (Asked(EVER, task="Meal 11"), 11),
        (Asked(EVER, task="meal 1"), 1 + 10 + 11),
        (Asked(EVER, task=sent[4].public_id), 5),
        (Asked(EVER, task="100%"), 0),
        (Asked(EVER, sender_id="DINNER"), 30),
        (Asked(EVER, route=route.public_id), 2),
        (Asked(EVER, route="nonsense"), 0),
    ]
    for question, count in asked:
        assert len(message_history(session, owner.account_id, question, size=100).rows) == count, question


def test_days_are_those_of_the_readers_zone(session, owner, sent):
    zone = ZoneInfo("Pacific/Kiritimati")  # 14 hours ahead: noon in UTC is the next day there
    period = read_period(None, "2026-11-04", "2026-11-05", zone, now())
    page = message_history(session, owner.account_id, Asked(period), size=100)
    assert {message.task.name for message in page.rows} == {"Meal 2", "Meal 3"}


def test_nobody_finds_another_accounts_messages(session, owner, sent):
    stranger = make_owner(session, make_account(session, available=100_000))
    theirs = make_settled_task(session, stranger, make_route(session), [ACCEPTED])
    assert place_of(session, owner.account_id, f"{theirs.public_id}.2") is None
    assert message_of(session, owner.account_id, theirs.public_id, 2) is None
    assert len(message_history(session, stranger.account_id, Asked(EVER)).rows) == 1
    assert not message_history(session, stranger.account_id, Asked(EVER, task=sent[0].public_id)).rows


@pytest.mark.parametrize("written", [None, "", "nonsense", "a.b", ".2", "x.99999999999"])
def test_an_address_that_names_no_place_is_passed_over(session, owner, written):
    assert place_of(session, owner.account_id, written) is None


@pytest.mark.parametrize(
    ("written", "number"),
    [("+61 412 345 678", "+61412345678"), ("61412345678", "+61412345678"), ("", None), ("abc", None)],
)
def test_a_number_may_be_typed_as_people_write_it(written, number):
    assert tidy_number(written) == number
