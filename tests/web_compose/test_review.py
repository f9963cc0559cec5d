"""The review, the terms and the submission."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.accounts.terms_text import SHIPPED_VERSION
from app.clock import now
from app.models import Account, Role, TaskState, TermsVersion, User
from tests.factories.accounts import top_up_account
from tests.factories.users import make_user
from tests.panel_client import PanelClient
from tests.web_compose.conftest import Desk

MIXED = b"phone\n+61412345678\n0412345678\n=cmd\n+14155552671\n+61412345678\n"


def post(desk: Desk, act: str, values: dict[str, Any] | None = None) -> TestResponse:
    public_id = desk.task().public_id
    return desk.client.submit(f"/tasks/{public_id}/{act}", values, page=f"/tasks/{public_id}/review")


def words(page: str) -> str:
    """The page's text alone, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_it_shows_counts_reasons_prices_and_the_balance_after(desk: Desk) -> None:
    desk.bulk(MIXED)
    desk.checked()
    page = words(desk.review())
    for part in (
        "Recipients 2",
        "Repeated 1",
        "Rejected 2",
        "Price in credits 2.4",
        "Credits after 97.6",
        "Australia 1 1 1.5",
        "United States 1 1 0.9",
        "In all 2 2 2.4",
        "The country code is missing",
        "Left out: 3 rows",
    ):
        assert part in page, part
    assert 'name="cell-3" value="0412345678"' in desk.review()


def test_rejected_rows_are_downloaded_safe_for_a_spreadsheet(desk: Desk) -> None:
    desk.bulk(MIXED)
    task = desk.checked()
    response = desk.client.get(f"/tasks/{task.public_id}/rejected.csv")
    lines = response.data.decode("utf-8-sig").splitlines()
    assert response.mimetype == "text/csv"
    assert lines[0] == "row,written,reason,what to do"
    assert [line.split(",")[:3] for line in lines[1:]] == [
        ["3", "0412345678", "local_format"],
        ["4", "'=cmd", "not_a_number"],
        ["6", "'+61412345678", "duplicate"],
    ]


def test_first_messages_are_shown_as_they_will_be_sent(desk: Desk) -> None:
    desk.bulk(b"phone,first name\n+61412345678,Ann\n", content="Dear {first name}, it is ready.")
    desk.checked()
    assert "Dear Ann, it is ready." in desk.review()


def test_accepting_the_terms_holds_the_price_and_leads_to_the_task(desk: Desk) -> None:
    desk.quick()
    desk.checked()
    response = desk.accept()
    task = desk.task()
    assert response.location == f"/tasks/{task.public_id}"
    assert (task.state, task.price, task.user_id) == (TaskState.RUNNING, 2_400, desk.user_id)
    assert (task.terms_version, task.terms_ip) == (SHIPPED_VERSION, "127.0.0.1")
    account = desk.account()
    assert (account.available, account.held) == (97_600, 2_400)


def test_a_second_click_submits_nothing_more(desk: Desk) -> None:
    desk.quick()
    task = desk.checked()
    values = {
        "csrf_token": desk.client.csrf_token(f"/tasks/{task.public_id}/review"),
        "check_run": 1,
        "terms_version": SHIPPED_VERSION,
        "accept": "y",
    }
    answers = [desk.client.post(f"/tasks/{task.public_id}/submit", data=values) for _ in range(2)]
    assert [answer.location for answer in answers] == [f"/tasks/{task.public_id}"] * 2
    assert desk.account().held == 2_400


def test_without_accepting_nothing_is_submitted(desk: Desk) -> None:
    desk.quick()
    desk.checked()
    response = desk.accept(accept="")
    assert response.status_code == 422
    assert "Accept the terms to submit this task." in response.text
    assert desk.task().state == TaskState.READY


def test_a_price_that_was_not_shown_is_never_accepted(desk: Desk) -> None:
    desk.quick()
    public_id = desk.checked().public_id
    desk.client.submit(f"/quick/{public_id}/edit", desk.values(content="x" * 400))
    desk.checked()
    response = desk.accept(check_run=1)
    assert response.location == f"/tasks/{public_id}/review"
    assert "checked again since you opened the review" in desk.review()
    assert desk.task().state == TaskState.READY


