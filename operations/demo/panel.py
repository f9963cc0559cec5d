"""A client of the panel over HTTP: cookies, redirects, and forms sent with everything that their page put in them."""

from __future__ import annotations

import http.client
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar

from operations.demo.pages import Form, Page, read_page

_PATIENCE = 30.0


class PanelFailed(Exception):
    """The panel did not do what was asked. The message says what it answered."""


@dataclass(frozen=True)
class Attachment:
    """A file to upload."""

    name: str
    content: bytes
    mimetype: str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Panel:
    """One signed-out browser at the panel's address; every method may raise PanelFailed."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        jar = urllib.request.HTTPCookieProcessor(CookieJar())
        # No proxy: the panel is asked directly, as a browser on this machine does.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), jar)

    def open(self, path: str) -> Page:
        """Get a page, following redirects."""
        return self._ask(urllib.request.Request(self._absolute(path)))  # noqa: S310  (our own http address)

    def send(
        self, form: Form, values: Mapping[str, str], files: Mapping[str, Attachment] | None = None
    ) -> Page:
        """Send a form with these values in place of its own."""
        body, mimetype = _multipart({**form.values, **values}, files or {})
        request = urllib.request.Request(  # noqa: S310
            self._absolute(form.action), data=body, headers={"Content-Type": mimetype}, method="POST"
        )
        return self._ask(request)

    def _absolute(self, path: str) -> str:
        address = urllib.parse.urljoin(self.address + "/", path)
        if not address.startswith(self.address):
            raise PanelFailed(f"The page leads away from the panel, to {address}.")
        return address

    def _ask(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=_PATIENCE) as answer:
                return read_page(answer.read().decode(), answer.geturl(), answer.status)
        except urllib.error.HTTPError as error:
            page = read_page(error.read().decode(errors="replace"), request.full_url, error.code)
            words = "; ".join(page.problems) or error.reason
            raise PanelFailed(f"{request.full_url} answered {error.code}: {words}") from None
        except (OSError, http.client.HTTPException) as error:
            raise PanelFailed(f"{request.full_url} did not answer: {error}") from None


def _multipart(values: Mapping[str, str], files: Mapping[str, Attachment]) -> tuple[bytes, str]:
    """The body and its type. Source: RFC 7578."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in values.items()
    ]
    for name, file in files.items():
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file.name}"\r\n'
            f"Content-Type: {file.mimetype}\r\n\r\n"
        )
        parts.append(head.encode() + file.content + b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"
