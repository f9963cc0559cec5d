"""What people told the carrier: to stop our messages, or to let them through again.

The carrier knows the business number that they stopped, not the account that wrote. So a stop goes to the account
whose message to the number was the last on that route; where none is found, to the list that holds for all.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.gateways.base import OptOut
from app.language import gettext
from app.lists.suppression import suppress_numbers
from app.models import Message, Suppression, SuppressionSource, Task


def take_opt_outs(session: Session, route_id: int, wishes: Sequence[OptOut]) -> None:
    """Do as was asked, oldest first. Taking the same again changes nothing.

    Letting through undoes only what a stop on the same route had put on a list, and only an older stop: a wish that
    arrives late must not undo a newer one.
    """
    note = gettext("stopped at the carrier, route %(route_id)s", route_id=route_id)
    for wish in wishes:
        ours = (
            Suppression.e164 == wish.e164,
            Suppression.source == SuppressionSource.OPT_OUT,
            Suppression.note == note,
        )
        if wish.stop:
            account_id = _last_writer(session, route_id, wish.e164)
            suppress_numbers(session, account_id, [wish.e164], SuppressionSource.OPT_OUT, note, wish.at)
            session.execute(update(Suppression).where(*ours, Suppression.at < wish.at).values(at=wish.at))
        else:
            session.execute(delete(Suppression).where(*ours, Suppression.at < wish.at))


def _last_writer(session: Session, route_id: int, e164: str) -> int | None:
    """The account that last wrote to the number on the route. Account by account, since the index begins with it."""
    writers = session.scalars(select(Task.account_id).where(Task.route_id == route_id).distinct()).all()
    found = session.execute(
        select(Message.id, Message.account_id).where(
            Message.account_id.in_(writers), Message.e164 == e164, Message.route_id == route_id
        )
    ).all()
    return max(found)[1] if found else None
