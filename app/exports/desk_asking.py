"""Staff asking for a list as a file: recorded, since a list of clients or numbers leaves the house with it.

Following, cancelling and fetching it are `asking`'s: what has no account is seen by who asked for it alone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import now
from app.desk import audit_log, clients
from app.desk.audit_log import Actor
from app.errors import Conflict, NotAllowed, NotFound
from app.exports.asking import UNFINISHED
from app.exports.wishes import DESK_KINDS, FILE_TYPES, OF_ONE_CLIENT, ROLES, Wish
from app.language import gettext
from app.models import RecordExport, Role, User
from app.queues import enqueue_after_commit

AT_ONCE: Final = 5  # of one person
A_DAY: Final = 50  # of one person


def ask(session: Session, actor: Actor, user: User, wish: Wish) -> RecordExport:
    """Have a job make the file, its times in UTC, the desk's own. The same wish, while it is made, is the same export.

    Raises NotAllowed for a list that is not for the person's role, NotFound for a list, a client or a kind of file that
    there is not, Conflict when the person has enough of them for now.
    """
    if wish.kind not in DESK_KINDS or wish.file_type not in FILE_TYPES[wish.kind]:
        raise NotFound(gettext("There is no such file of this list."))
    if user.account_id is not None or Role(user.role) not in ROLES[wish.kind]:
        raise NotAllowed(gettext("Your role does not let you download this list. Ask an admin."))
    account_id = clients.account(session, account_number(wish)).id if wish.kind in OF_ONE_CLIENT else None
    # Locked: a second click waits here, and then finds the first.
    session.execute(select(User.id).where(User.id == user.id).with_for_update())
    mine = select(RecordExport).where(RecordExport.account_id.is_(None), RecordExport.user_id == user.id)
    request_hash = wish.request_hash(user.id)
    unfinished = RecordExport.state.in_(UNFINISHED)
    same = session.scalar(mine.where(unfinished, RecordExport.request_hash == request_hash).limit(1))
    if same is not None:
        return same
    _require_room(session, user.id)
    export = RecordExport(
        user_id=user.id,
        kind=wish.kind,
        file_type=wish.file_type,
        asked=wish.said(),
        request_hash=request_hash,
    )
    session.add(export)
    session.flush()
    audit_log.record(
        session,
        actor,
        "desk.export",
        f"record_export:{export.id}",
        account_id=account_id,
        after={"kind": wish.kind, "file_type": wish.file_type, **wish.recorded()},
    )
    enqueue_after_commit(session, "jobs.export.make", export.id)
    return export


def account_number(wish: Wish) -> int:
    """The client that is asked for; 0, which nobody has, where it is no number."""
    written = wish.account or ""
    return int(written) if written.isascii() and written.isdigit() and len(written) < 16 else 0


def _require_room(session: Session, user_id: int) -> None:
    """Raises Conflict where the person has enough exports under way, or has had enough today."""
    mine = select(func.count(RecordExport.id)).where(RecordExport.user_id == user_id)
    if (session.scalar(mine.where(RecordExport.state.in_(UNFINISHED))) or 0) >= AT_ONCE:
        raise Conflict(
            gettext(
                "%(most)s of your exports are being made, and that is as many as go at once. "
                "Wait until one is ready, or cancel one.",
                most=AT_ONCE,
            )
        )
    lately = session.scalar(mine.where(RecordExport.asked_at > now() - timedelta(days=1)))
    if (lately or 0) >= A_DAY:
        raise Conflict(
            gettext(
                "You have asked for %(most)s exports within a day, which is the limit. Try again tomorrow.",
                most=A_DAY,
            )
        )
