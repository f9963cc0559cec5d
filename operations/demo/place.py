"""Where the demo runs: on a Carillon that runs already, or on a temporary one of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from operations import instance

ROOT = Path(__file__).resolve().parent.parent.parent
_READY_WITHIN = 120.0
_STOPPED_WITHIN = 40.0
# Settings that would tie a temporary instance to somebody's own data.
_NOT_INHERITED = ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "UPLOADS_URL", "SECRET_KEY", "CARILLON_ENV")


class NoPlace(Exception):
    """There is no Carillon to drive, and none could be started. The message says why."""


@dataclass(frozen=True)
class Place:
    """A Carillon that answers. `folder` is its instance folder when it is on this machine, else None."""

    address: str
    folder: Path | None
    temporary: bool = False


def running_place(url: str | None, environ: Mapping[str, str]) -> Place | None:
    """The Carillon that was named, or runs in the instance folder, or listens on PORT. Raises NoPlace."""
    folder = Path(environ.get("CARILLON_INSTANCE") or ROOT / "instance").absolute()
    found = instance.running(folder)
    if url:
        address = url.rstrip("/")
        if not _answers(address):
            raise NoPlace(f"No Carillon answers at {address}.")
        return Place(address, folder if found and found.address == address else None)
    if found:
        if not _answers(found.address):
            raise NoPlace(f"Carillon runs in {folder}, but {found.address} does not answer (yet). Try again.")
        return Place(found.address, folder)
    if environ.get("PORT") and _answers(address := f"http://127.0.0.1:{environ['PORT']}"):
        return Place(address, None)
    return None


@contextmanager
def temporary_place() -> Iterator[Place]:
    """A Carillon of our own with demo data, in a temporary folder and on free ports; stopped at the end.

    Raises NoPlace with the end of its log.
    """
    with tempfile.TemporaryDirectory(prefix="carillon-demo-", ignore_cleanup_errors=True) as scratch:
        folder, log = Path(scratch) / "instance", Path(scratch) / "run.log"
        port = instance.a_free_port()
        address = f"http://127.0.0.1:{port}"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "operations.run", "--with-parent"],
                cwd=ROOT,
                env=_environment(folder, port),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            _wait_until_ready(process, address, log)
            yield Place(address, folder, temporary=True)
        finally:
            _stop(process)


def _environment(folder: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    return {
        **kept,
        "CARILLON_INSTANCE": str(folder),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "SANDBOX_URL": f"http://127.0.0.1:{instance.a_free_port()}",
    }


def _wait_until_ready(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    while not _answers(address):
        if process.poll() is not None:
            raise NoPlace(f"The demo's own Carillon did not start:\n{_end_of(log)}")
        if time.monotonic() > deadline:
            raise NoPlace(f"The demo's own Carillon did not answer in time:\n{_end_of(log)}")
        time.sleep(0.2)


def _end_of(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to stop, and insist when it takes too long."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOPPED_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _answers(address: str) -> bool:
    if not address.startswith(("http://", "https://")):
        raise NoPlace(f"“{address}” is no address; it begins with http:// or https://.")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{address}/healthz", timeout=3) as answer:
            return bool(answer.status == 200)
    except (OSError, ValueError):
        return False


def ledger_audit(folder: Path) -> tuple[bool, str]:
    """`flask ledger audit` on that instance's books: whether they are right, and its last line.

    An instance with a DATABASE_URL of its own needs the same one in our environment.
    """
    command = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "ledger", "audit"],
        cwd=ROOT,
        env={**os.environ, "CARILLON_INSTANCE": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    said = (command.stdout if command.returncode == 0 else command.stdout + command.stderr).strip()
    return command.returncode == 0, (said.splitlines() or ["it said nothing"])[-1]
