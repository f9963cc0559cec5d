"""Limits on guessing: per address, per person and over all, counted before any work is done.

Redis counts them. When Redis cannot, the database does, so that nobody ever has unlimited tries. A try is counted
first and decided on at once, in one step: a thousand tries at the same moment are a thousand counts.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import structlog
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.errors import CarillonError
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


@dataclass(frozen=True, slots=True)
class Limit:
    """So many times in so many seconds."""

    times: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Limits:
    """One act's limits. `person` is whoever is named: an e-mail address or a user; `ip` an address or /64 network."""

    ip: Limit
    person: Limit
    overall: Limit


_QUARTER, _HOUR = 900, 3600
LIMITS: Final[dict[Act, Limits]] = {
    Act.SIGN_IN: Limits(Limit(40, _QUARTER), Limit(10, _QUARTER), Limit(600, 60)),
    Act.CODE: Limits(Limit(40, _QUARTER), Limit(8, _QUARTER), Limit(600, 60)),
    Act.SEND: Limits(Limit(30, _HOUR), Limit(6, _HOUR), Limit(200, 60)),
    Act.RESET: Limits(Limit(20, _HOUR), Limit(4, _HOUR), Limit(100, 60)),
    Act.REGISTER: Limits(Limit(20, _HOUR), Limit(4, _HOUR), Limit(100, 60)),
    Act.PASSWORD: Limits(Limit(40, _QUARTER), Limit(10, _QUARTER), Limit(600, 60)),
    Act.JUDGE: Limits(Limit(240, 60), Limit(240, 60), Limit(3000, 60)),
}


class TooManyTries(CarillonError):
    """The limit is reached. `wait` is how many seconds until the next try counts anew."""

    def __init__(self, wait: int) -> None:
        minutes = max(1, -(-wait // 60))
        super().__init__(
            f"Too many tries. Wait {minutes} minute{'' if minutes == 1 else 's'}, then try again."
        )
        self.wait = wait


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


def take(session: Session, redis: Redis, act: Act, *, person: str, ip: str) -> None:
    """Count a try. Raises TooManyTries when one of the act's limits is reached.

    Commits by itself when Redis is away: the count must stand whatever becomes of the try.
    """
    hits = _hits(act, person, ip)
    try:
        wait = _count_in_redis(redis, hits)
    except RedisError as error:
        log.warning("limits_without_redis", error=str(error))
        wait = _count_in_database(session, hits, now())
    if wait:
        raise TooManyTries(wait)


def forgive(session: Session, redis: Redis, act: Act, *, person: str) -> None:
    """Forget this person's tries, once they have proved who they are. The address's count stays."""
    key = _person_key(act, person)
    try:
        redis.delete(key)
    except RedisError:
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


def _count_in_redis(redis: Redis, hits: Sequence[_Hit]) -> int:
    arguments = [number for hit in hits for number in (hit.limit.times, hit.limit.seconds * 1000)]
    milliseconds: Any = redis.eval(_COUNT, len(hits), *(hit.key for hit in hits), *arguments)
    return -(-int(milliseconds) // 1000)


def _count_in_database(session: Session, hits: Sequence[_Hit], moment: datetime) -> int:
    with write_transaction(session):
        session.execute(delete(LimitHit).where(LimitHit.window < moment - timedelta(days=1)))
        for hit in hits:
            start = int(moment.timestamp()) // hit.limit.seconds * hit.limit.seconds
            if _add_one(session, hit.key, datetime.fromtimestamp(start, UTC)) > hit.limit.times:
                return max(1, start + hit.limit.seconds - int(moment.timestamp()))
    return 0


def _add_one(session: Session, key: str, window: datetime) -> int:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(LimitHit.__table__).values(key=key, window=window, count=1)
    counted = statement.on_conflict_do_update(
        index_elements=["key", "window"], set_={"count": LimitHit.__table__.c.count + 1}
    ).returning(LimitHit.__table__.c.count)
    return int(session.execute(counted).scalar_one())
