"""Read pages as a browser without a screen does: their forms, and the figures that carry `data-count`."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """A form with the values it would send if nothing were touched. `choices` are each select's (value, words)."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def choice(self, name: str, words: str) -> str:
        """The value of the select's option that begins with these words. Raises LookupError."""
        for value, label in self.choices.get(name, []):
            if label.startswith(words):
                return value
        raise LookupError(f"The form offers no “{words}” for {name}.")


@dataclass
class Page:
    """One answer of the panel: where it came from, its forms, figures, states and visible problems."""

    address: str
    status: int
    forms: list[Form] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    state: str = ""
    problems: list[str] = field(default_factory=list)

    def form(self, *names: str) -> Form:
        """The first form that has fields of all these names. Raises LookupError."""
        for form in self.forms:
            if all(name in form.values or name in form.choices for name in names):
                return form
        raise LookupError(f"{self.address} has no form with {', '.join(names)}.")


def read_page(html: str, address: str, status: int = 200) -> Page:
    """What a page holds for us."""
    page = Page(address, status)
    _Reader(page).feed(html)
    return page


class _Reader(HTMLParser):
    """Fills a Page. Text is gathered for options, text areas and notices of trouble."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._form: Form | None = None
        self._select = self._area = ""
        self._option: str | None = None
        self._selected = False
        self._text: list[str] = []
        self._trouble = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._hooks(values)
        if tag == "form":
            self._form = Form(values.get("action") or self._page.address, values.get("method", "get"))
            self._page.forms.append(self._form)
        elif tag in ("input", "select", "textarea", "option"):
            self._control(tag, values)
        classes = values.get("class", "").split()
        if self._trouble and tag not in ("input", "br", "path", "img", "meta", "link"):
            self._trouble += 1
        elif {"flash-error", "error-summary", "error-page"} & set(classes):
            self._trouble, self._text = 1, []

    def _hooks(self, values: dict[str, str]) -> None:
        if "data-count" in values:
            self._page.counts[values["data-count"]] = int(values.get("data-value", "0"))
        self._page.state = values.get("data-state", self._page.state)

    def _control(self, tag: str, values: dict[str, str]) -> None:
        name = values.get("name", "")
        if tag == "option":
            self._option, self._selected = values.get("value", ""), "selected" in values
            self._text = []
        elif self._form is None or not name:
            return
        elif tag == "select":
            self._select = name
            self._form.choices[name] = []
        elif tag == "textarea":
            self._area, self._text = name, []
        elif values.get("type") in ("radio", "checkbox"):
            if "checked" in values:
                self._form.values[name] = values.get("value", "on")
        elif values.get("type") == "file":
            self._form.choices.setdefault(name, [])
        elif values.get("type") not in ("submit", "button"):
            self._form.values[name] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "option" and self._form is not None and self._option is not None:
            self._form.choices[self._select].append((self._option, _tidy(self._text)))
            if self._selected or self._select not in self._form.values:
                self._form.values[self._select] = self._option
            self._option = None
        elif tag == "textarea" and self._form is not None:
            self._form.values[self._area] = "".join(self._text).removeprefix("\n")
        if self._trouble and tag not in ("path",):
            self._trouble -= 1
            if not self._trouble:
                self._page.problems.append(_tidy(self._text))

    def handle_data(self, data: str) -> None:
        self._text.append(data)


def _tidy(pieces: list[str]) -> str:
    return " ".join("".join(pieces).split())
