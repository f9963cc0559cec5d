"""Limits on guessing: per address, per person and over all, counted before any work is done.

Redis counts them. When Redis cannot, the database does, so that nobody ever has unlimited tries. A try is counted
first and decided on at once, in one step: a thousand tries at the same moment are a thousand counts.
"""

from __future__ import annotations

import hashlib
import ipaddress
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import structlog
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.errors import CarillonError
from app.language import ngettext
from app.models import LimitHit

log = structlog.get_logger()


class Act(StrEnum):
    """What is limited."""

    SIGN_IN = "sign_in"
    CODE = "code"  # entering a second factor or a phone code
    SEND = "send"  # having a link or a code sent
    RESET = "reset"
    REGISTER = "register"
    PASSWORD = "password"  # noqa: S105  (giving one's password again)
    JUDGE = "judge"  # the strength meter
    UPLOAD = "upload"  # a file of recipients, a list, or a template's header
    RECEIPT = "receipt"  # each is decoded, in a process of its own
    INVITE = "invite"  # a letter to somebody who has not asked for one
    JOIN = "join"  # taking an invitation up
    OPT_OUT = "opt_out"
    TICKET = "ticket"  # writing to support, of which each of its people is told by a letter


@dataclass(frozen=True, slots=True)
class Limit:
    """So many times in so many seconds."""

    times: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Limits:
    """One act's limits. `person` is whoever is named: an e-mail address, a user, an account; `ip` an address or /64."""

    ip: Limit
    person: Limit
    overall: Limit


_QUARTER, _HOUR = 900, 3600
_REST: Final = 5.0  # seconds in which a Redis that has failed is not asked again
LIMITS: Final[dict[Act, Limits]] = {
    Act.SIGN_IN: Limits(Limit(40, _QUARTER), Limit(10, _QUARTER), Limit(600, 60)),
    Act.CODE: Limits(Limit(40, _QUARTER), Limit(8, _QUARTER), Limit(600, 60)),
    Act.SEND: Limits(Limit(30, _HOUR), Limit(6, _HOUR), Limit(200, 60)),
    Act.RESET: Limits(Limit(20, _HOUR), Limit(4, _HOUR), Limit(100, 60)),
    Act.REGISTER: Limits(Limit(20, _HOUR), Limit(4, _HOUR), Limit(100, 60)),
    Act.PASSWORD: Limits(Limit(40, _QUARTER), Limit(10, _QUARTER), Limit(600, 60)),
    Act.JUDGE: Limits(Limit(120, 60), Limit(120, 60), Limit(1200, 60)),
    Act.UPLOAD: Limits(Limit(480, _HOUR), Limit(240, _HOUR), Limit(1200, 60)),
    Act.RECEIPT: Limits(Limit(80, _HOUR), Limit(40, _HOUR), Limit(300, 60)),
    Act.INVITE: Limits(Limit(120, _HOUR), Limit(60, _HOUR), Limit(300, 60)),
    Act.JOIN: Limits(Limit(60, _HOUR), Limit(10, _QUARTER), Limit(600, 60)),
    Act.TICKET: Limits(Limit(120, _HOUR), Limit(40, _HOUR), Limit(300, 60)),
    Act.OPT_OUT: Limits(Limit(10, 60), Limit(60, _HOUR), Limit(3000, 60)),
}


