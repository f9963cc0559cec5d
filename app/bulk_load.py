"""Filling an empty table with millions of rows: its indexes and foreign keys are set aside, and built anew at the end.

A million rows put into an index one by one cost several times what sorting them once does. All of it belongs in one
transaction: both databases undo a dropped index with everything else, so whoever is interrupted leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Table, select, text
from sqlalchemy.orm import Session

_SQLITE_CACHE: Final = -512 * 1024  # KiB

# PostgreSQL says itself how to make again what is dropped; a primary key stays, others refer to it.
_CONSTRAINTS: Final = text(
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE conrelid = CAST(:table AS regclass) AND contype IN ('f', 'u') ORDER BY contype DESC, conname"
)
_INDEXES: Final = text(
    "SELECT CAST(i.indexrelid AS regclass)::text, pg_get_indexdef(i.indexrelid) FROM pg_index AS i"
    " WHERE i.indrelid = CAST(:table AS regclass) AND NOT i.indisprimary"
    " AND NOT EXISTS (SELECT 1 FROM pg_constraint AS c WHERE c.conindid = i.indexrelid AND c.contype = 'u')"
    " ORDER BY 1"
)
_SQLITE_INDEXES: Final = text(
    "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :table AND sql IS NOT NULL ORDER BY name"
)


@contextmanager
def indexes_aside(session: Session, table: Table) -> Iterator[None]:
    """Within a write transaction: fill the table without its indexes and foreign keys, where it is empty.

    One that has rows keeps them. What is made anew is checked then, over all rows at once. SQLite cannot drop what a
    table was made with (its UNIQUE rules), so there only the other indexes are set aside.
    """
    if session.execute(select(table.c.id).limit(1)).first() is not None:
        yield
        return
    connection = session.connection()
    is_sqlite = connection.dialect.name == "sqlite"
    again = _set_aside_sqlite(connection, table) if is_sqlite else _set_aside(connection, table)
    yield
    for statement in again:
        connection.execute(text(statement))


def _set_aside(connection: Connection, table: Table) -> Sequence[str]:
    constraints = connection.execute(_CONSTRAINTS, {"table": table.name}).all()
    indexes = connection.execute(_INDEXES, {"table": table.name}).all()
    for name, _ in constraints:
        connection.execute(text(f'ALTER TABLE "{table.name}" DROP CONSTRAINT "{name}"'))
    for name, _ in indexes:
        connection.execute(text(f"DROP INDEX {name}"))
    return [
        "SET LOCAL maintenance_work_mem = '512MB'",
        *(f'ALTER TABLE "{table.name}" ADD CONSTRAINT "{name}" {made}' for name, made in constraints),
        *(made for _, made in indexes),
    ]


def _set_aside_sqlite(connection: Connection, table: Table) -> Sequence[str]:
    indexes = connection.execute(_SQLITE_INDEXES, {"table": table.name}).all()
    kept = connection.execute(text("PRAGMA cache_size")).scalar_one()
    connection.execute(text(f"PRAGMA cache_size = {_SQLITE_CACHE}"))
    for name, _ in indexes:
        connection.execute(text(f'DROP INDEX "{name}"'))
    return [*(made for _, made in indexes), f"PRAGMA cache_size = {kept}"]
