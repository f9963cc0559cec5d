"""A slow line, a server that fails, an impatient finger: no word is lost, and no old figure passes for a new one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect

from app.models import User
from tests.browsing import chromium
from tests.factories.users import PASSWORD
from tests.loopback import serving
from tests.waiting import PATIENCE
from tests.web_compose.conftest import TEXT, Desk

pytestmark = pytest.mark.browser


@pytest.fixture
def page(app: Flask, desk: Desk) -> Iterator[Page]:
    """The composer, filled in; what fails here is meant to."""
    with serving(app) as address, chromium() as browser:
        page = browser.new_page(base_url=address)
        page.set_default_timeout(PATIENCE * 1_000)
        page.goto("/sign-in")
        page.fill("#email", desk.session.get_one(User, desk.user_id).email)
        page.fill("#password", PASSWORD)
        page.check("#accept_terms")
        page.click("main form.panel button[type=submit]")
        page.goto("/quick/")
        page.fill("#recipients", "+61412345678")
        yield page
        browser.close()


def broken(route: Route) -> None:
    route.fulfill(status=500, content_type="text/html", body="<p>broken</p>")


def test_old_figures_are_called_old_until_the_server_counts_again(page: Page) -> None:
    page.fill("#content", TEXT)
    figures = page.locator("[data-preview] dd").first
    expect(figures).to_have_text(str(len(TEXT)))
    page.route("**/compose/preview", broken)
    page.fill("#content", "Longer: " + TEXT)
    told = page.locator("[data-preview] [data-count-failed]")
    expect(told).to_contain_text("of an earlier text")
    assert page.get_attribute("[data-preview]", "data-stale") is not None
    page.unroute("**/compose/preview")
    expect(told).to_have_count(0)  # it was tried again by itself
    expect(figures).to_have_text(str(len("Longer: " + TEXT)))
    assert page.get_attribute("[data-preview]", "data-stale") is None
    assert page.input_value("#content") == "Longer: " + TEXT


def test_on_a_slow_line_an_early_answer_does_not_stand_for_a_later_text(page: Page) -> None:
    held: list[Route] = []
    page.route("**/compose/preview", lambda route: held.append(route))
    for text in ("One", TEXT):
        with page.expect_request("**/compose/preview"):
            page.fill("#content", text)
    assert page.get_attribute("[data-preview]", "data-stale") is not None
    held[-1].continue_()
    expect(page.locator("[data-preview] dd").first).to_have_text(str(len(TEXT)))
    expect(page.locator("[data-preview][data-stale]")).to_have_count(0)


@pytest.mark.parametrize("failing", ["answers 500", "cannot be reached"])
def test_a_failed_continue_keeps_every_word_and_makes_one_task_later(
    page: Page, desk: Desk, failing: str
) -> None:
    page.fill("#content", TEXT)
    page.route("**/quick/", broken if failing == "answers 500" else lambda route: route.abort())
    page.click("[data-submit]")
    problem = page.locator("[data-problem]")
    expect(problem).to_contain_text("Nothing was sent or charged")
    expect(problem).to_be_focused()
    assert page.input_value("#content") == TEXT
    assert desk.tasks() == []
    page.unroute("**/quick/")
    page.click("[data-submit]")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert len(desk.tasks()) == 1


def test_a_slow_continue_says_that_it_waits_and_a_second_click_is_not_a_second_task(
    page: Page, desk: Desk
) -> None:
    page.fill("#content", TEXT)
    held: list[Route] = []
    page.route("**/quick/", lambda route: held.append(route))
    page.dblclick("[data-submit]")
    expect(page.locator("[data-wait]")).to_be_visible()
    assert len(held) == 1
    held[0].continue_()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.locator("[data-wait]")).to_be_hidden()
    assert len(desk.tasks()) == 1


def test_back_after_the_submission_leads_to_the_task_and_not_to_a_dead_form(page: Page, desk: Desk) -> None:
    page.fill("#content", TEXT)
    page.click("[data-submit]")
    expect(page.get_by_role("dialog")).to_be_visible()
    desk.checked()
    page.get_by_role("button", name="Accept and submit").dblclick()
    page.wait_for_url("**/tasks/*")  # loaded: a Back that comes earlier meets a page that is still arriving
    expect(page.locator("#progress")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("can no longer be edited")).to_be_visible()
    expect(page.locator("#progress")).to_be_visible()
    assert len(desk.tasks()) == 1


def test_a_long_ticket_is_not_lost_with_its_session(page: Page) -> None:
    page.goto("/support/new")
    page.fill("#text", "A long story that nobody wants to type again.")
    page.context.clear_cookies()
    page.get_by_role("button", name="Open the ticket").click()
    kept = page.get_by_label("What you typed, to be copied")
    expect(kept).to_have_value("A long story that nobody wants to type again.")
    expect(page.get_by_role("link", name="Sign in, in a new tab")).to_be_visible()
