"""Guessing is stopped: in parallel, from changing addresses, with Redis and without."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.accounts import abuse
from app.accounts.abuse import LIMITS, Act, Counters, TooManyTries, network_of
from app.clock import now
from app.extensions import db
from app.models import LimitHit, SignInAttempt, SignInOutcome
from tests.factories.users import PASSWORD, make_owner

NOBODY_ANSWERS = "redis://127.0.0.1:1/0"
ALLOWED = LIMITS[Act.SIGN_IN].person.times


@pytest.fixture(autouse=True)
def _one_window(monkeypatch):
    """The database counts by minutes and quarter-hours: none ends while a test counts."""
    moment = now()
    monkeypatch.setattr(abuse, "now", lambda: moment)


@pytest.fixture
def away() -> Counters:
    """A Redis that is not there."""
    return Counters(Redis.from_url(NOBODY_ANSWERS, socket_connect_timeout=0.1, retry=Retry(NoBackoff(), 0)))


@pytest.fixture(params=["redis", "database"])
def counter(request, redis, away) -> Counters:
    """What counts: Redis, or the database while Redis is away."""
    return Counters(redis) if request.param == "redis" else away


def tries(session, counter, act, *, person="ana", ip="192.0.2.1", times=1) -> int:
    """How many of so many tries were allowed."""
    allowed = 0
    for _ in range(times):
        try:
            abuse.take(session, counter, act, person=person, ip=ip)
            allowed += 1
        except TooManyTries:
            pass
    return allowed


def test_a_person_an_address_and_all_together_have_limits(session, counter, monkeypatch):
    small = abuse.Limits(abuse.Limit(3, 60), abuse.Limit(2, 60), abuse.Limit(6, 60))
    monkeypatch.setitem(LIMITS, Act.CODE, small)
    assert tries(session, counter, Act.CODE, person="ana", ip="192.0.2.1", times=2) == 2
    assert tries(session, counter, Act.CODE, person="ana", ip="192.0.2.3") == 0
    assert tries(session, counter, Act.CODE, person="ben", ip="192.0.2.1", times=5) == 1
    assert tries(session, counter, Act.CODE, person="ben", ip="192.0.2.2", times=5) == 1
    assert [tries(session, counter, Act.CODE, person=f"p{n}", ip=f"192.0.2.{n}") for n in range(9, 14)] == [
        1, 1, 0, 0, 0,
    ]  # fmt: skip
    assert tries(session, counter, Act.SEND) == 1


def test_proving_who_one_is_gives_the_tries_back_but_not_the_address(any_app, session, counter, monkeypatch):
    monkeypatch.setitem(
        LIMITS, Act.CODE, abuse.Limits(abuse.Limit(3, 60), abuse.Limit(2, 60), abuse.Limit(99, 60))
    )
    assert tries(session, counter, Act.CODE, times=2) == 2
    abuse.forgive(session, counter, Act.CODE, person="ana")
    assert tries(session, counter, Act.CODE, times=3) == 1


def test_old_counts_are_swept_away(session, away):
    session.add(LimitHit(key="limit:old", window=now() - timedelta(days=2), count=5))
    session.commit()
    tries(session, away, Act.CODE)
    assert session.get(LimitHit, ("limit:old", now())) is None
    assert session.query(LimitHit).where(LimitHit.key == "limit:old").count() == 0


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("not an address", "unknown"),
    ],
)
def test_an_ipv6_subscriber_counts_as_one(ip, network):
    assert network_of(ip) == network


@pytest.mark.slow
@pytest.mark.parametrize(("redis_is", "guesses"), [("up", 1_000), ("down", 300)])
def test_guesses_at_once_from_changing_addresses_are_stopped(app_on, session, monkeypatch, redis_is, guesses):
    """The right password is among the last of them, and does not get in either; argon2 hardly works."""
    app = app_on(**({} if redis_is == "up" else {"redis_url": NOBODY_ANSWERS}))
    user = make_owner(session)
    email, user_id = user.email, user.id
    session.rollback()
    looked_at = []
    monkeypatch.setattr(
        "app.accounts.sign_in.verify_password", lambda stored, password, hasher: looked_at.append(password)
    )
    stranger = app.test_client()
    token = stranger.csrf_token("/sign-in")
    cookie = stranger.get_cookie("carillon").value

    def guess(number: int) -> int:
        client = app.test_client()
        client.set_cookie("carillon", cookie)
        data = {"csrf_token": token, "email": email, "accept_terms": "y"}
        data["password"] = PASSWORD if number > guesses - 50 else f"guess {number}"
        address = {"REMOTE_ADDR": f"10.{number % 7}.{number // 250}.{number % 250}"}
        return client.post("/sign-in", data=data, environ_overrides=address).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(guesses)))
    assert answers.count(422) == len(looked_at) == ALLOWED
    assert answers.count(429) == guesses - ALLOWED
    noted = session.query(SignInAttempt).where(SignInAttempt.user_id == user_id)
    assert noted.count() == guesses
    assert noted.where(SignInAttempt.outcome == SignInOutcome.LIMITED).count() == guesses - ALLOWED
    with app.app_context():
        counted = db.session.query(LimitHit).count()
    assert (counted > 0) is (redis_is == "down")


def test_a_thousand_tries_at_once_are_counted_one_by_one(app, counter):
    """Those that the limit lets through are exactly as many as it says, in whichever order they come."""

    def guess(number: int) -> int:
        with app.app_context():
            address = f"10.{number % 7}.{number // 250}.{number % 250}"
            return tries(db.session(), counter, Act.SIGN_IN, ip=address)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(guess, range(1_000))) == ALLOWED
