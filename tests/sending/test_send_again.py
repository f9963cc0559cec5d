"""Sending again: only to whom a task surely failed to reach, once, by a draft that is checked and priced anew."""

from __future__ import annotations

import pytest

from app.clock import now
from app.content.merge import Template
from app.database import write_transaction
from app.errors import TaskRefused
from app.gateways.errors import ErrorCode
from app.models import Message, Recipient, Role, Suppression, Task, TaskKind, TaskState
from app.sending import submission
from app.sending.drafting import draft_room, send_again
from app.sending.drafting.checking import check
from tests.factories.accounts import make_account
from tests.factories.messages import ACCEPTED, CANCELLED, DELIVERED, FAILED_LATE, IN_DOUBT, REFUSED
from tests.factories.routes import make_route
from tests.factories.tasks import make_settled_task, make_submitted_task
from tests.factories.users import make_owner, make_user

# Error codes are written straight onto messages here, which the figures of routes do not hear of.
pytestmark = pytest.mark.books_broken_on_purpose
NUMBERS = [f"+6141234567{digit}" for digit in range(10)]


@pytest.fixture
def owner(session):
    return make_owner(session, make_account(session, available=1_000_000))


@pytest.fixture
def over(session, owner):
    """A task that is over: one of each outcome, and failures of several kinds."""
    outcomes = [DELIVERED, ACCEPTED, IN_DOUBT, CANCELLED, REFUSED, FAILED_LATE, REFUSED, REFUSED, FAILED_LATE]
    task = make_settled_task(
        session, owner, make_route(session), outcomes, kind=TaskKind.BULK, state=TaskState.DONE, name="Lamps"
    )
    task.finished_at = now()
    codes = {
        6: ErrorCode.NOT_ROUTABLE,
        7: ErrorCode.ABSENT_SUBSCRIBER,
        8: ErrorCode.UNKNOWN_SUBSCRIBER,
        9: ErrorCode.EXPIRED,
        10: ErrorCode.NO_RECEIPT,
    }
    for message in session.query(Message).filter_by(task_id=task.id):
        message.e164 = NUMBERS[message.row - 2]
        message.error_code = codes.get(message.row)
    session.commit()
    return task


def again(client, task):
    return client.submit(f"/tasks/{task.public_id}/again", page=f"/tasks/{task.public_id}")


def drafted(session, app, public_id):
    """The checked draft of that address."""
    session.rollback()
    draft = session.query(Task).filter_by(public_id=public_id).one()
    check(session, draft.id, app.config["CARILLON"])
    session.rollback()
    return draft


def numbers_of(session, draft):
    return [row.e164 for row in session.query(Recipient).filter_by(task_id=draft.id).order_by(Recipient.row)]


def test_only_failures_that_may_pass_are_sent_again(client, session, sign_in, owner, over, app):
    sign_in(client, owner)
    assert "Send again to 3" in client.get(f"/tasks/{over.public_id}").text
    draft = drafted(session, app, again(client, over).location.split("/")[2])
    assert (draft.state, draft.name, draft.again_of_id) == (TaskState.READY, "Lamps, again", over.id)
    assert numbers_of(session, draft) == [NUMBERS[4], NUMBERS[5], NUMBERS[7]]
    assert draft.content == over.content
    assert draft.quote["total"] == 3000
    assert owner.account.held == 1000  # the one in doubt: nothing new is held before it is submitted


def test_a_second_click_gives_the_same_draft(client, session, sign_in, owner, over):
    sign_in(client, owner)
    assert again(client, over).location == again(client, over).location
    assert "Look at the draft" in client.get(f"/tasks/{over.public_id}").text
    session.rollback()
    assert session.query(Task).count() == 2


def test_it_wants_a_place_among_the_drafts_as_any(client, session, sign_in, owner, over, monkeypatch):
    monkeypatch.setattr(draft_room, "MOST_KEPT", 0)
    sign_in(client, owner)
    answer = again(client, over)
    assert (answer.status_code, "Discard some" in answer.text) == (422, True)
    assert session.query(Task).count() == 1


