"""The instance folder: what one running Carillon keeps, and the lock that makes it the only one."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_LOCK = "run.lock"
_SECRET = "secret-key"  # noqa: S105  (a file's name)


@dataclass(frozen=True)
class Running:
    """Who runs in the instance folder, and where to reach it."""

    pid: int
    address: str


class AlreadyRunning(Exception):
    """Another `make run` holds the instance folder."""

    def __init__(self, running: Running | None) -> None:
        super().__init__("already running")
        self.running = running


class Unwritable(Exception):
    """The instance folder cannot be made or written to; the message is the system's reason."""


@contextmanager
def held(instance: Path, address: str) -> Iterator[None]:
    """Hold the instance folder, for as long as the process lives at most: the kernel frees a dead one's lock.

    Raises AlreadyRunning, Unwritable.
    """
    try:
        instance.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(instance / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise Unwritable(error.strerror or str(error)) from None
    try:
        if not _locked(descriptor):
            raise AlreadyRunning(_holder(instance))
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "address": address}).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    """Take the lock; ask a few times, as someone may just be looking who holds it."""
    for _ in range(3):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(0.05)
    return False


def running(instance: Path) -> Running | None:
    """Who runs there now, if anyone."""
    try:
        descriptor = os.open(instance / _LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(instance)
    finally:
        os.close(descriptor)
    return None


def _holder(instance: Path) -> Running | None:
    with suppress(OSError, ValueError, KeyError):
        found = json.loads((instance / _LOCK).read_text())
        return Running(pid=int(found["pid"]), address=str(found["address"]))
    return None


def secret_key(instance: Path) -> str:
    """The development secret: made once, then kept, so that sessions survive a restart."""
    path = instance / _SECRET
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    kept = path.read_text().strip()
    if not kept:  # an earlier start was cut off between making the file and filling it
        path.unlink()
        return secret_key(instance)
    return kept


def port_is_free(host: str, port: int, patience: float = 0.0) -> bool:
    """Whether we could listen there, asked again for `patience` seconds: a killed server's children linger.

    Raises OSError when the host is not this machine's or the port needs rights we lack.
    """
    deadline = time.monotonic() + patience
    while True:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                return True
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.1)


def a_free_port(preferred: int = 0) -> int:
    """A loopback port nobody listens on now, the preferred one if it can be had."""
    if preferred and port_is_free("127.0.0.1", preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
