"""Tickets: opened by a client, answered by staff, taken up again or closed by the client."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.clock import now
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import Conflict, NotFound, TaskRefused
from app.language import gettext
from app.language import gettext as _
from app.models import Account, NoticeKind, Role, Ticket, TicketMessage, TicketPost, User
from app.notices.telling import Words, tell, tell_one
from app.records.pages import Page, page_by_key
from app.sending.lookup import task_of
from app.support.numbers import messages_named

OPEN: Final = "open"
ANSWERED: Final = "answered"
CLOSED: Final = "closed"
STATES: Final = (OPEN, ANSWERED, CLOSED)
ANSWER_WITHIN: Final = timedelta(hours=72)
LONGEST_SUBJECT: Final = 150
LONGEST_TEXT: Final = 5_000
MOST_OPEN: Final = 20
SHOWN: Final = 100
_SAME_AGAIN: Final = timedelta(minutes=10)


def open_ticket(
    session: Session,
    actor: Actor,
    user: User,
    subject: str,
    text: str,
    *,
    task_public_id: str | None = None,
    numbers: str = "",
) -> Ticket:
    """A new question of a client, due for an answer within 72 hours. The same one sent twice is one ticket.

    `numbers` are sample numbers of the task, as typed. Raises NotFound for a task of another account, TaskRefused
    for numbers that are not the task's or for too many open tickets.
    """
    account_id = session.scalar(
        select(Account.id).where(Account.id == user.account_id).with_for_update(key_share=True)
    )
    if account_id is None:
        raise NotFound(gettext("Only clients open tickets."))
    task = task_of(session, account_id, task_public_id) if task_public_id else None
    messages = messages_named(session, task, numbers)
    if again := _opened_just_now(session, user, subject, text):
        return again
    _refuse_too_many(session, account_id)
    ticket = Ticket(
        account_id=account_id,
        user_id=user.id,
        task_id=task.id if task else None,
        subject=subject,
        due_at=now() + ANSWER_WITHIN,
    )
    session.add(ticket)
    session.flush()
    session.add(TicketPost(ticket_id=ticket.id, user_id=user.id, text=text))
    session.add_all(TicketMessage(ticket_id=ticket.id, message_id=message.id) for message in messages)
    session.flush()
    _record(session, actor, "ticket.open", ticket, after={"subject": subject})
    _tell_desk(session, ticket)
    return ticket


def reply(session: Session, actor: Actor, user: User, public_id: str, text: str, *, seen: int) -> Ticket:
    """The client writes on, which opens an answered or closed ticket again, with a new due time.

    `seen` is the newest post that the writer saw. Raises NotFound, and Conflict when there is a newer one.
    """
    ticket = _lock(session, public_id, user.account_id)
    _refuse_unseen(session, ticket, seen)
    session.add(TicketPost(ticket_id=ticket.id, user_id=user.id, text=text))
    before = ticket.state
    if ticket.state != OPEN:
        ticket.state, ticket.due_at = OPEN, now() + ANSWER_WITHIN
        _tell_desk(session, ticket)
    session.flush()
    _record(session, actor, "ticket.reply", ticket, {"state": before}, {"state": ticket.state})
    return ticket


def close(session: Session, actor: Actor, user: User, public_id: str) -> Ticket:
    """The client needs nothing more. Closing twice is closing once. Raises NotFound."""
    ticket = _lock(session, public_id, user.account_id)
    if ticket.state != CLOSED:
        before, ticket.state = ticket.state, CLOSED
        session.flush()
        _record(session, actor, "ticket.close", ticket, {"state": before}, {"state": CLOSED})
    return ticket


def answer(session: Session, actor: Actor, staff: User, public_id: str, text: str, *, seen: int) -> Ticket:
    """Staff answer, on the page and by e-mail to who asked.

    `seen` is the newest post that the writer saw. Raises NotFound, and Conflict when somebody wrote since, or when
    the client has closed the ticket.
    """
    ticket = _lock(session, public_id, None)
    _refuse_unseen(session, ticket, seen)
    if ticket.state == CLOSED:
        raise Conflict(gettext("The client has closed this ticket. It opens again when they write."))
    session.add(TicketPost(ticket_id=ticket.id, user_id=staff.id, text=text))
    before, ticket.state = ticket.state, ANSWERED
    session.flush()
    _record(session, actor, "ticket.answer", ticket, {"state": before}, {"state": ANSWERED})
    tell_one(session, ticket.user, NoticeKind.TICKET, lambda _person: _answered(ticket, text))
    return ticket


def ticket_of(session: Session, account_id: int, public_id: str) -> Ticket:
    """The account's ticket. Raises NotFound, also when it is somebody else's."""
    ticket = session.scalar(
        select(Ticket).where(Ticket.account_id == account_id, Ticket.public_id == public_id)
    )
    if ticket is None:
        raise NotFound(gettext("There is no such ticket in your account."))
    return ticket


def any_ticket(session: Session, public_id: str) -> Ticket:
    """A ticket of any account, for staff. Raises NotFound."""
    ticket = session.scalar(select(Ticket).where(Ticket.public_id == public_id))
    if ticket is None:
        raise NotFound(gettext("There is no such ticket."))
    return ticket


def posts_of(session: Session, ticket: Ticket) -> Sequence[TicketPost]:
    """What was written, in order."""
    return session.scalars(
        select(TicketPost)
        .where(TicketPost.ticket_id == ticket.id)
        .options(joinedload(TicketPost.user))
        .order_by(TicketPost.id)
    ).all()


def tickets_of(
    session: Session, account_id: int, *, before: int | None = None, after: int | None = None
) -> Page[Ticket]:
    """The account's tickets, newest first."""
    statement = select(Ticket).where(Ticket.account_id == account_id)
    return page_by_key(session, statement, Ticket.id, before=before, after=after)


