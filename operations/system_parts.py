"""What the tests need of the machine and pip cannot bring. Installed where we may: root, with apt.

What is left out is told plainly, with the way to get it, and at the end of the run once more.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Part:
    """Something of the system's: how to see that it is there, and which of apt's packages brings it."""

    name: str
    purpose: str
    package: str
    present: Callable[[], bool]

    def how_to_get(self) -> str:
        return f"{self.name} ({self.purpose}): apt-get install {self.package}"


def _chromium() -> bool:
    return any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))


def _dejavu() -> bool:
    folders = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
    return any(next(folder.rglob("DejaVuSans.ttf"), None) for folder in folders if folder.is_dir())


def _kannel() -> bool:
    # Its programs lie where only root's PATH may lead.
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    return all(shutil.which(name, path=path) for name in ("bearerbox", "smsbox"))


def _npm() -> bool:
    return all(shutil.which(name) for name in ("node", "npm"))


PARTS = (
    Part("Chromium", "the browser tests drive it", "chromium", _chromium),
    Part("Kannel", "the gateway tests send through it", "kannel", _kannel),
    Part("Node.js with npm", "the SMPP tests' server runs on it", "npm", _npm),
    Part("DejaVu fonts", "pages look alike on every machine", "fonts-dejavu", _dejavu),
)


def missing(parts: Sequence[Part] = PARTS) -> list[Part]:
    """The parts that are not there."""
    return [part for part in parts if not part.present()]


def may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def provide(parts: Sequence[Part] = PARTS) -> list[Part]:
    """Install what is missing, where we may, and return what is left out."""
    wanted = missing(parts)
    if not wanted or not may_install():
        return wanted
    print(f"parts  installing {', '.join(part.package for part in wanted)} with apt", flush=True)
    if _apt("update"):
        _apt("install", "--yes", "--no-install-recommends", *(part.package for part in wanted))
    return missing(parts)


def _apt(*arguments: str) -> bool:
    """Run apt-get without questions; its words are shown when it fails."""
    run = subprocess.run(
        ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=120", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if run.returncode:
        print(run.stdout, file=sys.stderr)
    return run.returncode == 0
