"""`make bench`: every benchmark in benchmarks/, each alone in a process of its own, one after the other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def benchmarks(folder: Path) -> list[str]:
    """The modules to run; those whose name begins with _ are their common ground."""
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def main(options: Sequence[str]) -> int:
    failed = []
    for name in benchmarks(ROOT / "benchmarks"):
        command = [sys.executable, "-m", f"benchmarks.{name}", *options]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            failed.append(name)
    if failed:
        print(f"Over their limit, or broken: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
