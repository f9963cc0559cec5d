"""Reading a file into a saved list, by the rules for any recipient file."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.language import gettext
from app.lists.suppression_upload import Opener, Remover
from app.models import ListEntry, ListState, RecipientList
from app.recipients.confined import take_in_file
from app.recipients.errors import FileRefused
from app.recipients.intake import Intake
from app.recipients.limits import FileLimits
from app.recipients.numbers import NumberRules

log = structlog.get_logger()

MAX_ATTEMPTS: Final = 3
STALE: Final = timedelta(seconds=90)


def read_list(
    session: Session, list_id: int, open_upload: Opener, remove_file: Remover, limits: FileLimits
) -> None:
    """Read the file of a list that waits for it; any other is left alone. Countries are judged when it is sent to.

    The file is removed then: the list has its rows and its rejections.

    It commits on its way, since no transaction may stand open while a file is read.
    """
    begun = _begin(session, list_id)
    if begun is None:
        return
    key, name = begun
    try:
        with open_upload(key) as path:
            intake = take_in_file(path, NumberRules(), limits, name=name)
    except FileRefused as refused:
        _refuse(session, list_id, refused.message)
    except FileNotFoundError:
        _refuse(session, list_id, gettext("The uploaded file is no longer stored. Upload it again."))
    else:
        _store(session, list_id, intake)
    remove_file(key)


def stale_lists(session: Session) -> list[int]:
    """Lists whose job was lost, or died."""
    return list(
        session.scalars(
            select(RecipientList.id).where(
                RecipientList.state == ListState.READING, RecipientList.changed_at <= now() - STALE
            )
        )
    )


def _begin(session: Session, list_id: int) -> tuple[str, str] | None:
    with write_transaction(session):
        saved = session.get(RecipientList, list_id, with_for_update=True)
        if saved is None or saved.state != ListState.READING:
            return None
        saved.attempts += 1
        if saved.attempts > MAX_ATTEMPTS:
            saved.state = ListState.REFUSED
            saved.state_reason = gettext(
                "Reading this file failed several times. Try a smaller or simpler one."
            )
            return None
        return saved.upload_key or "", saved.upload_name or ""


def _store(session: Session, list_id: int, intake: Intake) -> None:
    with write_transaction(session):
        saved = session.get(RecipientList, list_id, with_for_update=True)
        if saved is None or saved.state != ListState.READING:
            return  # deleted meanwhile, or another copy of this job was quicker
        saved.rejections = [
            {"row": each.row, "written": each.written, "reason": each.reason, "message": each.message}
            for each in intake.rejections
        ]
        saved.rejected = len(intake.rejections)
        saved.field_names, saved.notes = list(intake.field_names), list(intake.notes)
        saved.size = len(intake.recipients)
        saved.state = ListState.READY if intake.recipients else ListState.REFUSED
        if not intake.recipients:
            saved.state_reason = gettext(
                "No row of the file holds a number that can be sent to. See the reasons."
            )
        rows = [
            {
                "list_id": list_id,
                "position": place,
                "e164": found.e164,
                "region": found.region,
                "fields": dict(found.fields),
            }
            for place, found in enumerate(intake.recipients, 1)
        ]
        if rows:
            session.execute(insert(ListEntry), rows)


def _refuse(session: Session, list_id: int, reason: str) -> None:
    log.info("list_refused", list=list_id)
    with write_transaction(session):
        saved = session.get(RecipientList, list_id, with_for_update=True)
        if saved is not None and saved.state == ListState.READING:
            saved.state, saved.state_reason = ListState.REFUSED, reason
