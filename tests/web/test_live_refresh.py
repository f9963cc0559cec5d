"""refresh.js in a real browser: figures move by themselves, focus stays, trouble is told, and it ends."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page

from app.models import Message, Task, TaskState
from tests.browsing import quiet_page
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.tasks import make_submitted_task
from tests.factories.users import PASSWORD, make_owner
from tests.loopback import serving
from tests.waiting import until  # in Python: the page's own policy forbids the eval that Playwright's uses

# What these tests move by hand is what the page shows, not the daily sums behind it.
pytestmark = [pytest.mark.browser, pytest.mark.books_broken_on_purpose]


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The application, served on a port of its own."""
    with serving(app) as address:
        yield address


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    """A browser's page, closed before the server is; anything that its console calls an error fails the test."""
    with quiet_page(address) as page:
        yield page


@pytest.fixture
def task(session) -> Task:
    owner = make_owner(session, make_account(session, available=100_000))
    # Free messages: this is about the page, and the books have nothing to say.
    return make_submitted_task(session, owner, make_route(session, price_per_segment=0), messages=4, price=0)


def set_delivered(session, task: Task, number: int, state: TaskState) -> None:
    task.delivered, task.state = number, state
    session.flush()
    for message in session.query(Message).filter_by(task_id=task.id).order_by(Message.row).limit(number):
        message.status, message.money = "delivered", "charged"
    session.commit()


def open_as_owner(page: Page, address: str, session, task: Task, path: str) -> None:
    page.goto(f"{address}/sign-in?next={path}")
    page.fill("#email", task.user.email)
    page.fill("#password", PASSWORD)
    page.check("#accept_terms")
    page.keyboard.press("Enter")
    page.wait_for_url(address + path)
    session.rollback()


def test_the_figures_move_until_the_task_is_done_and_then_rest(page, address, session, task):
    open_as_owner(page, address, session, task, f"/tasks/{task.public_id}")
    looks: list[str] = []
    page.on("request", lambda request: looks.append(request.url) if "/progress" in request.url else None)
    set_delivered(session, task, 2, TaskState.RUNNING)
    until(lambda: "2 sent" in page.locator("svg.peal").get_attribute("aria-label"))
    set_delivered(session, task, 4, TaskState.DONE)
    until(lambda: page.locator("[data-refresh-url]").count() == 0)
    assert "Done" in page.locator("#refresh-note").inner_text()
    seen = len(looks)
    time.sleep(2.5)
    assert len(looks) == seen


def test_whoever_has_the_focus_keeps_it(page, address, session, task):
    open_as_owner(page, address, session, task, "/")
    link = f"live-{task.public_id}"
    page.locator(f"[id='{link}']").focus()
    set_delivered(session, task, 3, TaskState.RUNNING)
    until(lambda: "3 of 4 gone out" in page.locator("#live").inner_text())
    assert page.evaluate("document.activeElement.id") == link


def test_a_hidden_page_does_not_ask(page, address, session, task):
    open_as_owner(page, address, session, task, f"/tasks/{task.public_id}")
    page.evaluate(
        "() => { Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
        " document.dispatchEvent(new Event('visibilitychange')); }"
    )
    time.sleep(0.5)
    looks: list[str] = []
    page.on("request", lambda request: looks.append(request.url) if "/progress" in request.url else None)
    time.sleep(3)
    assert not looks
    page.evaluate(
        "() => { Object.defineProperty(document, 'hidden', {value: false, configurable: true});"
        " document.dispatchEvent(new Event('visibilitychange')); }"
    )
    until(lambda: bool(looks))


def test_trouble_is_told_and_forgotten_when_it_is_over(page, address, session, task):
    open_as_owner(page, address, session, task, f"/tasks/{task.public_id}")
    page.route("**/progress", lambda route: route.fulfill(status=204))
    until(lambda: "trying again" in page.locator("#refresh-note").inner_text())
    page.unroute("**/progress")
    set_delivered(session, task, 1, TaskState.RUNNING)
    until(lambda: "1 sent" in page.locator("svg.peal").get_attribute("aria-label"))
    assert page.locator("#refresh-note").inner_text() == ""
