"""How migrations reach the database: in one transaction, one process at a time, on SQLite and on PostgreSQL.

SQLite changes a table by building it anew and dropping the old one ("batch mode"; its manual, "Making Other
Kinds Of Table Schema Changes", says how). Foreign keys must be off meanwhile, or the drop takes the rows of other
tables along; they are checked before the commit instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy import Connection, Engine, text

from app.models import Base, UtcDateTime

_ADVISORY_LOCK = 0x_CA_21_11_04  # any number, so long as every Carillon asks for the same


def migrate() -> None:
    """Run what the command asked for."""
    if context.is_offline_mode():
        raise SystemExit("Carillon's migrations run against a database; --sql is not supported.")
    extension = current_app.extensions["migrate"]
    with _alone(extension.db.engine) as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_item=_render_item,
            **extension.configure_args,
        )
        context.run_migrations()


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A transaction that lets no second migration run beside it: the other waits, and finds the work done."""
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            with connection.begin():
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
                yield connection
            return
        with _foreign_keys_off(connection):
            connection.execution_options(sqlite_begin="IMMEDIATE")
            with connection.begin():
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if broken:
                    raise RuntimeError(f"The migration would leave rows that point nowhere: {broken[:10]}")


@contextmanager
def _foreign_keys_off(connection: Connection) -> Iterator[None]:
    """Past SQLAlchemy, which would begin a transaction first: inside one, SQLite ignores this setting."""
    plain: Any = connection.connection.dbapi_connection
    plain.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        plain.execute("PRAGMA foreign_keys=ON")


def _render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our column types as the plain ones that they are, so that old revisions do not need the models."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


migrate()
