"""Local carriers for the gateways, each in a process of its own, so that they do not share the client's interpreter.

`python -m benchmarks._peers KIND DELAY` starts one, writes the gateway's settings to its first line and runs until its
input ends. DELAY is how long an SMPP answer takes, in milliseconds. They are the same peers that tests/gateways uses.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

KINDS: Final = ("sandbox", "http", "kannel", "smpp", "whatsapp")


class NotHere(Exception):
    """The machine lacks what this peer needs."""


@dataclass(frozen=True)
class Peer:
    settings: dict[str, Any]
    pid: int


@contextmanager
def running_peer(kind: str, delay: int = 0) -> Iterator[Peer]:
    """A peer that listens. Raises NotHere, with what is missing."""
    command = [sys.executable, "-m", "benchmarks._peers", kind, str(delay)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        said = json.loads(process.stdout.readline() or '{"missing": "it did not start"}')
        if "missing" in said:
            process.wait()
            raise NotHere(said["missing"])
        try:
            yield Peer(said["settings"], process.pid)
        finally:
            process.stdin.close()
            process.wait()


@contextmanager
def _sandbox(_delay: int) -> Iterator[dict[str, Any]]:
    """Its receipts come too late to be in the way; it commits each message that it accepts to a file of its own."""
    with socket.socket() as listener, tempfile.TemporaryDirectory() as folder:
        listener.bind(("127.0.0.1", 0))
        url, secret = f"http://127.0.0.1:{listener.getsockname()[1]}", secrets.token_hex(8)
        listener.close()
        environment = os.environ | {
            "CARILLON_ENV": "test", "CARILLON_INSTANCE": folder, "SANDBOX_URL": url, "SANDBOX_SECRET": secret,
            "SANDBOX_LATENCY": "0", "SANDBOX_RECEIPTS_AFTER": "3600-3600",
        }  # fmt: skip
        command = [sys.executable, "-m", "app.gateways.sandbox_carrier"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as carrier:
            assert carrier.stdout is not None
            carrier.stdout.readline()  # it says where it listens once it does
            yield {"url": url, "secret": secret}
            carrier.terminate()


@contextmanager
def _http(_delay: int) -> Iterator[dict[str, Any]]:
    from tests.gateways.http.carrier import GOOD, running_carrier

    with running_carrier() as carrier:
        yield GOOD | {"url": f"{carrier.url}/sms/3/messages"}


@contextmanager
def _kannel(_delay: int) -> Iterator[dict[str, Any]]:
    from tests.gateways.kannel.box import PASSWORD, RECEIPT_SECRET, USERNAME, missing, running_kannel

    if (lacks := missing()) is not None:
        raise NotHere(lacks)
    with tempfile.TemporaryDirectory() as folder, running_kannel(Path(folder)) as kannel:
        kannel.answer_as_carrier()
        yield {
            "url": kannel.url, "username": USERNAME, "password": PASSWORD, "receipt_secret": RECEIPT_SECRET,
        }  # fmt: skip


@contextmanager
def _smpp(delay: int) -> Iterator[dict[str, Any]]:
    from tests.gateways.smpp.carrier import PASSWORD, SYSTEM_ID, Missing, fetched_peer, running_carrier

    try:
        fetched_peer()
    except Missing as lacks:
        raise NotHere(str(lacks)) from lacks
    with running_carrier() as carrier:
        carrier.order("usual", how={"delay": delay})
        yield {"host": "127.0.0.1", "port": carrier.port, "system_id": SYSTEM_ID, "password": PASSWORD}


@contextmanager
def _whatsapp(_delay: int) -> Iterator[dict[str, Any]]:
    from tests.gateways.whatsapp.graph import GOOD, running_graph

    with running_graph() as graph:
        yield GOOD | {"url": graph.url, "recipients_per_day": 0}  # no limit


_RUNNING: Final = {
    "sandbox": _sandbox,
    "http": _http,
    "kannel": _kannel,
    "smpp": _smpp,
    "whatsapp": _whatsapp,
}


def main(kind: str, delay: int) -> None:
    try:
        with _RUNNING[kind](delay) as settings:
            print(json.dumps({"settings": settings}), flush=True)
            sys.stdin.read()
    except NotHere as lacks:
        print(json.dumps({"missing": str(lacks)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
