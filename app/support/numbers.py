"""The sample numbers of a ticket: typed by the client, and each a recipient of the task."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import TaskRefused
from app.language import gettext, thousands
from app.models import Message, Task
from app.recipients.typed import split_typed

MOST_NUMBERS: Final = 10
_NAMED: Final = 5
_NOT_DIGITS = re.compile(r"[^0-9]+")


def messages_named(session: Session, task: Task | None, typed: str) -> Sequence[Message]:
    """The task's messages to the typed numbers, in the order of its rows.

    Raises TaskRefused for numbers without a task, for more than MOST_NUMBERS, and for numbers that the task was not
    sent to, which it names.
    """
    pieces = list(dict.fromkeys(split_typed(typed)))
    if not pieces:
        return []
    if task is None:
        raise TaskRefused(gettext("Choose the task that these numbers belong to."))
    if len(pieces) > MOST_NUMBERS:
        raise TaskRefused(
            gettext(
                "%(pieces)s numbers are typed. A few are enough: at most %(most_numbers)s.",
                pieces=thousands(len(pieces)),
                most_numbers=MOST_NUMBERS,
            )
        )
    by_number = {_e164(piece): piece for piece in pieces}
    found = session.scalars(
        select(Message).where(Message.task_id == task.id, Message.e164.in_(by_number)).order_by(Message.row)
    ).all()
    strangers = [by_number[e164] for e164 in by_number.keys() - {message.e164 for message in found}]
    if strangers:
        named = ", ".join(f"“{piece[:30]}”" for piece in sorted(strangers)[:_NAMED])
        more = f" and {len(strangers) - _NAMED} more" if len(strangers) > _NAMED else ""
        raise TaskRefused(
            gettext(
                "“%(name)s” was not sent to %(named)s%(more)s. Write numbers of this task, with "
                "their country code.",
                name=task.name,
                named=named,
                more=more,
            )
        )
    return found


def _e164(piece: str) -> str:
    """The number as messages have it; whatever stands between its digits is passed over."""
    digits = _NOT_DIGITS.sub("", piece)
    return f"+{digits.removeprefix('00')}"
