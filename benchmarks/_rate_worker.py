"""A worker that pumps one route in short slices until nothing is due: `python -m benchmarks._rate_worker`.

Any number of these may run at once: whoever gets the lease pumps, and gives it back after a slice. At the end each
writes when its messages left, as JSON: seconds on the machine's monotonic clock, at the moment when the pump handed
the message to the gateway.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import sys
import time
from typing import Any

import structlog
import uvloop
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app import queues
from app.database import configure_engine
from app.gateways.registry import make_gateway
from app.models import Route
from app.sending.dispatch.claims import Spans
from app.sending.dispatch.pump import Pump

SECRET = "benchmark-of-the-rate-24-letters"


departures: list[float] = []


def noting(send: Any) -> Any:
    """The gateway's `send`, after a note of the moment."""

    def sent(message: Any) -> Any:
        departures.append(time.monotonic())
        return send(message)

    return sent


async def main(database: str, route_id: int, url: str, slice_seconds: float, until: float) -> None:
    """Pump, or wait for the turn to, until that time (on `time.time`)."""
    queues.enqueue = lambda *_: None  # type: ignore[assignment]  # here nobody works on what notices ask for
    engine = create_engine(database)
    configure_engine(engine)
    with Session(engine) as session:
        rate = session.get_one(Route, route_id).rate
    settings = {"url": url, "username": "u", "password": "p", "receipt_secret": SECRET}
    while time.time() < until:
        gateway: Any = make_gateway("kannel", settings, callback_url="http://127.0.0.1:9/")
        gateway.send = noting(gateway.send)
        pump = Pump(
            engine,
            route_id,
            gateway,
            rate,
            holder=secrets.token_hex(8),
            slice_seconds=slice_seconds,
            spans=Spans(),
            should_yield=lambda: True,
        )
        turn = await pump.run()
        if not turn.had_lease:
            await asyncio.sleep(0.02)
        elif turn.sent == 0:
            return


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    uvloop.run(
        main(sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4]), time.time() + float(sys.argv[5]))
    )
    print(json.dumps(departures))
