"""Jobs that the worker's tests queue. Each tells by a file that it got somewhere."""

from __future__ import annotations

import os
import time
from pathlib import Path

from jobs import shutdown


def touch(path: str) -> None:
    Path(path).touch()


def linger(path: str, seconds: float) -> None:
    """Write this process's id, then take that long, then say so."""
    Path(path).write_text(str(os.getpid()))
    time.sleep(seconds)
    Path(path + ".done").touch()


def until_let_go(path: str) -> None:
    """Write this process's id, wait for the file that lets go, then say so."""
    Path(path).write_text(str(os.getpid()))
    deadline = time.monotonic() + 600
    while not Path(path + ".go").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    Path(path + ".done").touch()


def until_asked_to_stop(path: str) -> None:
    Path(path).touch()
    deadline = time.monotonic() + 600
    while not shutdown.requested() and time.monotonic() < deadline:
        time.sleep(0.02)
    Path(path + ".stopped").touch()


def break_over(last_digits: int) -> None:
    """Raise what repeats a number, and was caused by what repeats it too."""
    number = f"+60{123_456_000 + last_digits}"
    try:
        raise KeyError(number)
    except KeyError as error:
        raise ValueError(f"No such number: {number}") from error
