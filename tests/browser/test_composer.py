"""Writing in a real browser: the phone beside the text, saved texts, a session that ends meanwhile, the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import CLIENT, Open, numbers, sign_in

pytestmark = pytest.mark.browser


def rows(names: list[str]) -> dict[str, object]:
    lines = [
        "phone,name",
        *(f"{number},{name}" for number, name in zip(numbers(len(names)), names, strict=True)),
    ]
    return {"name": "list.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}


def choose_file(page: Page) -> None:
    page.goto("/bulk/")
    page.get_by_label("Recipient file").set_input_files(files=[rows(["Ada", "Christopher-Alexander", "Jo"])])  # type: ignore[list-item]
    expect(page.locator("[data-file-said]")).to_contain_text("{name}")
    page.get_by_label("Message", exact=True).fill("For {name} we open at nine.")


def test_the_phone_is_filled_from_the_rows_of_a_file_before_anything_is_sent(open_browser: Open) -> None:
    page = open_browser()
    choose_file(page)
    expect(page.locator(".bubble-text")).to_have_text("For Ada we open at nine.")
    page.get_by_label("Longest text").check()
    expect(page.locator(".bubble-text")).to_contain_text("Christopher-Alexander")
    expect(page.get_by_label("Longest text")).to_be_focused()


def test_without_a_script_the_phone_is_filled_too(open_browser: Open) -> None:
    page = open_browser(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page.goto("/bulk/")
    page.get_by_label("Recipient file").set_input_files(files=[rows(["Ada", "Jo"])])  # type: ignore[list-item]
    page.get_by_label("Message", exact=True).fill("For {name}.")
    page.locator("[name=only_check]").click()
    expect(page.locator(".bubble-text")).to_have_text("For Ada.")
    expect(page.get_by_text("list.csv is kept")).to_be_visible()


def test_a_text_is_saved_used_elsewhere_and_the_own_one_put_back(open_browser: Open) -> None:
    page = open_browser()
    page.goto("/quick/")
    message = page.get_by_label("Message", exact=True)
    message.fill("We open at nine.")
    page.get_by_text("Save this text for later").click()
    page.get_by_label("Name of the text").fill("Opening")
    page.get_by_label("Name of the text").press("Enter")
    expect(page.locator("[data-form-notes]")).to_be_focused()
    message.fill("My own words.")
    page.get_by_label("Saved text or earlier task").select_option(label="Opening")
    page.get_by_role("button", name="Use this text").click()
    expect(message).to_have_value("We open at nine.")
    page.get_by_role("button", name="Put my own text back").click()
    expect(message).to_have_value("My own words.")


def test_a_session_that_ends_meanwhile_costs_no_word(open_browser: Open) -> None:
    page = open_browser(None)
    sign_in(page, CLIENT.email, CLIENT.password)
    page.goto("/quick/")
    page.get_by_label("Recipients").fill(numbers(1)[0])
    page.get_by_label("Message", exact=True).fill("Kept over the sign-in.")
    expect(page.locator(".bubble-text")).to_have_text("Kept over the sign-in.")
    page.context.clear_cookies()
    other = page.context.new_page()
    sign_in(other, CLIENT.email, CLIENT.password)
    expect(other.locator("#credit")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("dialog")).to_contain_text("Kept over the sign-in.")


def test_a_scheduled_task_is_moved_in_the_calendar(open_browser: Open) -> None:
    page = open_browser(viewport={"width": 360, "height": 740})
    page.goto("/quick/")
    page.get_by_label("Task name").fill("Lanterns")
    page.get_by_label("Recipients").fill(numbers(1)[0])
    page.get_by_label("Message", exact=True).fill("Lanterns on Friday.")
    page.get_by_label("At a set time").check()
    day = datetime.now(UTC) + timedelta(days=20)
    page.locator("#scheduled_for").fill(f"{day:%Y-%m-%dT10:00}")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Accept and submit").click()
    page.get_by_role("link", name="Move to another time").click()
    page.get_by_label("New day and time").fill(f"{day:%Y-%m-%dT23:30}")
    page.get_by_role("button", name="Move the task").click()
    expect(page.get_by_role("alert")).to_contain_text("between 20:00 and 08:00")
    page.get_by_role("button", name="instead").click()
    expect(page.locator(".flash-success")).to_contain_text("“Lanterns” now starts")
    expect(page.locator("main").get_by_role("link", name="Lanterns")).to_be_visible()
