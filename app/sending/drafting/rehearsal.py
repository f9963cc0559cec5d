"""Test first: on some routes a bulk task's text must have gone out well as a quick message before.

Only the account's own quick messages on that route count, and only the very content: the task's text, or what one of
its rows reads once merged, under the task's sender ID; on a WhatsApp route by the same template, written as it is now.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.errors import TaskRefused
from app.language import gettext
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
            gettext(
                "%(name)s takes a bulk task only after the same text and sender ID went out as a quick message. "
                "Send that test from the review, to a phone of yours, and submit this afterwards.",
                name=task.route.name,
            )
        )


@dataclass(frozen=True, slots=True)
class TestRow:
    """A row of a checked draft that a test may be filled from; `parameters` are those of a WhatsApp template."""

    number: int
    text: str
    segments: int
    parameters: tuple[str, ...] = ()


def rows_to_test(session: Session, task: Task) -> list[TestRow]:
    """The draft's first three rows, and those with the shortest and the longest text, each once."""
    of_task = select(Recipient).where(Recipient.task_id == task.id)
    length = func.length(Recipient.text)
    found = [
        *session.scalars(of_task.order_by(Recipient.row).limit(3)),
        *session.scalars(of_task.order_by(length.asc(), Recipient.row).limit(1)),
        *session.scalars(of_task.order_by(length.desc(), Recipient.row).limit(1)),
    ]
    return [_test_row(task, each) for each in {each.id: each for each in found}.values()]


def row_to_test(session: Session, task: Task, number: int | None) -> TestRow:
    """The row of that number, else the draft's first. A draft without rows is tried out as it is written."""
    of_task = select(Recipient).where(Recipient.task_id == task.id).order_by(Recipient.row).limit(1)
    asked = session.scalar(of_task.where(Recipient.row == number)) if number is not None else None
    row = asked or session.scalar(of_task)
    return _test_row(task, row) if row else TestRow(0, task.content, 0, tuple(task.template_values or ()))


def _test_row(task: Task, row: Recipient) -> TestRow:
    return TestRow(row.row, row.text or task.content, row.segments, tuple(row.parameters or ()))


def _says_the_same(tested: type[Task], task: Task) -> ColumnElement[bool]:
    merged = exists().where(Recipient.task_id == task.id, Recipient.text == tested.content)
    said = and_(
        tested.template_id.is_not_distinct_from(task.template_id),
        or_(tested.content == task.content, merged),
    )
    if task.route.takes_sender_id:
        said = and_(said, tested.sender_id.is_not_distinct_from(task.sender_id))
    template = (task.report or {}).get("basis", {}).get("template")
    if template is not None:
        said = and_(said, tested.report[("basis", "template")].as_string() == template)
    return said
