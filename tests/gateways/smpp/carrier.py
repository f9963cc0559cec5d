"""A carrier of another maker's: the npm package smpp, fetched as locked in `smpp-peer/`, run by node."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.gateways.base import Gateway
from app.gateways.registry import make_gateway
from tests.npm_packages import Missing, fetched
from tests.waiting import PATIENCE, until

__all__ = ["Carrier", "Missing", "fetched_peer", "running_carrier"]

SYSTEM_ID = "carillon"
PASSWORD = "smpp-pw"
_PEER = Path(__file__).parent / "smpp-peer"


def fetched_peer() -> Path:
    """A folder of the cache with the server and its packages. Raises Missing."""
    folder = fetched(_PEER)
    shutil.copy(_PEER / "server.js", folder / "server.js")
    return folder


class Carrier:
    """A running server. `events` is all that it told, in order."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.events: list[dict[str, Any]] = []
        self._process = process
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.port: int = self.wait("listening")["port"]

    def told(self, event: str) -> list[dict[str, Any]]:
        return [told for told in list(self.events) if told["event"] == event]

    def heard(self, event: str) -> list[dict[str, Any]]:
        """All of these that it saw until now: what it tells is on its way for a moment."""
        self.order("nothing")
        return self.told(event)

    def wait(self, event: str, count: int = 1) -> dict[str, Any]:
        """The `count`th of these events; fails the test when it never comes."""
        self.until(lambda: len(self.told(event)) >= count)
        return self.told(event)[count - 1]

    def until(self, enough: Callable[[], bool]) -> None:
        until(enough, why=lambda: f"Only this came: {self.events}")

    def order(self, do: str, **fields: object) -> None:
        """Tell it what to do, and wait until it has heard."""
        before = len(self.told("done"))
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **fields}) + "\n")
        self._process.stdin.flush()
        self.wait("done", before + 1)

    def answers(self, *answers: dict[str, object]) -> None:
        """How it answers the next submits; afterwards it accepts."""
        self.order("script", answers=answers)

    def deliver(self, *receipts: dict[str, object]) -> None:
        self.order("deliver", receipts=receipts)

    def gateway(self, **settings: object) -> Gateway:
        given: dict[str, object] = {
            "host": "127.0.0.1",
            "port": self.port,
            "system_id": SYSTEM_ID,
            "password": PASSWORD,
            "answer_timeout": 5,
            **settings,
        }
        return make_gateway("smpp", given, callback_url="http://127.0.0.1:9/callbacks/r")

    def stop_listening(self) -> None:
        """Hear what a killed server still said, before its pipe is closed."""
        self._listener.join(PATIENCE)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.events.append(json.loads(line))


@contextmanager
def running_carrier(**given: object) -> Iterator[Carrier]:
    """`given`: port, first_id, hex (ids in hexadecimal), tls (key and cert, as files)."""
    folder = fetched_peer()
    told = json.dumps({"system_id": SYSTEM_ID, "password": PASSWORD, **given})
    with subprocess.Popen(
        ["node", str(folder / "server.js"), told],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            carrier = Carrier(process)
            yield carrier
            process.kill()
            carrier.stop_listening()
        finally:
            process.kill()
