"""`make test`: rules, format, types and tests, every one of them even when an earlier one failed.

With CI in the environment nothing may be left out: a missing part of the system or a skipped test fails it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path

from operations import system_parts

ROOT = Path(__file__).resolve().parent.parent
PROCESSES = 2
_REPORT = ROOT / ".cache" / "tests.xml"


def steps(pytest_options: Sequence[str]) -> dict[str, list[str]]:
    """The commands, by name, in their order."""
    python = [sys.executable, "-m"]
    report = ["--junit-xml", str(_REPORT)]
    return {
        "ruff": [*python, "ruff", "check", "--quiet", "."],
        "format": [*python, "ruff", "format", "--check", "--quiet", "."],
        "mypy": [*python, "mypy", "--no-error-summary"],
        "pytest": [*python, "pytest", "-n", str(PROCESSES), "--dist", "loadfile", *report, *pytest_options],
    }


def skipped(report: Path) -> list[str]:
    """The tests that the last run skipped, with their reasons, from pytest's own report."""
    found = []
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314  (our own file)
        for skip in case.iter("skipped"):
            if skip.get("type") == "pytest.skip":
                found.append(f"{case.get('classname')}::{case.get('name')}: {skip.get('message')}")
    return found


def _run(name: str, command: Sequence[str]) -> bool:
    started = time.monotonic()
    print(f"\n{name}: {' '.join(command[2:])}", flush=True)
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    verdict = "passed" if status == 0 else f"FAILED (status {status})"
    print(f"{name}: {verdict} after {time.monotonic() - started:.0f} s", flush=True)
    return status == 0


def main(arguments: Sequence[str]) -> int:
    strict = bool(os.environ.get("CI"))
    left_out = system_parts.provide()
    _REPORT.parent.mkdir(exist_ok=True)
    _REPORT.unlink(missing_ok=True)
    failed = [name for name, command in steps(arguments).items() if not _run(name, command)]
    skips = skipped(_REPORT) if _REPORT.exists() else []

    print()
    if left_out:
        print("Left out, because the machine lacks it:")
        for part in left_out:
            print(f"  {part.how_to_get()}")
    if skips:
        print(f"{len(skips)} tests were skipped:")
        for line in skips:
            print(f"  {line}")
    if strict and (left_out or skips):
        failed.append("nothing left out")
    print(f"FAILED: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
