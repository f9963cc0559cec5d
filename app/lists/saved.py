"""Saved recipient lists: made from a file, from a checked draft or from other lists; always of one account."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import case, delete, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.clock import now
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import Conflict, NotFound, TaskRefused
from app.language import gettext, thousands
from app.models import ListEntry, ListState, Recipient, RecipientList, Task, TaskState
from app.queues import enqueue_after_commit
from app.records.pages import Page, page_by_key

LONGEST_NAME = 100
MOST_MERGED = 10
_COPIED = ("list_id", "position", "e164", "region", "fields")


def lists_of(session: Session, account_id: int) -> Sequence[RecipientList]:
    """The account's lists, by name."""
    return session.scalars(
        select(RecipientList)
        .where(RecipientList.account_id == account_id)
        .order_by(func.lower(RecipientList.name), RecipientList.id)
    ).all()


def sendable_lists(session: Session, account_id: int) -> list[RecipientList]:
    """Those of the lists that can be sent to."""
    return [each for each in lists_of(session, account_id) if each.state == ListState.READY and each.size > 0]


def list_of(session: Session, account_id: int, public_id: str) -> RecipientList:
    """The account's list of that public id. Raises NotFound, also when it is somebody else's."""
    found = session.scalar(
        select(RecipientList).where(
            RecipientList.account_id == account_id, RecipientList.public_id == public_id
        )
    )
    if found is None:
        raise NotFound(gettext("There is no such list in your account. It may have been deleted."))
    return found


def entry_page(
    session: Session, saved: RecipientList, *, before: int | None = None, after: int | None = None
) -> Page[ListEntry]:
    """A page of the list's numbers, in their order."""
    statement = select(ListEntry).where(ListEntry.list_id == saved.id)
    return page_by_key(session, statement, ListEntry.position, before=before, after=after, descending=False)


def save_upload(
    session: Session, user_id: int, account_id: int, name: str, upload_key: str, upload_name: str
) -> RecipientList:
    """A list to be read from a stored file by a job. Raises Conflict when the name is taken."""
    saved = _new(
        session, user_id, account_id, name, gettext("the file %(upload_name)s", upload_name=upload_name)
    )
    saved.state, saved.upload_key, saved.upload_name = ListState.READING, upload_key, upload_name
    session.flush()
    enqueue_after_commit(session, "jobs.lists.read_list", saved.id)
    return saved


def save_draft(
    session: Session, user_id: int, account_id: int, task_public_id: str, name: str
) -> RecipientList:
    """The valid recipients of a checked draft as a list, with their merge fields.

    Raises NotFound, TaskRefused when the draft is not a checked one, Conflict when the name is taken.
    """
    task = session.scalar(select(Task).where(Task.account_id == account_id, Task.public_id == task_public_id))
    if task is None:
        raise NotFound(gettext("There is no such task in your account."))
    if task.state != TaskState.READY:
        raise TaskRefused(gettext("Only the recipients of a checked draft can be saved as a list."))
    saved = _new(session, user_id, account_id, name, gettext("the task %(name)s", name=task.name))
    saved.field_names = list((task.report or {}).get("field_names", []))
    place = func.row_number().over(order_by=Recipient.row)
    source = select(literal(saved.id), place, Recipient.e164, Recipient.region, Recipient.fields).where(
        Recipient.task_id == task.id
    )
    session.execute(insert(ListEntry).from_select(_COPIED, source, include_defaults=False))
    saved.size = _count(session, saved.id)
    return saved


