"""Asking for a file, following it, fetching it: always within one account, and one's own unless one owns it.

What staff ask for has no account, and is theirs alone: see `desk_asking`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer
from sqlalchemy import CursorResult, Select, func, select, update
from sqlalchemy.orm import Session, joinedload

from app.clock import now
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import CarillonError, Conflict, NotAllowed, NotFound
from app.exports.wishes import FILE_TYPES, ROLES, Wish
from app.language import gettext
from app.models import Account, AccountState, ExportKind, ExportState, RecordExport, Role, User
from app.queues import enqueue_after_commit
from app.records.pages import Page, page_by_key
from app.sending.lookup import task_of

AT_ONCE: Final = 5  # of one account, whose owner may cancel any of them
A_DAY: Final = 50  # of one person: nobody can use up a colleague's
LIVES: Final = timedelta(days=7)
LINK_LIVES: Final = timedelta(hours=1)
UNFINISHED: Final = (ExportState.WAITING, ExportState.MAKING)


class LinkExpired(CarillonError):
    """The address of the file is too old; the page of exports has a fresh one."""


def ask(session: Session, actor: Actor, user: User, wish: Wish, time_zone: str) -> RecordExport:
    """Have a job make the file. The same wish again, while it is being made, gives the same export.

    Raises NotAllowed for a list that is not for the person's role and for an account that is not active, NotFound
    for a kind of file that there is not, Conflict when the account, or the person, has enough of them for now.
    """
    if user.account_id is None or Role(user.role) not in ROLES[wish.kind]:
        raise NotAllowed(gettext("Your role does not let you download this. Ask the owner of your account."))
    if wish.file_type not in FILE_TYPES[wish.kind]:
        raise NotFound(gettext("There is no such file of this list."))
    # Locked: a second click waits here, and then finds the first.
    account = session.get_one(Account, user.account_id, with_for_update={"key_share": True})
    if account.state != AccountState.ACTIVE:
        raise NotAllowed(gettext("This account is not active, so no files are made for it. Contact support."))
    if wish.kind is ExportKind.EVIDENCE:
        task_of(session, account.id, wish.task or "")  # NotFound, before anything is made
    request_hash = wish.request_hash(user.id)
    running = _of_account(account.id).where(RecordExport.state.in_(UNFINISHED))
    same = session.scalar(running.where(RecordExport.request_hash == request_hash).limit(1))
    if same is not None:
        return same
    _require_room(session, account.id, user.id)
    export = RecordExport(
        account_id=account.id,
        user_id=user.id,
        kind=wish.kind,
        file_type=wish.file_type,
        asked=wish.said(),
        time_zone=time_zone,
        request_hash=request_hash,
    )
    session.add(export)
    session.flush()
    audit_log.record(
        session,
        actor,
        "records.export",
        f"record_export:{export.id}",
        account_id=account.id,
        after={"kind": wish.kind, "file_type": wish.file_type, **wish.recorded()},
    )
    enqueue_after_commit(session, "jobs.export.make", export.id)
    return export


def cancel(session: Session, user: User, public_id: str) -> RecordExport:
    """Stop an export that is not ready yet; the job that makes it notices within a second or so.

    Raises NotFound, and Conflict when it has ended.
    """
    export = one(session, user, public_id)
    stopped = session.execute(
        update(RecordExport)
        .where(RecordExport.id == export.id, RecordExport.state.in_(UNFINISHED))
        .values(
            state=ExportState.CANCELLED,
            touched_at=now(),
            state_reason=gettext("You cancelled it. No file was kept."),
        )
        .execution_options(synchronize_session="fetch")
    )
    assert isinstance(stopped, CursorResult)
    if stopped.rowcount != 1:
        raise Conflict(gettext("This export has ended already, so there is nothing to cancel."))
    return export


def page(
    session: Session, user: User, *, before: str | None = None, after: str | None = None
) -> Page[RecordExport]:
    """The exports that the person may see, newest first; `before` and `after` are public ids of theirs."""
    return page_by_key(
        session,
        _seen_by(user).options(joinedload(RecordExport.user)),
        RecordExport.id,
        before=_key_of(session, user, before),
        after=_key_of(session, user, after),
        size=25,
    )


def one(session: Session, user: User, public_id: str) -> RecordExport:
    """An export that the person may see. Raises NotFound, also for another account's."""
    export = session.scalar(_seen_by(user).where(RecordExport.public_id == public_id))
    if export is None:
        raise NotFound(gettext("There is no such export."))
    return export


