"""The job of the job-per-message baseline in `benchmarks.dispatch`: send one message, write one status."""

from __future__ import annotations

import asyncio
import os
import sqlite3

from app.gateways.base import OutgoingMessage
from app.gateways.registry import make_gateway


def send_one(number: int) -> None:
    """One message, the way a first design would do it: a job, a connection, a commit of its own."""
    settings = {"url": os.environ["SANDBOX_URL"], "secret": os.environ["SANDBOX_SECRET"]}

    async def once() -> None:
        gateway = make_gateway("sandbox", settings, callback_url="http://127.0.0.1:9/")
        await gateway.open()
        await gateway.send(OutgoingMessage(f"job.{number}", f"+6141{number:07d}"[:-2] + "00", "Lunch", None))
        await gateway.close()

    asyncio.run(once())
    with sqlite3.connect(os.environ["BASELINE_DATABASE"], timeout=15) as connection:
        connection.execute("UPDATE message SET status = 'accepted' WHERE id = ?", (number,))
