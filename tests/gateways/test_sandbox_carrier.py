"""The carrier's own promises: it forgets no receipt, posts only to this machine, and stops cleanly."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.gateways.base import Accepted, Gateway, Refused
from app.gateways.sandbox_carrier.carrier import is_loopback
from app.gateways.sandbox_carrier.running import RunningCarrier
from tests.gateways.peers import Letterbox, gateway_to, message, send
from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]


def post(carrier: RunningCarrier, body: bytes, secret: str | None = None) -> tuple[int, bytes]:
    request = urllib.request.Request(
        f"{carrier.url}/messages",
        data=body,
        headers={"Authorization": f"Bearer {secret or carrier.secret}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def references(letterbox: Letterbox) -> list[str]:
    return sorted(receipt["reference"] for receipt in letterbox.receipts())


def test_receipts_come_in_batches(carrier: RunningCarrier, letterbox: Letterbox) -> None:
    letterbox.status = 503
    gateway = gateway_to(carrier.url, letterbox.url)
    sent = [message("+60123456701", f"ref-{number:03}") for number in range(450)]
    send(gateway, *sent)
    letterbox.status = 204

    letterbox.wait(lambda: len(letterbox.receipts()) == 450)
    sizes = [len(json.loads(body)["receipts"]) for _, body, status in letterbox.calls if status == 204]
    assert max(sizes) <= 200
    assert len(sizes) < 45
    assert references(letterbox) == [one.reference for one in sent]


@pytest.mark.parametrize("status", [500, 403, 307])
def test_a_receipt_not_acknowledged_comes_again(status: int, gateway: Gateway, letterbox: Letterbox) -> None:
    letterbox.status = status
    letterbox.location = letterbox.url
    send(gateway, message("+60123456701"))
    letterbox.wait(lambda: len(letterbox.calls) >= 1)
    letterbox.status = 204

    letterbox.wait(lambda: len(letterbox.receipts()) == 1)
    assert references(letterbox) == ["ref-1"]


def test_an_address_that_is_down_holds_up_no_other(carrier: RunningCarrier, letterbox: Letterbox) -> None:
    send(gateway_to(carrier.url, "http://127.0.0.1:9/"), message("+60123456701", "nowhere"))
    send(gateway_to(carrier.url, letterbox.url), message("+60123456701", "here"))

    letterbox.wait(lambda: references(letterbox) == ["here"])


def test_a_restart_loses_no_receipt_and_no_memory(carrier: RunningCarrier, letterbox: Letterbox) -> None:
    letterbox.status = 503
    gateway = gateway_to(carrier.url, letterbox.url)
    send(gateway, message("+60123456701", "before"))
    letterbox.wait(lambda: len(letterbox.calls) > 0)
    carrier.stop()
    letterbox.status = 204
    carrier.start()

    assert isinstance(send(gateway, message("+60123456701", "after"))[0], Accepted)
    letterbox.wait(lambda: references(letterbox) == ["after", "before"])
    assert [taken.reference for taken in carrier.accepted] == ["before", "after"]


@pytest.mark.parametrize(
    "callback", ["http://example.com/c", "http://10.0.0.7/c", "ftp://127.0.0.1/c", "http://127.0.0.1.nip.io/"]
)
def test_receipts_go_to_this_machine_only(callback: str, carrier: RunningCarrier) -> None:
    assert send(gateway_to(carrier.url, callback), message("+60123456701")) == [Refused("callback_not_local")]
    assert carrier.accepted == []


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/x", "http://127.9.9.9/", "http://[::1]:5/", "http://localhost/"]
)
def test_loopback_addresses_are_told_apart(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"[" * 50_000,
        b'{"reference": "r", "to": "60123", "text": "x", "callback_url": "http://127.0.0.1/"}',
        b'{"reference": "", "to": "+60123", "text": "x", "callback_url": "http://127.0.0.1/"}',
        b'{"reference": "r", "to": "+60123", "text": 5, "callback_url": "http://127.0.0.1/"}',
    ],
)
def test_a_malformed_message_is_answered_with_a_reason(body: bytes, carrier: RunningCarrier) -> None:
    status, answer = post(carrier, body)

    assert status == 400
    assert json.loads(answer)["error"]
    assert carrier.accepted == []


def test_inspection_lists_what_was_accepted_since_a_row(carrier: RunningCarrier, gateway: Gateway) -> None:
    send(gateway, *[message("+60123456795", f"ref-{number}") for number in range(3)])
    request = urllib.request.Request(
        f"{carrier.url}/messages?since=1", headers={"Authorization": f"Bearer {carrier.secret}"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        listed = json.load(answer)

    assert [one["reference"] for one in listed["messages"]] == ["ref-1", "ref-2"]
    assert listed["since"] == 3


def test_a_taken_port_fails_at_the_start(carrier: RunningCarrier, tmp_path: Path) -> None:
    second = RunningCarrier(folder=tmp_path, port=int(carrier.url.rpartition(":")[2]))
    with pytest.raises(OSError, match="in use"):
        second.start()
    second.stop()


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    running = Program(tmp_path)
    yield running
    running.end(signal.SIGKILL)


class Program:
    """The carrier as `make run` starts it."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._environment = os.environ | {
            "CARILLON_ENV": "test",
            "CARILLON_INSTANCE": str(folder),
            "SANDBOX_URL": self.url,
            "SANDBOX_SECRET": "sandbox-secret",
            "SANDBOX_LATENCY": "0",
            "SANDBOX_RECEIPTS_AFTER": "0.4-0.5",
        }
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> str:
        """Start it; returns the first line that it prints."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app.gateways.sandbox_carrier"],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def end(self, number: signal.Signals | None = None) -> int:
        """Signal it, if asked to, and wait for its end; returns its exit code."""
        if self._process is None:
            return 0
        if number is not None:
            self._process.send_signal(number)
        code = self._process.wait(timeout=PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code


@pytest.mark.slow
def test_killed_outright_the_carrier_still_brings_its_receipts(
    program: Program, letterbox: Letterbox
) -> None:
    assert program.url in program.start()
    gateway = gateway_to(program.url, letterbox.url)
    outcomes = send(gateway, *[message("+60123456701", f"ref-{number}") for number in range(20)])
    program.end(signal.SIGKILL)
    program.start()

    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    letterbox.wait(lambda: len(set(references(letterbox))) == 20)
    assert program.end(signal.SIGTERM) == 0


@pytest.mark.slow
def test_a_taken_port_gets_one_clear_line(program: Program) -> None:
    host, _, port = program.url.removeprefix("http://").partition(":")
    with socket.create_server((host, int(port))):
        line = program.start()

    assert "port is taken" in line
    assert "SANDBOX_URL=" in line
    assert program.end() == 1
