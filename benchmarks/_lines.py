"""How every benchmark says what it measured: a table for people, or one JSON object a line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Line:
    """One figure and what it is held against, both from the same run. `ratio` is the value over the limit."""

    bench: str
    case: str
    value: float
    unit: str
    limit: float | None = None
    ratio: float | None = None


def line(bench: str, case: str, value: float, unit: str, limit: float | None = None) -> Line:
    """A figure, rounded to what it is worth."""
    ratio = round(value / limit, 3) if limit else None
    return Line(bench, case, round(value, 2), unit, round(limit, 2) if limit else None, ratio)


def show(measure: Callable[[], Iterable[Line]], description: str) -> None:
    """Run a benchmark from the command line: `--json` for one object a line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="one object a line")
    as_json = parser.parse_args().json
    if not as_json:
        print(f"{description}\n{'case':<58} {'value':>12} {'unit':<12} {'limit':>12} {'ratio':>7}")
    for each in measure():
        if as_json:
            print(json.dumps(asdict(each), ensure_ascii=False), flush=True)
        else:
            limit = "–" if each.limit is None else f"{each.limit:,}"
            ratio = "–" if each.ratio is None else f"{each.ratio:,}"
            print(f"{each.case:<58} {each.value:>12,} {each.unit:<12} {limit:>12} {ratio:>7}", flush=True)
