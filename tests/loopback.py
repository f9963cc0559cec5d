"""Servers on loopback, each in a thread of its own: started, told where they listen, and stopped."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer
from typing import TYPE_CHECKING

from aiohttp import web
from werkzeug.serving import make_server

from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class QuietHandler(BaseHTTPRequestHandler):
    """Keeps connections open, and says nothing on the console."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def serving(application: WSGIApplication) -> Iterator[str]:
    """A web application as a server runs it; yields its address."""
    with _in_a_thread(make_server("127.0.0.1", 0, application, threaded=True)) as address:
        yield address


@contextmanager
def serving_handler(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server of the standard library; yields its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.block_on_close = False
    with _in_a_thread(server) as address:
        yield address


@contextmanager
def serving_aiohttp(application: web.Application) -> Iterator[str]:
    """An application of aiohttp; yields its address."""
    loop, ready, addresses = asyncio.new_event_loop(), threading.Event(), []

    async def listen() -> web.AppRunner:
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        addresses.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        ready.set()
        return runner

    def run() -> None:
        runner = loop.run_until_complete(listen())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield addresses[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@contextmanager
def _in_a_thread(server: BaseServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
