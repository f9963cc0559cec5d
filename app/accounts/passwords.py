"""Passwords, hashed with argon2id (RFC 9106)."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LONGEST_PASSWORD = 1_000


def password_hasher(*, time_cost: int, memory_kib: int) -> PasswordHasher:
    """A hasher that spends `time_cost` passes over `memory_kib` KiB on every password."""
    return PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)


def hash_password(password: str, hasher: PasswordHasher) -> str:
    """What to store for a password: parameters, salt and hash in one string."""
    return hasher.hash(password)


def verify_password(stored: str, password: str, hasher: PasswordHasher) -> bool:
    """Whether the password belongs to the stored hash. A damaged hash belongs to no password."""
    try:
        return hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
