"""A stand-in Carillon under the real `python -m operations.run`: real processes, small Procfiles."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

from operations.environment import ROOT
from operations.instance import a_free_port
from tests.waiting import PATIENCE, until

# A server that answers every GET with 200, and says when it ends.
WEB = """
import http.server, os, signal, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
def end(*_):
    print("web ends", flush=True)
    os._exit(0)
signal.signal(signal.SIGTERM, end)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answer).serve_forever()
"""


class StandIn:
    """One `make run`, without migrations and demo data, in a folder of its own. A context manager."""

    def __init__(
        self, folder: Path, processes: dict[str, str], *, under_make: bool = False, **environment: str
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.instance = folder / "instance"
        self.port = int(environment.pop("PORT", 0)) or a_free_port()
        self.output = folder / "output"
        lines = []
        for name, script in processes.items():
            path = folder / f"{name}.py"
            path.write_text(script)
            lines.append(f"{name}: python '{path}'")
        (folder / "Procfile").write_text("\n".join(lines) + "\n")
        environment = {
            **{name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "HOST")},
            "PORT": str(self.port),
            "CARILLON_INSTANCE": str(self.instance),
            **environment,
        }
        command = [sys.executable, "-m", "operations.run", "--bare", "--procfile", str(folder / "Procfile")]
        if under_make:
            makefile = folder / "Makefile"
            makefile.write_text(f"run:\n\t@exec {shlex.join(command)} --with-parent\n")
            command = ["make", "-f", str(makefile), "run"]
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> StandIn:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def said(self) -> str:
        return self.output.read_text()

    def wait_for(self, pattern: str, seconds: float = PATIENCE) -> re.Match[str]:
        """Wait until the output matches; fail with all of it otherwise."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            match = re.search(pattern, self.said(), re.MULTILINE)
            if match:
                return match
            if self.process.poll() is not None:
                time.sleep(0.05)
                match = re.search(pattern, self.said(), re.MULTILINE)
                if match:
                    return match
                break
            time.sleep(0.03)
        raise AssertionError(f"no {pattern!r} in:\n{self.said()}")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def processes(self) -> list[int]:
        """The living processes of this stand-in: its instance folder stands in their environment.

        Valkey writes over its own environment, to show a title there, but works in the instance folder.
        """
        marker = f"CARILLON_INSTANCE={self.instance}\0".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal():
                continue
            try:
                ours = marker in (entry / "environ").read_bytes()
                if ours or (entry / "cwd").readlink().is_relative_to(self.instance):
                    found.append(int(entry.name))
            except OSError:
                continue
        return found


def wait_until_gone(standin: StandIn) -> None:
    """Until no process of it is there any more."""
    until(lambda: not standin.processes(), why=lambda: f"Still there: {standin.processes()}")
