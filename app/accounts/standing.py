"""Whether an account is in good standing: suspended, brought back, closed.

A suspended or closed account starts nothing new: the ledger refuses it a hold, the pump passes its tasks over,
sign-in tells its people why. What was on the wire when it was stopped finishes and settles.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from app.clock import now
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import Conflict, NotFound
from app.language import gettext, mark
from app.language import gettext as _
from app.models import Account, AccountState, NoticeKind, Role, Task, TaskState, User
from app.notices.telling import Words, tell
from app.sending.alerts import clear_alert
from app.sending.settlement import cancel_unsent
from app.sending.states import move_task

SUSPENDED_TASK: Final = mark(
    "Paused because the account was suspended. Resume it once the account is restored, or cancel it."
)
HOME: Final = "/"
CLOSED_TASK: Final = mark("Cancelled because the account was closed. What had not left was released.")

_STOPPED_BY_SUSPENSION = (TaskState.RUNNING,)
_ENDED_BY_CLOSING = (TaskState.HELD, TaskState.SCHEDULED, TaskState.RUNNING, TaskState.PAUSED)


def suspend(session: Session, actor: Actor, account_id: int, reason: str) -> Account:
    """Stop the account: its running tasks pause, its people are signed out and told why.

    Scheduled tasks keep their time; one that falls due meanwhile pauses. Raises NotFound, and Conflict when the
    account is not active by now.
    """
    _pause_running(session, account_id)
    account = _move(session, actor, account_id, {AccountState.ACTIVE}, AccountState.SUSPENDED, reason)
    _pause_running(session, account_id, begun_meanwhile=True)
    _end_sessions(session, account_id)
    _tell_owners(
        session,
        account_id,
        lambda _owner: Words(
            _("%(name)s is suspended", name=account.name),
            _(
                "The account %(name)s has been suspended. Reason: %(reason)s",
                name=account.name,
                reason=reason,
            ),
            HOME,
            (
                _(
                    "Nothing new can be sent for now, and running tasks are paused. Your credit stays as it is."
                ),
                _("Answer this e-mail if you think that this is a mistake."),
            ),
        ),
    )
    return account


def restore(session: Session, actor: Actor, account_id: int, reason: str) -> Account:
    """Bring a suspended account back. Its paused tasks wait for their owner to resume them.

    Raises NotFound, and Conflict when the account is not suspended by now.
    """
    account = _move(session, actor, account_id, {AccountState.SUSPENDED}, AccountState.ACTIVE, reason)
    _tell_owners(
        session,
        account_id,
        lambda _owner: Words(
            _("%(name)s is open again", name=account.name),
            _("The account %(name)s has been restored: you can sign in and send again.", name=account.name),
            HOME,
            (
                _(
                    "Tasks that were paused stay paused until you resume them on their page, so that nothing leaves "
                    "at an hour that you did not choose."
                ),
            ),
        ),
    )
    return account


def close(session: Session, actor: Actor, account_id: int, reason: str) -> Account:
    """Close the account for good: everything unsent is cancelled and its credit released.

    Records and balance stay as they are, for the books. Raises NotFound, and Conflict when it is closed already.
    """
    sources = {AccountState.ACTIVE, AccountState.SUSPENDED}
    _cancel_open(session, actor, account_id)
    account = _move(session, actor, account_id, sources, AccountState.CLOSED, reason)
    clear_alert(session, leaving_alert(account_id))
    _cancel_open(session, actor, account_id, begun_meanwhile=True)
    _end_sessions(session, account_id)
    _tell_owners(
        session,
        account_id,
        lambda _owner: Words(
            _("%(name)s is closed", name=account.name),
            _("The account %(name)s has been closed. Reason: %(reason)s", name=account.name, reason=reason),
            HOME,
            (_("Nobody can sign in to it any more, and what had not been sent was cancelled."),),
        ),
    )
    return account


def leaving_alert(account_id: int) -> str:
    """The key of the alert that tells staff of a client's wish to leave."""
    return f"account:{account_id}:leaving"


