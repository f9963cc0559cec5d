"""The clocks that an account goes by. Where a country has several zones no phone number tells: then its owner does."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy.orm import Session

from app.desk import audit_log
from app.desk.audit_log import Actor
from app.models import Account
from app.recipients.zones import zones_of
from app.sending.dispatch import caps

_PARTS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


@cache
def all_zones() -> tuple[str, ...]:
    """Every zone that is named by a place, and UTC; by their names."""
    return (
        "UTC",
        *sorted(name for name in available_timezones() if name.startswith(tuple(f"{p}/" for p in _PARTS))),
    )


def likely_first(phone: str | None) -> list[str]:
    """Every zone, those that this phone's number (E.164) may be in before the others."""
    likely = [zone.key for zone in zones_of(phone)] if phone else []
    return list(dict.fromkeys([*likely, *all_zones()]))


def set_zone(session: Session, actor: Actor, account_id: int, zone: ZoneInfo) -> None:
    """Go by these clocks from now on. What is scheduled keeps its moment, and what was sent its day."""
    account = session.get_one(Account, account_id, with_for_update={"of": Account, "key_share": True})
    before, account.time_zone = account.time_zone, zone.key
    if before != zone.key:
        caps.go_by(account, zone.key)
        audit_log.record(
            session,
            actor,
            "account.time_zone",
            f"account:{account_id}",
            account_id=account_id,
            before={"time_zone": before},
            after={"time_zone": zone.key},
        )