def open_tickets(session: Session) -> Sequence[Ticket]:
    """What staff owe an answer to, the first due first."""
    return session.scalars(
        select(Ticket)
        .where(Ticket.state == OPEN)
        .options(joinedload(Ticket.account))
        .order_by(Ticket.due_at, Ticket.id)
        .limit(SHOWN)
    ).all()


def tickets_in(
    session: Session, state: str, *, before: int | None = None, after: int | None = None
) -> Page[Ticket]:
    """Every account's tickets in one state, newest first."""
    statement = select(Ticket).where(Ticket.state == state).options(joinedload(Ticket.account))
    return page_by_key(session, statement, Ticket.id, before=before, after=after)


def is_overdue(ticket: Ticket) -> bool:
    """Whether staff should have answered by now."""
    return ticket.state == OPEN and ticket.due_at < now()


def _tell_desk(session: Session, ticket: Ticket) -> None:
    """Tell our support people, or where there are none to those who answer in their place."""
    may_answer = User.disabled_at.is_(None), User.role.in_((Role.SUPPORT, Role.OPERATOR, Role.ADMIN))
    people = session.scalars(select(User).where(*may_answer).order_by(User.id)).all()
    name = session.scalars(select(Account.name).where(Account.id == ticket.account_id)).one()

    def words(_person: User) -> Words:
        due = _("An answer is due by %(when)s.", when=f"{ticket.due_at:%d %b %Y %H:%M} UTC")
        said = _("%(name)s has written: %(subject)s", name=name, subject=ticket.subject)
        title = _("Ticket: %(subject)s", subject=ticket.subject)
        return Words(title, f"{said}. {due}", f"/staff/support/{ticket.public_id}")

    answering = [each for each in people if each.role == Role.SUPPORT] or people
    tell(session, answering, NoticeKind.TICKET, words)


def _answered(ticket: Ticket, text: str) -> Words:
    title = _("Answer: %(subject)s", subject=ticket.subject)
    return Words(
        title, text, f"/support/{ticket.public_id}", (_("See the whole ticket, or write on, on its page."),)
    )


def _lock(session: Session, public_id: str, account_id: int | None) -> Ticket:
    """The ticket, locked; of the account where one is given. Raises NotFound."""
    statement = select(Ticket).where(Ticket.public_id == public_id)
    if account_id is not None:
        statement = statement.where(Ticket.account_id == account_id)
    ticket = session.scalar(statement.with_for_update(of=Ticket).execution_options(populate_existing=True))
    if ticket is None:
        raise NotFound(gettext("There is no such ticket."))
    return ticket


def _refuse_unseen(session: Session, ticket: Ticket, seen: int) -> None:
    """A second click, or two who write at once: the later one looks first."""
    newest = session.scalar(
        select(TicketPost)
        .where(TicketPost.ticket_id == ticket.id)
        .options(joinedload(TicketPost.user))
        .order_by(TicketPost.id.desc())
        .limit(1)
    )
    if newest is not None and newest.id > seen:
        raise Conflict(
            gettext(
                "%(name)s has written since you opened this page, so yours was not sent. Read it "
                "above, then send yours if it is still needed.",
                name=newest.user.name,
            )
        )


def _opened_just_now(session: Session, user: User, subject: str, text: str) -> Ticket | None:
    return session.scalar(
        select(Ticket)
        .join(TicketPost, TicketPost.ticket_id == Ticket.id)
        .where(
            Ticket.account_id == user.account_id,
            Ticket.user_id == user.id,
            Ticket.subject == subject,
            Ticket.created_at > now() - _SAME_AGAIN,
            TicketPost.text == text,
        )
        .limit(1)
    )


def _refuse_too_many(session: Session, account_id: int) -> None:
    count = session.scalar(
        select(func.count()).select_from(Ticket).where(Ticket.account_id == account_id, Ticket.state == OPEN)
    )
    if (count or 0) >= MOST_OPEN:
        raise TaskRefused(
            gettext(
                "%(count)s of your tickets wait for an answer already. Write into one of them instead.",
                count=count,
            )
        )


def _record(
    session: Session,
    actor: Actor,
    action: str,
    ticket: Ticket,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> None:
    subject = f"ticket:{ticket.id}"
    audit_log.record(
        session, actor, action, subject, account_id=ticket.account_id, before=before, after=after
    )
