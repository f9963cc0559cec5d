"""By keyboard alone, from the sign-in to the sent message; wherever the focus stops, it is seen."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.conftest import CLIENT, Open, numbers

pytestmark = pytest.mark.browser

MOST_STOPS = 120
CALM: dict[str, Any] = {
    "reduced_motion": "reduce"
}  # else the page may still be gliding to what has the focus
# What has the focus, whether a ring or a line of 2 pixels or more shows it, and whether it lies in the window.
FOCUS = """() => {
  const at = document.activeElement, look = getComputedStyle(at), box = at.getBoundingClientRect();
  return {
    what: at.outerHTML.slice(0, 120), page: at === document.body,
    seen: look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2 && box.width > 1 && box.height > 1,
    inside: box.bottom > 0 && box.top < innerHeight,
  };
}"""


def step(page: Page, key: str = "Tab") -> None:
    page.keyboard.press(key)
    focus = page.evaluate(FOCUS)
    assert focus["page"] or (focus["seen"] and focus["inside"]), f"The focus is not seen: {focus['what']}"


def go_to(page: Page, wanted: Locator) -> None:
    """Tab on to it."""
    expect(wanted).to_be_visible()
    for _ in range(MOST_STOPS):
        if wanted.evaluate("it => it === document.activeElement"):
            return
        step(page)
    raise AssertionError(f"No way leads to {wanted}.")


def write(page: Page, wanted: Locator, words: str) -> None:
    go_to(page, wanted)
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text(words)


def enter(page: Page) -> None:
    """Sign in without the mouse."""
    page.goto("/sign-in")
    write(page, page.get_by_label("E-mail"), CLIENT.email)
    write(page, page.get_by_label("Password"), CLIENT.password)
    go_to(page, page.get_by_label("I accept the terms and conditions"))
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#credit")).to_be_visible()


def follow(page: Page, name: str) -> None:
    go_to(page, page.locator(".shell-nav").get_by_role("link", name=name, exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def in_dialog(page: Page) -> bool:
    return page.evaluate("document.activeElement.closest('dialog') !== null")


def test_a_quick_message_and_its_dialog(open_browser: Open) -> None:
    page = open_browser(None, **CALM)
    enter(page)
    follow(page, "Quick message")
    write(page, page.get_by_label("Recipients"), numbers(1)[0])
    write(page, page.get_by_label("Message", exact=True), "By keyboard alone.")
    proceed = page.get_by_role("button", name="Continue")
    go_to(page, proceed)
    page.keyboard.press("Enter")
    accept = page.get_by_role("button", name="Accept and submit")
    expect(accept).to_be_visible()
    assert in_dialog(page)
    for _ in range(12):  # round and round: past the last one is the browser itself, never the page behind
        step(page)
        assert in_dialog(page) or page.evaluate("document.activeElement === document.body")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(proceed).to_be_focused()
    expect(page.get_by_label("Message", exact=True)).to_have_value("By keyboard alone.")
    page.keyboard.press("Enter")
    expect(accept).to_be_visible()
    go_to(page, accept)
    page.keyboard.press("Enter")
    expect(page.locator("main [data-count=delivered]")).to_have_attribute("data-value", "1")


def test_a_bulk_message_from_the_file_to_its_task(open_browser: Open) -> None:
    page = open_browser(**CALM)
    page.goto("/")
    follow(page, "Bulk message")
    write(page, page.get_by_label("Task name"), "Without a mouse")
    choice = page.get_by_label("Recipient file")
    go_to(page, choice)
    rows = "\n".join(["phone", *numbers(3), "0412 345 678"]).encode()
    file: FilePayload = {"name": "list.csv", "mimeType": "text/csv", "buffer": rows}
    # The window in which one looks for a file is the browser's own; what matters here is that the keys lead to it.
    choice.set_input_files(files=[file])
    expect(page.locator("[data-file-said]")).to_contain_text("4 rows")
    write(page, page.get_by_label("Message", exact=True), "No mouse was needed for this.")
    go_to(page, page.get_by_role("button", name="Continue"))
    page.keyboard.press("Enter")
    expect(page.locator("#review-body")).to_have_attribute("data-state", "ready")
    go_to(page, page.get_by_label("I have read the terms"))
    page.keyboard.press("Space")
    go_to(page, page.get_by_role("button", name="Accept and submit"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Without a mouse")).to_be_visible()
    expect(page.locator("main [data-count=delivered]")).to_have_attribute("data-value", "3")
