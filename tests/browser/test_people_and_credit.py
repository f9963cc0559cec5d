"""From a stranger to a client with credit, in real browsers: register, top up, staff decide; suspended, reset.

One module, so that Carillon starts once (xdist hands out whole files).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import CLIENT, STAFF, Open, available, sign_in
from tests.factories.top_ups import picture

pytestmark = pytest.mark.browser

PASSWORD = "seventeen mild lanterns drift"
ANOTHER = "eleven brisk otters whistle"


@dataclass(frozen=True)
class Newcomer:
    """Somebody who has never been here."""

    name: str
    company: str
    email: str
    phone: str


ANA = Newcomer("Ana Lindqvist", "Brass & Bell", "ana@brass-bell.example", "+61412000071")
BEN = Newcomer("Ben Okafor", "Quayside Prints", "ben@quayside.example", "+61412000072")


def letter_to(page: Page, address: str) -> Locator:
    """What the newest letter or text message to this address says, in the development outbox."""
    return newest_to(page, address).locator(".letter-body")


def newest_to(page: Page, address: str) -> Locator:
    """The newest letter or text message to this address, with its subject."""
    page.goto("/dev/outbox")
    return page.locator("article").filter(has_text=f"To {address}").first


def open_link_to(page: Page, address: str) -> None:
    link = letter_to(page, address).get_by_role("link").first.get_attribute("href")
    assert link is not None
    page.goto(link)


def register(page: Page, who: Newcomer) -> None:
    """Register, confirm the e-mail address by its link and the phone by its code."""
    page.goto("/register")
    page.get_by_label("Your name").fill(who.name)
    page.get_by_label("Company").fill(who.company)
    page.get_by_label("E-mail").fill(who.email)
    page.get_by_label("Mobile phone").fill(who.phone)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()

    open_link_to(page, who.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Yes, it was me").click()
    expect(page.get_by_role("heading", name="Confirm your phone")).to_be_visible()
    code = re.search(r"\b\d{6}\b", letter_to(page, who.phone).inner_text())
    assert code is not None
    page.goto("/sign-in/confirm-phone")
    page.get_by_label("Code").fill(code[0])
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Everything is confirmed. Sign in.")).to_be_visible()


def asked_for_credit(page: Page, credits: int, receipt: bytes) -> str:
    """Ask for credits and upload the receipt; the reference of the top-up."""
    page.goto("/top-up")
    page.get_by_label("Credits", exact=True).fill(str(credits))
    page.get_by_role("button", name="Work out the price").click()
    page.get_by_role("button", name="Get the bank details and a reference").click()
    reference = page.locator(".reference").first.inner_text()
    file = {"name": "receipt <b>bold</b>.png", "mimeType": "image/png", "buffer": receipt}
    page.get_by_label("Receipt of the transfer").set_input_files(files=[file])
    page.get_by_role("button", name="Upload the receipt").click()
    expect(page.locator("#top-up-state")).to_contain_text("Waiting")
    return reference


def decide_on(desk: Page, reference: str) -> None:
    """The staff's page of a top-up, its receipt in sight."""
    desk.goto(f"/staff/top-ups?reference={reference}")
    shown = desk.locator(".receipt-picture")
    expect(shown).to_be_visible()
    assert shown.evaluate("picture => picture.complete && picture.naturalWidth") > 0


def test_a_stranger_registers_tops_up_and_has_credit_once_staff_approve(open_browser: Open) -> None:
    page = open_browser(None)
    register(page, ANA)
    page.get_by_label("E-mail").fill(ANA.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/sign-in"))  # not without the terms
    sign_in(page, ANA.email, PASSWORD)
    expect(page.locator("#credit")).to_contain_text("Available")
    assert available(page) == 0
    reference = asked_for_credit(page, 5_000, picture(words="Ana's transfer"))

    desk = open_browser(STAFF)  # by password and the app's code
    decide_on(desk, reference)
    expect(desk.get_by_text("receipt <b>bold</b>.png")).to_be_visible()
    desk.get_by_role("button", name="Approve").click()
    expect(desk.get_by_text(f"Top-up {reference} is approved: 5,000 credits were added.")).to_be_visible()

    page.goto("/")
    expect(page.locator("#credit [data-count=available]")).to_have_attribute("data-value", "5000000")
    expect(newest_to(page, ANA.email).get_by_role("heading")).to_have_text(f"Top-up {reference} approved")


def test_a_rejected_receipt_says_why_and_a_better_one_is_taken(open_browser: Open) -> None:
    page, desk = open_browser(CLIENT), open_browser(STAFF)
    page.goto("/")
    before = available(page)
    reference = asked_for_credit(page, 1_000, picture(words="Blurred"))
    decide_on(desk, reference)
    desk.get_by_role("button", name="Reject").click()
    expect(desk.locator(".error-summary")).to_be_visible()  # a reason is asked for
    desk.get_by_label("Or your own words").fill("The date is cut off. Upload the whole receipt.")
    desk.get_by_role("button", name="Reject").click()
    expect(desk.get_by_text(f"Top-up {reference} is rejected")).to_be_visible()

    page.reload()
    expect(page.locator("#top-up-state")).to_contain_text("The date is cut off. Upload the whole receipt.")
    assert available(page) == before
    expect(page.get_by_role("button", name="Upload the receipt")).to_be_visible()


def test_a_reset_password_and_a_suspension_end_every_session_at_once(open_browser: Open) -> None:
    page, elsewhere, desk = open_browser(None), open_browser(None), open_browser(STAFF)
    register(page, BEN)
    for browser in (page, elsewhere):
        sign_in(browser, BEN.email, PASSWORD)
        expect(browser.locator("#credit")).to_be_visible()

    stranger = open_browser(None)
    stranger.goto("/sign-in")
    stranger.get_by_role("link", name="I forgot my password").click()
    stranger.get_by_label("E-mail").fill(BEN.email)
    stranger.locator("main form button[type=submit]").click()
    open_link_to(stranger, BEN.email)
    stranger.get_by_label("New password", exact=True).fill(ANOTHER)
    stranger.locator("main form button[type=submit]").click()
    expect(stranger.get_by_text("every device is signed out")).to_be_visible()
    for browser in (page, elsewhere):
        browser.goto("/tasks")
        expect(browser.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, BEN.email, PASSWORD)
    expect(page.get_by_text("do not belong together")).to_be_visible()
    sign_in(page, BEN.email, ANOTHER)
    expect(page.locator("#credit")).to_be_visible()

    desk.goto(f"/staff/clients/?q={BEN.email}")
    desk.get_by_role("link", name=BEN.company).click()
    desk.get_by_role("link", name="Suspend").click()
    desk.get_by_label("Reason").fill("Complaints about the last campaign.")
    desk.get_by_label("The account’s name").fill(BEN.company)
    desk.locator("main form button[type=submit]").click()
    expect(desk.get_by_text(f"{BEN.company} is suspended.")).to_be_visible()

    page.goto("/tasks")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, BEN.email, ANOTHER)
    expect(page.get_by_text("Reason: Complaints about the last campaign.")).to_be_visible()
