"""A task moves along the table, once, or not at all."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.database import write_transaction
from app.errors import InvalidMove
from app.models import MessageStatus, TaskState
from app.sending.states import MESSAGE_MOVES, TASK_MOVES, move_task
from tests.factories.tasks import make_draft
from tests.sending.engine import House, at_once


def test_every_state_and_status_has_its_moves() -> None:
    assert set(MESSAGE_MOVES) == set(MessageStatus)
    assert set(TASK_MOVES) == set(TaskState)


@pytest.mark.parametrize("final", [MessageStatus.DELIVERED, MessageStatus.FAILED, MessageStatus.CANCELLED])
def test_what_is_final_stays(final: MessageStatus) -> None:
    assert not MESSAGE_MOVES[final]


def test_a_move_that_the_table_lacks_is_refused(house: House) -> None:
    task = make_draft(house.session, house.owner, house.route)
    with pytest.raises(InvalidMove), write_transaction(house.session):
        move_task(house.session, task.id, {TaskState.DRAFT}, TaskState.RUNNING)
    assert house.now(task).state == TaskState.DRAFT


def test_a_move_sets_its_values_and_forgets_the_old_reason(any_app: Flask, house: House) -> None:
    task = make_draft(house.session, house.owner, house.route, state_reason="old", check_run=4)
    with write_transaction(house.session):
        move_task(house.session, task.id, {TaskState.DRAFT}, TaskState.CHECKING, rows_done=7)
    task = house.now(task)
    assert (task.state, task.state_reason, task.rows_done) == (TaskState.CHECKING, None, 7)


def test_one_of_many_at_once_makes_the_move(any_app: Flask, house: House) -> None:
    task_id = make_draft(house.session, house.owner, house.route).id
    house.session.rollback()

    def move(session: Session) -> str:
        try:
            with write_transaction(session):
                move_task(session, task_id, {TaskState.DRAFT}, TaskState.DISCARDED)
        except InvalidMove:
            return "late"
        return "moved"

    assert at_once(any_app, [move] * 8) == {"moved": 1, "late": 7}
