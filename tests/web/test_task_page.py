"""A submitted task's page: numbers, money, messages, and cancelling."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.clock import now
from app.models import Account, Role, Task, TaskState
from tests.factories.accounts import make_account
from tests.factories.messages import ACCEPTED, DELIVERED, REFUSED
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft, make_settled_task, make_submitted_task
from tests.factories.users import make_owner, make_staff, make_user


@pytest.fixture
def owner(session):
    return make_owner(session, make_account(session, available=100_000))


@pytest.fixture
def task(session, owner):
    return make_submitted_task(
        session, owner, make_route(session), messages=60, name="Sixty lamps", kind="bulk"
    )


@pytest.fixture
def scheduled(session, owner):
    return make_submitted_task(
        session,
        owner,
        make_route(session),
        name="Tonight",
        messages=3,
        state=TaskState.SCHEDULED,
        scheduled_at=now() + timedelta(hours=5),
    )


def test_the_page_tells_numbers_money_and_messages(client, session, sign_in, owner, task):
    sign_in(client, owner)
    page = client.get(f"/tasks/{task.public_id}").text
    assert "0 sent, 0 failed, 0 in doubt, 60 waiting of 60" in page
    assert "Held at submission" in page
    assert "+61400000000" in page
    assert "Later rows" in page
    assert owner.name in page


def test_a_failed_message_gives_its_reason_in_words(client, session, sign_in, owner):
    task = make_settled_task(
        session, owner, make_route(session), [REFUSED._replace(code="unknown_subscriber")]
    )
    sign_in(client, owner)
    assert (
        "The number does not exist on its network."
        in client.get(f"/tasks/{task.public_id}?status=failed").text
    )
    assert "No message here" in client.get(f"/tasks/{task.public_id}?status=delivered").text


def test_a_running_task_refreshes_itself_and_a_settled_one_does_not(client, session, sign_in, owner, task):
    sign_in(client, owner)
    partial = client.get(f"/tasks/{task.public_id}/progress").text
    assert f'data-refresh-url="/tasks/{task.public_id}/progress"' in partial
    assert 'id="credit"' in partial
    done = make_submitted_task(session, owner, make_route(session), state=TaskState.DONE, messages=0)
    assert "data-refresh-url" not in client.get(f"/tasks/{done.public_id}/progress").text


@pytest.mark.parametrize(
    "state",
    [TaskState.DRAFT, TaskState.CHECKING, TaskState.READY, TaskState.REJECTED, TaskState.DISCARDED],
)
def test_a_task_that_was_not_submitted_has_its_review_instead(client, session, sign_in, owner, state):
    draft = make_draft(session, owner, make_route(session), state=state)
    sign_in(client, owner)
    assert client.get(f"/tasks/{draft.public_id}").location == f"/tasks/{draft.public_id}/review"


@pytest.mark.parametrize("page", ["", "/progress", "/cancel"])
def test_another_accounts_task_is_not_there(client, session, sign_in, task, page):
    sign_in(client, make_owner(session))
    assert client.get(f"/tasks/{task.public_id}{page}").status_code == 404


@pytest.mark.parametrize("page", ["", "/progress", "/cancel"])
def test_staff_and_strangers_do_not_open_it_here(client, session, sign_in, task, page):
    assert client.get(f"/tasks/{task.public_id}{page}").status_code == 302
    sign_in(client, make_staff(session))
    assert client.get(f"/tasks/{task.public_id}{page}").status_code == 403


def test_cancelling_asks_first_and_then_gives_the_credits_back(client, session, sign_in, owner, scheduled):
    sign_in(client, owner)
    page = f"/tasks/{scheduled.public_id}/cancel"
    assert "Cancel “Tonight”?" in client.get(page).text
    session.rollback()
    assert session.get(Task, scheduled.id).state == TaskState.SCHEDULED
    response = client.submit(page, follow_redirects=True)
    assert "is cancelled" in response.text
    session.rollback()
    assert session.get(Task, scheduled.id).state == TaskState.CANCELLED
    assert session.get(Account, owner.account_id).held == 0


def test_cancelling_twice_does_it_once(client, session, sign_in, owner, scheduled):
    sign_in(client, owner)
    page = f"/tasks/{scheduled.public_id}/cancel"
    token = client.csrf_token(page)
    for _ in range(2):
        assert client.post(page, data={"csrf_token": token}).status_code == 302
    session.rollback()
    assert session.get(Account, owner.account_id).available == 100_000


def test_what_is_over_cannot_be_cancelled(client, session, sign_in, owner):
    done = make_submitted_task(session, owner, make_route(session), state=TaskState.DONE, messages=0)
    sign_in(client, owner)
    assert "Cancel this task" not in client.get(f"/tasks/{done.public_id}").text
    assert client.get(f"/tasks/{done.public_id}/cancel").status_code == 409
    response = client.submit(f"/tasks/{done.public_id}/cancel", page="/")
    assert response.status_code == 409


def test_a_viewer_sees_the_task_and_cannot_cancel_it(client, session, sign_in, owner, scheduled):
    sign_in(client, make_user(session, owner.account, role=Role.VIEWER))
    page = client.get(f"/tasks/{scheduled.public_id}").text
    assert "Cancel this task" not in page
    assert client.submit(f"/tasks/{scheduled.public_id}/cancel", page="/").status_code == 403
    session.rollback()
    assert session.get(Task, scheduled.id).state == TaskState.SCHEDULED


def test_the_list_the_ledger_and_the_buttons_follow_the_progress(client, session, sign_in, owner, task):
    sign_in(client, owner)
    page = client.get(f"/tasks/{task.public_id}?status=waiting&after=3").text
    assert f'data-refresh-url="/tasks/{task.public_id}/progress?status=waiting&amp;after=3"' in page
    partial = client.get(f"/tasks/{task.public_id}/progress?status=waiting&after=3").text
    for part in ("task-act", "task-details", "task-messages", "task-ledger"):
        assert f'id="{part}"' in page
        assert f'id="{part}"' in partial
    assert "+61400000001" not in partial
    assert "Stop this task" in partial


@pytest.mark.parametrize(("minutes", "looks"), [(1, True), (11, False)])
def test_receipts_are_awaited_for_a_while_after_the_end(client, session, sign_in, owner, minutes, looks):
    task = make_settled_task(
        session,
        owner,
        make_route(session),
        [ACCEPTED, DELIVERED],
        state=TaskState.DONE,
        finished_at=now() - timedelta(minutes=minutes),
    )
    sign_in(client, owner)
    partial = client.get(f"/tasks/{task.public_id}/progress").text
    assert ('data-refresh-every="5000"' in partial) is looks
    assert "Stop this task" not in partial


def test_a_task_is_paused_and_goes_on_after_asking(client, session, sign_in, owner, task):
    sign_in(client, owner)
    page = f"/tasks/{task.public_id}"
    assert f'href="{page}/pause"' in client.get(f"{page}/progress").text
    assert "Pause “Sixty lamps”?" in client.get(f"{page}/pause").text
    said = client.submit(f"{page}/pause", follow_redirects=True).text
    assert "is paused" in said
    assert "Paused by the client" in said
    assert "Pause this task" not in said
    assert "60 waiting messages go out" in client.get(f"{page}/resume").text
    assert "goes on" in client.submit(f"{page}/resume", follow_redirects=True).text
    session.rollback()
    assert session.get(Task, task.id).state == TaskState.RUNNING
    assert client.get(f"{page}/resume").status_code == 409


def test_what_staff_paused_offers_its_owner_no_resuming(client, session, sign_in, owner, task):
    task.state, task.paused_by_staff = TaskState.PAUSED, True
    session.commit()
    sign_in(client, owner)
    page = f"/tasks/{task.public_id}"
    assert "Resume this task" not in client.get(page).text
    assert "Stop this task" in client.get(page).text
    assert client.submit(f"{page}/resume", page=page).status_code == 403


@pytest.mark.parametrize("act", ["pause", "resume"])
def test_a_viewer_neither_pauses_nor_resumes(client, session, sign_in, owner, task, act):
    sign_in(client, make_user(session, owner.account, role=Role.VIEWER))
    assert "Pause this task" not in client.get(f"/tasks/{task.public_id}").text
    assert client.submit(f"/tasks/{task.public_id}/{act}", page="/").status_code == 403
