"""One supervised process: how it starts, what it says, how it ends, when it is started again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from jobs.parent_death import die_with

FIRST_GAP = 1.0
LONGEST_GAP = 30.0
STEADY_AFTER = 30.0
_READ_BYTES = 65536
_LONGEST_LINE = 65536


@dataclass(frozen=True)
class Program:
    """What to run. `wave` orders the end: lower waves end first. `feed` is given on standard input.

    A `quiet` program keeps a log of its own: only what it says on standard error is shown.
    """

    name: str
    command: Sequence[str]
    wave: int = 0
    feed: bytes = b""
    quiet: bool = False

    @classmethod
    def from_shell(cls, name: str, command: str, wave: int = 0) -> Program:
        """A Procfile's command: the shell expands its variables and then becomes the program."""
        return cls(name, ("/bin/sh", "-c", f"exec {command}"), wave)


class Child:
    """A program's process, started again with growing gaps while it keeps dying. Times: monotonic seconds."""

    def __init__(self, program: Program, environment: Mapping[str, str], folder: Path) -> None:
        self.program = program
        self.start_at: float | None = 0.0
        self.silent = False
        self._environment = dict(environment)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._output = -1
        self._started = 0.0
        self._gap = FIRST_GAP
        self._unfinished = b""

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> int:
        """Start the process in a group of its own, bound to die with us; return the descriptor of its output.

        Only from the main thread: the kernel takes the end of the starting *thread* for the parent's.
        """
        supervisor = os.getpid()
        self._output, write_end = os.pipe()
        self._process = subprocess.Popen(
            self.program.command,
            stdin=subprocess.PIPE if self.program.feed else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if self.program.quiet else write_end,
            stderr=write_end,
            cwd=self._folder,
            env=self._environment,
            start_new_session=True,  # Ctrl-C reaches the supervisor only, which ends its children in order
            preexec_fn=lambda: die_with(supervisor),
        )
        os.close(write_end)
        os.set_blocking(self._output, False)
        if self._process.stdin:
            with suppress(BrokenPipeError), self._process.stdin as pipe:
                pipe.write(self.program.feed)
        self._started = time.monotonic()
        self._unfinished = b""
        self.start_at = None
        self.silent = False
        return self._output

    def lines(self) -> list[str] | None:
        """What the process has printed since the last call, as whole lines. None when there is nothing yet.

        Sets `silent` once its output is closed.
        """
        try:
            data = os.read(self._output, _READ_BYTES)
        except BlockingIOError:
            return None
        self.silent = not data
        *whole, rest = (self._unfinished + data).split(b"\n")
        if rest and (self.silent or len(rest) > _LONGEST_LINE):
            whole, rest = [*whole, rest], b""
        self._unfinished = rest
        return [line.decode(errors="replace").rstrip("\r") for line in whole]

    def signal(self, number: signal.Signals) -> None:
        """Signal the process alone: it knows best how to tell its own children."""
        if self._process and self.alive:
            self._process.send_signal(number)

    def kill(self) -> None:
        """End the whole process group at once, also what a dead leader left in it."""
        if self._process:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                return

    def buried(self) -> str:
        """After the end: clear up, plan the next start, and say how it ended and when it comes back."""
        assert self._process is not None
        status = self._process.wait()
        self.kill()
        os.close(self._output)
        if time.monotonic() - self._started >= STEADY_AFTER:
            self._gap = FIRST_GAP
        gap, self._gap = self._gap, min(self._gap * 2, LONGEST_GAP)
        self.start_at = time.monotonic() + gap
        self._process = None
        return f"{ending(status)}; starts again in {gap:.0f} s"


def ending(status: int) -> str:
    """A wait status in words."""
    if status < 0:
        return f"was killed by {signal.Signals(-status).name}"
    return "ended" if status == 0 else f"died with status {status}"
