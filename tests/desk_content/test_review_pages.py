"""The review queue's pages: what is shown, who may decide, and what the second one is told."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.models import Account, AccountState, AuditEvent, Role, Task, TaskState
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.tasks import make_submitted_task
from tests.factories.users import make_owner, make_staff

CONTENT = "Buy crypto today"
FINDING = {
    "rule": "banned_word", "severity": "hold", "start": 4, "end": 10, "excerpt": "crypto",
    "message": "“crypto” is on the list.", "advice": "Leave it out.",
}  # fmt: skip


def hold_one(session, name="Doubtful offer"):
    owner = make_owner(session, make_account(session, available=10_000, name=f"Agency of {name}"))
    return make_submitted_task(
        session,
        owner,
        make_route(session),
        name=name,
        state=TaskState.HELD,
        content=CONTENT,
        findings=[FINDING],
    )


def page_of(task):
    return f"/staff/review/{task.public_id}"


@pytest.fixture
def operator(client, session, sign_in):
    return sign_in(client, make_staff(session, role=Role.OPERATOR))


def test_the_queue_is_empty_with_words_and_then_counted(operator, session):
    assert "Nothing is waiting" in operator.get("/staff/review/").text
    hold_one(session)
    page = operator.get("/staff/review/").text
    assert "Doubtful offer" in page
    assert 'badge-wait">1<' in page


def test_the_page_marks_the_finding_and_shows_the_client(operator, session):
    task = hold_one(session)
    page = operator.get(page_of(task)).text
    assert 'class="marked marked-note">crypto<' in page
    assert "“crypto” is on the list." in page
    assert "Rejected before" in page


def test_releasing_leads_to_the_next_and_a_second_click_is_told(operator, session):
    first, second = hold_one(session), hold_one(session, "Another offer")
    token = operator.csrf_token(page_of(first))
    answer = operator.post(f"{page_of(first)}/release", data={"csrf_token": token})
    assert answer.location == page_of(second)
    session.rollback()
    assert first.state == TaskState.RUNNING
    again = operator.post(f"{page_of(first)}/release", data={"csrf_token": token}, follow_redirects=True)
    assert "was released already, by" in again.text
    late = operator.post(
        f"{page_of(first)}/reject", data={"csrf_token": token, "reason": "No"}, follow_redirects=True
    )
    assert "was released already, by" in late.text
    session.rollback()
    assert first.state == TaskState.RUNNING


def test_rejecting_wants_a_reason_and_gives_the_hold_back(operator, session):
    task = hold_one(session)
    empty = operator.submit(f"{page_of(task)}/reject", {"reason": "  "}, page=page_of(task))
    assert empty.status_code == 422
    assert "in words that the client can act on" in empty.text
    operator.submit(f"{page_of(task)}/reject", {"reason": "No crypto"}, page=page_of(task))
    session.rollback()
    task = session.get_one(Task, task.id, populate_existing=True)
    account = session.get_one(Account, task.account_id, populate_existing=True)
    assert (task.state, account.available, account.held) == (TaskState.CANCELLED, 10_000, 0)


def test_suspending_keeps_the_task_and_takes_release_away(operator, session):
    task = hold_one(session)
    operator.submit(f"{page_of(task)}/suspend", {"suspend_reason": "Spam"}, page=page_of(task))
    session.rollback()
    assert session.get_one(Account, task.account_id, populate_existing=True).state == AccountState.SUSPENDED
    page = operator.get(page_of(task)).text
    assert "Nothing can be released" in page
    assert f"{page_of(task)}/release" not in page
    assert "account.suspend" in session.scalars(select(AuditEvent.action)).all()


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.FINANCE])
def test_other_staff_look_and_do_not_decide(client, session, sign_in, role):
    task = hold_one(session)
    sign_in(client, make_staff(session, role=role))
    assert "Operators and admins release or reject" in client.get(page_of(task)).text
    token = client.csrf_token("/staff/review/")
    for act in ("release", "reject", "suspend"):
        data = {"csrf_token": token, "reason": "x", "suspend_reason": "x"}
        assert client.post(f"{page_of(task)}/{act}", data=data).status_code == 403
    session.rollback()
    assert task.state == TaskState.HELD


@pytest.mark.parametrize("act", ["release", "reject", "suspend"])
def test_every_act_needs_the_forms_token(operator, session, act):
    task = hold_one(session)
    assert operator.post(f"{page_of(task)}/{act}", data={"reason": "x"}).status_code == 400
    session.rollback()
    assert task.state == TaskState.HELD


def test_clients_do_not_see_the_desk(client, session, sign_in):
    task = hold_one(session)
    sign_in(client, make_owner(session))
    for address in (
        "/staff/review/",
        page_of(task),
        "/staff/content/",
        "/staff/content/names",
        "/staff/support/",
    ):
        assert client.get(address).status_code == 403


def test_a_draft_is_not_in_the_queue_under_any_address(operator, session):
    owner = make_owner(session)
    from tests.factories.tasks import make_draft

    draft = make_draft(session, owner, make_route(session))
    assert operator.get(page_of(draft)).status_code == 404


def test_what_is_left_for_later_does_not_come_again_before_the_others(operator, session):
    first, second, third = (hold_one(session, name) for name in ("First", "Second", "Third"))
    assert "No. 1 of 3 held tasks" in operator.get(page_of(first)).text
    assert f'href="{page_of(second)}" data-desk-key="n"' in operator.get(page_of(first)).text
    answer = operator.submit(f"{page_of(second)}/release", page=page_of(second))
    assert answer.location == page_of(third)
    assert f'href="{page_of(first)}" data-desk-key="n"' in operator.get(page_of(third)).text
    answer = operator.submit(f"{page_of(third)}/reject", {"reason": "Leave it out."}, page=page_of(third))
    assert answer.location == page_of(first)
    page = operator.get(page_of(first)).text
    assert 'data-desk-key="n"' not in page  # nothing else waits
    for key in ("a", "r", "q"):
        assert f'data-desk-key="{key}"' in page


def test_the_reviewer_is_not_told_what_the_writer_is(operator, session):
    page = operator.get(page_of(hold_one(session))).text
    assert "Leave it out." not in page