def test_terms_that_are_no_longer_in_force_are_never_accepted(desk: Desk) -> None:
    desk.quick()
    public_id = desk.checked().public_id
    desk.session.rollback()
    desk.session.add(TermsVersion(version="2027-01", text="New words.", published_at=now()))
    desk.session.commit()
    assert desk.accept().location == f"/tasks/{public_id}/review"  # with the version that was shown before
    assert desk.task().state == TaskState.READY
    page = desk.client.get(f"/tasks/{public_id}/review").text
    assert "The terms have changed" in page
    assert "New words." in page
    assert desk.accept(terms_version="2027-01").location == f"/tasks/{public_id}"
    assert desk.task().terms_version == "2027-01"


def test_missing_credit_is_told_to_the_millicredit_and_cannot_be_submitted(desk: Desk) -> None:
    numbers = ", ".join(f"+6141234{n:04d}" for n in range(67))
    desk.quick(recipients=numbers)
    desk.checked()
    page = desk.review()
    assert "0.5 credits are missing." in page
    assert 'name="accept"' not in page
    desk.accept()
    assert "does not cover" in desk.review()
    assert desk.task().state == TaskState.READY
    top_up_account(desk.session, desk.account(), 500)
    assert desk.accept().location == f"/tasks/{desk.task().public_id}"


def test_scheduled_time_is_told_here_and_there(desk: Desk) -> None:
    desk.quick(when="later", scheduled_for="2030-01-02T09:30", recipients="+14155552671")
    desk.checked()
    page = words(desk.review())
    assert "Wed 02 Jan 2030, 09:30 AEDT" in page
    assert "United States: Tue 01 Jan, 14:30" in page
    desk.accept()
    assert desk.task().state == TaskState.SCHEDULED


def test_a_time_that_comes_twice_is_said(desk: Desk) -> None:
    desk.quick(when="later", scheduled_for="2030-04-07T02:30")
    desk.checked()
    assert "This time comes twice that night" in desk.review()


def test_while_the_check_runs_the_page_asks_for_its_progress(desk: Desk) -> None:
    desk.quick()
    public_id = desk.task().public_id
    assert f'data-refresh-url="/tasks/{public_id}/review/progress"' in desk.review()
    assert 'http-equiv="refresh"' in desk.review()
    assert "data-dialog-again" in desk.page(f"/tasks/{public_id}/review/dialog")
    desk.checked()
    progress = desk.page(f"/tasks/{public_id}/review/progress")
    assert "data-refresh-url" not in progress
    assert "<html" not in progress
    assert "Accept and submit" in progress


def test_the_dialog_has_the_summary_the_terms_and_the_form(desk: Desk) -> None:
    desk.quick()
    public_id = desk.checked().public_id
    dialog = desk.page(f"/tasks/{public_id}/review/dialog")
    assert 'id="accept-form"' in dialog
    assert "2.4" in dialog
    assert "Prepaid credit" in dialog
    response = desk.client.submit(
        f"/tasks/{public_id}/submit",
        {"check_run": 1, "terms_version": SHIPPED_VERSION, "accept": "y"},
        page=f"/tasks/{public_id}/review/dialog",
    )
    assert response.location == f"/tasks/{public_id}"


def test_a_text_that_breaks_a_rule_once_merged_is_left_out_with_its_row(desk: Desk) -> None:
    desk.bulk(b"phone,name\n+61412345678,Ann\n+61412345670,hello\n", content="Dear {name}, it is ready.")
    desk.checked()
    assert "Not allowed once merged" in desk.review()


def test_a_list_without_a_valid_number_is_rejected_with_the_way_back(desk: Desk) -> None:
    desk.bulk(b"phone\n0412345678\nabc\n")
    task = desk.checked()
    page = desk.review()
    assert task.state == TaskState.REJECTED
    assert "This cannot be sent as it is" in page
    assert "The country code is missing" in page
    assert f'href="/bulk/{task.public_id}/edit"' in page
    assert 'name="accept"' not in page


