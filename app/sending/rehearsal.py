"""Test first: on some routes a bulk task's text must have gone out well as a quick message before.

Only the account's own quick messages on that route count, and only the very text: the task's, or what one of its rows
reads once merged. For a template it is the template that counts.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from app.errors import TaskRefused
from app.models import Recipient, Task, TaskKind


class UntestedText(TaskRefused):
    """The route wants a test message with this text first."""


def is_missing(session: Session, task: Task) -> bool:
    """Whether the task's route wants a test that its account has not sent."""
    if task.kind != TaskKind.BULK or not task.route.requires_test:
        return False
    tested = aliased(Task)
    went_out = select(tested.id).where(
        tested.account_id == task.account_id,
        tested.route_id == task.route_id,
        tested.kind == TaskKind.QUICK,
        tested.accepted + tested.delivered > 0,
        _says_the_same(tested, task),
    )
    return session.scalar(went_out.limit(1)) is None


def require(session: Session, task: Task) -> None:
    """Raises UntestedText where a test is wanted and has not been sent."""
    if is_missing(session, task):
        raise UntestedText(
            f"{task.route.name} takes a bulk task only after the same text went out as a quick message. "
            "Send that test from the review, to a phone of yours, and submit this afterwards."
        )


def sample_text(session: Session, task: Task) -> str:
    """The text that a test of this draft says: as its first row reads it."""
    first = select(Recipient.text).where(Recipient.task_id == task.id).order_by(Recipient.row).limit(1)
    return session.scalar(first) or task.content


def _says_the_same(tested: type[Task], task: Task) -> ColumnElement[bool]:
    if task.template_id is not None:
        return tested.template_id == task.template_id
    merged = exists().where(Recipient.task_id == task.id, Recipient.text == tested.content)
    return and_(tested.template_id.is_(None), or_(tested.content == task.content, merged))
