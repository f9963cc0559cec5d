"""Make `.venv` hold what a requirements file pins: `python3 -m operations.environment requirements.txt`.

Runs on the machine's own Python, before anything is installed, so it imports the standard library only. What
was installed is remembered in a stamp, written last and by rename: an interrupted install leaves none, and is
done again. Nothing is done, and nothing is printed, while the stamp still fits.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)
_VENV_HINT = " (Debian and Ubuntu keep Python's venv apart: apt-get install python3-venv)"


class EnvironmentFailure(Exception):
    """The environment could not be made; the message says what to do."""


def make(requirements: Path, venv: Path) -> bool:
    """Bring `venv` in line with `requirements`. True when something had to be done.

    Raises EnvironmentFailure when Python is too old or an install fails.
    """
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        found = ".".join(map(str, sys.version_info[:3]))
        raise EnvironmentFailure(
            f"Carillon needs Python {wanted} or newer; this is {found} ({sys.executable})."
        )
    with _alone(requirements.parent):
        stamp = venv / f".installed-{requirements.stem}"
        fingerprint = _fingerprint(requirements, venv)
        if _read(stamp) == fingerprint and _runs(venv, "-c", "pass"):
            return False
        stamp.unlink(missing_ok=True)
        if not _usable(venv):
            _say(f"Making {venv.name} with Python {sys.version.split()[0]}")
            _call([sys.executable, "-m", "venv", "--clear", str(venv)], "could not be made" + _VENV_HINT)
        count = sum("==" in line for line in requirements.read_text().splitlines())
        _say(f"Installing {requirements.name}: {count} packages (the first time may take a few minutes)")
        _install(requirements, venv)
        _write_whole(stamp, fingerprint)
    return True


def _fingerprint(requirements: Path, venv: Path) -> str:
    """Changes when the pins, the Python or the folder change: scripts in a venv name their folder."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    parts = (hashlib.sha256(requirements.read_bytes()).hexdigest(), version, str(venv.resolve()))
    return "\n".join(parts) + "\n"


def _usable(venv: Path) -> bool:
    """Whether pip runs in the folder, on this Python's version, and its scripts still point at this place."""
    version = f"import sys; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"
    activate = _read(venv / "bin" / "activate")
    return (
        str(venv.resolve()) in activate
        and _runs(venv, "-c", version)
        and _runs(venv, "-m", "pip", "--version")
    )


def _install(requirements: Path, venv: Path) -> None:
    command = [str(venv / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    if os.geteuid() == 0:
        command.append("--root-user-action=ignore")
    _call(
        [*command, "--require-hashes", "--requirement", str(requirements)],
        "could not be installed. Read pip's message above; the same command tries again",
    )


def _runs(venv: Path, *arguments: str) -> bool:
    try:
        run = subprocess.run([str(venv / "bin" / "python"), *arguments], capture_output=True, check=False)
    except OSError:
        return False
    return run.returncode == 0


def _call(command: list[str], failure: str) -> None:
    status = subprocess.run(command, check=False).returncode
    if status:
        raise EnvironmentFailure(f"The environment {failure} (status {status}).")


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _write_whole(path: Path, text: str) -> None:
    unfinished = path.with_name(path.name + ".new")
    unfinished.write_text(text)
    unfinished.replace(path)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one `make` at a time install; a second waits and then finds the work done."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _say(line: str) -> None:
    print(f"env  {line}", flush=True)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m operations.environment", description=make.__doc__)
    parser.add_argument("requirements", type=Path)
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv")
    options = parser.parse_args(arguments)
    try:
        make(options.requirements.resolve(), options.venv.absolute())
    except EnvironmentFailure as failure:
        print(f"env  {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("env  interrupted; the next run starts the install again", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
