"""`python -m benchmarks._pump_peak DATABASE ROUTE COUNT`: pump a route to nowhere, and say how much memory it took.

Two numbers of bytes, before the first message and at the peak.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path

from sqlalchemy import create_engine

from app.database import configure_engine
from app.gateways.base import (
    Accepted,
    Callback,
    Capabilities,
    DeliveryReport,
    OnReports,
    Outcome,
    OutgoingMessage,
)
from app.sending import task_notices
from benchmarks._pumping import pumped
from jobs import interpreter


class Nowhere:
    """A gateway that accepts everything at once."""

    capabilities = Capabilities(False, False, True, 32, True, 5.0)

    async def open(self, on_reports: OnReports | None = None) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def send(self, message: OutgoingMessage) -> Outcome:
        return Accepted(message.reference)

    def read_receipts(self, callback: Callback, now: datetime) -> list[DeliveryReport]:
        return []


def main(arguments: Sequence[str]) -> None:
    engine = create_engine(arguments[0])
    configure_engine(engine)
    interpreter.prepare()
    task_notices.tell_finished = lambda *_: None  # no Redis here, and no memory of the pump's
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew: the imports had one of their own
    before = _peak()
    pumped(engine, int(arguments[1]), Nowhere(), int(arguments[2]), nullcontext)
    print(before, _peak())


def _peak() -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


if __name__ == "__main__":
    main(sys.argv[1:])
