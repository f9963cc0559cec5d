"""A carrier in a thread, for tests and benchmarks that want a real peer on a real socket."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType

from app.gateways.sandbox_carrier.book import Acceptance, acceptances_in
from app.gateways.sandbox_carrier.carrier import Carrier, Manners

_HOST = "127.0.0.1"
_START_SECONDS = 10.0
BOOK_NAME = "sandbox_carrier.db"


class RunningCarrier:
    """`with RunningCarrier() as carrier:` a quick carrier at `carrier.url`, stopped at the end.

    `stop` and `start` in between restart it, at the same port and with the same book; `manners` may change
    while it runs. Without a `folder` the book is temporary.
    """

    def __init__(
        self,
        *,
        secret: str = "sandbox-secret",  # noqa: S107  # this carrier is a toy that lives as long as its test
        latency: float = 0.0,
        receipts_after: tuple[float, float] = (0.02, 0.06),
        folder: Path | None = None,
        port: int = 0,
    ) -> None:
        self.secret = secret
        self.manners = Manners(
            latency=latency, slow=0.3, receipts_after=receipts_after, receipt_interval=0.02
        )
        self._temporary = tempfile.TemporaryDirectory() if folder is None else None
        self._folder = Path(self._temporary.name) if self._temporary is not None else folder
        self._port = port
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None

    @property
    def url(self) -> str:
        """Where it listens, or did."""
        return f"http://{_HOST}:{self._port}"

    @property
    def accepted(self) -> list[Acceptance]:
        """Every message it ever took, over its restarts, in the order in which they were written down."""
        return acceptances_in(self._book)

    @property
    def _book(self) -> Path:
        assert self._folder is not None
        return self._folder / BOOK_NAME

    def start(self) -> None:
        """Listen. Raises what kept it from doing so, such as OSError for a taken port."""
        started: Future[int] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._live(started)), name="sandbox-carrier", daemon=True
        )
        self._thread.start()
        self._port = started.result(timeout=_START_SECONDS)

    def stop(self) -> None:
        """Stop listening and write everything down. Harmless when stopped already."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        if self._loop is not None and self._end is not None and thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
        thread.join()

    def __enter__(self) -> RunningCarrier:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._temporary is not None:
            self._temporary.cleanup()

    async def _live(self, started: Future[int]) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        carrier = Carrier(self._book, self.secret, self.manners)
        try:
            started.set_result(await carrier.start(_HOST, self._port))
            await self._end.wait()
        except OSError as error:
            started.set_exception(error)
        finally:
            await carrier.stop()
