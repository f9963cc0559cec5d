"""Signed-in devices: each sign-in begins one, with a token of its own that only its cookie knows."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from app.accounts import steps
from app.accounts.standing import refusal_of
from app.clock import now
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.language import gettext
from app.models import DeviceSession, User
from config import Settings

# In this order: most browsers also name the ones they are like.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
SEEN_EVERY: Final = timedelta(minutes=5)  # how exactly we know when a device was last used


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a request comes from."""

    ip: str
    user_agent: str


def begin(session: Session, user: User, visitor: Visitor) -> str:
    """A new signed-in device. The token is for its cookie; we keep only a hash."""
    token = secrets.token_urlsafe(32)
    session.add(
        DeviceSession(
            user_id=user.id,
            token_hash=_hashed(token),
            ip=visitor.ip[:45],
            user_agent=visitor.user_agent[:300],
        )
    )
    session.flush()
    return token


def signed_in(
    session: Session, user_id: int, version: int, token: str, settings: Settings
) -> tuple[User, DeviceSession] | None:
    """Who holds this session, while it stands: not ended, not idle or old, and its person still welcome."""
    found = session.execute(
        select(User, DeviceSession)
        .join(DeviceSession, DeviceSession.user_id == User.id)
        .where(
            User.id == user_id,
            User.session_version == version,
            User.disabled_at.is_(None),
            DeviceSession.token_hash == _hashed(token),
            DeviceSession.ended_at.is_(None),
        )
    ).first()
    if found is None:
        return None
    user, device = found
    moment = now()
    if (
        moment - device.created_at > settings.session_lifetime
        or moment - device.seen_at > settings.session_idle
    ):
        return None
    if refusal_of(user) is not None or steps.owed(user):
        return None
    return user, device


def note_seen(session: Session, device_id: int) -> None:
    """The device is in use."""
    session.execute(
        update(DeviceSession)
        .where(DeviceSession.id == device_id)
        .values(seen_at=now())
        .execution_options(synchronize_session=False)
    )


def is_stale(device: DeviceSession, moment: datetime) -> bool:
    """Whether its last use was long enough ago to be noted anew."""
    return moment - device.seen_at > SEEN_EVERY


def devices_of(session: Session, user: User, settings: Settings) -> Sequence[DeviceSession]:
    """The person's devices that are signed in, the last used first."""
    moment = now()
    return session.scalars(
        select(DeviceSession)
        .where(
            DeviceSession.user_id == user.id,
            DeviceSession.ended_at.is_(None),
            DeviceSession.created_at > moment - settings.session_lifetime,
            DeviceSession.seen_at > moment - settings.session_idle,
        )
        .order_by(DeviceSession.seen_at.desc(), DeviceSession.id.desc())
        .limit(100)
    ).all()


def end_token(session: Session, user: User, token: str) -> None:
    """Sign the device of this token out."""
    _end(session, user, DeviceSession.token_hash == _hashed(token))


def end_device(session: Session, actor: Actor, user: User, device_id: int) -> bool:
    """Sign one of the person's devices out; False when it is not theirs, or was signed out already."""
    ended = _end(session, user, DeviceSession.id == device_id)
    if ended:
        audit_log.record(
            session,
            actor,
            "user.end_device",
            f"user:{user.id}",
            account_id=user.account_id,
            after={"device": device_id},
        )
    return bool(ended)


def end_others(session: Session, user: User, token: str | None) -> int:
    """Sign every device out but the one of this token (all, for None); how many there were."""
    return _end(session, user, DeviceSession.token_hash != _hashed(token or ""))


def is_token_of(device: DeviceSession, token: str) -> bool:
    """Whether the token belongs to this device."""
    return secrets.compare_digest(device.token_hash, _hashed(token))


def device_name(user_agent: str) -> str:
    """A browser's name for itself, in words for its owner: "Firefox on Windows". Good enough to tell devices apart."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    if browser and system:
        return gettext("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or user_agent[:60] or gettext("Unknown device")


def _end(session: Session, user: User, which: object) -> int:
    ended = session.execute(
        update(DeviceSession)
        .where(DeviceSession.user_id == user.id, DeviceSession.ended_at.is_(None), which)  # type: ignore[arg-type]
        .values(ended_at=now())
        .execution_options(synchronize_session=False)
    )
    assert isinstance(ended, CursorResult)
    return ended.rowcount


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
