"""A person's browser, over a real connection: it keeps cookies, follows where it is sent, and reads forms."""

from __future__ import annotations

import urllib.parse
import urllib.request
from html.parser import HTMLParser
from http.cookiejar import CookieJar

import pyotp
from flask import Flask, url_for

from tests.chaos.carrier import PATIENCE
from tests.factories.users import PASSWORD, TOTP_SECRET


class Browser:
    """Speaks to the web process at `address`. Raises HTTPError, OSError and HTTPException, as urllib does."""

    def __init__(self, app: Flask, address: str) -> None:
        self._app = app
        self._address = address
        self._jar = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def path(self, endpoint: str, **values: object) -> str:
        with self._app.test_request_context():
            return url_for(endpoint, **values)

    def open(self, path: str, data: dict[str, str] | None = None) -> str:
        body = urllib.parse.urlencode(data).encode() if data is not None else None
        with self._jar.open(self._address + path, data=body, timeout=PATIENCE) as answer:
            return str(answer.read().decode())

    def hidden(self, path: str) -> dict[str, str]:
        """What the forms of a page hide: the first field of each name."""
        return _hidden_fields(self.open(path))

    def sign_in(self, email: str) -> None:
        """With the password that everybody has here, and staff's second factor where it is asked for."""
        path = self.path("auth.sign_in")
        page = self.open(
            path, {**self.hidden(path), "email": email, "password": PASSWORD, "accept_terms": "y"}
        )
        code_path = self.path("auth.second_factor_code")
        if code_path in page:
            code = pyotp.TOTP(TOTP_SECRET).now()
            page = self.open(code_path, {**_hidden_fields(page), "code": code})
        assert 'type="password"' not in page, page
        assert 'name="code"' not in page, page


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "input" and values.get("type") == "hidden":
            self.found.setdefault(values.get("name") or "", values.get("value") or "")


def _hidden_fields(page: str) -> dict[str, str]:
    fields = _Fields()
    fields.feed(page)
    return fields.found
