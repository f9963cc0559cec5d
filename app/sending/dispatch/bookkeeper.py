"""The pump's way to the database: short transactions on threads of its own, while the event loop serves the wire.

PostgreSQL gets two lanes, so that the next messages are fenced while outcomes are written. SQLite has one writer at a
time, and would make the second lane wait in sleeps that grow: it gets one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from enum import Enum
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.database import write_transaction

log = structlog.get_logger()

T = TypeVar("T")

Context = Callable[[], AbstractContextManager[object]]

# A minute: an answer that cannot be written down leaves its message in doubt, and a full disk or a failover takes time.
_GAPS: Final = (0.1, 0.5, 2.0, *[5.0] * 11)


class Lane(Enum):
    """What goes out, and what comes back. Writes of one lane follow each other."""

    OUT = "out"
    BACK = "back"


class Bookkeeper:
    """Runs each function in one transaction, again when the database was away for a moment."""

    def __init__(self, engine: Engine, route_id: int, context: Context) -> None:
        """Every transaction runs inside a `context` of its own: what it wants done after its commit may need one."""
        self._engine = engine
        self._context = context
        self._route_id = route_id
        one = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pump-out")
        alone = engine.dialect.name == "sqlite"
        other = one if alone else ThreadPoolExecutor(max_workers=1, thread_name_prefix="pump-back")
        self._lanes = {Lane.OUT: one, Lane.BACK: other}

    async def write(self, function: Callable[..., T], *arguments: Any, lane: Lane = Lane.OUT) -> T:
        """What `function(session, *arguments)` returns, once that is committed.

        Raises what it raises, and OperationalError when the database stays away.
        """
        loop = asyncio.get_running_loop()
        for gap in _GAPS:
            try:
                return await loop.run_in_executor(self._lanes[lane], self.transact, function, arguments)
            except OperationalError as error:
                log.warning("database_away", route=self._route_id, error=str(error.orig))
                await asyncio.sleep(gap)
        return await loop.run_in_executor(self._lanes[lane], self.transact, function, arguments)

    def transact(self, function: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        """One transaction, here and now."""
        with self._context(), Session(self._engine) as session, write_transaction(session):
            return function(session, *arguments)

    def close(self) -> None:
        """End the threads, once what they were given is done."""
        for lane in set(self._lanes.values()):
            lane.shutdown()
