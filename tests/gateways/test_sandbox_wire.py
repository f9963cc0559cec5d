"""What the wire can do to a send: every kind of trouble has one outcome, and none raises."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, cast

import aiohttp
import pytest

from app.gateways.base import Accepted, Deferred, InDoubt, Outcome, Refused
from app.gateways.sandbox_carrier.running import RunningCarrier
from tests.gateways.peers import exchange, gateway_to, message, send

Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(peer: Peer) -> AsyncIterator[str]:
    """The peer's address; at the end every connection to it has come to its own."""
    lines: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.add(cast("asyncio.Task[None]", asyncio.current_task()))
        await peer(reader, writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await asyncio.gather(*lines)


def outcome_from(peer: Peer, seconds: float = 30) -> Outcome:
    """What a send to this peer ends with, when it may take so many seconds to answer."""

    async def run() -> Outcome:
        async with listening(peer) as url:
            [outcome] = await exchange(gateway_to(url, answer_timeout=seconds), message("+60123456701"))
            return outcome

    return asyncio.run(run())


def answering(raw: bytes) -> Peer:
    """A peer that reads a request and answers so."""

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.read(4096)
        writer.write(raw)
        await writer.drain()

    return peer


def http(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextlib.contextmanager
def unreachable() -> Iterator[str]:
    """An address whose backlog is full, so that nobody gets a connection."""
    with contextlib.ExitStack() as sockets:
        full = sockets.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        yield f"http://127.0.0.1:{full.getsockname()[1]}"


def test_nobody_listening_means_surely_not_sent() -> None:
    gateway = gateway_to(f"http://127.0.0.1:{free_port()}")

    assert send(gateway, message("+60123456701")) == [Deferred("unreachable")]


def test_a_name_that_leads_nowhere_means_surely_not_sent() -> None:
    gateway = gateway_to("http://carrier.invalid")

    assert send(gateway, message("+60123456701")) == [Deferred("unreachable")]


def test_a_carrier_that_does_not_take_the_connection_means_surely_not_sent() -> None:
    with unreachable() as url:
        assert send(gateway_to(url, answer_timeout=1), message("+60123456701")) == [Deferred("unreachable")]


def test_no_answer_in_time_is_in_doubt() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    assert outcome_from(silent, seconds=3) == InDoubt("timeout")


def test_a_reset_after_the_request_is_in_doubt() -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        line = writer.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    assert outcome_from(reset) == InDoubt("connection_lost")


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="hangs up"),
        pytest.param(b"HTTP/1.1 202 Accepted\r\nContent-Length: 20\r\n\r\n{", id="half a body"),
        pytest.param(b"HTTP/1.1 202 Acc", id="half a head"),
    ],
)
def test_an_answer_cut_short_is_in_doubt(raw: bytes) -> None:
    assert outcome_from(answering(raw)) == InDoubt("connection_lost")


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"220 smtp.example.com ESMTP\r\n\r\n", id="not HTTP"),
        pytest.param(http("202 Accepted", b"thanks"), id="not JSON"),
        pytest.param(http("202 Accepted", b"[1]"), id="not an object"),
        pytest.param(http("202 Accepted", b'{"id": 7}'), id="an id that is no text"),
        pytest.param(http("202 Accepted", b'{"id": "' + b"7" * 101 + b'"}'), id="an id too long to keep"),
        pytest.param(http("202 Accepted", b"[" * 60_000), id="nested without end"),
        pytest.param(http("202 Accepted", b"x" * 70_000), id="longer than any answer"),
    ],
)
def test_an_answer_that_makes_no_sense_is_in_doubt(raw: bytes) -> None:
    assert outcome_from(answering(raw)) == InDoubt("unreadable_answer")


@pytest.mark.parametrize(
    "status", ["200 OK", "307 Temporary Redirect", "418 Teapot", "500 Oops", "502 Bad", "503 Down"]
)
def test_a_status_without_a_documented_meaning_is_in_doubt(status: str) -> None:
    raw = http(status, b'{"id": "x"}', "Location: http://127.0.0.1:9/messages")

    assert outcome_from(answering(raw)) == InDoubt("gateway_failure")