def is_here(export: RecordExport) -> bool:
    """Whether its file can be fetched now."""
    return (
        export.state == ExportState.READY
        and export.file_key is not None
        and export.expires_at is not None
        and export.expires_at > now()
    )


def fetchable(session: Session, user: User, public_id: str, token: str, secret_key: str) -> RecordExport:
    """The export that this signed address gives the person. Raises NotFound, and LinkExpired for an old address."""
    export = one(session, user, public_id)
    try:
        named = _signer(secret_key).loads(token, max_age=int(LINK_LIVES.total_seconds()))
    except SignatureExpired:
        raise LinkExpired(
            gettext("That address was good for an hour. Fetch the file from this list.")
        ) from None
    except (BadSignature, ValueError, TypeError):
        raise NotFound(gettext("There is no such export.")) from None
    if named != _names(export):
        raise NotFound(gettext("There is no such export."))
    if Role(user.role) not in ROLES[ExportKind(export.kind)]:
        raise NotAllowed(gettext("Your role does not let you download this. Ask the owner of your account."))
    if not is_here(export):
        raise NotFound(gettext("This file has expired, or is not ready. Ask for a new one."))
    return export


def token_of(export: RecordExport, secret_key: str) -> str:
    """What makes an address of the file good for LINK_LIVES, for who may see it alone."""
    token: str = _signer(secret_key).dumps(_names(export))
    return token


def _names(export: RecordExport) -> list[object]:
    return [
        export.public_id,
        export.account_id if export.account_id is not None else f"staff {export.user_id}",
    ]


def _signer(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt="carillon:record-export")


def _require_room(session: Session, account_id: int, user_id: int) -> None:
    """Raises Conflict where the account has enough exports under way, or the person has had enough today."""
    under_way = session.scalar(
        select(func.count(RecordExport.id)).where(
            RecordExport.account_id == account_id, RecordExport.state.in_(UNFINISHED)
        )
    )
    if (under_way or 0) >= AT_ONCE:
        raise Conflict(
            gettext(
                "%(most)s exports of your account are being made, and that is as many as go at once. "
                "Wait until one is ready, or cancel one.",
                most=AT_ONCE,
            )
        )
    lately = session.scalar(
        select(func.count(RecordExport.id)).where(
            RecordExport.user_id == user_id, RecordExport.asked_at > now() - timedelta(days=1)
        )
    )
    if (lately or 0) >= A_DAY:
        raise Conflict(
            gettext(
                "You have asked for %(most)s exports within a day, which is the limit. Try again tomorrow.",
                most=A_DAY,
            )
        )


def _seen_by(user: User) -> Select[RecordExport]:
    """Owners see all of their account's, everybody else, and each of our staff, what they asked for themselves."""
    if user.account_id is None:
        return select(RecordExport).where(RecordExport.account_id.is_(None), RecordExport.user_id == user.id)
    statement = _of_account(user.account_id)
    return statement if user.role == Role.OWNER else statement.where(RecordExport.user_id == user.id)


def _of_account(account_id: int) -> Select[RecordExport]:
    return select(RecordExport).where(RecordExport.account_id == account_id)


def _key_of(session: Session, user: User, public_id: str | None) -> int | None:
    if not public_id:
        return None
    return session.scalar(
        _seen_by(user).where(RecordExport.public_id == public_id).with_only_columns(RecordExport.id)
    )
