"""Packages of npm's that some tests run, fetched as a lock file pins them, once for every lock file."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

_CACHE = Path(__file__).parents[1] / ".cache"


class Missing(Exception):
    """What the machine lacks for these tests; the message says how to get it."""


def fetched(pinned: Path) -> Path:
    """A folder of the cache with the packages that `pinned/package-lock.json` names. Raises Missing."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise Missing("Node.js with npm is not installed: apt-get install npm")
    lock = (pinned / "package-lock.json").read_bytes()
    folder = _CACHE / f"{pinned.name}-{hashlib.sha256(lock).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (folder / ".fetched").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(pinned / name, folder / name)
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            if run.returncode:
                raise Missing(f"npm could not fetch what {pinned.name} pins: {run.stderr.strip()[-300:]}")
            (folder / ".fetched").touch()
    return folder
