"""What tasks can be found by: each place in a name where a word begins, and what follows it.

A search for a piece of a name that begins where a word does is a stretch of one index, however many tasks there are.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection, ForeignKey, Index, String, delete, event, insert, inspect
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from app.models.base import Base, BigKey
from app.models.task import Task

_LONGEST: Final = 100  # letters, as many as a name may have

# On PostgreSQL in the order of the letters' numbers, which SQLite has anyway: so one beginning is one stretch.
_Beginning = String(_LONGEST).with_variant(String(_LONGEST, collation="C"), "postgresql")


class TaskName(Base):
    """A task's name from where one of its words begins, in the letters of `searched`.

    Written with the task, whenever it is added or named anew (below); bulk inserts of tasks write theirs themselves.
    """

    __tablename__ = "task_name"
    __table_args__ = (Index("ix_task_name_account_id_start", "account_id", "start", "task_id"),)

    task_id: Mapped[int] = mapped_column(BigKey, ForeignKey("task.id", ondelete="CASCADE"), primary_key=True)
    start: Mapped[str] = mapped_column(_Beginning, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))


def searched(text: str) -> str:
    """A name, or a piece of one, as it is searched: without capitals, a space for all that is no letter or digit.

    Signs are kept where there is nothing else.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    words = "".join(sign if _is_of_word(sign) else " " for sign in folded).split()
    return " ".join(words or folded.split())[:_LONGEST]


def beginnings(name: str) -> set[str]:
    """The name from each place where a word begins: after a space, where letters turn to digits and back.

    Scripts without capitals, of which some write no spaces, are found from any letter on.
    """
    text = searched(name)
    return {text[place:] for place, sign in enumerate(text) if sign != " " and _begins(text, place)}


def rows_of(task_id: int, account_id: int, name: str) -> list[dict[str, Any]]:
    """What is kept of a task's name."""
    return [
        {"task_id": task_id, "account_id": account_id, "start": start} for start in sorted(beginnings(name))
    ]


def _is_of_word(sign: str) -> bool:
    return sign.isalnum() or unicodedata.category(sign).startswith("M")  # marks are written onto letters


def _begins(text: str, place: int) -> bool:
    sign, before = text[place], text[place - 1] if place else " "
    return before == " " or unicodedata.category(sign) == "Lo" or sign.isdecimal() != before.isdecimal()


@event.listens_for(Task, "after_insert")
def _keep(_mapper: Mapper[Task], connection: Connection, task: Task) -> None:
    _write(connection, rows_of(task.id, task.account_id, task.name))


@event.listens_for(Task, "after_update")
def _keep_anew(_mapper: Mapper[Task], connection: Connection, task: Task) -> None:
    if inspect(task).attrs.name.history.has_changes():
        connection.execute(delete(TaskName).where(TaskName.task_id == task.id))
        _write(connection, rows_of(task.id, task.account_id, task.name))


def _write(connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
    if found := list(rows):
        connection.execute(insert(TaskName), found)
