"""Debian's Kannel on loopback: a bearerbox, a smsbox, and a carrier behind its fake SMSC connection that is us."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.gateways.base import Gateway
from app.gateways.registry import make_gateway
from tests.waiting import PATIENCE, until

USERNAME = "carillon"
PASSWORD = "kannel-password"
RECEIPT_SECRET = "a-long-secret-for-the-receipts"
REPLY_SECRET = "another-long-secret-for-replies"
NO_WAY = "+44"  # the connection does not take numbers that begin so

_CONFIGURATION = """
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = admin
smsbox-port = {smsbox}
box-allow-ip = 127.0.0.1
dlr-storage = internal
log-file = {folder}/bearerbox.log
log-level = 0

group = smsc
smsc = fake
smsc-id = fake
port = {carrier}
connect-allow-ip = 127.0.0.1
denied-prefix = {no_way}

group = smsbox
smsbox-id = box
bearerbox-host = 127.0.0.1
bearerbox-port = {smsbox}
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
log-file = {folder}/smsbox.log
log-level = 0
http-request-retry = 20
http-queue-delay = 1

group = sendsms-user
username = {username}
password = {password}
max-messages = 6
concatenation = true
"""

# As docs/gateways.md has it.
_REPLIES = """
group = smsbox-route
smsbox-id = box
smsc-id = fake

group = sms-service
keyword = default
post-url = "{address}?token={secret}"
send-sender = true
max-messages = 0
"""


@dataclass
class Kannel:
    """Running boxes. `lines` is what came out at the carrier's end, as Kannel's fake SMSC protocol writes it."""

    url: str
    carrier_port: int
    lines: list[str] = field(default_factory=list)
    _line: socket.socket | None = None

    def gateway(self, callback_url: str = "http://127.0.0.1:9/callbacks/r", **settings: object) -> Gateway:
        given = {
            "url": self.url,
            "username": USERNAME,
            "password": PASSWORD,
            "receipt_secret": RECEIPT_SECRET,
            "answer_timeout": 8,
            **settings,
        }
        return make_gateway("kannel", given, callback_url=callback_url)

    def answer_as_carrier(self) -> None:
        """Connect as the phone network's end; what Kannel sends is kept in `lines`."""
        self._line = _connect(self.carrier_port)
        self._line.settimeout(None)  # nothing may come for as long as other folders' tests take
        threading.Thread(target=self._listen, args=(self._line,), daemon=True).start()

    def say(self, line: str) -> None:
        """A phone sends a message: `sender receiver text words`."""
        assert self._line is not None
        self._line.sendall(f"{line}\n".encode())

    def wait_for(self, words: str) -> None:
        """Until such a text has come out at the carrier's end."""
        until(
            lambda: any(line.endswith(words) for line in self.lines),
            why=lambda: f"Only this came out: {self.lines}",
        )

    def hang_up(self) -> None:
        if self._line is not None:
            self._line.shutdown(socket.SHUT_RDWR)
            self._line.close()
            self._line = None

    def _listen(self, line: socket.socket) -> None:
        try:
            with line.makefile("rb") as reader:
                for raw in reader:
                    self.lines.append(raw.decode("utf-8", "replace").rstrip("\n"))
        except OSError:
            return


def missing() -> str | None:
    """What the machine lacks for these tests."""
    found = all(
        shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/sbin") for name in ("bearerbox", "smsbox")
    )
    return None if found else "Kannel is not installed: apt-get install kannel"


@contextmanager
def running_kannel(folder: Path, replies_to: str | None = None) -> Iterator[Kannel]:
    """Both boxes, up and connected to each other. What phones send goes to the address, where there is one."""
    ports = dict(zip(("admin", "smsbox", "carrier", "sendsms"), _free_ports(4), strict=True))
    configuration = folder / "kannel.conf"
    lines = _CONFIGURATION.format(folder=folder, no_way=NO_WAY, username=USERNAME, password=PASSWORD, **ports)
    if replies_to is not None:
        lines += _REPLIES.format(address=replies_to, secret=REPLY_SECRET)
    configuration.write_text(lines)
    bearerbox = _start("bearerbox", configuration)
    try:
        _connect(ports["smsbox"]).close()
        smsbox = _start("smsbox", configuration)
        try:
            _connect(ports["sendsms"]).close()
            kannel = Kannel(
                f"http://127.0.0.1:{ports['sendsms']}/cgi-bin/sendsms",
                ports["carrier"],
            )
            yield kannel
            kannel.hang_up()
        finally:
            _stop(smsbox)
    finally:
        _stop(bearerbox)


def _start(box: str, configuration: Path) -> subprocess.Popen[bytes]:
    program = shutil.which(box, path="/usr/sbin:/usr/bin:/usr/local/sbin")
    assert program is not None
    return subprocess.Popen(
        [program, "-v", "4", str(configuration)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=configuration.parent,
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Not gently: its own way out takes seconds, and nothing of it is kept."""
    process.kill()
    process.wait()


def _connect(port: int) -> socket.socket:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        except OSError:
            assert time.monotonic() < deadline, f"Kannel never listened on {port}"
            time.sleep(0.02)


def _free_ports(count: int) -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [listener.getsockname()[1] for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()
