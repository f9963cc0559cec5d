"""What staff set in the panel rather than the operator in the environment."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy.orm import Session

from app.desk import audit_log
from app.desk.audit_log import Actor
from app.language import mark
from app.models import DeskSetting


@dataclass(frozen=True)
class DeskSettings:
    """Amounts are integer millicredits. Above the limits, a second member of staff must confirm.

    `top_up_` and `adjustment_second_person_above` hold for what one person does alone to one account within a day,
    `top_ups_alone_a_day` for what they make alone within a day for all accounts together, by top-ups and corrections.
    """

    bank_details: str = mark("Ask staff for the account to transfer to.")
    top_up_second_person_above: int = 10_000_000
    adjustment_second_person_above: int = 1_000_000
    top_ups_alone_a_day: int = 200_000_000
    verification_route_id: int | None = None
    opt_out_address: str = ""


def desk_settings(session: Session) -> DeskSettings:
    """The settings as they stand; a default where staff have set nothing."""
    known = {field.name for field in fields(DeskSettings)}
    stored = {row.name: row.value for row in session.query(DeskSetting) if row.name in known}
    return DeskSettings(**stored)


def change_settings(session: Session, actor: Actor, **values: Any) -> DeskSettings:
    """Set some of the settings, on the record. Raises TypeError for a setting there is not."""
    before = desk_settings(session)
    after = DeskSettings(**(asdict(before) | values))
    changed = {name for name in values if getattr(before, name) != getattr(after, name)}
    for name in changed:
        session.merge(DeskSetting(name=name, value=getattr(after, name)))
    if changed:
        audit_log.record(
            session,
            actor,
            "settings.change",
            "settings",
            before={name: getattr(before, name) for name in changed},
            after={name: getattr(after, name) for name in changed},
        )
    session.flush()
    return after
