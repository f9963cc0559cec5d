"""An uploaded file stays while its draft may still be changed, and goes when nothing needs it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.clock import now
from app.database import write_transaction
from app.models import Task, TaskState
from app.sending.abandoned import let_all_go
from app.sending.drafting import drafts
from jobs.clearing import let_upload_go
from tests.sending.engine import House

FILE = b"phone\n+61412345678\n+61412345679\n"


def stored(house: House) -> int:
    folder = Path(urlsplit(house.settings.uploads_url).path or house.settings.uploads_url)
    return len([path for path in folder.iterdir() if path.is_file()]) if folder.exists() else 0


@pytest.fixture
def task(house: House) -> Task:
    return house.check(house.bulk(FILE, "list.csv"))


def test_a_draft_keeps_its_file_however_often_it_is_edited(house: House, task: Task) -> None:
    let_upload_go(task.id)
    with write_transaction(house.session) as session:
        drafts.change(session, house.account_id, house.now(task).public_id, content="Another text.")
    assert house.check(house.now(task)).state == TaskState.READY
    assert let_all_go(house.session, house.settings.uploads_url) == 0
    assert stored(house) == 1


def test_a_submitted_tasks_file_goes(house: House, task: Task) -> None:
    house.submit(task)
    let_upload_go(task.id)
    assert stored(house) == 0
    assert house.now(task).upload_name == "list.csv"
    let_upload_go(task.id)  # a second time there is nothing to do


def test_a_discarded_tasks_file_goes_and_checking_again_asks_for_a_new_one(house: House, task: Task) -> None:
    public_id = task.public_id
    with write_transaction(house.session) as session:
        drafts.discard(session, house.account_id, public_id)
    let_upload_go(task.id)
    assert stored(house) == 0
    with write_transaction(house.session) as session:
        drafts.check_again(session, house.account_id, public_id)
    again = house.check(house.now(task))
    assert again.state == TaskState.DISCARDED
    assert "Upload it again" in (again.state_reason or "")


def test_what_a_lost_job_left_goes_with_the_daily_clearing(house: House, task: Task) -> None:
    house.submit(task)
    unread = house.check(house.bulk(b"PK\x03\x04 broken", "list.xlsx"))
    assert unread.state == TaskState.DISCARDED
    assert let_all_go(house.session, house.settings.uploads_url) == 1
    with write_transaction(house.session) as session:
        session.get_one(Task, unread.id).changed_at = now() - timedelta(days=3)
    assert let_all_go(house.session, house.settings.uploads_url) == 1
    assert stored(house) == 0