def test_who_is_suppressed_is_left_out(client, session, sign_in, owner, over, app):
    session.add(Suppression(account_id=owner.account_id, e164=NUMBERS[4], source="typed"))
    session.commit()
    sign_in(client, owner)
    draft = drafted(session, app, again(client, over).location.split("/")[2])
    assert numbers_of(session, draft) == [NUMBERS[5], NUMBERS[7]]
    assert draft.report["by_reason"] == {"suppressed": 1}


def test_merged_texts_go_out_as_they_read(client, session, sign_in, owner, over, app):
    session.query(Task).filter_by(id=over.id).update({"content": "Dear {name}, the lamps are in."})
    for message in session.query(Message).filter_by(task_id=over.id):
        message.text = f"Dear {'Ann' if message.row == 6 else 'Bo, =1 {x}'},\nthe lamps are in."
    session.commit()
    sign_in(client, owner)
    draft = drafted(session, app, again(client, over).location.split("/")[2])
    assert (draft.state, Template.parse(draft.content).names) == (TaskState.READY, ("text",))
    texts = [row.text for row in session.query(Recipient).filter_by(task_id=draft.id).order_by(Recipient.row)]
    assert texts == ["Dear Ann,\nthe lamps are in.", *["Dear Bo, =1 {x},\nthe lamps are in."] * 2]


def submit(session, draft):
    with write_transaction(session):
        submission.submit(
            session,
            draft.account_id,
            draft.public_id,
            user_id=draft.user_id,
            check_run=draft.check_run,
            terms_version="1",
            ip="192.0.2.1",
        )


def test_what_was_sent_again_is_not_sent_again_once_more(client, session, sign_in, owner, over, app):
    sign_in(client, owner)
    draft = drafted(session, app, again(client, over).location.split("/")[2])
    submit(session, draft)
    assert send_again.how_many(session, over) == 0
    assert again(client, over).location == f"/tasks/{over.public_id}"
    assert "Nobody is left" in client.get(f"/tasks/{over.public_id}").text


def test_two_drafts_of_one_task_do_not_both_go_out(client, session, sign_in, owner, over, app):
    sign_in(client, owner)
    first = drafted(session, app, again(client, over).location.split("/")[2])
    session.query(Task).filter_by(id=first.id).update({"state": TaskState.DISCARDED})
    session.commit()
    second = drafted(session, app, again(client, over).location.split("/")[2])
    assert first.id != second.id
    session.query(Task).filter_by(id=first.id).update({"state": TaskState.READY})  # saved after all
    session.commit()
    submit(session, second)
    with pytest.raises(TaskRefused, match="another task"):
        submit(session, first)


def test_a_task_that_goes_on_is_not_sent_again(client, session, sign_in, owner):
    task = make_submitted_task(session, owner, make_route(session), messages=2)
    sign_in(client, owner)
    assert "Send again to" not in client.get(f"/tasks/{task.public_id}").text
    again(client, task)
    session.rollback()
    assert session.query(Task).count() == 1


def test_a_viewer_and_another_account_send_nothing_again(client, session, sign_in, owner, over, app):
    sign_in(client, make_user(session, owner.account, role=Role.VIEWER))
    assert "Send again to" not in client.get(f"/tasks/{over.public_id}").text
    assert client.submit(f"/tasks/{over.public_id}/again", page="/").status_code == 403
    other = sign_in(app.test_client(), make_owner(session))
    assert other.submit(f"/tasks/{over.public_id}/again", page="/").status_code == 404


def test_the_draft_may_be_edited_without_a_file(client, session, sign_in, owner, over, app):
    sign_in(client, owner)
    public_id = again(client, over).location.split("/")[2]
    drafted(session, app, public_id)
    page = f"/bulk/{public_id}/edit"
    values = {
        "route_id": over.route_id,
        "name": "Lamps once more",
        "content": "They are in now.",
        "when": "now",
        "submission_key": "another",
    }
    assert client.submit(page, values, page=page).status_code == 303
    draft = drafted(session, app, public_id)
    assert (draft.state, draft.content, len(numbers_of(session, draft))) == (
        TaskState.READY,
        "They are in now.",
        3,
    )
