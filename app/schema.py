"""Whether the database's schema is the one that this code was written for."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.orm import Session

_MIGRATIONS: Final = Path(__file__).resolve().parent.parent / "migrations"


@cache
def revisions() -> tuple[str, ...]:
    """The migrations that this code comes with, the newest first; read once per process."""
    scripts = ScriptDirectory(str(_MIGRATIONS))
    return tuple(script.revision for script in scripts.walk_revisions())


def schema_problem(session: Session) -> str | None:
    """Why this code should not work on the database, in a sentence for its operator; None when it may.

    A revision that we do not know is a newer one: migrations only add, and old processes serve until they are
    restarted. Raises SQLAlchemyError when the database does not answer.
    """
    found = MigrationContext.configure(session.connection()).get_current_heads()
    newest, *earlier = revisions()
    if not found:
        return "has no schema of ours: run `flask --app wsgi db upgrade`"
    if any(revision in earlier for revision in found):
        at = ", ".join(found)
        return f"is at revision {at}, this code needs {newest}: run `flask --app wsgi db upgrade`"
    return None
