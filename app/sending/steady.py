"""The time that schedules go by: the clock, but never further than time has really gone on since it was last believed.

A clock that is set forward by mistake would otherwise send at an hour that nobody chose, and nothing calls a text back.
What tells is the kernel's count of seconds since it booted, which goes on through sleep and which nobody sets. The
moment of booting that the clock implies is kept for each machine; where it leaps forward, schedules go on by the old
reckoning, staff are told, and the new time is believed once it has stood for an hour. Where it is set back, schedules
go by it at once, and whoever puts it right within the hour is believed.
"""

from __future__ import annotations

import os
import secrets
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.clock import now
from app.database import insert_new
from app.language import gettext
from app.models import Chore
from app.sending.alerts import clear_alert, raise_alert

_LEAP: Final = timedelta(seconds=30)  # less is a clock being trimmed
_TRIMMED: Final = timedelta(seconds=1)
BELIEVED_AFTER: Final = timedelta(hours=1)

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_THIS_PROCESS: Final = secrets.token_hex(8)


def steady_time(session: Session) -> datetime:
    """The time (UTC) up to which schedules are due on this machine: the clock's, or less after it was set forward.

    Wants a write transaction of its own.
    """
    moment, since_boot = now(), _since_boot()
    booted = moment - since_boot
    kept = _kept(session, f"boot:{_boot()}", booted)
    leap = booted - kept.done_at
    key = f"clock:{_boot()}"
    if leap > _LEAP:
        noticed = _kept(session, key, kept.done_at + since_boot).done_at
        if kept.done_at + since_boot - noticed < BELIEVED_AFTER:
            raise_alert(session, key, _words(leap))
            return kept.done_at + since_boot
    if _forget(session, key):
        clear_alert(session, key)
    was_set_back = f"back:{_boot()}"
    if leap > -_LEAP:
        _forget(session, was_set_back)
    elif moment - _kept(session, was_set_back, moment).done_at < BELIEVED_AFTER:
        return moment  # put right within the hour, it has not been set forward
    if abs(leap) > _TRIMMED:
        kept.done_at = booted
    return moment


def _forget(session: Session, name: str) -> bool:
    """Whether there was something kept under the name."""
    if session.get(Chore, name) is None:
        return False
    session.execute(delete(Chore).where(Chore.name == name))
    return True


def _kept(session: Session, name: str, moment: datetime) -> Chore:
    """The moment that is kept under the name: this one, where there is none yet."""
    insert_new(session, Chore.__table__, [{"name": name, "done_at": moment}])  # type: ignore[arg-type]
    return session.get_one(Chore, name, populate_existing=True)


def _words(leap: timedelta) -> str:
    minutes = round(leap.total_seconds() / 60)
    return gettext(
        "The clock of %(nodename)s was set forward by %(minutes)s minutes. Scheduled tasks "
        "go by the old time for an hour. If the new time is wrong, put the clock right; if "
        "it is right, nothing needs to be done.",
        nodename=os.uname().nodename,
        minutes=minutes,
    )


def _since_boot() -> timedelta:
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return timedelta(seconds=time.clock_gettime(clock))


def _boot() -> str:
    """This machine's run since it booted; where the kernel does not name it, this process's."""
    try:
        return _BOOT_ID.read_text().strip().replace("-", "")
    except OSError:
        return _THIS_PROCESS
