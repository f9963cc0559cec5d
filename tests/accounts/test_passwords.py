"""Passwords, and who they belong to."""

from __future__ import annotations

import pytest

from app.accounts import sign_in
from app.accounts.passwords import hash_password, password_hasher, verify_password
from tests.factories.users import PASSWORD, make_owner

CHEAP = password_hasher(time_cost=1, memory_kib=8)


class CountingHasher:
    """Counts what argon2 is asked to do."""

    def __init__(self) -> None:
        self.asked = 0

    def hash(self, password: str) -> str:
        self.asked += 1
        return CHEAP.hash(password)

    def verify(self, stored: str, password: str) -> bool:
        self.asked += 1
        return CHEAP.verify(stored, password)


def test_a_password_belongs_to_its_hash_only():
    stored = hash_password("open sesame", CHEAP)
    assert stored.startswith("$argon2id$")
    assert verify_password(stored, "open sesame", CHEAP)
    assert not verify_password(stored, "open barley", CHEAP)


@pytest.mark.parametrize("stored", ["", "!", "$argon2id$v=19$broken"])
def test_a_damaged_hash_belongs_to_no_password(stored):
    assert not verify_password(stored, "", CHEAP)


def test_the_right_password_tells_who_it_is(session):
    user = make_owner(session)
    assert sign_in.authenticate(session, user.email.upper(), PASSWORD, CHEAP).id == user.id


def test_unknown_addresses_cost_as_much_as_wrong_passwords(session):
    user = make_owner(session)
    for email in (user.email, "nobody@example.com"):
        hasher = CountingHasher()
        with pytest.raises(sign_in.SignInRefused):
            sign_in.authenticate(session, email, "wrong", hasher)
        assert hasher.asked == 1
