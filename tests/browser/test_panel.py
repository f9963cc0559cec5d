"""A client's day in a real browser, against the whole of Carillon: sign in, write, upload, watch, cancel.

One module, so that Carillon starts once (xdist hands out whole files).
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import xlwt
from openpyxl import Workbook
from playwright.sync_api import Page, Response, expect

from operations.demo.pages import Page as PanelPage
from operations.demo.panel import Attachment, Panel
from tests.browser.conftest import CLIENT, STAFF, Open, available, count, numbers, sign_in

pytestmark = pytest.mark.browser

TEXT = "Harbour Lane opens at nine. Show this message for a coffee."
WIDTHS = (1280, 360)


def fill_in(page: Page, path: str, name: str, content: str = TEXT, recipients: str = "") -> None:
    page.goto(path)
    page.get_by_label("Task name").fill(name)
    if recipients:
        page.get_by_label("Recipients").fill(recipients)
    page.get_by_label("Message", exact=True).fill(content)


def accept(page: Page) -> None:
    """Accept, in the dialog or on the review page, and arrive at the task."""
    page.get_by_role("button", name="Accept and submit").click()
    expect(page.locator("#progress")).to_be_visible()


def reviewed(page: Page) -> None:
    """Send the form, and wait on the review page until the checks are over."""
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#review-body")).to_have_attribute("data-state", "ready")


def sheet(kind: str, rows: list[str]) -> bytes:
    """A recipient file of this kind, with a heading."""
    cells = ["Phone", *rows]
    stored = io.BytesIO()
    if kind == "xlsx":
        book = Workbook(write_only=True)
        page = book.create_sheet()
        for cell in cells:
            page.append([cell])
        book.save(stored)
    elif kind == "xls":
        old = xlwt.Workbook()
        old_page = old.add_sheet("Recipients")
        for row, cell in enumerate(cells):
            old_page.write(row, 0, cell)
        old.save(stored)
    else:
        stored.write("\r\n".join(cells).encode())
    return stored.getvalue()


def choose(page: Page, kind: str, rows: list[str]) -> None:
    file = {"name": f"list.{kind}", "mimeType": "application/octet-stream", "buffer": sheet(kind, rows)}
    page.get_by_label("Recipient file").set_input_files(files=[file])


def test_a_wrong_password_is_told_and_the_right_one_lets_in(open_browser: Open) -> None:
    page = open_browser(None)
    page.goto("/bulk/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, CLIENT.email, "not the password")
    expect(page.locator(".error-summary")).to_be_focused()
    page.get_by_label("E-mail").fill(CLIENT.email)
    page.get_by_label("Password").fill(CLIENT.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#credit")).to_contain_text("Available")
    assert available(page) > 0


def test_a_quick_message_from_the_first_word_to_the_receipt(open_browser: Open) -> None:
    page = open_browser()
    fill_in(page, "/quick/", "Coffee", "Hello, see https://harbour.example ☕", ", ".join(numbers(3)))
    preview = page.locator("[data-preview]")
    expect(preview.locator("mark").filter(has_text="Hello").first).to_be_visible()
    expect(preview).to_contain_text("Not GSM")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".error-summary")).to_be_focused()
    page.get_by_label("Message", exact=True).fill(TEXT)
    expect(preview).to_contain_text(f"Characters{len(TEXT)}")
    expect(preview).to_contain_text("Credits in all3.00")
    expect(preview.locator("mark")).to_have_count(0)
    before = available(page)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("dialog")).to_contain_text("accepts these terms and holds 3.00 credits")
    accept(page)
    expect(page.locator("main [data-count=delivered]")).to_have_attribute("data-value", "3")
    expect(page.locator("#task-messages").get_by_text("Delivered")).to_have_count(4)  # and the filter
    expect(page.get_by_role("link", name="Stop this task")).to_have_count(0)
    assert before - available(page) == 3_000


def test_a_bulk_message_is_reviewed_edited_and_sent(open_browser: Open, tmp_path: Path) -> None:
    page, good = open_browser(), numbers(20)
    fill_in(page, "/bulk/", "Spring list", "Our spring list is out.")
    choose(page, "csv", [*good, good[0], "+61293744000", "0412 345 678"])
    reviewed(page)
    assert (count(page, "valid"), count(page, "duplicates"), count(page, "rejected")) == (20, 1, 2)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all as csv").click()
    stored = tmp_path / "rejected.csv"
    download.value.save_as(stored)
    rows = list(csv.reader(io.StringIO(stored.read_text(encoding="utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == ["22", "23", "24"]

    page.get_by_role("link", name="Edit").first.click()
    expect(page.get_by_text("list.csv is kept")).to_be_visible()
    page.get_by_label("Message", exact=True).fill("Our summer list is out.")
    reviewed(page)
    expect(page.locator("main")).to_contain_text("Our summer list is out.")
    page.get_by_label("I have read the terms").check()
    accept(page)
    expect(page.locator("main [data-count=delivered]")).to_have_attribute("data-value", "20")


@pytest.mark.parametrize("kind", ["xlsx", "xls", "txt"])
def test_every_other_kind_of_file_is_read(open_browser: Open, kind: str) -> None:
    page, rows = open_browser(), numbers(4_000 if kind == "xlsx" else 10)
    bars: list[Response] = []
    page.on("response", lambda got: bars.append(got) if got.url.endswith("/review") and got.ok else None)
    fill_in(page, "/bulk/", f"From {kind}")
    choose(page, kind, [*rows, "nobody"])
    reviewed(page)
    if kind == "xlsx":  # long enough for its progress to be seen
        assert "<progress" in bars[0].text()
    assert count(page, "valid") == len(rows)
    page.get_by_text("Discard", exact=True).click()
    page.get_by_role("button", name=f"Discard “From {kind}”").click()
    expect(page.get_by_text("Discarded.")).to_be_visible()


def test_a_scheduled_message_waits_and_can_be_called_off(open_browser: Open) -> None:
    page = open_browser()
    page.goto("/")
    before = available(page)
    fill_in(page, "/quick/", "Tomorrow", recipients=numbers(1)[0])
    page.get_by_label("At a set time").check()
    at = datetime.now(UTC) + timedelta(days=2)
    page.get_by_label("Date and time").fill(f"{at:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Continue").click()
    accept(page)
    expect(page.locator("#progress")).to_contain_text("Scheduled")
    expect(page.locator("#credit")).to_contain_text("Held")
    assert before - available(page) == 1_000
    page.get_by_role("link", name="Cancel this task").click()
    page.get_by_role("button", name="Cancel “").click()
    expect(page.locator("#progress")).to_have_attribute("data-state", "cancelled")
    assert available(page) == before


@pytest.mark.parametrize("way", ["quick", "bulk"])
def test_everything_works_without_javascript(open_browser: Open, way: str) -> None:
    page, good = open_browser(java_script_enabled=False), numbers(2)
    fill_in(page, f"/{way}/", f"No script, {way}", recipients=", ".join(good) if way == "quick" else "")
    if way == "bulk":
        choose(page, "csv", [*good, "0412 345 678"])
    reviewed(page)  # while the check runs, the page comes again by itself
    assert count(page, "valid") == 2
    page.get_by_role("button", name="Accept and submit").click()
    assert page.url.endswith("/review")  # the browser asks for the terms first
    page.get_by_label("I have read the terms").check()
    page.get_by_role("button", name="Accept and submit").click()
    expect(page.get_by_role("heading", name=f"No script, {way}")).to_be_visible()
    for _ in range(20):
        if count(page, "delivered") == 2:
            break
        page.wait_for_timeout(1_000)
        page.reload()
    assert count(page, "delivered") == 2


@pytest.fixture(scope="module")
def pages(panel: Panel) -> dict[str, str]:
    """Every page of a client, by the name of its picture; with a review and two tasks made for it."""
    rows = [number for ending in ("10", "11", "90", "94", "97") for number in numbers(8, ending)]
    review = _uploaded(
        panel, "Winter list", [*rows, rows[0], "+61293744000", "0412 345 678", "+8613812345678"]
    )
    sent = _uploaded(panel, "Summer sale, second round", rows)
    task = panel.send(sent.form("check_run"), {"accept": "y"}).address.removeprefix(panel.address)
    later = _uploaded(panel, "Next spring", rows[:9], when="later", scheduled_for="2030-03-01T09:30")
    waiting = panel.send(later.form("check_run"), {"accept": "y"}).address.removeprefix(panel.address)
    return {
        "overview": "/",
        "bulk": "/bulk/",
        "quick": "/quick/",
        "review": review.address.removeprefix(panel.address),
        "task": task,
        "tasks": "/tasks",
        "scheduled": waiting,
        "cancel": f"{waiting}/cancel",
        "sandbox": "/help/sandbox",
        "terms": "/terms",
        "missing": "/nowhere",
    }


def _uploaded(panel: Panel, name: str, rows: list[str], **when: str) -> PanelPage:
    form = panel.open("/bulk/").form("route_id", "file")
    values = {"route_id": form.choice("route_id", "SMS Direct"), "name": name, "content": TEXT, **when}
    page = panel.send(form, values, {"file": Attachment("list.xlsx", sheet("xlsx", rows))})
    while page.state == "checking":
        page = panel.open(page.address)
    return page


def pictured(page: Page, name: str, folder: Path) -> None:
    """Pictures at each width, light and dark. Nothing may be wider than the window."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(
                path=folder / f"{name}-{width}-{scheme}.png",
                full_page=name != "dialog",
                animations="disabled",
            )
        wide = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide[0] <= wide[1], f"{page.url} scrolls sideways at {width}: {wide}"


def test_every_page_fits_a_phone_in_light_and_dark(
    open_browser: Open, pages: dict[str, str], screenshots: Path
) -> None:
    page = open_browser()
    for name, path in pages.items():
        answer = page.goto(path)
        assert answer is not None
        if name == "missing":
            assert answer.status == 404
        pictured(page, name, screenshots)
    fill_in(page, "/quick/", "Coffee", "Hello, see https://harbour.example ☕", ", ".join(numbers(3)))
    expect(page.locator("[data-preview] mark").first).to_be_visible()
    pictured(page, "quick-findings", screenshots)
    page.get_by_label("Message", exact=True).fill(TEXT)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("button", name="Accept and submit")).to_be_visible()
    pictured(page, "dialog", screenshots)


def test_the_pages_of_strangers_and_staff_fit_as_well(open_browser: Open, screenshots: Path) -> None:
    stranger = open_browser(None)
    stranger.goto("/sign-in")
    pictured(stranger, "sign-in", screenshots)
    desk = open_browser(STAFF)
    desk.goto("/staff/")
    pictured(desk, "desk", screenshots)
