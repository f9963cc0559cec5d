"""Writing a quick message."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from app.models import BannedWordEntry, Role, StaffAlert, TaskState, User
from tests.factories.accounts import make_account
from tests.factories.tasks import make_draft
from tests.factories.users import make_user
from tests.panel_client import PanelClient
from tests.web_compose.conftest import TEXT, Desk

FETCH = {"X-Requested-With": "fetch"}


def test_a_valid_form_makes_a_draft_and_leads_to_its_review(desk: Desk) -> None:
    response = desk.quick()
    task = desk.task()
    assert response.status_code == 303
    assert response.location == f"/tasks/{task.public_id}/review"
    assert (task.state, task.kind, task.name, task.sender_id) == (
        "checking",
        "quick",
        "Spring offer",
        "Harbour",
    )
    assert task.typed_recipients == "+61412345678, +14155552671"


def test_the_route_says_its_price_and_whether_it_takes_a_sender_id(desk: Desk) -> None:
    page = desk.page("/quick/")
    assert "Direct · 0.90 to 1.50 credits a segment · takes a sender ID" in page
    assert "Economy · 0.80 credits a segment · no sender ID" in page


def test_the_same_form_twice_makes_one_draft(desk: Desk) -> None:
    first, second = desk.quick(), desk.quick()
    assert first.location == second.location
    assert len(desk.tasks()) == 1


def test_a_form_sent_again_with_other_contents_may_go_as_a_new_one(desk: Desk) -> None:
    desk.quick()
    response = desk.quick(content="Another text.")
    assert response.status_code == 422
    assert "sent before with other contents" in response.text
    key = re.search(r'name="submission_key"[^>]*value="([^"]+)"', response.text)
    assert key is not None
    assert key[1] != "one-filling"
    assert desk.quick(content="Another text.", submission_key=key[1]).status_code == 303
    assert len(desk.tasks()) == 2


def test_lines_of_a_text_area_are_kept_as_line_feeds_so_that_no_carriage_return_is_paid(desk: Desk) -> None:
    desk.quick(content="One\r\ntwo", recipients="+61412345678\r\n+14155552671")
    assert desk.task().content == "One\ntwo"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"content": "Hello Ann, come in."}, "Hello"),
        ({"content": "See https://carillon.example now"}, "https://carillon.example"),
        ({"content": "   "}, "Write the message."),
        ({"name": " "}, "Name the task"),
        ({"name": "x" * 101}, "more than 100 characters"),
        ({"recipients": ""}, "Enter at least one number"),
        ({"recipients": "0412345678, abc"}, "None of these numbers can be sent to."),
        ({"recipients": ",".join(f"+6141234{n:04d}" for n in range(101))}, "101 recipients"),
        ({"sender_id": "MuchTooLongName"}, "15 characters"),
        ({"route_id": 999_999}, "This route is not open."),
        ({"route_id": "none"}, "This route is not open."),
        ({"route_id": ""}, "Choose a route."),
        ({"when": "later", "scheduled_for": ""}, "Enter the day and the time"),
        ({"when": "later", "scheduled_for": "soon"}, "Enter the day and the time"),
        ({"when": "later", "scheduled_for": "2020-01-01T09:00"}, "has passed"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(
    desk: Desk, changes: dict[str, object], words: str
) -> None:
    response = desk.quick(**changes)
    assert response.status_code == 422
    assert "There is something to correct" in response.text
    assert words in response.text
    assert desk.tasks() == []


def test_a_refused_form_keeps_everything_that_was_typed(desk: Desk) -> None:
    text = desk.quick(content="Hello Ann.", when="later", scheduled_for="2030-01-02T09:30").text
    for kept in (
        "Spring offer",
        "+61412345678, +14155552671",
        "Hello Ann.",
        "Harbour",
        "2030-01-02T09:30",
        "one-filling",
    ):
        assert kept in text
    assert re.search(r'<input checked[^>]*value="later"', text)


def test_the_offending_span_is_marked_in_the_text(desk: Desk) -> None:
    text = desk.quick(content="Now: Hello Ann <b>").text
    assert re.search(r'Now: <mark class="marked">Hello<sup>.*?</sup></mark> Ann &lt;b&gt;', text)


def test_a_route_without_sender_ids_refuses_one_that_a_script_would_have_disabled(desk: Desk) -> None:
    assert "does not take a sender ID" in desk.quick(route_id=desk.economy_id).text
    assert desk.quick(route_id=desk.economy_id, sender_id="").status_code == 303


def test_a_set_time_is_read_in_the_senders_time_zone(desk: Desk) -> None:
    desk.quick(when="later", scheduled_for="2030-01-02T09:30")
    assert desk.task().scheduled_at == datetime(2030, 1, 1, 22, 30, tzinfo=UTC)


def test_a_time_left_behind_does_not_matter_when_sending_now(desk: Desk) -> None:
    desk.quick(when="now", scheduled_for="2020-01-01T00:00")
    assert desk.task().scheduled_at is None


def test_by_fetch_errors_come_as_the_form_alone_and_success_as_addresses(desk: Desk) -> None:
    refused = desk.quick(content="Hello Ann.", headers=FETCH)
    assert (refused.status_code, refused.mimetype) == (200, "text/html")
    assert "error-summary" in refused.text
    assert refused.text.lstrip().startswith("<form")
    taken = desk.quick(headers=FETCH)
    public_id = desk.task().public_id
    assert taken.json == {
        "review": f"/tasks/{public_id}/review",
        "dialog": f"/tasks/{public_id}/review/dialog",
        "edit": f"/quick/{public_id}/edit",
    }


def test_without_a_script_the_text_can_be_counted_before_it_is_sent(desk: Desk) -> None:
    response = desk.quick(only_check="1")
    assert response.status_code == 200
    assert "2.4" in response.text  # 1.5 to Australia and 0.9 to the United States
    assert desk.tasks() == []


def test_a_draft_can_be_edited_without_losing_the_rest(desk: Desk) -> None:
    desk.quick(when="later", scheduled_for="2030-01-02T09:30")
    before = desk.checked()
    address = f"/quick/{before.public_id}/edit"
    page = desk.page(address)
    for kept in ("Spring offer", "+61412345678, +14155552671", TEXT, "Harbour", "2030-01-02T09:30"):
        assert kept in page
    response = desk.client.submit(address, desk.values(content="Shorter."))
    assert response.location == f"/tasks/{before.public_id}/review"
    task = desk.task()
    assert (task.state, task.content, task.check_run) == (TaskState.CHECKING, "Shorter.", 2)
    assert task.scheduled_at is None


def test_texts_refused_ten_times_in_the_form_alert_staff_and_looking_does_not(desk: Desk) -> None:
    desk.session.add(BannedWordEntry(word="casino", category="gambling", severity="block"))
    desk.session.commit()
    for _ in range(11):
        desk.quick(content="Casino night", only_check="1")
    assert desk.session.query(StaffAlert).count() == 0
    for _ in range(11):
        desk.quick(content="Casino night")
    desk.session.rollback()
    assert desk.session.query(StaffAlert).count() == 1


def test_who_comes_back_to_edit_a_submitted_task_is_led_to_its_page(desk: Desk) -> None:
    desk.quick()
    public_id = desk.checked().public_id
    desk.accept()
    back = desk.client.get(f"/quick/{public_id}/edit")
    assert (back.status_code, back.location) == (303, f"/tasks/{public_id}")
    assert "can no longer be edited" in desk.page(back.location)


def test_a_bulk_draft_is_not_edited_as_a_quick_one(desk: Desk) -> None:
    desk.bulk(b"phone\n+61412345678\n")
    assert desk.client.get(f"/quick/{desk.task().public_id}/edit").status_code == 404


def test_another_accounts_draft_is_not_there(desk: Desk, session: Session) -> None:
    from app.models import Route

    stranger = make_user(session, make_account(session))
    public_id = make_draft(session, stranger, session.get_one(Route, desk.direct_id)).public_id
    for address in (
        f"/quick/{public_id}/edit",
        f"/tasks/{public_id}/review",
        f"/tasks/{public_id}/rejected.csv",
    ):
        assert desk.client.get(address).status_code == 404


@pytest.mark.parametrize("role", [Role.VIEWER, Role.BILLING])
def test_those_who_do_not_send_do_not_compose(
    session: Session, client: PanelClient, sign_in: Callable[[PanelClient, User], PanelClient], role: Role
) -> None:
    sign_in(client, make_user(session, role=role))
    for address in ("/quick/", "/bulk/", "/bulk/template.csv", "/tasks/x/review/dialog"):
        assert client.get(address).status_code == 403


def test_without_an_open_route_the_page_says_so(
    session: Session, client: PanelClient, sign_in: Callable[[PanelClient, User], PanelClient]
) -> None:
    sign_in(client, make_user(session))
    assert "No route is open" in client.get("/quick/").text
