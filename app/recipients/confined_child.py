"""The process that ``confined`` starts: limits itself, reads one file, answers in lines of JSON, ends.

It is run as a script in an isolated interpreter (``python -I``), which finds no project; an empty package
stands in for ``app``, since the real one would load the whole web application only to parse a file.
"""

import json
import os
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Final

_ROOT: Final = Path(__file__).resolve().parents[2]
_OPEN_FILES: Final = 64


def main() -> None:
    """Reads the request from standard input; writes progress and one last word to standard output."""
    request = json.loads(sys.stdin.buffer.read())
    _limit(request["limits"])
    _stand_in_for_app()
    from app import language
    from app.recipients.errors import FileRefused

    language.speak(request["language"])
    answer: dict[str, Any]
    try:
        answer = {"sheet": _sheet(request)}
    except FileRefused as refused:
        answer = {"refused": [refused.code, refused.message]}
    except MemoryError:
        answer = {
            "refused": [
                "too_complex",
                language.gettext(
                    "Reading the file needs more memory than is given to one file. "
                    "Save the sheet with the numbers alone as .csv."
                ),
            ]
        }
    except Exception:  # the parent logs it and answers the client
        answer = {"failed": traceback.format_exc()[-4000:]}
    _say(answer)


def _limit(limits: dict[str, int]) -> None:
    """Memory, processor, wall time and open files; no file may be written, no core dumped.

    The alarm ends this process by itself where its parent was killed and nobody waits any more.
    """
    import resource

    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(limits["wall_seconds"])
    wanted = (
        (resource.RLIMIT_AS, limits["memory"], limits["memory"]),
        (resource.RLIMIT_CPU, limits["cpu_seconds"], limits["cpu_seconds"] + 1),
        (resource.RLIMIT_NOFILE, _OPEN_FILES, _OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
    )
    for what, soft, hard in wanted:
        # macOS refuses some of these, and a stricter limit than ours may stand already.
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (soft, hard))


def _stand_in_for_app() -> None:
    package = ModuleType("app")
    package.__path__ = [str(_ROOT / "app")]
    sys.modules["app"] = package


def _sheet(request: dict[str, Any]) -> dict[str, Any]:
    from app.recipients.limits import FileLimits
    from app.recipients.reading import read_sheet
    from app.recipients.transcript import sheet_to

    limits = FileLimits(**request["limits"])
    path = Path(request["path"])
    return sheet_to(read_sheet(path, limits, lambda rows: _say({"progress": rows}), name=request["name"]))


def _say(message: dict[str, Any]) -> None:
    line = json.dumps(message, separators=(",", ":")).encode() + b"\n"
    while line:
        line = line[os.write(1, line) :]


if __name__ == "__main__":
    main()
