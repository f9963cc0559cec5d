"""What the person who submitted a task is told of it, in the transaction of what it tells of."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.language import gettext as _
from app.language import ngettext, thousands
from app.models import NoticeKind, Role, Task, TaskKind, User
from app.notices.telling import Words, tell


def people_of(session: Session, task: Task) -> Sequence[User]:
    """Who hears of the task: who submitted it; the account's owners, once that person is gone."""
    submitter = session.get_one(User, task.user_id)
    if submitter.disabled_at is None:
        return [submitter]
    owners = User.account_id == task.account_id, User.role == Role.OWNER, User.disabled_at.is_(None)
    return session.scalars(select(User).where(*owners).order_by(User.id)).all()


def page_of(task: Task) -> str:
    """Where the task is looked at."""
    return f"/tasks/{task.public_id}"


def tell_finished(session: Session, task_id: int) -> None:
    """Nothing of the task waits any more. Told once, also when a message in doubt takes it up again later."""
    task = session.get_one(Task, task_id, populate_existing=True)

    def words(_person: User) -> Words:
        return Words(
            _("“%(name)s” is finished", name=task.name),
            " ".join(_outcome(task)),
            page_of(task),
        )

    tell(
        session,
        people_of(session, task),
        NoticeKind.TASK_FINISHED,
        words,
        key=f"task:{task.id}:finished",
        by_letter=task.kind == TaskKind.BULK,
    )


def tell_paused(session: Session, task_id: int) -> None:
    """The panel itself has paused the task, or staff have; its `state_reason` says why."""
    task = session.get_one(Task, task_id, populate_existing=True)

    def words(_person: User) -> Words:
        return Words(_("“%(name)s” is paused", name=task.name), task.state_reason or "", page_of(task))

    tell(session, people_of(session, task), NoticeKind.TASK_PAUSED, words)


def tell_cancelled(session: Session, task: Task) -> None:
    """Staff have cancelled it."""

    def words(_person: User) -> Words:
        text = _("Staff cancelled it. What had not left was released; what had left settles.")
        return Words(_("“%(name)s” was cancelled", name=task.name), text, page_of(task))

    tell(session, people_of(session, task), NoticeKind.TASK_PAUSED, words)


def tell_held(session: Session, task: Task, *, at_its_time: bool = False) -> None:
    """Staff look at it before it goes out. On the pages alone: whoever submitted it has just read so.

    By letter, too, where it is held `at_its_time`, when it was to go out and nobody looks.
    """

    def words(_person: User) -> Words:
        return Words(_("Staff look at “%(name)s”", name=task.name), task.state_reason or "", page_of(task))

    key = None if at_its_time else f"task:{task.id}:held"
    tell(session, people_of(session, task), NoticeKind.TASK_REVIEW, words, key=key, by_letter=at_its_time)


def _outcome(task: Task) -> list[str]:
    sent = task.accepted + task.delivered
    said = [
        ngettext(
            "Of one message, %(sent)s was sent and %(failed)s failed.",
            "Of %(total)s messages, %(sent)s were sent and %(failed)s failed.",
            task.total,
            total=thousands(task.total),
            sent=thousands(sent),
            failed=thousands(task.failed),
        )
    ]
    if task.in_doubt:
        said.append(
            ngettext(
                "%(number)s is in doubt: it waits for a receipt.",
                "%(number)s are in doubt: they wait for receipts.",
                task.in_doubt,
                number=thousands(task.in_doubt),
            )
        )
    if task.cancelled:
        said.append(
            ngettext(
                "%(number)s did not leave, and its credit was released.",
                "%(number)s did not leave, and their credit was released.",
                task.cancelled,
                number=thousands(task.cancelled),
            )
        )
    return said
