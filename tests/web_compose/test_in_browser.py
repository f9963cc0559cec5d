"""The composer in a real browser: the live count, the errors, the terms dialog. The console must stay empty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page

from app.models import TaskState, User
from tests.browsing import quiet_page
from tests.factories.users import PASSWORD
from tests.loopback import serving
from tests.waiting import until
from tests.web_compose.conftest import TEXT, Desk

pytestmark = pytest.mark.browser


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The application, served on a port of its own."""
    with serving(app) as address:
        yield address


@pytest.fixture
def page(address: str, desk: Desk) -> Iterator[Page]:
    """A browser's page with the sender signed in; anything that its console calls an error fails the test."""
    with quiet_page(address) as page:
        page.goto("/sign-in")
        page.fill("#email", desk.session.get_one(User, desk.user_id).email)
        page.fill("#password", PASSWORD)
        page.check("#accept_terms")
        page.click("main form.panel button[type=submit]")
        yield page


def fill_in(page: Page, content: str = TEXT) -> None:
    page.goto("/quick/")
    page.fill("#name", "Spring offer")
    page.fill("#recipients", "+61412345678, +14155552671")
    page.fill("#content", content)


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.textContent").strip()


def test_the_servers_count_follows_what_is_typed(page: Page) -> None:
    fill_in(page, "Hello Ann")
    page.wait_for_selector("[data-preview] mark >> text=Hello")
    page.fill("#content", "a" * 161)
    until(
        lambda: "4.8" in page.inner_text("[data-preview]") and not page.query_selector("[data-preview] mark")
    )
    until(lambda: page.inner_text("[data-preview-status]").startswith("161 characters, 2 segments"))


def test_a_choice_opens_and_closes_the_fields_it_needs(page: Page) -> None:
    page.goto("/quick/")
    page.select_option("#route_id", label="Economy · 0.80 credits a segment · no sender ID")
    assert page.is_disabled("#sender_id")
    page.select_option("#route_id", index=0)
    assert page.is_enabled("#sender_id")
    assert not page.is_visible("#scheduled_for")
    page.check("[name=when][value=later]")
    assert page.is_visible("#scheduled_for")


def test_errors_take_the_focus_and_what_was_typed_stays(page: Page, desk: Desk) -> None:
    fill_in(page, "Hello Ann")
    page.click("[data-submit]")
    page.wait_for_selector(".error-summary")
    assert focused(page).startswith("There is something to correct")
    assert page.input_value("#content") == "Hello Ann"
    assert page.input_value("#recipients") == "+61412345678, +14155552671"
    assert desk.tasks() == []


def test_the_terms_open_in_a_dialog_and_accepting_submits(page: Page, desk: Desk) -> None:
    fill_in(page)
    page.click("[data-submit]")
    page.wait_for_selector("dialog[open] progress")
    assert not page.is_visible("text=Accept and submit")
    desk.checked()
    page.wait_for_selector("dialog[open] >> text=Prepaid credit")
    page.keyboard.press("Escape")
    until(lambda: focused(page) == "Continue")
    page.fill("#content", "A better text.")
    page.click("[data-submit]")
    until(lambda: desk.task().check_run == 2)
    desk.checked()
    page.click("text=Accept and submit")
    task = desk.task()
    page.wait_for_url(f"**/tasks/{task.public_id}")
    task = desk.task()
    assert (task.state, task.content, task.price) == (TaskState.RUNNING, "A better text.", 2_400)


def test_a_chosen_file_outlives_errors_and_the_review_follows_by_itself(
    page: Page, desk: Desk, tmp_path: Path
) -> None:
    file = tmp_path / "list.csv"
    file.write_text("phone\n+61412345678\n0412345678\n")
    page.goto("/bulk/")
    page.set_input_files("#file", file)
    page.fill("#name", "List")
    page.click("[data-submit]")
    page.wait_for_selector(".error-summary >> text=Write the message.")
    assert page.input_value("#file").endswith("list.csv")
    page.fill("#content", TEXT)
    page.click("[data-submit]")
    page.wait_for_url("**/review")
    page.wait_for_selector("text=Reading the file")
    desk.checked()
    page.wait_for_selector("text=Left out: 1 row")
