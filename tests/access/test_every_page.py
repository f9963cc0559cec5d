"""Every page in a real browser, as somebody who may open it: held to WCAG 2.2 AA by axe-core, and photographed.

Half of the looks are at a desk in the light, half on a phone in the dark: `EVERY_PAGE=all` takes both of each page.
The pictures land in screenshots/pages, which git does not see.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests import browsing
from tests.access.table import ENDPOINTS, GET_MAY_CHANGE, ROLES, STEPS
from tests.access.test_forms import addresses
from tests.access.world import ANONYMOUS, HALF_WAY, World
from tests.loopback import serving
from tests.npm_packages import Missing, fetched

pytestmark = pytest.mark.browser

_AXE = Path(__file__).parent / "axe"
_PICTURES = Path(__file__).resolve().parents[2] / "screenshots" / "pages"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What axe asks of a page, and what it leaves to a person, is told by its own names.
_ASK = """async (rules) => {
  const found = await axe.run(document, {runOnly: {type: "tag", values: rules}, resultTypes: ["violations"]});
  const shown = (nodes) => nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ");
  return found.violations.map((each) => `${each.id}: ${each.help} — ${shown(each.nodes)}`);
}"""
LOOKS = {
    "desk": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "phone": {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark", "device_scale_factor": 2},
}


@pytest.fixture(scope="module")
def axe() -> str:
    """axe-core's source, as its lock file pins it."""
    try:
        return (fetched(_AXE) / "node_modules" / "axe-core" / "axe.min.js").read_text()
    except Missing as lacks:
        pytest.skip(str(lacks))


@pytest.fixture(scope="module")
def address(whole_world: World) -> Iterator[str]:
    """Where the world's application answers real requests."""
    with serving(whole_world.app) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browsing.chromium() as browser:
        yield browser


class Onlooker:
    """A browser that hears what pages complain of. One context for each visitor and look, kept for the module."""

    def __init__(self, chromium: Browser, world: World, address: str) -> None:
        self.complaints: list[str] = []
        self._chromium, self._world, self._address = chromium, world, address
        self._pages: dict[tuple[str, str], Page] = {}

    def open(self, who: str, look: str, path: str) -> tuple[Page, int, str]:
        """The page, its status and its kind."""
        page = self._pages.get((who, look)) or self._begin(who, look)
        answer = page.goto(self._address + path, wait_until="load")
        assert answer is not None
        return page, answer.status, answer.headers.get("content-type", "")

    def _begin(self, who: str, look: str) -> Page:
        options: dict[str, Any] = {"reduced_motion": "reduce", **LOOKS[look]}
        context = self._chromium.new_context(**options)
        pairs = (cookie.split("=", 1) for cookie in self._world.visitors[who].cookies.split("; ") if cookie)
        context.add_cookies([{"name": n, "value": v, "url": self._address} for n, v in pairs])
        page = self._pages[who, look] = context.new_page()
        page.on("console", lambda said: self._hear(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self._hear(str(error)))
        return page

    def _hear(self, text: str) -> None:
        if not text.startswith("Failed to load resource: the server responded with a status of 4"):
            self.complaints.append(text)


@pytest.fixture(scope="module")
def onlooker(chromium: Browser, whole_world: World, address: str) -> Onlooker:
    return Onlooker(chromium, whole_world, address)


def who_may(endpoint: str) -> str:
    if endpoint in ROLES:
        roles = ROLES[endpoint].split()
        return "owner" if "owner" in roles else roles[-1]
    return HALF_WAY if endpoint in STEPS else ANONYMOUS


def looks_at(number: int) -> tuple[str, ...]:
    both = tuple(LOOKS)
    return both if os.environ.get("EVERY_PAGE") == "all" else (both[number % 2],)


# Pages of tasks and top-ups look another way in each state.
_IN_EVERY_STATE = frozenset(
    {"tasks.page", "review.page", "desk_tasks.page", "desk_review.page", "topup.one", "desk_topups.review"}
)
_PAGES = sorted(set(ENDPOINTS) - GET_MAY_CHANGE)
_CASES = [(endpoint, look) for number, endpoint in enumerate(_PAGES) for look in looks_at(number)]


@pytest.mark.parametrize(("endpoint", "look"), _CASES, ids=lambda each: str(each))
def test_a_page_is_for_everybody(
    world: World, axe: str, onlooker: Onlooker, endpoint: str, look: str
) -> None:
    if "GET" not in world.methods(endpoint):
        return
    who = who_may(endpoint)
    paths = addresses(world, endpoint, who) if endpoint in _IN_EVERY_STATE else [world.address(endpoint, who)]
    for number, path in enumerate(paths):
        if b"<html" not in world.ask(who, "GET", path).data[:200]:
            continue  # a file to keep, a picture, a part of a page, a number for a machine
        name = f"{endpoint}-{number}" if len(paths) > 1 else endpoint
        _look_at(onlooker, axe, who, look, path, _PICTURES / f"{name}-{look}.png")


def _look_at(onlooker: Onlooker, axe: str, who: str, look: str, path: str, picture: Path) -> None:
    page, status, kind = onlooker.open(who, look, path)
    assert (status < 500, kind.partition(";")[0]) == (True, "text/html")
    _PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=picture, full_page=True)
    page.evaluate(axe)
    assert page.evaluate(_ASK, _RULES) == [], f"{path} as {who}, {look}"
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{path} as {who} is {wide} px wider than a {look}'s screen"
    assert not onlooker.complaints, onlooker.complaints
