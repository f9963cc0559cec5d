"""How a session talks to SQLite and PostgreSQL: transactions, pragmas, and work kept for after the commit.

SQLite: a transaction that reads and then writes under a plain BEGIN fails at once under contention, whatever
its busy time-out, so writers begin with BEGIN IMMEDIATE. `write_transaction` is the one door for writers, on
either database, and the one place that commits.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import sql
from sqlalchemy import JSON, Connection, Engine, Table, event, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

_BUSY_TIMEOUT_MS = 15_000
_ANALYSED_ROWS = 1_000  # of each index
_REWRITTEN_BYTES = 128 * 1024**2  # a second or two, in which writers wait
_AFTER_COMMIT = "carillon.after_commit"
_BEFORE_COMMIT = "carillon.before_commit"

T = TypeVar("T")


def configure_engine(engine: Engine) -> None:
    """Install Carillon's connection settings, and on SQLite its transaction rules."""
    if engine.dialect.name != "sqlite":
        _wait_for_commits(engine)
        return

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # we emit BEGIN ourselves, below
        connection.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
        _write_ahead(connection)
        for pragma in (
            "synchronous=FULL",  # a fence lost to a power cut would send twice
            "foreign_keys=ON",
            "cache_size=-1000",  # KiB for each connection: the system keeps the file, and a pump stays small
            "secure_delete=ON",  # what is erased is overwritten
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Keep the write-ahead log. SQLite does not wait where two connections set it on a new file at once: ask again."""
    patience = time.monotonic() + _BUSY_TIMEOUT_MS / 1_000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > patience:
                raise
            time.sleep(0.01)


def _wait_for_commits(engine: Engine) -> None:
    """Undo `synchronous_commit = off`, which forgets commits it has confirmed when the server dies.

    A fence forgotten sends its messages a second time, as the storms of `tests/chaos` showed. Stricter settings stay.
    """

    @event.listens_for(engine, "connect")
    def set_session(connection: psycopg.Connection, _record: Any) -> None:
        connection.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
        connection.commit()


@contextmanager
def write_transaction(session: Session) -> Iterator[Session]:
    """One transaction that writes: begins as a writer, commits at the end, rolls back on any error.

    What the session had read before is forgotten, so that every decision inside rests on what the database
    says now. Functions kept by `after_commit` run once the commit has succeeded. Raises RuntimeError when the
    session holds unsaved changes, which belong inside.
    """
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("Unsaved changes outside the write transaction.")
    session.rollback()
    session.info[_AFTER_COMMIT], session.info[_BEFORE_COMMIT] = [], {}
    session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
    try:
        yield session
        for write, gathered in sorted(session.info.pop(_BEFORE_COMMIT).items(), key=_turn):
            write(session, gathered)
        session.commit()
    except BaseException:
        session.rollback()
        session.info.pop(_AFTER_COMMIT, None)
        session.info.pop(_BEFORE_COMMIT, None)
        raise
    for function in session.info.pop(_AFTER_COMMIT, []):
        function()


def _turn(kept: tuple[Callable[..., None], Any]) -> tuple[str, str]:
    """The same order in every transaction, whatever was gathered first: so none waits for another in a circle."""
    write, _ = kept
    return write.__module__, write.__qualname__


def truncate_log(session: Session) -> None:
    """SQLite: bring its write-ahead log into the file and empty it, so that erased rows are not left in the log.

    Readers in the way are not waited for; the next time does it. PostgreSQL keeps its log by rules of its own.
    """
    engine = session.get_bind().engine
    if engine.dialect.name != "sqlite":
        return
    session.rollback()
    with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def rewrite(session: Session) -> bool:
    """SQLite: write its file anew, so that nothing erased is left between the rows of a page; whether it was done.

    `secure_delete` overwrites what is deleted, but not the copies that stay where SQLite divided a page or moved a row.
    A large file is left as it is: writers would wait for too long. PostgreSQL needs it not: its vacuum does that.
    """
    engine = session.get_bind().engine
    if engine.dialect.name != "sqlite":
        return False
    session.rollback()
    with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        pages, size = (cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        if pages * size > _REWRITTEN_BYTES:
            return False
        try:
            cursor.execute("VACUUM")
        except sqlite3.OperationalError:  # somebody reads or writes for long: then another day
            return False
    truncate_log(session)
    return True


def refresh_figures(session: Session) -> None:
    """SQLite: count anew, by samples, what its planner goes by; without it, it takes any of two fitting indexes.

    PostgreSQL's autovacuum does that by itself.
    """
    engine = session.get_bind().engine
    if engine.dialect.name != "sqlite":
        return
    session.rollback()
    with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute(f"PRAGMA analysis_limit={_ANALYSED_ROWS}")
        cursor.execute("PRAGMA optimize(0x10002)")


def after_commit(session: Session, function: Callable[[], None]) -> None:
    """Run `function` once the current write transaction has committed; forget it if that rolls back.

    Raises RuntimeError outside of `write_transaction`.
    """
    waiting = session.info.get(_AFTER_COMMIT)
    if waiting is None:
        raise RuntimeError("after_commit needs a write transaction.")
    waiting.append(function)


def before_commit(session: Session, write: Callable[[Session, T], None], make: Callable[[], T]) -> T:
    """What `write(session, gathered)` is given once, as the last thing before the commit; `make` makes it at first.

    For rows that many transactions want: whoever writes them last holds them shortest, and waits for nobody's lock
    while holding them. Raises RuntimeError outside of `write_transaction`.
    """
    waiting: dict[Any, T] | None = session.info.get(_BEFORE_COMMIT)
    if waiting is None:
        raise RuntimeError("before_commit needs a write transaction.")
    if write not in waiting:
        waiting[write] = make()
    return waiting[write]


def insert_new(session: Session, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows that break no uniqueness rule; the others are there already and stay as they are."""
    if not rows:
        return
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    session.execute(dialect.insert(table).on_conflict_do_nothing(), list(rows))


def insert_once(session: Session, table: Table, row: dict[str, Any]) -> int | None:
    """Insert the row unless a uniqueness rule says that it is there. Returns its id, or None when it was there."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table).on_conflict_do_nothing().values(row).returning(table.c.id)
    new_id: int | None = session.execute(statement).scalar()
    return new_id


def insert_many(session: Session, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert thousands of rows that are all alike and none of which is there yet.

    On PostgreSQL by COPY: psycopg sends a statement for each row otherwise, and parses one with many rows for longer
    than the database takes to store them.
    """
    if not rows:
        return
    if session.get_bind().dialect.name == "sqlite":
        session.execute(insert(table), list(rows))
        return
    names = list(rows[0])
    documents = [isinstance(table.c[name].type, JSON) for name in names]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            values = (row[name] for name in names)
            copy.write_row(
                [
                    json.dumps(value) if is_document and value is not None else value
                    for value, is_document in zip(values, documents, strict=True)
                ]
            )
