"""Our own PDFs: a receipt for an approved top-up, and a statement. Made with fpdf2, on A4."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from app.language import day_words, decimals, gettext
from app.models import Account, TopUp
from app.pricing import credits
from app.records.periods import Period
from app.topups.prices import money
from app.topups.statement import Line, Totals
from config import Seller

if TYPE_CHECKING:
    from app.topups.paper import Paper

MOST_LINES: Final = 5_000
_WIDTHS: Final = (30, 66, 24, 24, 23, 23)  # millimetres: time, entry, in, out, available, held
_ALIGNED: Final = "LLRRRR"


def receipt_number(top_up: TopUp) -> str:
    """The number of our receipt: the day it was approved (UTC) and the reference. Nobody can count others' by it."""
    approved_at = top_up.confirmed_at or top_up.decided_at
    assert approved_at is not None  # an approved top-up was decided
    return f"{approved_at:%Y%m%d}-{top_up.reference.replace('-', '')}"


def receipt_pdf(top_up: TopUp, zone: ZoneInfo, seller: Seller, places: int) -> bytes:
    """The receipt of an approved top-up, the same bytes each time but for the zone.

    Here and on the statement, credits have at least so many decimal `places`: as many as on the pages.
    """
    approved_at = top_up.confirmed_at or top_up.decided_at
    assert approved_at is not None
    from app.topups.paper import Paper

    paper = Paper(approved_at, gettext("Receipt %(number)s", number=receipt_number(top_up)))
    _heading(paper, gettext("Receipt"), seller)
    amount = top_up.approved_amount or 0
    pairs = [
        (gettext("Receipt number"), receipt_number(top_up)),
        (gettext("Date"), day_words(approved_at.astimezone(zone), "%d %b %Y %H:%M %Z")),
        (gettext("Account"), top_up.account.name),
        (gettext("Asked for by"), top_up.user.name),
        (gettext("Credits"), _credits(amount, places)),
        (gettext("Paid"), money(top_up.paid, top_up.currency)),
        (gettext("Paid by"), gettext("Bank transfer")),
        (gettext("Reference"), top_up.reference),
    ]
    if top_up.bank_reference:
        pairs.append((gettext("Bank's reference"), top_up.bank_reference))
    if amount != top_up.amount:
        pairs.append(
            (
                gettext("Asked for"),
                gettext(
                    "%(amount)s credits. %(reason)s",
                    amount=_credits(top_up.amount, places),
                    reason=top_up.reason or "",
                ),
            )
        )
    for words, value in pairs:
        paper.pair(words, value)
    paper.ln(6)
    paper.words(gettext("Credits are prepaid, and are used up by the messages you send."), size=9, quiet=True)
    return bytes(paper.output())


def statement_pdf(
    account: Account,
    period: Period,
    totals: Totals,
    lines: Iterable[Line],
    zone: ZoneInfo,
    made_at: datetime,
    seller: Seller,
    places: int,
) -> bytes:
    """The statement of a period, oldest entry first."""
    from app.topups.paper import Paper

    paper = Paper(made_at, gettext("Statement of %(name)s", name=account.name))
    _heading(paper, gettext("Statement"), seller)
    paper.pair(gettext("Account"), account.name)
    paper.pair(
        gettext("Period"),
        gettext("%(words)s, times in %(replace)s", words=period.words, replace=zone.key.replace("_", " ")),
    )
    paper.pair(gettext("Made"), day_words(made_at.astimezone(zone), "%d %b %Y %H:%M %Z"))
    paper.pair(gettext("Available at the start"), _credits(totals.opening, places))
    paper.pair(gettext("In"), _credits(totals.came_in, places))
    paper.pair(gettext("Out"), _credits(totals.went_out, places))
    paper.pair(gettext("Available at the end"), _credits(totals.closing, places))
    paper.pair(gettext("Held at the end"), _credits(totals.held_closing, places))
    paper.ln(4)
    _table(paper, lines, zone, places)
    return bytes(paper.output())


def _heading(paper: Paper, title: str, seller: Seller) -> None:
    """What this paper is, and who sold what stands on it."""
    paper.words(title, size=20, bold=True)
    paper.ln(2)
    if seller.name:
        paper.words(seller.name, bold=True)
        for line in seller.address:
            paper.words(line)
        if seller.tax_number:
            paper.words(gettext("Tax number: %(number)s", number=seller.tax_number))
        paper.ln(4)


def _credits(millicredits: int, places: int) -> str:
    return decimals(credits(millicredits, places))


def _table(paper: Paper, lines: Iterable[Line], zone: ZoneInfo, places: int) -> None:
    paper.set_font(paper.face, "B", 8)
    headings = (
        gettext("Time"),
        gettext("Entry"),
        gettext("In"),
        gettext("Out"),
        gettext("Available"),
        gettext("Held"),
    )
    for width, words, align in zip(_WIDTHS, headings, _ALIGNED, strict=True):
        paper.cell(width, 6, words, border="B", align=align)
    paper.ln()
    paper.set_font(paper.face, "", 8)
    for line in lines:
        entry = line.entry
        cells = (
            day_words(entry.created_at.astimezone(zone), "%d %b %Y %H:%M"),
            _fitting(paper, f"{line.what}: {line.subject}" if line.subject else line.what, _WIDTHS[1]),
            _credits(entry.available, places) if entry.available > 0 else "",
            _credits(-entry.available, places) if entry.available < 0 else "",
            _credits(entry.available_after, places),
            _credits(entry.held_after, places),
        )
        for width, text, align in zip(_WIDTHS, cells, _ALIGNED, strict=True):
            paper.cell(width, 5, text, align=align)
        paper.ln()


def _fitting(paper: Paper, text: str, width: int) -> str:
    """As much of the text as the column takes."""
    text = paper.writable(" ".join(text.split())[:80])
    while text and paper.get_string_width(text) > width - 2:
        text = text.rstrip("…")[:-1] + ("…" if paper.has_more_letters else "")
        if text in ("…", ""):
            break
    return text
