"""What people told the carrier: to stop our messages, or to let them through again.

The carrier knows the business number that they stopped, not the account that wrote. So a stop goes to the account
whose message to the number left last on that route, and to every other that wrote to it there in the day before, since
on the phone they are one sender; where none is found, to the list that holds for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.gateways.base import OptOut
from app.language import LANGUAGES, gettext, speaking
from app.lists.suppression import suppress_numbers
from app.models import Account, Message, Suppression, SuppressionSource

_LATELY: Final = timedelta(days=1)
_AT_ONCE: Final = 1_000  # accounts asked about at once; databases cap the parameters of a statement


def take_opt_outs(session: Session, route_id: int, wishes: Sequence[OptOut]) -> None:
    """Do as was asked, oldest first. Taking the same again changes nothing.

    Letting through undoes only what a stop on the same route had put on a list, and only an older stop: a wish that
    arrives late must not undo a newer one.
    """
    # In one order everywhere: two transactions with the same numbers must not wait for each other's rows.
    for wish in sorted(wishes, key=lambda wish: (wish.at, wish.e164)):
        ours = (
            Suppression.e164 == wish.e164,
            Suppression.source == SuppressionSource.OPT_OUT,
            Suppression.note.in_(_notes(route_id)),
            Suppression.at < wish.at,
        )
        if wish.stop:
            note = _note(route_id)
            accounts: Sequence[int | None] = _writers(session, route_id, wish.e164) or (None,)
            for account_id in accounts:
                suppress_numbers(session, account_id, [wish.e164], SuppressionSource.OPT_OUT, note, wish.at)
            session.execute(update(Suppression).where(*ours).values(at=wish.at))
        else:
            session.execute(delete(Suppression).where(*ours))


def _note(route_id: int) -> str:
    return gettext("stopped at the carrier, route %(route_id)s", route_id=route_id)


def _notes(route_id: int) -> set[str]:
    """The note in every language: whoever took the stop may have spoken another one."""
    found = set()
    for language in LANGUAGES:
        with speaking(language):
            found.add(_note(route_id))
    return found


def _writers(session: Session, route_id: int, e164: str) -> list[int]:
    """The accounts whose messages to the number left by the route, the last one and those of the day before it.

    Account by account, since the index begins with it; whoever's task it was, since another route may have stood in.
    """
    left: dict[int, datetime] = {}
    accounts = session.scalars(select(Account.id).order_by(Account.id)).all()
    for start in range(0, len(accounts), _AT_ONCE):
        found = session.execute(
            select(Message.account_id, func.max(Message.sent_at))
            .where(
                Message.account_id.in_(accounts[start : start + _AT_ONCE]),
                Message.e164 == e164,
                Message.route_id == route_id,
                Message.sent_at.is_not(None),
            )
            .group_by(Message.account_id)
        )
        left.update({account_id: sent_at for account_id, sent_at in found if sent_at is not None})
    return sorted(account_id for account_id, at in left.items() if at >= max(left.values()) - _LATELY)
