"""A server on loopback that answers as told: as a smsbox would, or as the place where receipts arrive."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from app.gateways.base import Callback
from tests.loopback import QuietHandler, serving, serving_handler
from tests.waiting import until

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass
class Post:
    """Answers with the next of `answers`, (status, body), and with the last of them for good."""

    url: str = ""
    answers: list[tuple[int, str]] = field(default_factory=lambda: [(200, "")])
    delay: float = 0.0
    hang_up: bool = False
    calls: list[Callback] = field(default_factory=list)

    def next_answer(self) -> tuple[int, str]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def wait(self, enough: Callable[[], bool]) -> None:
        until(enough, why=lambda: f"Only this came: {self.calls}")


@contextmanager
def open_post() -> Iterator[Post]:
    post = Post()

    class Handler(QuietHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
            callback = Callback(self.command, dict(self.headers), query, body, self.client_address[0])
            post.calls.append(callback)
            time.sleep(post.delay)
            if post.hang_up:
                self.close_connection = True
                return
            status, words = post.next_answer()
            self.send_response(status)
            self.send_header("Content-Length", str(len(words)))
            self.end_headers()
            self.wfile.write(words.encode())

        do_GET = do_POST = _take

    with serving_handler(Handler) as address:
        post.url = f"{address}/place"
        yield post


@dataclass
class Door:
    """An address that is there before any test is: whoever knocks is let in to the application of the moment."""

    url: str = ""
    application: WSGIApplication | None = None
    answered: list[str] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Nobody at home is an answer, too."""

        def noting(status: str, *rest: Any) -> Any:
            self.answered.append(status.partition(" ")[0])
            return start_response(status, *rest)

        if self.application is not None:
            return self.application(environ, noting)
        noting("503 Service Unavailable", [("Content-Length", "0")])
        return [b""]

    def wait(self, status: str, times: int = 1) -> None:
        until(
            lambda: self.answered.count(status) >= times,
            why=lambda: f"Only these were answered: {self.answered}",
        )


@contextmanager
def open_door() -> Iterator[Door]:
    door = Door()
    with serving(door) as door.url:
        yield door
