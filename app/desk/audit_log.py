"""The audit log: who did what to whom, when, from where, and what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.models import AuditEvent, User


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and from where. `Actor.machine()` is Carillon itself."""

    user_id: int | None
    email: str
    ip: str | None

    @classmethod
    def of(cls, user: User, ip: str | None) -> Actor:
        """A person at an address."""
        return cls(user.id, user.email, ip)

    @classmethod
    def machine(cls) -> Actor:
        """Jobs and commands, where no person is known."""
        return cls(None, "carillon", None)


def record(
    session: Session,
    actor: Actor,
    action: str,
    subject: str,
    *,
    account_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Add an event, in the transaction of what it tells of. `action` is "noun.verb", `subject` "noun:id".

    `before` and `after` hold only what changed, as plain JSON values; secrets never.
    """
    session.add(
        AuditEvent(
            actor_id=actor.user_id,
            actor=actor.email,
            action=action,
            subject=subject,
            account_id=account_id,
            ip=actor.ip,
            before=dict(before) if before is not None else None,
            after=dict(after) if after is not None else None,
        )
    )
