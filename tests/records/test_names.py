"""Tasks are found by the words of their names, however many newer ones there are."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.clock import now
from app.database import write_transaction
from app.models import Task, TaskName
from app.models.task_name import beginnings, searched
from app.records import asked as asking
from app.records.asked import Asked
from app.records.history import message_history
from app.records.periods import read_period
from app.records.tasks import task_page
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft, make_submitted_task
from tests.factories.users import make_owner

EVER = read_period(None, None, None, ZoneInfo("UTC"), now())
BEGAN = now() - timedelta(days=30)
NAMES = ("Spring sale, Sydney", "Winter–SALE 2026", "Éclair du matin", "春节促销", "Sale2026 again", "★★★")


@pytest.fixture
def owner(session):
    return make_owner(session, make_account(session, available=10_000_000))


@pytest.fixture
def named(session, owner):
    """A task of each name, oldest first."""
    route = make_route(session)
    for number, name in enumerate(NAMES):
        moment = BEGAN + timedelta(hours=number)
        make_submitted_task(
            session,
            owner,
            route,
            messages=1,
            name=name,
            created_at=moment,
            submitted_at=moment,
            day=moment.date(),
        )


def found(session, owner, words):
    """The places in NAMES of the tasks that the list shows, newest first; the messages must be of the same."""
    asked = Asked(EVER, task=words)
    tasks = [task.name for task in task_page(session, owner.account_id, asked=asked).rows]
    messages = message_history(session, owner.account_id, asked).rows
    assert [message.task.name for message in messages] == tasks
    return [NAMES.index(name) for name in tasks]


@pytest.mark.parametrize("few", [20_000, 0])
@pytest.mark.parametrize(
    ("words", "places"),
    [
        ("sale", [4, 1, 0]),
        ("SAL", [4, 1, 0]),
        ("sale sydney", [0]),
        ("sale,  Sydney", [0]),
        ("spring sydney", []),
        ("ale", []),
        ("2026", [4, 1]),
        ("éclair", [2]),
        ("ÉCLAIR DU", [2]),
        ("促销", [3]),
        ("★", [5]),
        ("%", []),
        ("nothing", []),
    ],
)
def test_a_name_is_found_from_the_beginning_of_any_of_its_words(
    any_app, session, owner, named, monkeypatch, words, places, few
):
    """Found by their names where they are few, and met in the list's order where they are many."""
    monkeypatch.setattr(asking, "_FEW", few)
    assert found(session, owner, words) == places


def test_a_new_name_takes_the_place_of_the_old(session, owner):
    draft_id = make_draft(session, owner, make_route(session), name="First thought").id
    with write_transaction(session):
        session.get_one(Task, draft_id).name = "Second thought"
    assert set(session.scalars(select(TaskName.start))) == {"second thought", "thought"}
    with write_transaction(session):
        session.delete(session.get_one(Task, draft_id))
    assert not session.scalars(select(TaskName)).all()


def test_nobody_finds_another_accounts_tasks_by_their_names(session, owner, named):
    stranger = make_owner(session, make_account(session))
    assert found(session, stranger, "sale") == []


def test_a_name_of_nothing_but_words_has_a_beginning_for_each():
    assert beginnings("  Two \t words ") == {"two words", "words"}
    assert beginnings("Ana's A1") == {"ana s a1", "s a1", "a1", "1"}
    assert beginnings(" ") == set()
    assert searched("ﬁne STRAẞE") == "fine strasse"
    assert all(len(start) <= 100 for start in beginnings("ﷺ" * 100))
