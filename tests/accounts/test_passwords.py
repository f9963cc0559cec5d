"""Passwords, and who they belong to."""

from __future__ import annotations

import pytest

from app.accounts import sign_in
from app.accounts.passwords import decoy, hash_password, is_outdated, password_hasher, verify_password
from app.accounts.sessions import Visitor
from app.models import SignInAttempt, SignInOutcome, User
from tests.factories.users import PASSWORD, make_owner

CHEAP = password_hasher(time_cost=1, memory_kib=8)
HERE = Visitor("192.0.2.1", "A browser")


class CountingHasher:
    """Notes what argon2 is asked to do."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def hash(self, password: str) -> str:
        self.asked.append("hash")
        return CHEAP.hash(password)

    def verify(self, stored: str, password: str) -> bool:
        self.asked.append("verify")
        return CHEAP.verify(stored, password)


def test_a_password_belongs_to_its_hash_only():
    stored = hash_password("open sesame", CHEAP)
    assert stored.startswith("$argon2id$")
    assert verify_password(stored, "open sesame", CHEAP)
    assert not verify_password(stored, "open barley", CHEAP)


def test_a_letter_is_the_same_however_a_keyboard_composes_it():
    assert verify_password(hash_password("caf\u00e9 au lait", CHEAP), "cafe\u0301 au lait", CHEAP)


@pytest.mark.parametrize("stored", ["", "!", "$argon2id$v=19$broken"])
def test_a_damaged_hash_belongs_to_no_password(stored):
    assert not verify_password(stored, "", CHEAP)
    assert not is_outdated(stored, CHEAP)


def test_the_right_password_tells_who_it_is(session):
    user = make_owner(session)
    assert sign_in.authenticate(session, user.email.upper(), PASSWORD, HERE, CHEAP).id == user.id


def test_unknown_addresses_cost_as_much_as_wrong_passwords(session):
    user = make_owner(session)
    work = []
    for email in (user.email, "nobody@example.com"):
        hasher = CountingHasher()
        decoy(hasher)
        hasher.asked.clear()
        with pytest.raises(sign_in.SignInRefused):
            sign_in.authenticate(session, email, "wrong", HERE, hasher)
        work.append(hasher.asked)
    assert work == [["verify"], ["verify"]]


def test_every_wrong_try_is_on_record_whether_the_address_is_known_or_not(session):
    user = make_owner(session)
    for email in (user.email, "Nobody@Example.com "):
        with pytest.raises(sign_in.SignInRefused):
            sign_in.authenticate(session, email, "wrong", HERE, CHEAP)
    tries = session.query(SignInAttempt).order_by(SignInAttempt.id).all()
    assert [(t.user_id, t.email, t.ip, t.user_agent, t.outcome) for t in tries] == [
        (user.id, user.email, HERE.ip, HERE.user_agent, SignInOutcome.WRONG),
        (None, "nobody@example.com", HERE.ip, HERE.user_agent, SignInOutcome.WRONG),
    ]


def test_a_hash_of_other_parameters_is_made_anew_when_its_password_is_given(session):
    user_id = make_owner(session).id
    before = session.get_one(User, user_id).password_hash
    stronger = password_hasher(time_cost=2, memory_kib=8)
    sign_in.authenticate(session, session.get_one(User, user_id).email, PASSWORD, HERE, stronger)
    after = session.get_one(User, user_id).password_hash
    assert after != before
    assert not is_outdated(after, stronger)
    assert verify_password(after, PASSWORD, stronger)
