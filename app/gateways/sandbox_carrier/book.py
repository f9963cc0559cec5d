"""What the carrier must not forget, in a SQLite file: messages it accepted, and receipts it still owes.

One thread owns the file. Writes that arrive together are committed together, so that a commit per message
never sets the pace, and a message is answered only once its line is in the book.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

_KEPT_SECONDS = 3 * 24 * 3600
_TABLES = """
CREATE TABLE IF NOT EXISTS message (
    row INTEGER PRIMARY KEY, gateway_id TEXT NOT NULL, reference TEXT NOT NULL, number TEXT NOT NULL,
    sender_id TEXT, text TEXT NOT NULL, arrived REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS receipt (
    row INTEGER PRIMARY KEY, gateway_id TEXT NOT NULL, reference TEXT NOT NULL, status TEXT NOT NULL,
    error TEXT, callback_url TEXT NOT NULL, due REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS receipt_due ON receipt (callback_url, due);
"""

Result = TypeVar("Result")


class Acceptance(NamedTuple):
    """An accepted message, as inspection shows it. `arrived` is seconds since the epoch; `row` grows."""

    row: int
    gateway_id: str
    reference: str
    to: str
    sender_id: str | None
    text: str
    arrived: float


@dataclass(frozen=True, slots=True)
class OwedReceipt:
    """A receipt to post. `due` is seconds since the epoch."""

    gateway_id: str
    reference: str
    status: str
    error: str | None
    callback_url: str
    due: float
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A message to write down, with the receipts that it will bring."""

    gateway_id: str
    reference: str
    to: str
    sender_id: str | None
    text: str
    arrived: float
    receipts: Sequence[OwedReceipt]


class Book:
    """Belongs to one event loop. Every method may raise sqlite3.Error."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="carrier-book")
        self._file: sqlite3.Connection | None = None
        self._waiting: list[tuple[Line, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def open(self, now: float) -> None:
        """Open or make the file, and drop what is older than three days."""
        await self._in_thread(lambda: self._open(now))

    async def close(self) -> None:
        """Write down what waits, and close the file."""
        if self._writer is not None:
            await self._writer
        if self._file is not None:
            await self._in_thread(self._file.close)
        self._thread.shutdown()

    async def record(self, line: Line) -> None:
        """Write one message down. Returns once it is committed, together with others of the same moment."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((line, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await asyncio.shield(done)

    async def callback_urls(self) -> list[str]:
        """Every address that a receipt is owed to."""
        rows = await self._select("SELECT DISTINCT callback_url FROM receipt", ())
        return [url for (url,) in rows]

    async def due(self, callback_url: str, now: float, limit: int) -> list[OwedReceipt]:
        """The oldest receipts that this address should have by now."""
        rows = await self._select(
            "SELECT gateway_id, reference, status, error, callback_url, due, row FROM receipt"
            " WHERE callback_url = ? AND due <= ? ORDER BY due LIMIT ?",
            (callback_url, now, limit),
        )
        return [OwedReceipt(*row) for row in rows]

    async def settle(self, receipts: Sequence[OwedReceipt]) -> None:
        """Strike receipts off that their address has acknowledged."""
        rows = [(receipt.row,) for receipt in receipts]
        await self._in_thread(lambda: self._change("DELETE FROM receipt WHERE row = ?", rows))

    async def acceptances(self, after_row: int, limit: int) -> list[Acceptance]:
        """Accepted messages in the order in which they were written down, from after a row on."""
        return [Acceptance(*row) for row in await self._select(_ACCEPTANCES, (after_row, limit))]

    async def _write(self) -> None:
        """Commit what waits, again and again until nothing does."""
        while self._waiting:
            batch, self._waiting = self._waiting, []
            error: Exception | None = None
            try:
                await self._in_thread(partial(self._store, [line for line, _ in batch]))
            except sqlite3.Error as raised:
                error = raised
            for _, done in batch:
                if done.cancelled():
                    continue
                if error is None:
                    done.set_result(None)
                else:
                    done.set_exception(error)

    async def _select(self, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        return await self._in_thread(lambda: self._opened().execute(query, values).fetchall())

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    # From here on: in the book's own thread.

    def _open(self, now: float) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=10)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=NORMAL")
        self._file.executescript(_TABLES)
        self._change("DELETE FROM message WHERE arrived < ?", [(now - _KEPT_SECONDS,)])
        self._change("DELETE FROM receipt WHERE due < ?", [(now - _KEPT_SECONDS,)])

    def _opened(self) -> sqlite3.Connection:
        assert self._file is not None, "The book is not open."
        return self._file

    def _store(self, lines: Sequence[Line]) -> None:
        messages = [(x.gateway_id, x.reference, x.to, x.sender_id, x.text, x.arrived) for x in lines]
        receipts = [
            (x.gateway_id, x.reference, x.status, x.error, x.callback_url, x.due)
            for line in lines
            for x in line.receipts
        ]
        file = self._opened()
        file.execute("BEGIN IMMEDIATE")
        with file:
            file.executemany(
                "INSERT INTO message (gateway_id, reference, number, sender_id, text, arrived)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                messages,
            )
            file.executemany(
                "INSERT INTO receipt (gateway_id, reference, status, error, callback_url, due)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                receipts,
            )

    def _change(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        file = self._opened()
        file.execute("BEGIN IMMEDIATE")
        with file:
            file.executemany(statement, rows)


_ACCEPTANCES = (
    "SELECT row, gateway_id, reference, number, sender_id, text, arrived FROM message"
    " WHERE row > ? ORDER BY row LIMIT ?"
)


def acceptances_in(path: Path) -> list[Acceptance]:
    """All accepted messages in a book, open elsewhere or not."""
    file = sqlite3.connect(path, timeout=10)
    try:
        return [Acceptance(*row) for row in file.execute(_ACCEPTANCES, (0, -1))]
    finally:
        file.close()
