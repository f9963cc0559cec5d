"""A form makes one draft, however often it comes, until the draft is submitted."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.database import write_transaction
from app.errors import Conflict, InvalidMove, NotFound, TaskRefused
from app.models import Recipient, Task, TaskState, User
from app.sending.drafting import draft_room, drafts
from app.sending.drafting.checking import _begin, _Progress, _store
from app.sending.drafting.examining import examine
from tests.factories.users import make_owner
from tests.sending.engine import House, ScriptedGateway, at_once, count, pump

NUMBER = "+61412000001"


def test_the_same_form_twice_makes_one_draft(house: House) -> None:
    first = house.quick(NUMBER, submission_key="k")
    assert house.quick(NUMBER, submission_key="k").id == first.id
    assert count(house.session, Task) == 1


def test_other_contents_under_the_same_key_are_refused(house: House) -> None:
    house.quick(NUMBER, submission_key="k")
    with pytest.raises(Conflict):
        house.quick(NUMBER, submission_key="k", content="Your table is ready.")


def test_two_accounts_may_use_the_same_key(house: House) -> None:
    house.quick(NUMBER, submission_key="k")
    stranger = make_owner(house.session)
    with write_transaction(house.session):
        drafts.create_quick(house.session, stranger, house.request(submission_key="k"), NUMBER)
    assert count(house.session, Task) == 2


def test_a_double_click_at_the_same_moment_makes_one_draft(any_app: Flask, house: House) -> None:
    user_id, request = house.owner.id, house.request(submission_key="k")
    house.session.rollback()

    def create(session: Session) -> str:
        with write_transaction(session):
            user = session.get_one(User, user_id)
            return str(drafts.create_quick(session, user, request, NUMBER).id)

    assert len(at_once(any_app, [create] * 8)) == 1
    assert count(house.session, Task) == 1


def test_one_account_does_not_keep_the_checks_from_all_others(any_app: Flask, house: House) -> None:
    waiting = [house.quick(NUMBER) for _ in range(draft_room.MOST_CHECKED)]
    with pytest.raises(TaskRefused, match="as many as go at once"):
        house.quick(NUMBER)
    with write_transaction(house.session):  # what is being checked may be checked by its newest words
        drafts.check_again(house.session, house.account_id, waiting[0].public_id)
        drafts.create_quick(house.session, make_owner(house.session), house.request(), NUMBER)
    ready = house.check(waiting[0])
    house.quick(NUMBER)
    with pytest.raises(TaskRefused, match="as many as go at once"), write_transaction(house.session):
        drafts.check_again(house.session, house.account_id, ready.public_id)


def test_an_account_keeps_so_many_drafts_and_no_more(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft_room, "MOST_KEPT", 2)
    kept = [house.quick(NUMBER) for _ in range(2)]
    with pytest.raises(TaskRefused, match="Discard some"):
        house.quick(NUMBER)
    with write_transaction(house.session):
        drafts.discard(house.session, house.account_id, kept[0].public_id)
    house.quick(NUMBER)


def test_a_closed_route_takes_no_draft(house: House) -> None:
    house.route.open = False
    house.session.commit()
    with pytest.raises(NotFound):
        house.quick(NUMBER)


def test_an_edit_while_checking_supersedes_the_older_check(any_app: Flask, house: House) -> None:
    task = house.quick(NUMBER)
    draft = _begin(house.session, task.id)
    assert draft is not None
    found = examine(house.session, draft, house.settings, _Progress(house.session, draft).note)
    with write_transaction(house.session):
        drafts.edit(
            house.session,
            house.account_id,
            task.public_id,
            house.request(),
            typed_recipients="+61412000002, +61412000003",
        )

    _store(house.session, draft, found)

    assert house.now(task).state == TaskState.CHECKING
    assert count(house.session, Recipient) == 0
    task = house.check(task)
    assert (task.state, task.quote and task.quote["recipients"]) == (TaskState.READY, 2)


def test_an_edit_keeps_the_recipients_where_none_are_given(house: House) -> None:
    task = house.ready(NUMBER)
    with write_transaction(house.session):
        drafts.edit(house.session, house.account_id, task.public_id, house.request(content="Come in."))
    task = house.check(task)
    assert task.state == TaskState.READY
    assert (task.content, task.typed_recipients) == ("Come in.", NUMBER)


def test_a_submitted_task_cannot_be_edited_or_discarded(app: Flask, house: House) -> None:
    task = house.submit(house.ready(NUMBER))
    with pytest.raises(InvalidMove), write_transaction(house.session):
        drafts.edit(house.session, house.account_id, task.public_id, house.request())
    with pytest.raises(InvalidMove), write_transaction(house.session):
        drafts.discard(house.session, house.account_id, task.public_id)
    pump(app, house.route_id, ScriptedGateway())
    assert house.now(task).state == TaskState.DONE


def test_discarding_forgets_the_rows_and_wins_over_a_check(house: House) -> None:
    task = house.ready(NUMBER)
    with write_transaction(house.session):
        drafts.discard(house.session, house.account_id, task.public_id)
    assert house.check(task).state == TaskState.DISCARDED
    assert count(house.session, Recipient) == 0


def test_another_accounts_draft_is_not_there(house: House) -> None:
    task = house.quick(NUMBER)
    stranger = make_owner(house.session)
    assert stranger.account_id is not None
    with pytest.raises(NotFound), write_transaction(house.session):
        drafts.discard(house.session, stranger.account_id, task.public_id)
