"""A pump's statements go by the index of the queue and by the messages' ids, whatever the planner's figures say.

The figures are from a quiet hour, when nothing is queued or being sent, as they are in the life of a panel; a planner
that believes them reads the queues of all tasks for every chunk, and all that is being sent for every answer.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text, update
from sqlalchemy.orm import Session

from app.database import write_transaction
from app.extensions import db
from app.gateways.base import Accepted, Capabilities
from app.models import Message
from app.sending.dispatch import claims, outcomes
from tests.factories.tasks import make_submitted_task
from tests.sending.engine import SPANS, House

CAPABILITIES = Capabilities(False, False, True, 32, True, 5.0)


@contextmanager
def plans(session: Session) -> Iterator[list[str]]:
    """The plans of the statements that read or write messages meanwhile, each asked of the database as it runs."""
    asked: list[str] = []

    def ask(_conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "message" in statement and not statement.startswith("EXPLAIN"):
            cursor.execute(f"EXPLAIN {statement}", parameters)
            asked.append("\n".join(row[0] for row in cursor.fetchall()))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", ask)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", ask)


@pytest.mark.only_on("postgresql")
@pytest.mark.parametrize("is_known", [False, True], ids=["from a quiet hour", "of now"])
def test_a_chunk_and_its_record_read_no_more_than_they_are_about(
    any_app: Flask, house: House, is_known: bool
) -> None:
    session = house.session
    old = make_submitted_task(session, house.owner, house.route, messages=1_000)
    with write_transaction(session):
        session.execute(update(Message).where(Message.task_id == old.id).values(status="cancelled"))
        session.execute(text("ANALYZE"))
    with write_transaction(session):
        session.execute(update(Message).where(Message.task_id == old.id).values(status="queued"))
    make_submitted_task(session, house.owner, house.route, messages=500)
    if is_known:
        with write_transaction(session):
            session.execute(text("ANALYZE"))
    with any_app.app_context(), Session(db.engine) as pumping:
        with write_transaction(pumping):
            lease = claims.acquire_lease(pumping, house.route_id, secrets.token_hex(4), SPANS)
        assert lease is not None
        with plans(pumping) as asked:
            with write_transaction(pumping):
                taken = claims.take(pumping, lease, 200, 5.0, lease.taking(0), CAPABILITIES)
            assert len(taken) == 200
            answers = [(each, Accepted(f"g{each.message_id}")) for each in taken]
            with write_transaction(pumping):
                assert outcomes.record(pumping, answers, CAPABILITIES) == 200
    read_through = [
        plan for plan in asked if "Seq Scan on message" in plan or "ix_message_unanswered" in plan
    ]
    assert not read_through, read_through[0]
    assert sum("pk_message" in plan for plan in asked) >= 2  # the fence, and the record