def refusal_of(user: User) -> str | None:
    """Why this person may not come in, in words for the sign-in page; None when they may."""
    if user.disabled_at is not None:
        return gettext("This sign-in has been removed. Ask the owner of your account.")
    account = user.account
    if account is None or account.state == AccountState.ACTIVE:
        return None
    if account.state == AccountState.SUSPENDED:
        reason = (account.state_reason or "").rstrip(". ")
        if reason:
            return gettext("This account is suspended. Reason: %(reason)s. Contact support.", reason=reason)
        return gettext("This account is suspended. Contact support.")
    return gettext("This account is closed.")


def _move(
    session: Session,
    actor: Actor,
    account_id: int,
    sources: Collection[AccountState],
    target: AccountState,
    reason: str,
) -> Account:
    """Change the account's state by compare-and-set, on the record. Raises NotFound, Conflict."""
    was = session.scalar(
        select(Account.state).where(Account.id == account_id).with_for_update(key_share=True)
    )
    if was is None:
        raise NotFound(gettext("There is no such account."))
    values: dict[str, object] = {"state": target, "state_reason": reason}
    if target is AccountState.ACTIVE:
        values["state_reason"] = None
    if target is AccountState.CLOSED:
        values["deactivation_asked_at"] = None
    moved = session.execute(
        update(Account)
        .where(Account.id == account_id, Account.state.in_(sources))
        .values(values)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(moved, CursorResult)
    if moved.rowcount != 1:
        raise Conflict(
            gettext("This account is %(was)s by now. Reload its page to see what happened.", was=was)
        )
    verb = {AccountState.ACTIVE: "restore", AccountState.SUSPENDED: "suspend"}.get(target, "close")
    audit_log.record(
        session,
        actor,
        f"account.{verb}",
        f"account:{account_id}",
        account_id=account_id,
        before={"state": was},
        after={"state": target, "reason": reason},
    )
    return session.get_one(Account, account_id, populate_existing=True)


def _pause_running(session: Session, account_id: int, *, begun_meanwhile: bool = False) -> None:
    for task in _tasks(session, account_id, _STOPPED_BY_SUSPENSION, begun_meanwhile):
        move_task(session, task.id, {TaskState.RUNNING}, TaskState.PAUSED, state_reason=SUSPENDED_TASK)


def _cancel_open(session: Session, actor: Actor, account_id: int, *, begun_meanwhile: bool = False) -> None:
    for task in _tasks(session, account_id, _ENDED_BY_CLOSING, begun_meanwhile):
        move_task(
            session,
            task.id,
            set(_ENDED_BY_CLOSING),
            TaskState.CANCELLED,
            state_reason=CLOSED_TASK,
            finished_at=now(),
        )
        cancel_unsent(session, task)


def _tasks(
    session: Session, account_id: int, states: Sequence[TaskState], begun_meanwhile: bool
) -> Sequence[Task]:
    """The account's tasks in these states, locked by id before the account is.

    A submission may commit between that and the account's own lock; the second look, with the account locked,
    waits for nobody, since whoever has one of those tasks may be waiting for the account.
    """
    return session.scalars(
        select(Task)
        .where(Task.account_id == account_id, Task.state.in_(states))
        .order_by(Task.id)
        .with_for_update(of=Task, skip_locked=begun_meanwhile)
        .execution_options(populate_existing=True)
    ).all()


def _end_sessions(session: Session, account_id: int) -> None:
    session.execute(
        update(User)
        .where(User.account_id == account_id)
        .values(session_version=User.session_version + 1)
        .execution_options(synchronize_session="fetch")
    )


def _tell_owners(session: Session, account_id: int, words_for: Callable[[User], Words]) -> None:
    owners = session.scalars(
        select(User).where(User.account_id == account_id, User.role == Role.OWNER, User.disabled_at.is_(None))
    ).all()
    tell(session, owners, NoticeKind.ACCOUNT, words_for)
