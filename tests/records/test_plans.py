"""Every record list is read by an index in its own order: no table is read through, nothing but a page is sorted.

The plans are asked of the databases themselves, for the very statements that the pages make. Timing would need ten
million rows; a plan that reads a table through is wrong at any size. Tables are small here, so PostgreSQL is
told not to read them through where an index can serve; SQLite has the figures that the daily clearing
gives it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from app import load
from app.database import refresh_figures
from app.models import Task, User
from app.records import asked
from tests.factories.users import make_staff

LARGE = (
    "message",
    "task",
    "task_name",
    "ledger_entry",
    "recipient",
    "receipt",
    "ledger_block",
    "rollup",
    "rollup_month",
)
MOST_QUERIES = 18  # of a page, however many rows it shows
TASKS, PER_TASK = 300, 12

# Pages, with the index that each list must be read by.
LISTS = {
    "/messages": "ix_task_account_id_submitted_at",
    "/messages?before={task}.5": "ix_task_account_id_submitted_at",
    "/messages?from={day}&to={day}": "ix_task_account_id_submitted_at",
    "/messages?number=%2B61400000001": "ix_message_account_id_e164",
    "/messages?sid=LANTERN": "ix_task_account_id_sender_id",
    "/messages?route={route}": "ix_task_account_id_route_id",
    # Every task here has such messages, so either index is right; of the three kinds below, none has any.
    "/messages?status=failed": "ix_task_failed|ix_task_account_id_submitted_at",
    "/messages?status=in_doubt&before={task}.5": "ix_task_in_doubt|ix_task_account_id_submitted_at",
    "/messages?status=waiting": "ix_task_waiting",
    "/messages?status=accepted": "ix_task_accepted",
    "/messages?status=cancelled": "ix_task_cancelled",
    "/messages?task=Load": "ix_task_name_account_id_start",
    "/messages?task=Nothing": "ix_task_name_account_id_start",
    "/tasks": "ix_task_account_id_created_at",
    "/tasks?before={task}": "ix_task_account_id_created_at",
    "/tasks?from={day}&to={day}": "ix_task_account_id_created_at",
    "/tasks?state=drafts": "ix_task_account_id_state",
    "/tasks?task=Load": "ix_task_name_account_id_start",
    "/sending?from={day}&to={day}": "ix_task_account_id_created_at",
    "/statement?from={day}&to={day}": "ix_ledger_entry_account_id_created_at",
    "/statement": "ix_ledger_entry_account_id_id|pk_ledger_entry",
    "/tasks/{task}": "uq_message_task_id_row|sqlite_autoindex_message_1",
    "/tasks/{task}?status=in_doubt": "ix_message_task_id_status_id",
    "/": "ix_task_account_id_state",
    "/?days=all": "rollup_month",
    "/staff/clients/1/tasks": "ix_task_account_id_id|pk_task",
    "/staff/clients/1/ledger": "ix_ledger_entry_account_id_id|pk_ledger_entry",
    "/staff/tasks/{task}": "uq_message_task_id_row|sqlite_autoindex_message_1",
}


@pytest.fixture
def loaded(any_app, session):
    staff = make_staff(session)
    for _ in load.seed(session, TASKS * PER_TASK, staff.password_hash, PER_TASK):
        pass
    refresh_figures(session)
    if session.get_bind().dialect.name != "sqlite":
        session.execute(text("ANALYZE"))
        session.commit()
    task = session.query(Task).order_by(Task.id).offset(TASKS // 2).first()
    return {
        "owner": session.query(User).filter_by(email=load.EMAIL).one(),
        "staff": staff,
        "places": {"task": task.public_id, "day": task.day.isoformat(), "route": task.route.public_id},
    }


def test_every_list_is_read_by_its_index(any_app, session, loaded, sign_in):
    wrong = []
    for person, ours in (("owner", False), ("staff", True)):
        client = any_app.test_client()
        sign_in(client, loaded[person])
        for address, index in LISTS.items():
            if address.startswith("/staff") is not ours:
                continue
            address = address.format_map(loaded["places"])
            with _asked(session) as statements:
                assert client.get(address).status_code == 200, address
            if len(statements) > MOST_QUERIES:
                wrong.append(f"{address}: {len(statements)} queries")
            plans = [_plan(session, *each) for each in statements]
            wrong += [f"{address} reads {table} through" for plan in plans for table in _read_through(plan)]
            if not any(re.search(index, plan) for plan in plans):
                wrong.append(f"{address} does not use {index}:\n" + "\n".join(plans))
    assert not wrong, "\n".join(wrong)


def test_a_name_that_very_many_tasks_have_is_met_in_the_lists_order(
    any_app, session, loaded, sign_in, monkeypatch
):
    monkeypatch.setattr(asked, "_FEW", 10)
    client = any_app.test_client()
    sign_in(client, loaded["owner"])
    for address, index in (
        ("/messages?task=Load", "ix_task_account_id_submitted_at"),
        ("/tasks?task=Load", "ix_task_account_id_created_at"),
    ):
        with _asked(session) as statements:
            assert client.get(address).status_code == 200
        plans = [_plan(session, *each) for each in statements]
        assert not [table for plan in plans for table in _read_through(plan)], plans
        assert any(index in plan and re.search("_task_name", plan) for plan in plans), plans


def test_a_page_makes_as_many_queries_for_fifty_rows_as_for_one(session, loaded, client, sign_in):
    sign_in(client, loaded["owner"])
    for address, one in (
        ("/messages", "/messages?number=%2B61400000001"),
        ("/tasks", f"/tasks?task={loaded['places']['task']}"),
        ("/sending", f"/sending?task={loaded['places']['task']}"),
    ):
        with _asked(session) as many:
            client.get(address)
        with _asked(session) as few:
            client.get(one)
        assert len(many) <= len(few) + 2, address  # the rest of a task is a query of its own


@contextmanager
def _asked(session) -> Iterator[list[tuple[str, Any]]]:
    """The statements that were made meanwhile, with their values."""
    asked: list[tuple[str, Any]] = []

    def keep(_connection, _cursor, statement, parameters, _context, _many):
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            asked.append((statement, parameters))

    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", keep)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", keep)


def _plan(session, statement: str, parameters: Any) -> str:
    session.rollback()
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return "\n".join(row[3] for row in rows)
    for setting in ("enable_seqscan", "enable_bitmapscan", "enable_sort", "enable_incremental_sort"):
        connection.execute(text(f"SET LOCAL {setting} = off"))
    rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
    return "\n".join(row[0] for row in rows)


def _read_through(plan: str) -> list[str]:
    """The large tables that the plan reads from end to end."""
    found = re.findall(r"Seq Scan on (\w+)", plan) + re.findall(r"^SCAN (\w+)$", plan, re.MULTILINE)
    return [table for table in LARGE if table in found]
