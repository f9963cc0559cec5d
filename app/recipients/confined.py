"""Reading an uploaded file in a process of its own, under limits: what a job calls.

The parsers meet files from strangers, so they run where a bomb costs one refused file and nothing else: a
fresh interpreter with a cap on memory, processor and wall time, without our environment (no secrets), our
sockets or our open transactions. A fork would be cheaper by some 40 ms, but it would copy the job's locks and
threads, count the job's own memory against the cap, and hold its database connection.

The two speak in lines of JSON. Not pickle: reading a pickle runs what its writer wants, and the point of the
other process is not to trust it.
"""

import json
import logging
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from app import language
from app.language import gettext
from app.recipients.errors import FileRefused
from app.recipients.intake import Intake, Suppressed, take_in
from app.recipients.limits import MEBIBYTE, FileLimits
from app.recipients.numbers import NumberRules
from app.recipients.sheet import Sheet
from app.recipients.transcript import sheet_from

_CHILD: Final = Path(__file__).with_name("confined_child.py")
_ANSWER_LIMIT: Final = 64 * MEBIBYTE
_log = logging.getLogger(__name__)


def read_confined(
    path: Path, limits: FileLimits, progress: Callable[[int], None] | None = None, *, name: str = ""
) -> Sheet:
    """``reading.read_sheet`` in a child process under ``limits``. ``progress`` hears the rows read so far.

    What comes back is rows of text within the limits on rows, columns, cells and their sum, so the caller
    needs no limits of its own to go on with them.

    Raises ``FileRefused``, also where the child ran out of its limits or died; ``FileNotFoundError``.
    """
    request = {
        "path": str(path.resolve(strict=True)),
        "name": name,
        "limits": asdict(limits),
        "language": language.current(),
    }
    return _sheet(_ask(json.dumps(request).encode(), limits, progress))


def take_in_file(
    path: Path,
    rules: NumberRules,
    limits: FileLimits,
    *,
    name: str = "",
    suppressed: Suppressed = (),
    include_heading: bool = False,
    corrections: Mapping[int, str] = MappingProxyType({}),
    progress: Callable[[int, int], None] | None = None,
) -> Intake:
    """A stored file → its recipients and rejections: ``read_confined``, then ``intake.take_in`` here.

    The numbers are judged in the caller's process, where the numbering plans stay compiled: by then there is
    only text of limited size. ``progress`` hears (rows done, rows in all), in all being 0 while the file is read.

    Raises ``FileRefused``; ``FileNotFoundError``.
    """
    reading = None if progress is None else lambda rows: progress(rows, 0)
    sheet = read_confined(path, limits, reading, name=name)
    return take_in(
        sheet,
        rules,
        limits,
        suppressed=suppressed,
        include_heading=include_heading,
        corrections=corrections,
        progress=progress,
    )


def _ask(request: bytes, limits: FileLimits, progress: Callable[[int], None] | None) -> dict[str, Any]:
    """The child's last word. It is ended on every way out, a job's time-out included."""
    child = subprocess.Popen(
        [sys.executable, "-I", "-B", str(_CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"LANG": "C.UTF-8"},
        close_fds=True,
    )
    try:
        _hand_over(child, request)
        for line in _lines(child, limits):
            message = _parsed(line)
            if "progress" not in message:
                return message
            if progress is not None:
                progress(_count(message["progress"]))
        raise _died(child.wait(), limits)
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


def _hand_over(child: "subprocess.Popen[bytes]", request: bytes) -> None:
    """A child that died at its start closes its end; what became of it shows when its answer is read."""
    if child.stdin is None:
        raise RuntimeError("the child was started without a pipe")
    try:
        child.stdin.write(request)
        child.stdin.close()
    except BrokenPipeError:
        child.stdin = None


def _lines(child: "subprocess.Popen[bytes]", limits: FileLimits) -> Iterator[bytes]:
    """The child's lines as they come, until it ends. Raises ``FileRefused`` after the wall time."""
    if child.stdout is None:
        raise RuntimeError("the child was started without a pipe")
    descriptor = child.stdout.fileno()
    deadline = time.monotonic() + limits.wall_seconds
    pending = bytearray()
    taken = 0
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise _too_slow(limits)
            chunk = os.read(descriptor, 256 * 1024)
            if not chunk:
                return
            taken += len(chunk)
            if taken > _ANSWER_LIMIT:
                raise _too_complex(gettext("The file holds more text than one task can take."))
            searched = len(pending)
            pending += chunk
            while (end := pending.find(b"\n", searched)) >= 0:
                yield bytes(pending[:end])
                del pending[: end + 1]
                searched = 0


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError as error:
        raise _broken("its answer is no JSON") from error
    if not isinstance(message, dict):
        raise _broken("its answer has another shape")
    return message


def _count(progress: object) -> int:
    if not isinstance(progress, int):
        raise _broken("its progress is no number")
    return progress


def _sheet(answer: dict[str, Any]) -> Sheet:
    """The sheet in the child's answer. Raises ``FileRefused`` where it refused, or failed."""
    if "refused" in answer:
        code, message = answer["refused"]
        raise FileRefused(str(code), str(message))
    if "failed" in answer:
        raise _broken(str(answer["failed"]))
    try:
        return sheet_from(answer["sheet"])
    except (KeyError, TypeError, ValueError) as error:
        raise _broken(f"its answer has another shape: {error!r}") from error


def _died(status: int, limits: FileLimits) -> FileRefused:
    """Why a child ended without an answer: by the signal that ended it."""
    if status == -signal.SIGXCPU:
        return _too_complex(
            gettext(
                "Reading the file took more than %(cpu_seconds)s seconds of computing. Save the "
                "sheet with the numbers alone as .csv.",
                cpu_seconds=limits.cpu_seconds,
            )
        )
    if status == -signal.SIGALRM:
        return _too_slow(limits)
    return _broken(f"it ended with status {status}")


def _too_slow(limits: FileLimits) -> FileRefused:
    return _too_complex(
        gettext(
            "Reading the file took longer than %(wall_seconds)s seconds. Try again, or save the "
            "sheet with the numbers alone as .csv.",
            wall_seconds=limits.wall_seconds,
        )
    )


def _too_complex(message: str) -> FileRefused:
    return FileRefused("too_complex", message)


def _broken(why: str) -> FileRefused:
    """A child that failed is our fault or an attack; the log gets the cause, the client a way on."""
    _log.error("recipient file could not be read by the confined process: %s", why)
    return FileRefused(
        "damaged",
        gettext(
            "The file could not be read. Open it in a spreadsheet program, save the sheet with "
            "the numbers as .csv, and upload that."
        ),
    )