def test_a_field_that_no_column_has_is_marked(desk: Desk) -> None:
    desk.bulk(b"phone,name\n+61412345678,Ann\n", content="Dear {surname}, it is ready.")
    assert desk.checked().state == TaskState.REJECTED
    assert '<mark class="marked">{surname}' in desk.review()


def test_a_file_that_cannot_be_read_is_discarded_with_the_reason(desk: Desk) -> None:
    rows = "".join(f"+614{n:08d}\n" for n in range(5_001))
    desk.bulk(f"phone\n{rows}".encode())
    task = desk.checked()
    assert task.state == TaskState.DISCARDED
    page = words(desk.review())
    assert "5,001" in page
    assert "Nothing was held and nothing was sent." in page


def test_a_heading_that_is_a_number_can_be_sent_to_and_left_out_again(desk: Desk) -> None:
    desk.bulk(b"+61412345678\n+61412345670\n")
    desk.checked()
    assert "it looks like a number: <strong>+61412345678</strong>" in desk.review()
    post(desk, "heading", {"include": "y"})
    desk.checked()
    assert "Recipients 2" in words(desk.review())
    post(desk, "heading")
    desk.checked()
    assert "Recipients 1" in words(desk.review())


def test_discarding_asks_by_name_and_can_be_taken_up_again(desk: Desk) -> None:
    desk.quick()
    public_id = desk.checked().public_id
    assert "Discard “Spring offer”" in desk.review()
    post(desk, "discard")
    assert desk.task().state == TaskState.DISCARDED
    assert "You discarded this task." in desk.review()
    desk.client.submit(f"/quick/{public_id}/edit", desk.values())
    assert desk.checked().state == TaskState.READY


@pytest.mark.parametrize("role", [Role.VIEWER, Role.BILLING])
def test_who_may_not_send_reads_a_draft_and_finds_nothing_to_press(
    desk: Desk, sign_in: Callable[[PanelClient, User], PanelClient], role: Role
) -> None:
    desk.bulk(b"phone\n+61412345678\n0412345678\n")
    draft = f"/tasks/{desk.checked().public_id}"
    desk.client.post("/sign-out", data={"csrf_token": desk.client.csrf_token("/")})
    desk.session.rollback()
    account = desk.session.get_one(Account, desk.account_id)
    sign_in(desk.client, make_user(desk.session, account, role=role))
    page = desk.client.get(f"{draft}/review").text
    assert "Price in credits 1.5" in words(page)
    assert "0412345678" in page
    assert 'method="post" action="/tasks' not in page
    assert f"{draft}/submit" not in page
    assert "/edit" not in page
    assert desk.client.get(f"{draft}/rejected.csv").status_code == 200
    token = desk.client.csrf_token("/")
    for act in ("submit", "discard", "correct", "heading", "move", "spell"):
        assert desk.client.post(f"{draft}/{act}", data={"csrf_token": token}).status_code == 403, act


def test_a_submitted_task_has_no_review_any_more(desk: Desk) -> None:
    desk.quick()
    public_id = desk.checked().public_id
    desk.accept()
    assert desk.client.get(f"/tasks/{public_id}/review").location == f"/tasks/{public_id}"
    assert f'data-refresh-goto="/tasks/{public_id}"' in desk.page(f"/tasks/{public_id}/review/progress")


@pytest.mark.parametrize("act", ["discard", "heading"])
def test_what_comes_too_late_changes_nothing(desk: Desk, act: str) -> None:
    desk.quick()
    public_id = desk.checked().public_id
    token = desk.client.csrf_token(f"/tasks/{public_id}/review")
    desk.accept()
    response = desk.client.post(f"/tasks/{public_id}/{act}", data={"csrf_token": token})
    assert response.location == f"/tasks/{public_id}/review"
    assert desk.task().state == TaskState.RUNNING


@pytest.mark.parametrize("act", ["submit", "discard", "heading"])
def test_every_act_needs_the_forms_token(desk: Desk, act: str) -> None:
    desk.quick()
    public_id = desk.checked().public_id
    answer = desk.client.post(
        f"/tasks/{public_id}/{act}", data={"check_run": 1, "terms_version": SHIPPED_VERSION, "accept": "y"}
    )
    assert answer.status_code == 400
    assert desk.task().state == TaskState.READY
