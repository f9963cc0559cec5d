"""The job of the job-per-message baseline in `benchmarks.dispatch`: send one message, write one status."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3

import psycopg

from app.gateways.registry import make_gateway
from benchmarks._campaign import outgoing


def send_one(number: int) -> None:
    """One message, the way a first design would do it: a job, a connection, a commit of its own."""
    kind, settings = os.environ["BASELINE_KIND"], json.loads(os.environ["BASELINE_SETTINGS"])

    async def once() -> None:
        gateway = make_gateway(kind, settings, callback_url="http://127.0.0.1:9/")
        await gateway.open()
        await gateway.send(outgoing(kind, number))
        await gateway.close()

    asyncio.run(once())
    database = os.environ["BASELINE_DATABASE"]
    if database.startswith("postgresql:"):
        with psycopg.connect(database) as connection:
            connection.execute("UPDATE baseline SET status = 'accepted' WHERE id = %s", (number,))
        return
    with sqlite3.connect(database, timeout=15) as connection:
        connection.execute("UPDATE baseline SET status = 'accepted' WHERE id = ?", (number,))
