"""Counting tries, for views: which Redis, and who is trying."""

from __future__ import annotations

from flask import current_app, request
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.access import signed_in_user
from app.accounts import abuse
from app.accounts.abuse import Act, Counters
from app.extensions import db

_PATIENCE = 0.3  # seconds; then the database counts
_KEY = "carillon_limits"


def take(act: Act, person: str | int, *, is_known: bool = False) -> None:
    """Count a try of this person from this address. Raises abuse.TooManyTries."""
    ip = request.remote_addr or "unknown"
    abuse.take(db.session(), _counters(), act, person=str(person), ip=ip, is_known=is_known)


def take_upload(act: Act = Act.UPLOAD) -> None:
    """Count a file of the signed-in person's account, or, for staff, of themselves. Raises abuse.TooManyUploads."""
    user = signed_in_user()
    take(act, f"user:{user.id}" if user.account_id is None else f"account:{user.account_id}")


def forgive(act: Act, person: str | int) -> None:
    """Forget the person's tries, once they have proved who they are."""
    abuse.forgive(db.session(), _counters(), act, person=str(person))


def _counters() -> Counters:
    """This application's: one try of Redis, quickly given up."""
    counters = current_app.extensions.get(_KEY)
    if counters is None:
        redis = Redis.from_url(
            current_app.config["CARILLON"].redis_url,
            socket_connect_timeout=_PATIENCE,
            socket_timeout=_PATIENCE,
            retry=Retry(NoBackoff(), 0),
        )
        counters = current_app.extensions[_KEY] = Counters(redis)
    return counters
