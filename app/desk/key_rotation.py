"""All stored secrets, encrypted anew with the newest key, so that an older one can be taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import CursorResult, Row, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.database import write_transaction
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.models import Route, User
from app.secrets import SecretUnreadable, Vault

_BATCH: Final = 200  # secrets in one transaction
# Every column that the vault has locked.
SECRETS: Final[tuple[tuple[type[User] | type[Route], InstrumentedAttribute[str | None]], ...]] = (
    (User, User.totp_secret),
    (Route, Route.gateway_secrets),
)


@dataclass(slots=True)
class Rotation:
    """How many secrets were encrypted anew, how many were already; `unreadable` names those that no key opens."""

    rotated: int = 0
    newest: int = 0
    unreadable: list[str] = field(default_factory=list)


def rotate(session: Session, vault: Vault) -> Rotation:
    """Encrypt every stored secret with the vault's newest key.

    In transactions of its own, a few hundred secrets each, on the record with what it did: a run that ends half-way is
    taken up by the next, which passes over what has the newest key. What somebody changes meanwhile is left as it is.
    """
    done = Rotation()
    for model, column in SECRETS:
        after = 0
        while batch := _batch(session, model, column, after):
            after = batch[-1].id
            _rotate_batch(session, vault, model, column, batch, done)
    return done


def _batch(
    session: Session, model: type[User] | type[Route], column: InstrumentedAttribute[str | None], after: int
) -> Sequence[Row[tuple[int, str]]]:
    found = select(model.id, column.label("stored")).where(column.is_not(None), model.id > after)
    return session.execute(found.order_by(model.id).limit(_BATCH)).all()  # type: ignore[return-value]


def _rotate_batch(
    session: Session,
    vault: Vault,
    model: type[User] | type[Route],
    column: InstrumentedAttribute[str | None],
    batch: Sequence[Row[tuple[int, str]]],
    done: Rotation,
) -> None:
    fresh: list[tuple[int, str, str]] = []
    for row in batch:
        if vault.is_newest(row.stored):
            done.newest += 1
            continue
        try:
            fresh.append((row.id, row.stored, vault.lock(vault.unlock(row.stored))))
        except SecretUnreadable:
            done.unreadable.append(f"{model.__tablename__}:{row.id}")
    if not fresh:
        return
    with write_transaction(session):
        changed = [id for id, old, new in fresh if _replaced(session, model, column, id, old, new)]
        audit_log.record(
            session,
            Actor.machine(),
            "secrets.rotate",
            f"secrets:{model.__tablename__}",
            after={"count": len(changed), "first": changed[0], "last": changed[-1]}
            if changed
            else {"count": 0},
        )
    done.rotated += len(changed)


def _replaced(
    session: Session,
    model: type[User] | type[Route],
    column: InstrumentedAttribute[str | None],
    id: int,
    old: str,
    new: str,
) -> bool:
    """By compare-and-set: one that was set anew meanwhile has the newest key already."""
    result = session.execute(
        update(model)
        .where(model.id == id, column == old)
        .values({column: new})
        .execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)
    return result.rowcount == 1