def merge(
    session: Session, user_id: int, account_id: int, public_ids: Sequence[str], name: str, most: int
) -> RecipientList:
    """A new list with every number of the given ones once; where a number repeats, the first list's row counts.

    Raises NotFound, TaskRefused for fewer than two lists, more than MOST_MERGED, lists that are still being
    read, or more than `most` numbers together; Conflict when the name is taken.
    """
    chosen = [list_of(session, account_id, public_id) for public_id in dict.fromkeys(public_ids)]
    if not 2 <= len(chosen) <= MOST_MERGED:
        raise TaskRefused(gettext("Choose 2 to %(most_merged)s lists to merge.", most_merged=MOST_MERGED))
    waiting = [each.name for each in chosen if each.state != ListState.READY]
    if waiting:
        raise TaskRefused(
            gettext("“%(waiting)s” has not been read, so it cannot be merged.", waiting=waiting[0])
        )
    origin = "the lists " + ", ".join(each.name for each in chosen)
    merged = _new(session, user_id, account_id, name, origin)
    merged.field_names = list(
        {field.casefold(): field for each in reversed(chosen) for field in each.field_names}.values()
    )
    _insert_once(session, merged.id, [each.id for each in chosen])
    merged.size = _count(session, merged.id)
    if merged.size > most:
        raise TaskRefused(
            gettext(
                "Together these lists have %(size)s different numbers, and one task takes at most "
                "%(most)s. Merge fewer of them.",
                size=thousands(merged.size),
                most=thousands(most),
            )
        )
    return merged


def rename(session: Session, account_id: int, public_id: str, name: str) -> RecipientList:
    """Give the list another name. Raises NotFound, Conflict when the name is taken."""
    saved = list_of(session, account_id, public_id)
    if saved.name != name:
        _require_free(session, account_id, name)
        saved.name = name
    return saved


def delete_list(session: Session, actor: Actor, account_id: int, public_id: str) -> str:
    """Forget the list and its numbers; tasks that were sent keep theirs. Returns its name. Raises NotFound."""
    saved = list_of(session, account_id, public_id)
    name, size = saved.name, saved.size
    session.execute(update(Task).where(Task.list_id == saved.id).values(list_id=None, changed_at=now()))
    session.execute(delete(ListEntry).where(ListEntry.list_id == saved.id))
    session.execute(delete(RecipientList).where(RecipientList.id == saved.id))
    audit_log.record(
        session,
        actor,
        "recipient_list.delete",
        f"recipient_list:{public_id}",
        account_id=account_id,
        before={"name": name, "numbers": size},
    )
    return name


def _new(session: Session, user_id: int, account_id: int, name: str, origin: str) -> RecipientList:
    _require_free(session, account_id, name)
    saved = RecipientList(
        account_id=account_id, user_id=user_id, name=name[:LONGEST_NAME], origin=origin[:300]
    )
    try:
        with session.begin_nested():
            session.add(saved)
    except IntegrityError:  # the other half of a double click came first
        raise _taken(name) from None
    return saved


def _require_free(session: Session, account_id: int, name: str) -> None:
    taken = session.scalar(
        select(RecipientList.id).where(
            RecipientList.account_id == account_id, func.lower(RecipientList.name) == name.lower()
        )
    )
    if taken is not None:
        raise _taken(name)


def _taken(name: str) -> Conflict:
    return Conflict(gettext("You have a list named “%(name)s” already. Choose another name.", name=name))


def _insert_once(session: Session, merged_id: int, list_ids: Sequence[int]) -> None:
    """Copy the entries in one statement, each number from the first list that has it."""
    rank = case({list_id: place for place, list_id in enumerate(list_ids)}, value=ListEntry.list_id)
    nth = func.row_number().over(partition_by=ListEntry.e164, order_by=(rank, ListEntry.position))
    ranked = (
        select(
            ListEntry.e164, ListEntry.region, ListEntry.fields, ListEntry.position,
            rank.label("rank"), nth.label("nth"),
        )
        .where(ListEntry.list_id.in_(list_ids))
        .subquery()
    )  # fmt: skip
    place = func.row_number().over(order_by=(ranked.c.rank, ranked.c.position))
    source = select(literal(merged_id), place, ranked.c.e164, ranked.c.region, ranked.c.fields).where(
        ranked.c.nth == 1
    )
    session.execute(insert(ListEntry).from_select(_COPIED, source, include_defaults=False))


def _count(session: Session, list_id: int) -> int:
    return session.scalar(select(func.count()).where(ListEntry.list_id == list_id)) or 0
