"""People: members of an account, and staff. All have the same password."""

from __future__ import annotations

from functools import cache
from itertools import count

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from app.models import Account, Role, User
from tests.factories.accounts import make_account

PASSWORD = "correct horse battery staple"  # what every made person signs in with

_numbers = count(1)


def make_user(
    session: Session, account: Account | None = None, *, role: Role = Role.SENDER, **columns: object
) -> User:
    """A member of the account (of a new one, where none is given), with a client's role."""
    return _make(session, account or make_account(session), role, columns)


def make_owner(session: Session, account: Account | None = None, **columns: object) -> User:
    """The owner of the account, or of a new one."""
    return make_user(session, account, role=Role.OWNER, **columns)


def make_staff(session: Session, *, role: Role = Role.ADMIN, **columns: object) -> User:
    """Somebody of our own staff."""
    return _make(session, None, role, columns)


def _make(session: Session, account: Account | None, role: Role, columns: dict[str, object]) -> User:
    number = next(_numbers)
    defaults: dict[str, object] = {
        "email": f"{role}{number}@example.com",
        "name": f"{role.capitalize()} {number}",
        "password_hash": _hash(),
    }
    user = User(**{**defaults, **columns}, account_id=account.id if account else None, role=role)
    session.add(user)
    session.commit()
    return user


@cache
def _hash() -> str:
    """The password's hash at argon2's least cost. A hash carries its cost, so signing in is quick too."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
