"""A task's messages, as a list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import false, select
from sqlalchemy.orm import Session

from app.models import Message, MessageStatus
from app.records.pages import Page, page_by_key

_M = MessageStatus

# What a person may ask the list for, by the word in the address.
STATUS_FILTERS: Mapping[str, tuple[MessageStatus, ...]] = MappingProxyType(
    {
        "waiting": (_M.QUEUED, _M.SENDING),
        "accepted": (_M.ACCEPTED,),
        "delivered": (_M.DELIVERED,),
        "failed": (_M.FAILED,),
        "in_doubt": (_M.IN_DOUBT,),
        "cancelled": (_M.CANCELLED,),
    }
)


def message_page(
    session: Session,
    task_id: int,
    *,
    status_filter: str | None = None,
    number: str | None = None,
    before: int | None = None,
    after: int | None = None,
) -> Page[Message]:
    """A page of the task's messages in the order of their rows; `before` and `after` are row numbers.

    `number` is a piece of a recipient's number, however it was typed: only its digits count, without a zero in front.
    An unknown filter is passed over.
    """
    statement = select(Message).where(Message.task_id == task_id)
    if statuses := STATUS_FILTERS.get(status_filter or ""):
        statement = statement.where(Message.status.in_(statuses))
    if number:
        digits = re.sub(r"[^0-9]", "", number).lstrip("0")
        statement = statement.where(Message.e164.like(f"+%{digits}%") if digits else false())
    return page_by_key(session, statement, Message.row, before=before, after=after, descending=False)
