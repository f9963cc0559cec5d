"""A browser's habits for Flask's test client: forms carry the token that their page gave them."""

from __future__ import annotations

import contextvars
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class PanelClient(FlaskClient):
    """Posts forms as a browser does, with CSRF protection on.

    Each request runs in a context of its own, as on a server. Without that, an application context that the
    test has pushed for its session would be shared by the requests, and Flask-Login would remember in it who
    was signed in before.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return contextvars.Context().run(super().open, *args, **kwargs)

    def submit(
        self, address: str, data: dict[str, Any] | None = None, *, page: str | None = None, **kwargs: Any
    ) -> TestResponse:
        """Open the form's page (`page`, else the address itself), and post `data` with the token found there.

        Raises AssertionError when the page does not open or has no token.
        """
        token = self.csrf_token(page or address)
        return self.post(address, data={"csrf_token": token, **(data or {})}, **kwargs)

    def csrf_token(self, page: str) -> str:
        """The token in the page's forms, or in its `<meta name="csrf-token">`."""
        response = self.get(page, follow_redirects=True)
        assert response.status_code == 200, f"{page} answered {response.status}"
        finder = _TokenFinder()
        finder.feed(response.text)
        assert finder.token, f"{page} (at {response.request.path}) holds no CSRF token"
        return finder.token


class _TokenFinder(HTMLParser):
    """Reads the first CSRF token of a page."""

    token: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if self.token is None and tag == "input" and values.get("name") == "csrf_token":
            self.token = values.get("value")
        if self.token is None and tag == "meta" and values.get("name") == "csrf-token":
            self.token = values.get("content")
