"""Adding to sums that are kept: one row for each key, made where it is not there yet."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session


def add(
    session: Session, table: Any, key: tuple[str, ...], sums: tuple[str, ...], rows: list[dict[str, Any]]
) -> None:
    """Add the sums of these rows to those of the same key."""
    assert isinstance(table, Table)
    session.execute(_statement(session.get_bind().dialect.name, table, key, sums), rows)


def insert_on(dialect: str, table: Table) -> Any:
    """An insert of the database's own kind, which says what to do where the row is there."""
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)


@cache
def _statement(dialect: str, table: Table, key: tuple[str, ...], sums: tuple[str, ...]) -> Any:
    """Built once: a pump runs it several times a second, and building it takes longer."""
    statement = insert_on(dialect, table)
    added = {name: table.c[name] + statement.excluded[name] for name in sums}
    return statement.on_conflict_do_update(index_elements=key, set_=added)
