"""What is made for measuring keeps its books like anything else."""

from __future__ import annotations

from sqlalchemy import func, select

from app import load
from app.ledger.audit import audit
from app.models import Message, Rollup, Task


def test_a_load_is_as_large_as_asked_and_its_books_add_up(any_app, session):
    made = list(load.seed(session, load.PER_TASK + 500, "-"))
    assert made == [load.PER_TASK + 500]
    assert session.scalar(select(func.count()).select_from(Message)) == load.PER_TASK + 500
    assert session.scalar(select(func.sum(Rollup.failed))) == session.scalar(select(func.sum(Task.failed)))
    assert audit(session).ok
