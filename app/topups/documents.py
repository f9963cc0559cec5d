"""Our own PDFs: a receipt for an approved top-up, and a statement. Made with fpdf2, on A4."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from PIL import ImageFont

from app.models import Account, TopUp
from app.pricing import credits
from app.records.periods import Period
from app.topups.prices import money
from app.topups.statement import Line, Totals

MOST_LINES: Final = 5_000
_BRAND: Final = (10, 100, 92)
_QUIET: Final = (90, 100, 96)
_OWN_FONT: Final = "Helvetica"  # in every PDF reader, but for Western European letters only
# Fonts with more letters, looked for by name among the system's; the first found is used, the last ones fill gaps.
_WIDE: Final = (("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"), ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"))
_GAPS: Final = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansSC-Regular.ttf",
    "wqy-zenhei.ttc",
    "DroidSansFallback.ttf",
)
_COLUMNS: Final = ((30, "Time"), (66, "Entry"), (24, "In"), (24, "Out"), (23, "Available"), (23, "Held"))


class _Paper(FPDF):
    """A page with our name at its top and a number at its foot."""

    def __init__(self, made_at: datetime, title: str) -> None:
        super().__init__()
        self.set_creation_date(made_at)
        self.set_title(title)
        self.set_author("Carillon")
        self.core_fonts_encoding = "cp1252"
        self.face = _OWN_FONT
        if (files := _wide_font()) is not None:
            self.face = "wide"
            self.add_font("wide", "", files[0])
            self.add_font("wide", "B", files[1])
            if (gaps := _found(_GAPS)) is not None:
                self.add_font("gaps", "", gaps)
                self.set_fallback_fonts(["gaps"], exact_match=False)
        self.set_auto_page_break(True, margin=20)
        self.add_page()

    def header(self) -> None:
        self.set_font(self.face, "B", 13)
        self.set_text_color(*_BRAND)
        self.cell(0, 9, "Carillon", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_text_color(0)
        self.ln(2)

    def footer(self) -> None:
        self.set_y(-14)
        self.words(f"Page {self.page_no()}", size=8, quiet=True)

    def words(self, text: str, *, size: int = 10, bold: bool = False, quiet: bool = False) -> None:
        """A paragraph."""
        self.set_font(self.face, "B" if bold else "", size)
        self.set_text_color(*(_QUIET if quiet else (0, 0, 0)))
        self.multi_cell(0, size * 0.55, self.writable(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def pair(self, words: str, value: str) -> None:
        """A line of words and their value."""
        self.set_font(self.face, "", 10)
        self.set_text_color(*_QUIET)
        self.cell(48, 7, words)
        self.set_text_color(0)
        self.multi_cell(0, 7, self.writable(value), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def writable(self, text: str) -> str:
        """The text, with a question mark for each letter that the built-in font lacks."""
        if self.face == _OWN_FONT:
            return text.encode("cp1252", "replace").decode("cp1252")
        return text


def receipt_number(top_up: TopUp) -> str:
    """The number of our receipt: the day it was approved (UTC) and the reference. Nobody can count others' by it."""
    approved_at = top_up.confirmed_at or top_up.decided_at
    assert approved_at is not None  # an approved top-up was decided
    return f"{approved_at:%Y%m%d}-{top_up.reference.replace('-', '')}"


def receipt_pdf(top_up: TopUp, zone: ZoneInfo) -> bytes:
    """The receipt of an approved top-up, the same bytes each time but for the zone."""
    approved_at = top_up.confirmed_at or top_up.decided_at
    assert approved_at is not None
    paper = _Paper(approved_at, f"Receipt {receipt_number(top_up)}")
    paper.words("Receipt", size=20, bold=True)
    paper.ln(4)
    amount = top_up.approved_amount or 0
    pairs = [
        ("Receipt number", receipt_number(top_up)),
        ("Date", f"{approved_at.astimezone(zone):%d %b %Y %H:%M %Z}"),
        ("Account", top_up.account.name),
        ("Asked for by", top_up.user.name),
        ("Credits", credits(amount)),
        ("Paid", money(top_up.paid, top_up.currency)),
        ("Paid by", "Bank transfer"),
        ("Reference", top_up.reference),
    ]
    if top_up.bank_reference:
        pairs.append(("Bank's reference", top_up.bank_reference))
    if amount != top_up.amount:
        pairs.append(("Asked for", f"{credits(top_up.amount)} credits. {top_up.reason or ''}"))
    for words, value in pairs:
        paper.pair(words, value)
    paper.ln(6)
    paper.words("Credits are prepaid, and are used up by the messages you send.", size=9, quiet=True)
    return bytes(paper.output())


def statement_pdf(
    account: Account,
    period: Period,
    totals: Totals,
    lines: Iterable[Line],
    zone: ZoneInfo,
    made_at: datetime,
) -> bytes:
    """The statement of a period, oldest entry first."""
    paper = _Paper(made_at, f"Statement of {account.name}")
    paper.words("Statement", size=20, bold=True)
    paper.ln(2)
    paper.pair("Account", account.name)
    paper.pair("Period", f"{period.words}, times in {zone.key.replace('_', ' ')}")
    paper.pair("Made", f"{made_at.astimezone(zone):%d %b %Y %H:%M %Z}")
    paper.pair("Available at the start", credits(totals.opening))
    paper.pair("In", credits(totals.came_in))
    paper.pair("Out", credits(totals.went_out))
    paper.pair("Available at the end", credits(totals.closing))
    paper.pair("Held at the end", credits(totals.held_closing))
    paper.ln(4)
    _table(paper, lines, zone)
    return bytes(paper.output())


def _table(paper: _Paper, lines: Iterable[Line], zone: ZoneInfo) -> None:
    paper.set_font(paper.face, "B", 8)
    for width, words in _COLUMNS:
        paper.cell(width, 6, words, border="B", align="L" if words in ("Time", "Entry") else "R")
    paper.ln()
    paper.set_font(paper.face, "", 8)
    for line in lines:
        entry = line.entry
        cells = (
            f"{entry.created_at.astimezone(zone):%d %b %Y %H:%M}",
            _fitting(paper, f"{line.what}: {line.subject}" if line.subject else line.what, _COLUMNS[1][0]),
            credits(entry.available) if entry.available > 0 else "",
            credits(-entry.available) if entry.available < 0 else "",
            credits(entry.available_after),
            credits(entry.held_after),
        )
        for (width, _), text, align in zip(_COLUMNS, cells, "LLRRRR", strict=True):
            paper.cell(width, 5, text, align=align)
        paper.ln()


def _fitting(paper: _Paper, text: str, width: int) -> str:
    """As much of the text as the column takes."""
    text = paper.writable(" ".join(text.split())[:80])
    while text and paper.get_string_width(text) > width - 2:
        text = text.rstrip("…")[:-1] + ("…" if paper.face != _OWN_FONT else "")
        if text in ("…", ""):
            break
    return text


@cache
def _wide_font() -> tuple[str, str] | None:
    """The files of a font, regular and bold, with letters of many languages; None where the system has none."""
    for regular, bold in _WIDE:
        files = _found((regular,)), _found((bold,))
        if files[0] is not None and files[1] is not None:
            return files[0], files[1]
    return None


@cache
def _found(names: tuple[str, ...]) -> str | None:
    """The path of the first of these fonts that the system has. Pillow knows where each system keeps its fonts."""
    for name in names:
        try:
            path = ImageFont.truetype(name, 10).path
        except OSError:
            continue
        if isinstance(path, str):
            return path
    return None
