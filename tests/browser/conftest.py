"""The real thing, started once for the module, and real browsers in front of it that hear every complaint."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.demo import SIGN_INS
from operations.demo.panel import Panel
from operations.demo.place import Place, temporary_place
from tests import browsing
from tests.waiting import PATIENCE

CLIENT, STAFF = SIGN_INS
# A refused form is an answer of 422, a page that is not there 404; Chromium reports both as a loss.
_NO_COMPLAINT = tuple(
    f"Failed to load resource: the server responded with a status of {n}" for n in (404, 422)
)

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """Carillon with demo data: web, workers, ticker and carrier, as `make run` starts them."""
    browsing.program()  # without one it need not start
    with temporary_place() as place:
        yield place


@pytest.fixture(scope="module")
def browser(place: Place) -> Iterator[Browser]:
    """Debian's Chromium. Closed with the module: another test's Playwright could not start beside it."""
    with browsing.chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def sessions() -> dict[str, Any]:
    """Cookies of who has signed in before, so that the sign-in's limit is not met."""
    return {}


@pytest.fixture
def open_browser(browser: Browser, place: Place, sessions: dict[str, Any]) -> Iterator[Open]:
    """Opens a fresh browser, for the client unless told otherwise; complaints of any page fail the test."""
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def open_browser(who: Any = CLIENT, **options: Any) -> Page:
        state = sessions.get(who.email) if who else None
        context = browser.new_context(
            base_url=place.address,
            storage_state=state,
            accept_downloads=True,
            **{"viewport": {"width": 1280, "height": 800}, **options},
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE * 1_000)
        page = context.new_page()
        _listen(page, complaints)
        if who and state is None:
            sign_in(page, who.email, who.password, who.totp_secret)
            expect(page).to_have_url(place.address + ("/staff/" if who is STAFF else "/"))
            sessions[who.email] = context.storage_state()
        return page

    yield open_browser
    for context in contexts:
        context.close()
    assert not complaints


def _listen(page: Page, complaints: list[str]) -> None:
    def said(message: Any) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_NO_COMPLAINT):
            complaints.append(f"{page.url}: {message.text}")

    page.on("console", said)
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.on("response", lambda answer: complaints.append(answer.url) if answer.status >= 500 else None)


@pytest.fixture(scope="module")
def panel(place: Place) -> Panel:
    """The client without a browser, for what a test needs to stand there already."""
    panel = Panel(place.address)
    form = panel.open("/sign-in").form("email", "password")
    panel.send(form, {"email": CLIENT.email, "password": CLIENT.password, "accept_terms": "y"})
    return panel


@pytest.fixture(scope="module")
def screenshots() -> Path:
    """Where the pictures go; git does not see it."""
    folder = Path(__file__).resolve().parents[2] / "screenshots"
    folder.mkdir(exist_ok=True)
    return folder


def sign_in(page: Page, email: str, password: str, totp_secret: str | None = None) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_label("I accept the terms and conditions").check()
    page.get_by_role("button", name="Sign in").click()
    if totp_secret is not None:
        page.get_by_label("Code").fill(pyotp.TOTP(totp_secret).now())
        page.get_by_role("button", name="Go on").click()


def numbers(count: int, ending: str = "10") -> list[str]:
    """So many mobile numbers that nobody has used yet, with this ending."""
    return [f"+6141{body:05}{ending}" for body in random.sample(range(100_000), count)]


def available(page: Page) -> int:
    """The credit at the top right, in millicredits."""
    return int(page.locator("#credit [data-count=available]").get_attribute("data-value") or "")


def count(page: Page, name: str) -> int:
    """A figure of the page, by its hook."""
    return int(page.locator(f"main [data-count={name}]").get_attribute("data-value") or "")
