"""The way of a client through the panel: sign in, upload, review, accept, watch, and what was found at the end."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from app.demo import SIGN_INS
from operations.demo.pages import Page
from operations.demo.panel import Attachment, Panel, PanelFailed
from operations.demo.sheet import CONTENT, ROUTE, DemoSheet, Expected
from operations.demo.terminal import Bar, Line

_CHECKED_WITHIN = 180.0
_STANDS_STILL = 60.0  # seconds without any change, after which nothing more is expected
_LONGEST = 900.0
_REJECTED = "rejected-"


@dataclass(frozen=True)
class Outcome:
    """What the pages said. Counts by the names of their hooks; money in millicredits."""

    address: str
    review: dict[str, int]
    task: dict[str, int]
    state: str
    available_fell: int


def travel(address: str, sheet: DemoSheet) -> Outcome:
    """From signing in to the last receipt. Raises PanelFailed."""
    panel = Panel(address)
    before = _sign_in(panel)
    print(f"  signed in; {before / 1000:,.3f} credits are available")
    review = _upload(panel, sheet)
    review = _checked(panel, review)
    task = _accept(panel, review, sheet.expected)
    path = task.address
    task = _sent(panel, path, sheet.expected)
    after = panel.open(path).counts["available"]
    return Outcome(path, review.counts, task.counts, task.state, before - after)


def lines(expected: Expected, outcome: Outcome) -> list[Line]:
    """Everything that must add up."""
    review, task = outcome.review, outcome.task
    reasons = {name.removeprefix(_REJECTED): n for name, n in review.items() if name.startswith(_REJECTED)}
    names = [*expected.rejected, *(reason for reason in reasons if reason not in expected.rejected)]
    return [
        Line("Rows read", expected.rows, review.get("rows-read", -1)),
        *(
            Line(f"Rejected: {name.replace('_', ' ')}", expected.rejected.get(name, 0), reasons.get(name, 0))
            for name in names
        ),
        Line("Accepted by the checks", expected.accepted, review.get("valid", -1)),
        Line("Price in the review", expected.held, review.get("price", -1), credits=True),
        Line("State of the task", "done", outcome.state),
        Line("Sent", expected.sent, task.get("sent", -1)),
        Line("  of these delivered", expected.delivered, task.get("delivered", -1)),
        Line("Failed", expected.failed, task.get("failed", -1)),
        Line("In doubt", expected.in_doubt, task.get("in-doubt", -1)),
        Line("Waiting", 0, task.get("waiting", -1)),
        Line("Credits held at submission", expected.held, task.get("held", -1), credits=True),
        Line("Credits charged", expected.charged, task.get("charged", -1), credits=True),
        Line("Credits given back", expected.released, task.get("released", -1), credits=True),
        Line("Credits refunded", expected.refunded, task.get("refunded", -1), credits=True),
        Line("Credits still held", expected.outstanding, task.get("outstanding", -1), credits=True),
    ]


def _sign_in(panel: Panel) -> int:
    """Sign in as the demo client; returns the available credit."""
    client = SIGN_INS[0]
    form = panel.open("/sign-in").form("csrf_token", "email", "password")
    home = panel.send(form, {"email": client.email, "password": client.password, "accept_terms": "y"})
    if "available" not in home.counts:
        raise PanelFailed(
            f"{client.email} could not sign in: {'; '.join(home.problems) or 'no credit on the page'}. "
            "The demo needs the demo client of a first start."
        )
    return home.counts["available"]


def _upload(panel: Panel, sheet: DemoSheet) -> Page:
    """Fill in the bulk form; returns the review page, whose check is just beginning."""
    form = panel.open("/bulk/").form("csrf_token", "route_id", "file")
    values = {
        "route_id": form.choice("route_id", ROUTE),
        "name": f"Demo, {sheet.expected.rows:,} rows, {datetime.now(UTC):%d %b %H:%M:%S}",
        "sender_id": "HarbourLn",
        "content": CONTENT,
        "when": "now",
    }
    file = Attachment("demo-recipients.xlsx", sheet.xlsx)
    print(f"  uploading {file.name}: {sheet.expected.rows:,} rows, {len(file.content) / 1024:,.0f} KiB")
    page = panel.send(form, values, {"file": file})
    if page.problems or not page.address.endswith("/review"):
        raise PanelFailed(f"The upload was not taken: {'; '.join(page.problems) or page.address}")
    return page


def _checked(panel: Panel, page: Page) -> Page:
    """Wait until the checks are over; returns the review."""
    bar, deadline = Bar("checking"), time.monotonic() + _CHECKED_WITHIN
    while page.state == "checking":
        if rows := page.counts.get("rows-found", 0):
            bar.show(page.counts["rows-done"], rows)
        if time.monotonic() > deadline:
            raise PanelFailed(f"The checks were not over after {_CHECKED_WITHIN:.0f} s: {page.address}")
        time.sleep(0.4)
        page = panel.open(page.address)
    rows = page.counts.get("rows-read", 0)
    bar.show(rows, rows)
    bar.end()
    if page.state != "ready":
        raise PanelFailed(f"The checks ended as “{page.state}”: {'; '.join(page.problems)}")
    return page


def _accept(panel: Panel, review: Page, expected: Expected) -> Page:
    """Accept the terms and submit; returns the task's page."""
    try:
        form = review.form("csrf_token", "check_run")
    except LookupError:
        words = "; ".join(review.problems) or "the review offers no way to submit"
        raise PanelFailed(
            f"{words} (With no Carillon running here, the demo starts its own, with fresh credit.)"
        ) from None
    task = panel.send(form, {"accept": "y"})
    if task.state not in ("running", "scheduled", "done"):
        raise PanelFailed(f"It was not submitted: {'; '.join(task.problems) or task.address}")
    print(f"  accepted; {expected.accepted:,} messages, {task.counts['held'] / 1000:,.3f} credits held")
    return task


def _sent(panel: Panel, path: str, expected: Expected) -> Page:
    """Watch until all is as expected, or until nothing has moved for long."""
    bar = Bar("sending")
    started = moved = time.monotonic()
    last: dict[str, int] = {}
    while True:
        page = panel.open(f"{path}/progress")
        counts, clock = page.counts, time.monotonic()
        if counts != last:
            last, moved = counts, clock
        left = counts["total"] - counts["waiting"]
        doubt = f", {counts['in-doubt']:,} in doubt" if counts["in-doubt"] else ""
        note = f"{counts['delivered']:,} delivered, {counts['failed']:,} failed{doubt}"
        bar.show(left, counts["total"], f"{note}  {clock - started:3.0f} s")
        still = clock - moved > _STANDS_STILL or clock - started > _LONGEST
        if still or _as_expected(page, expected):
            bar.end()
            return page
        time.sleep(1.0)


def _as_expected(page: Page, expected: Expected) -> bool:
    found = tuple(page.counts[name] for name in ("delivered", "failed", "in-doubt", "waiting"))
    return page.state == "done" and found == (expected.delivered, expected.failed, expected.in_doubt, 0)
