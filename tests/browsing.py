"""A real Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from operations.system_parts import PARTS
from tests.waiting import PATIENCE

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def program() -> str:
    """The machine's Chromium; skips the test, which is told at the end of the run, where there is none."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip(PARTS[0].how_to_get())
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, patient with what it is told to expect; skips where there is none."""
    found = program()
    expect.set_options(timeout=PATIENCE * 1_000)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=found, args=list(_QUIET), timeout=PATIENCE * 3_000)


@contextmanager
def quiet_page(address: str) -> Iterator[Page]:
    """A page of a fresh browser; anything that its console calls an error fails the test."""
    errors: list[str] = []
    with chromium() as browser:
        page = browser.new_page(base_url=address)
        page.set_default_timeout(PATIENCE * 1_000)
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
        browser.close()
    assert not errors
