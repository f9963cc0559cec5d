"""People: members of an account, and staff. All are confirmed and have one password; staff have a second factor."""

from __future__ import annotations

from functools import cache
from itertools import count

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from app.clock import now
from app.models import Account, Role, User
from app.secrets import Vault
from config import Settings
from tests.factories.accounts import make_account

PASSWORD = "correct horse battery staple"  # what every made person signs in with
TOTP_SECRET = "MADEPEOPLESHAREASECONDFACTORTOO2"  # what the staff's authenticator apps hold

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
    """Somebody of our own staff, with a second factor set up."""
    factor = {"totp_secret": locked_secret(), "totp_confirmed_at": now()}
    return _make(session, None, role, {**factor, **columns})


def _make(session: Session, account: Account | None, role: Role, columns: dict[str, object]) -> User:
    number = next(_numbers)
    defaults: dict[str, object] = {
        "email": f"{role}{number}@example.com",
        "name": f"{role.capitalize()} {number}",
        "password_hash": _hash(),
        "email_confirmed_at": now(),
    }
    user = User(**{**defaults, **columns}, account_id=account.id if account else None, role=role)
    session.add(user)
    session.commit()
    return user


@cache
def _hash() -> str:
    """The password's hash at argon2's least cost. A hash carries its cost, so signing in is quick too."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@cache
def locked_secret() -> str:
    """The second factor's secret as the database keeps it, under the key of the test settings."""
    return Vault(Settings.from_env({"CARILLON_ENV": "test"}).encryption_keys).lock(TOTP_SECRET)
