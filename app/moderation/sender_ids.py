"""Sender IDs that accounts ask for, and what staff answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.clock import now
from app.content.findings import blocking
from app.content.sender_id import GSM_LIMIT, check_sender_id
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import Conflict, NotFound, TaskRefused
from app.language import gettext
from app.language import gettext as _
from app.models import Account, NoticeKind, ProtectedName, Role, SenderIdRequest, User
from app.notices.telling import Words, tell

WAITING: Final = "waiting"
APPROVED: Final = "approved"
REJECTED: Final = "rejected"
STATES: Final = (WAITING, APPROVED, REJECTED)
MOST_WAITING: Final = 20
PAGE: Final = "/sender-ids/"  # the client's
SHOWN: Final = 200


def requests_of(session: Session, account_id: int) -> Sequence[SenderIdRequest]:
    """What the account has asked for, by name."""
    return session.scalars(
        select(SenderIdRequest)
        .where(SenderIdRequest.account_id == account_id)
        .order_by(func.lower(SenderIdRequest.name))
    ).all()


def requests_in(session: Session, state: str) -> Sequence[SenderIdRequest]:
    """Every account's requests in one state: the waiting oldest first, the decided newest first."""
    order = SenderIdRequest.id.asc() if state == WAITING else SenderIdRequest.decided_at.desc()
    return session.scalars(
        select(SenderIdRequest)
        .where(SenderIdRequest.state == state)
        .options(joinedload(SenderIdRequest.account))
        .order_by(order)
        .limit(SHOWN)
    ).all()


def cautions(session: Session, name: str) -> list[str]:
    """What staff should know before they approve a name: which protected name it is or looks like."""
    protected = tuple(session.scalars(select(ProtectedName.name)))
    return [
        finding.message
        for finding in check_sender_id(name, GSM_LIMIT, protected)
        if finding.rule == "sid_protected"
    ]


def ask(session: Session, actor: Actor, account_id: int, name: str, purpose: str) -> SenderIdRequest:
    """Ask for a sender ID. One that was rejected may be asked for again; one that waits or is approved stays.

    Raises TaskRefused for what no route takes, Conflict when it was asked for already.
    """
    session.scalar(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))
    findings = check_sender_id(name, GSM_LIMIT)
    if blocking(findings):
        raise TaskRefused(f"{findings[0].message} {findings[0].advice}")
    request = session.scalar(
        select(SenderIdRequest).where(
            SenderIdRequest.account_id == account_id, func.lower(SenderIdRequest.name) == name.lower()
        )
    )
    if request is not None and request.state != REJECTED:
        if request.state == WAITING:
            words = gettext(
                "“%(name)s” waits for staff already. There is nothing more to do.", name=request.name
            )
        else:
            words = gettext("“%(name)s” is approved already. There is nothing more to do.", name=request.name)
        raise Conflict(words)
    _refuse_too_many(session, account_id)
    if request is None:
        request = SenderIdRequest(account_id=account_id, name=name)
        session.add(request)
    request.name, request.purpose, request.state = name, purpose, WAITING
    request.created_at, request.reason, request.decided_at, request.decided_by = now(), None, None, None
    session.flush()
    _record(session, actor, "sender_id.ask", request, after={"name": name, "purpose": purpose})
    return request


def approve(session: Session, actor: Actor, request_id: int) -> SenderIdRequest:
    """Let the account send by this name. Raises Conflict when it was decided already, NotFound."""
    return _decide(session, actor, request_id, {WAITING}, APPROVED, None)


def reject(session: Session, actor: Actor, request_id: int, reason: str) -> SenderIdRequest:
    """Refuse the name, or take an approval back, with a reason for the client.

    Raises TaskRefused without a reason, Conflict when it was rejected already, NotFound.
    """
    if not reason.strip():
        raise TaskRefused(gettext("Say why, in words that the client can act on."))
    return _decide(session, actor, request_id, {WAITING, APPROVED}, REJECTED, " ".join(reason.split())[:500])


def _decide(
    session: Session, actor: Actor, request_id: int, sources: set[str], state: str, reason: str | None
) -> SenderIdRequest:
    request = session.scalar(
        select(SenderIdRequest)
        .where(SenderIdRequest.id == request_id)
        .with_for_update(of=SenderIdRequest)
        .execution_options(populate_existing=True)
    )
    if request is None:
        raise NotFound(gettext("There is no such request."))
    if request.state not in sources:
        raise Conflict(
            gettext(
                "“%(name)s” was %(state)s already. Nothing was done twice.",
                name=request.name,
                state=request.state,
            )
        )
    before = {"state": request.state}
    request.state, request.reason, request.decided_by, request.decided_at = (
        state,
        reason,
        actor.user_id,
        now(),
    )
    verb = "approve" if state == APPROVED else "reject"
    _record(session, actor, f"sender_id.{verb}", request, before, {"state": state, "reason": reason})
    _tell(session, request)
    return request


def _tell(session: Session, request: SenderIdRequest) -> None:
    """Those who can send by it."""

    def words(_person: User) -> Words:
        if request.state == APPROVED:
            return Words(
                _("Sender ID %(name)s is approved", name=request.name),
                _(
                    "You may send as “%(name)s” from now on, on every route that takes a sender ID.",
                    name=request.name,
                ),
                PAGE,
            )
        return Words(
            _("Sender ID %(name)s is not approved", name=request.name),
            _(
                "Staff did not approve the sender ID “%(name)s”. Reason: %(reason)s",
                name=request.name,
                reason=request.reason,
            ),
            PAGE,
            (_("You may ask again on the page Sender IDs, with more about what it is for."),),
        )

    people = select(User).where(
        User.account_id == request.account_id,
        User.role.in_((Role.OWNER, Role.SENDER)),
        User.disabled_at.is_(None),
    )
    tell(session, session.scalars(people).all(), NoticeKind.SENDER_ID, words)


def _refuse_too_many(session: Session, account_id: int) -> None:
    waiting = session.scalar(
        select(func.count())
        .select_from(SenderIdRequest)
        .where(SenderIdRequest.account_id == account_id, SenderIdRequest.state == WAITING)
    )
    if (waiting or 0) >= MOST_WAITING:
        raise TaskRefused(
            gettext(
                "%(waiting)s of your requests wait already. Ask again once staff have answered some.",
                waiting=waiting,
            )
        )


def _record(
    session: Session,
    actor: Actor,
    action: str,
    request: SenderIdRequest,
    before: dict[str, str] | None = None,
    after: dict[str, str | None] | None = None,
) -> None:
    subject = f"sender_id:{request.id}"
    audit_log.record(
        session, actor, action, subject, account_id=request.account_id, before=before, after=after
    )
