"""The sheet of our own PDFs. fpdf2 and what it brings weigh 30 MB, so that only who makes a PDF imports this."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Final

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from PIL import ImageFont

from app.language import gettext

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


class Paper(FPDF):
    """A page with our name at its top and a number at its foot."""

    def __init__(self, made_at: datetime, title: str) -> None:
        super().__init__()
        self.alias_nb_pages(None)  # type: ignore[arg-type]  # no text of anybody's is a place for the number of pages
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
        self.words(gettext("Page %(n)s", n=self.page_no()), size=8, quiet=True)

    def words(self, text: str, *, size: int = 10, bold: bool = False, quiet: bool = False) -> None:
        """A paragraph."""
        self.set_font(self.face, "B" if bold else "", size)
        self.set_text_color(*(_QUIET if quiet else (0, 0, 0)))
        self.multi_cell(0, size * 0.55, self.writable(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def pair(self, words: str, value: str) -> None:
        """A line of words and their value."""
        self.set_font(self.face, "", 10)
        self.set_text_color(*_QUIET)
        self.cell(54, 7, words)
        self.set_text_color(0)
        self.multi_cell(0, 7, self.writable(value), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    @property
    def has_more_letters(self) -> bool:
        """Whether its font has letters beyond those of the built-in one."""
        return self.face != _OWN_FONT

    def writable(self, text: str) -> str:
        """The text, with a question mark for each letter that the built-in font lacks."""
        if self.face == _OWN_FONT:
            return text.encode("cp1252", "replace").decode("cp1252")
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
