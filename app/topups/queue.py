"""The staff's queue: what waits, what comes next, and what to know before deciding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.clock import now
from app.errors import NotFound
from app.language import gettext
from app.models import AccountState, AuditEvent, TopUp, TopUpState, User
from app.records.pages import Page, page_by_key
from app.topups.prices import money
from app.topups.references import read_reference
from app.topups.states import IN_QUEUE

_S = TopUpState
_SHOWN: Final = 100
_EARLIER_SHOWN: Final = 10
_SAME_AMOUNT_WITHIN: Final = timedelta(days=14)

DECIDED_FILTERS: Final[Mapping[str, tuple[TopUpState, ...]]] = MappingProxyType(
    {
        "approved": (_S.APPROVED,),
        "rejected": (_S.REJECTED,),
        "cancelled": (_S.CANCELLED,),
        "drafts": (_S.DRAFT,),
    }
)


@dataclass(frozen=True, slots=True)
class Warning:
    """Something to look at before deciding. `grave`: it has to be explained before money moves."""

    words: str
    grave: bool
    other: TopUp | None = None


@dataclass(frozen=True, slots=True)
class ClientHistory:
    """`approved` and `rejected` count the account's earlier top-ups; `credited` is their sum in millicredits."""

    earlier: Sequence[TopUp]
    approved: int
    rejected: int
    credited: int


def waiting(session: Session) -> Sequence[TopUp]:
    """The head of the queue, oldest first."""
    return session.scalars(_in_order().limit(_SHOWN)).all()


def decided(
    session: Session, state: str, *, before: int | None = None, after: int | None = None
) -> Page[TopUp]:
    """Top-ups in one of DECIDED_FILTERS, newest first, a page by key."""
    return page_by_key(session, listed(state), TopUp.id, before=before, after=after)


def listed(state: str | None) -> Select[TopUp]:
    """Every top-up in one of DECIDED_FILTERS, or, for None, those that wait; in no order."""
    states = DECIDED_FILTERS[state] if state else IN_QUEUE
    statement = select(TopUp).where(TopUp.state.in_(states))
    return statement.options(joinedload(TopUp.account), joinedload(TopUp.decider))


def next_for(session: Session, staff_id: int, after: TopUp | None = None) -> TopUp | None:
    """The oldest top-up that this person may decide on; with `after`, the next behind that one."""
    statement = _in_order().where(
        TopUp.user_id != staff_id,
        or_(TopUp.state == _S.WAITING, TopUp.decided_by.is_distinct_from(staff_id)),
    )
    if after is not None and after.submitted_at is not None:
        statement = statement.where(
            or_(
                TopUp.submitted_at > after.submitted_at,
                and_(TopUp.submitted_at == after.submitted_at, TopUp.id > after.id),
            )
        )
    return session.scalars(statement.limit(1)).first()


def top_up_for_staff(session: Session, public_id: str) -> TopUp:
    """Any account's top-up. Raises NotFound."""
    top_up = session.scalar(select(TopUp).where(TopUp.public_id == public_id))
    if top_up is None:
        raise NotFound(gettext("There is no such top-up."))
    return top_up


def by_reference(session: Session, written: str) -> TopUp:
    """The top-up with this reference, as somebody typed it from a bank statement. Raises NotFound, and says why."""
    try:
        reference = read_reference(written)
    except ValueError as error:
        raise NotFound(str(error)) from None
    top_up = session.scalar(select(TopUp).where(TopUp.reference == reference))
    if top_up is None:
        raise NotFound(gettext("No top-up has the reference %(reference)s.", reference=reference))
    return top_up


def history(session: Session, top_up: TopUp) -> ClientHistory:
    """The account's other top-ups."""
    others = (TopUp.account_id == top_up.account_id, TopUp.id != top_up.id)
    earlier = session.scalars(
        select(TopUp).where(*others, TopUp.state != _S.DRAFT).order_by(TopUp.id.desc()).limit(_EARLIER_SHOWN)
    ).all()
    row = session.execute(
        select(
            func.count(TopUp.id).filter(TopUp.state == _S.APPROVED),
            func.count(TopUp.id).filter(TopUp.state == _S.REJECTED),
            func.coalesce(func.sum(TopUp.approved_amount).filter(TopUp.state == _S.APPROVED), 0),
        ).where(*others)
    ).one()
    return ClientHistory(earlier, approved=row[0], rejected=row[1], credited=int(row[2] or 0))


def happened(session: Session, top_up: TopUp) -> Sequence[AuditEvent]:
    """What was done with this top-up, first to last. The index on the account answers it."""
    return session.scalars(
        select(AuditEvent)
        .where(AuditEvent.account_id == top_up.account_id, AuditEvent.subject == f"top_up:{top_up.id}")
        .order_by(AuditEvent.id)
        .limit(_SHOWN)
    ).all()


def warnings(session: Session, top_up: TopUp) -> list[Warning]:
    """What speaks for a second look: the grave ones first."""
    found = [
        Warning(_where(top_up, other, gettext("The same receipt was uploaded before")), True, other)
        for other in _others(session, top_up, TopUp.receipt_hash == top_up.receipt_hash)
    ]
    if top_up.bank_reference:
        found += [
            Warning(_where(top_up, other, gettext("The same bank reference was used before")), True, other)
            for other in _others(session, top_up, TopUp.bank_reference == top_up.bank_reference)
        ]
    if top_up.account.state != AccountState.ACTIVE:
        is_closed = top_up.account.state == AccountState.CLOSED
        words = gettext("This client is closed.") if is_closed else gettext("This client is suspended.")
        found.append(Warning(words, True))
    if top_up.account.stopped_reason:
        found.append(Warning(gettext("The ledger audit has stopped this account."), True))
    if top_up.user.disabled_at is not None:
        found.append(Warning(gettext("Whoever asked for this has been removed from the account."), True))
    amount = money(top_up.paid, top_up.currency)
    found += [
        Warning(gettext("The same account claimed %(amount)s within two weeks", amount=amount), False, other)
        for other in _others(session, top_up, *_same_amount(top_up))
    ]
    return found


def _same_amount(top_up: TopUp) -> tuple[object, ...]:
    return (
        TopUp.account_id == top_up.account_id,
        TopUp.paid == top_up.paid,
        TopUp.currency == top_up.currency,
        TopUp.state.in_((_S.APPROVED, *IN_QUEUE)),
        TopUp.submitted_at > (top_up.submitted_at or now()) - _SAME_AMOUNT_WITHIN,
    )


def _others(session: Session, top_up: TopUp, *conditions: object) -> Sequence[TopUp]:
    statement = select(TopUp).where(TopUp.id != top_up.id, TopUp.receipt_hash.is_not(None), *conditions)  # type: ignore[arg-type]
    return session.scalars(statement.order_by(TopUp.id).limit(3)).all()


def _where(top_up: TopUp, other: TopUp, words: str) -> str:
    return (
        words
        if other.account_id == top_up.account_id
        else gettext("%(words)s, by another account (%(name)s)", words=words, name=other.account.name)
    )


def _in_order() -> Select[TopUp]:
    return (
        select(TopUp)
        .where(TopUp.state.in_(IN_QUEUE))
        .order_by(TopUp.submitted_at, TopUp.id)
        .options(
            joinedload(TopUp.account),
            joinedload(TopUp.user).lazyload(User.account),
            joinedload(TopUp.decider),
        )
    )
