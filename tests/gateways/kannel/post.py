"""A server on loopback that answers as told: as a smsbox would, or as the place where receipts arrive."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from werkzeug.serving import make_server

from app.gateways.base import Callback
from tests.gateways.serving import QuietHandler, serving

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATIENCE = 30.0


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
        deadline = time.monotonic() + PATIENCE
        while not enough():
            assert time.monotonic() < deadline, f"Only this came: {self.calls}"
            time.sleep(0.01)


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

    with serving(Handler) as address:
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
        deadline = time.monotonic() + PATIENCE
        while self.answered.count(status) < times:
            assert time.monotonic() < deadline, f"Only these were answered: {self.answered}"
            time.sleep(0.01)


@contextmanager
def open_door() -> Iterator[Door]:
    door = Door()
    server = make_server("127.0.0.1", 0, door, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        door.url = f"http://127.0.0.1:{server.server_port}"
        yield door
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