@pytest.mark.parametrize(
    ("raw", "outcome"),
    [
        (http("202 Accepted", b'{"id": "abc"}'), Accepted("abc")),
        (http("422 No", b'{"error": "invalid_number"}'), Refused("invalid_number")),
        (http("400 Bad Request", b"what?"), Refused("rejected_request")),
        (http("401 Unauthorized"), Deferred("gateway_settings")),
        (http("429 Slow", b"", "Retry-After: 7"), Deferred("throttled", 7.0)),
        (http("429 Slow", b"", "Retry-After: Wed, 21 Oct 2026 07:28:00 GMT"), Deferred("throttled")),
        (http("429 Slow", b"", "Retry-After: 999999"), Deferred("throttled", 3600.0)),
        (http("503 Busy", b'{"error": "carrier_busy"}'), Deferred("carrier_busy")),
    ],
)
def test_a_documented_answer_means_what_the_table_says(raw: bytes, outcome: Outcome) -> None:
    assert outcome_from(answering(raw)) == outcome


def test_a_wrong_secret_sends_nothing(carrier: RunningCarrier) -> None:
    gateway = gateway_to(carrier.url, secret="somebody else's")

    assert send(gateway, message("+60123456701")) == [Deferred("gateway_settings")]
    assert carrier.accepted == []


def test_cancelling_a_send_passes_through_and_leaves_the_gateway_fit(carrier: RunningCarrier) -> None:
    async def run() -> Outcome:
        gateway = gateway_to(carrier.url, concurrency=1)
        await gateway.open()
        try:
            slow = asyncio.create_task(gateway.send(message("+60123456796")))
            await asyncio.sleep(0.1)
            slow.cancel()
            with pytest.raises(asyncio.CancelledError):
                await slow
            return await gateway.send(message("+60123456701"))
        finally:
            await gateway.close()

    assert isinstance(asyncio.run(run()), Accepted)


def test_no_more_connections_are_open_than_the_limit_says() -> None:
    open_now, most = 0, 0

    async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        while await reader.read(4096):
            await asyncio.sleep(0.05)
            writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 11\r\n\r\n" + b'{"id": "x"}')
        open_now -= 1

    async def run() -> list[Outcome]:
        async with listening(counting) as url:
            gateway = gateway_to(url, concurrency=12)
            await gateway.open()
            try:
                return await asyncio.gather(*(gateway.send(message("+60123456701")) for _ in range(80)))
            finally:
                await gateway.close()

    assert asyncio.run(run()) == [Accepted("x")] * 80
    assert most == 12


def test_connections_open_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    opening, most = 0, 0
    create = aiohttp.TCPConnector._create_connection

    async def counted(*arguments: Any) -> Any:
        nonlocal opening, most
        opening += 1
        most = max(most, opening)
        await asyncio.sleep(0.01)
        opening -= 1
        return await create(*arguments)

    monkeypatch.setattr(aiohttp.TCPConnector, "_create_connection", counted)

    async def run() -> list[Outcome]:
        async with listening(answering(http("400 No"))) as url:
            gateway = gateway_to(url)
            await gateway.open()
            try:
                return await asyncio.gather(*(gateway.send(message("+60123456701")) for _ in range(20)))
            finally:
                await gateway.close()

    assert asyncio.run(run()) == [Refused("rejected_request")] * 20
    assert most == 4


def test_a_crowd_before_a_carrier_out_of_reach_is_never_in_doubt() -> None:
    with unreachable() as url:

        async def run() -> list[Outcome]:
            gateway = gateway_to(url, answer_timeout=1)
            await gateway.open()
            try:
                return await asyncio.gather(*(gateway.send(message("+60123456701")) for _ in range(32)))
            finally:
                await gateway.close()

        assert asyncio.run(run()) == [Deferred("unreachable")] * 32
