"""A gateway that does nothing but note when each message arrives: `python -m benchmarks._arrivals`.

It speaks as much of Kannel's sendsms as the pump needs, prints its port, and answers GET /arrivals with the arrival
times (seconds on its own monotonic clock, as JSON), forgetting them.
"""

from __future__ import annotations

import asyncio
import json
import time

import uvloop

arrivals: list[float] = []
_ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 22\r\n\r\n0: Accepted for delive"


class Peer(asyncio.Protocol):
    """One kept connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.WriteTransport = transport  # type: ignore[assignment]
        self._heard = b""

    def data_received(self, data: bytes) -> None:
        moment = time.monotonic()
        self._heard += data
        while b"\r\n\r\n" in self._heard:
            head, self._heard = self._heard.split(b"\r\n\r\n", 1)
            if head.startswith(b"GET /arrivals"):
                body = json.dumps(arrivals).encode()
                arrivals.clear()
                self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            else:
                arrivals.append(moment)
                self._transport.write(_ACCEPTED)


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(Peer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve())
