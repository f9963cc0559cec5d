"""`python -m operations.demo`: see the package's first line. Ends with status 1 when anything does not add up."""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence

from operations.demo import journey
from operations.demo.panel import PanelFailed
from operations.demo.place import NoPlace, Place, ledger_audit, running_place, temporary_place
from operations.demo.sheet import LEAST_ROWS, make_sheet
from operations.demo.terminal import Line, table

ROWS = 5_000


@contextlib.contextmanager
def _some_place(url: str | None) -> Iterator[Place]:
    found = running_place(url, os.environ)
    if found is not None:
        yield found
        return
    print("No Carillon runs here; starting a temporary one …", flush=True)
    with temporary_place() as place:
        yield place


def _demo(place: Place, rows: int) -> bool:
    """Drive it, and print the table. Whether everything adds up."""
    sheet = make_sheet(rows, random.SystemRandom())
    kind = "temporary" if place.temporary else "running"
    print(f"\nCarillon at {place.address} ({kind})", flush=True)
    began = time.monotonic()
    outcome = journey.travel(place.address, sheet)
    lines = journey.lines(sheet.expected, outcome)
    if place.temporary:  # on a running one, others may spend from the same account meanwhile
        spent = sheet.expected.charged - sheet.expected.refunded + sheet.expected.outstanding
        lines.append(Line("Available credit fell by", spent, outcome.available_fell, credits=True))
    if place.folder is None:
        print("  The ledger audit is left out: that instance is not in this machine's instance folder.")
    else:
        right, words = ledger_audit(place.folder)
        lines.append(Line("Ledger audit", "no difference", "no difference" if right else words))
    print(f"\n{table(lines)}\n")
    wrong = [line.words for line in lines if not line.right]
    verdict = f"Does not add up: {', '.join(wrong)}." if wrong else "Everything adds up."
    see = "" if place.temporary else f" See it at {outcome.address}"
    print(f"{verdict} It took {time.monotonic() - began:.0f} s.{see}", flush=True)
    return not wrong


def _end(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m operations.demo",
        description="Drive Carillon through a bulk message, and prove that everything adds up.",
    )
    parser.add_argument("--url", help="the instance to drive; else the running one, else a temporary one")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"rows of the file, {LEAST_ROWS} to {ROWS}")
    options = parser.parse_args(arguments)
    if not LEAST_ROWS <= options.rows <= ROWS:
        parser.error(f"--rows must be from {LEAST_ROWS} to {ROWS}")
    signal.signal(signal.SIGTERM, _end)
    try:
        with _some_place(options.url) as place:
            return 0 if _demo(place, options.rows) else 1
    except (NoPlace, PanelFailed, LookupError) as failure:
        print(f"\nThe demo could not go on: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
