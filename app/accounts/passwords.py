"""Passwords, hashed with argon2id (RFC 9106)."""

from __future__ import annotations

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from config import Settings

LONGEST_TYPED = 1_000  # what a field takes before argon2 is asked; longer than any password may be


@cache
def password_hasher(*, time_cost: int, memory_kib: int) -> PasswordHasher:
    """A hasher that spends `time_cost` passes over `memory_kib` KiB on every password."""
    return PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)


def hasher_of(settings: Settings) -> PasswordHasher:
    """The hasher that the settings ask for."""
    return password_hasher(time_cost=settings.argon2_time_cost, memory_kib=settings.argon2_memory_kib)


def hash_password(password: str, hasher: PasswordHasher) -> str:
    """What to store for a password: parameters, salt and hash in one string."""
    return hasher.hash(_as_typed_anywhere(password))


def verify_password(stored: str, password: str, hasher: PasswordHasher) -> bool:
    """Whether the password belongs to the stored hash. A damaged hash belongs to no password."""
    try:
        return hasher.verify(stored, _as_typed_anywhere(password))
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str, hasher: PasswordHasher) -> bool:
    """Whether the hash was made with other parameters than today's, so that it should be made anew."""
    try:
        return hasher.check_needs_rehash(stored)
    except InvalidHashError:
        return False


@cache
def decoy(hasher: PasswordHasher) -> str:
    """The hash that a password for an unknown address is compared with, so that it costs the same work."""
    return hasher.hash("the password of nobody")


def _as_typed_anywhere(password: str) -> str:
    """One form for letters that keyboards compose differently (NFKC; NIST SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
