"""How many messages a client may send a day, as staff set it."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from app.desk import audit_log
from app.desk.audit_log import Actor
from app.desk.clients import ClientChangeRefused
from app.errors import NotFound
from app.language import gettext as _
from app.language import thousands
from app.models import Account
from app.sending.dispatch import caps

LARGEST: Final = 100_000_000


def set_daily_cap(session: Session, actor: Actor, account_id: int, cap: int | None) -> Account:
    """Let the account send at most `cap` messages a day by its own clocks; None for as many as it likes.

    Today's count from now on. Raises NotFound, ClientChangeRefused for a number that is no cap.
    """
    if cap is not None and not 1 <= cap <= LARGEST:
        raise ClientChangeRefused(
            _("Enter a whole number from %(least)s to %(most)s.", least=1, most=thousands(LARGEST))
        )
    kept = session.get(Account, account_id, with_for_update={"of": Account, "key_share": True})
    if kept is None:
        raise NotFound(_("There is no such account."))
    before = kept.daily_cap
    if before != cap:
        kept.daily_cap = cap
        session.flush()
        if before is None:
            caps.recount(session, Account, account_id)
        audit_log.record(
            session,
            actor,
            "account.daily_cap",
            f"account:{account_id}",
            account_id=account_id,
            before={"daily_cap": before},
            after={"daily_cap": cap},
        )
    return kept
