"""When to give up on the rest: a field of the composer, shown on the review and the task, kept by the submission."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from app.clock import now
from app.models import Task
from tests.web_compose.conftest import Desk


def wall(hours: float) -> str:
    """That many hours from now, by the clocks of the desk."""
    return f"{(now() + timedelta(hours=hours)).astimezone(ZoneInfo('Australia/Sydney')):%Y-%m-%dT%H:%M}"


def test_what_is_chosen_is_kept_shown_and_offered_again(desk: Desk) -> None:
    assert desk.quick(send_until=wall(5)).status_code == 303
    (task,) = desk.tasks()
    assert task.send_before is not None
    assert timedelta(hours=4.9) < task.send_before - now() < timedelta(hours=5)
    public_id = task.public_id
    desk.session.rollback()
    desk.checked()
    assert "Nothing after" in desk.review()
    assert "send_until" in desk.client.get(f"/quick/{public_id}/edit").text


@pytest.mark.parametrize("value", ["soon", "2020-01-01T09:00"])
def test_a_time_that_cannot_be_read_or_has_passed_is_refused(desk: Desk, value: str) -> None:
    assert desk.quick(send_until=value).status_code == 422
    assert desk.tasks() == []


def test_it_comes_after_the_start(desk: Desk) -> None:
    answer = desk.quick(when="later", scheduled_for=wall(6), send_until=wall(5))
    assert answer.status_code == 422
    assert "after the start" in answer.text


def test_a_draft_whose_time_ran_out_is_not_taken(desk: Desk) -> None:
    desk.quick(send_until=wall(5))
    desk.checked()
    desk.session.rollback()
    desk.session.execute(update(Task).values(send_before=now()))
    desk.session.commit()
    desk.accept()
    assert desk.task().submitted_at is None
    assert "comes before this task starts" in desk.review()