class TooManyTries(CarillonError):
    """The limit is reached. `wait` is how many seconds until the next try counts anew."""

    def __init__(self, wait: int) -> None:
        super().__init__(self._words(max(1, -(-wait // 60))))
        self.wait = wait

    def _words(self, minutes: int) -> str:
        return ngettext(
            "Too many tries. Wait %(num)s minute, then try again.",
            "Too many tries. Wait %(num)s minutes, then try again.",
            minutes,
        )


class TooManyUploads(TooManyTries):
    """So many files came from this account, or address, that the next has to wait."""

    def _words(self, minutes: int) -> str:
        return ngettext(
            "Very many files were uploaded within the hour. Wait %(num)s minute, then upload this one again.",
            "Very many files were uploaded within the hour. Wait %(num)s minutes, then upload this one again.",
            minutes,
        )


@dataclass(frozen=True, slots=True)
class _Hit:
    key: str
    limit: Limit


# KEYS: counters, in the order in which they are asked. ARGV: times and milliseconds of each.
# Stops at the first that is full, so that one address cannot use up everybody's.
_COUNT = """
for i, key in ipairs(KEYS) do
  local count = redis.call('INCR', key)
  local life = redis.call('PTTL', key)
  if life < 0 then
    life = tonumber(ARGV[2 * i])
    redis.call('PEXPIRE', key, life)
  end
  if count > tonumber(ARGV[2 * i - 1]) then return life end
end
return 0
"""


class Counters:
    """Redis, given a rest after a failure, so that a Redis that hangs does not hold up every try."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._rests_until = 0.0

    def add(self, hits: Sequence[_Hit]) -> int | None:
        """Count; returns the seconds to wait (0: go on), or None when Redis cannot be asked."""
        arguments = [number for hit in hits for number in (hit.limit.times, hit.limit.seconds * 1000)]
        if time.monotonic() < self._rests_until:
            return None
        try:
            left: Any = self._redis.eval(_COUNT, len(hits), *(hit.key for hit in hits), *arguments)
        except RedisError as error:
            self._rest(error)
            return None
        return -(-int(left) // 1000)

    def forget(self, key: str) -> None:
        """Take a count back, where Redis can be asked."""
        if time.monotonic() >= self._rests_until:
            try:
                self._redis.delete(key)
            except RedisError as error:
                self._rest(error)

    def _rest(self, error: RedisError) -> None:
        self._rests_until = time.monotonic() + _REST
        log.warning("limits_without_redis", error=str(error))


def take(
    session: Session, counters: Counters, act: Act, *, person: str, ip: str, is_known: bool = False
) -> None:
    """Count a try. Raises TooManyTries (TooManyUploads for a file) when one of the act's limits is reached.

    Whoever `is_known` to have done this before is not held up by what everybody does: somebody with very many addresses
    would keep all others out.

    Commits by itself when Redis is away: the count must stand whatever becomes of the try.
    """
    hits = _hits(act, person, ip)[: 2 if is_known else 3]
    wait = counters.add(hits)
    if wait is None:
        wait = _count_in_database(session, hits, now())
    if wait:
        raise (TooManyUploads if act in (Act.UPLOAD, Act.RECEIPT) else TooManyTries)(wait)


def forgive(session: Session, counters: Counters, act: Act, *, person: str) -> None:
    """Forget this person's tries, once they have proved who they are. The address's count stays."""
    key = _person_key(act, person)
    counters.forget(key)
    if session.scalar(select(LimitHit.key).where(LimitHit.key == key).limit(1)) is not None:
        with write_transaction(session):
            session.execute(delete(LimitHit).where(LimitHit.key == key))


def _hits(act: Act, person: str, ip: str) -> list[_Hit]:
    limits = LIMITS[act]
    return [
        _Hit(f"limit:{act}:ip:{network_of(ip)}", limits.ip),
        _Hit(_person_key(act, person), limits.person),
        _Hit(f"limit:{act}:all", limits.overall),
    ]


def _person_key(act: Act, person: str) -> str:
    return f"limit:{act}:person:{hashlib.sha256(person.encode()).hexdigest()}"


def network_of(ip: str) -> str:
    """What one subscriber holds: an IPv4 address, or the /64 around an IPv6 one (RFC 6177)."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), 64), strict=False).network_address)
    return str(address)


def _count_in_database(session: Session, hits: Sequence[_Hit], moment: datetime) -> int:
    windows = [_window(hit, moment) for hit in hits]
    for hit, (start, wait) in zip(hits, windows, strict=True):
        count = session.scalar(
            select(LimitHit.count).where(LimitHit.key == hit.key, LimitHit.window == start)
        )
        if count is not None and count >= hit.limit.times:
            return wait  # full already: an attack costs us no write
    with write_transaction(session):
        session.execute(delete(LimitHit).where(LimitHit.window < moment - timedelta(days=1)))
        for hit, (start, wait) in zip(hits, windows, strict=True):
            if _add_one(session, hit.key, start) > hit.limit.times:
                return wait
    return 0


def _window(hit: _Hit, moment: datetime) -> tuple[datetime, int]:
    """When the present window began, and in how many seconds it ends."""
    seconds = int(moment.timestamp())
    start = seconds // hit.limit.seconds * hit.limit.seconds
    return datetime.fromtimestamp(start, UTC), max(1, start + hit.limit.seconds - seconds)


def _add_one(session: Session, key: str, window: datetime) -> int:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(LimitHit.__table__).values(key=key, window=window, count=1)
    counted = statement.on_conflict_do_update(
        index_elements=["key", "window"], set_={"count": LimitHit.__table__.c.count + 1}
    ).returning(LimitHit.__table__.c.count)
    return int(session.execute(counted).scalar_one())
