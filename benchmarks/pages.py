"""Server time of the overview, the records and the desk at ten thousand messages and at ten million, in one run.

Run with `python -m benchmarks.pages [--json]`. The limits are ours: no page above 50 ms with one user, and the 95th
percentile of the large at most 1.25 times that of the small. Beside them, a bare Flask page over the same rows: it
reads who is signed in, makes one query and shows 50 rows.

The two sizes take turns, page by page and round by round, so that whatever else the machine does falls on both. A
percentile is the median of those of five series: one bad second of a shared machine spoils one of them. On a machine
that others keep busy, the time that a page waits for a core is longer than its own work, so the work is told as well:
the process's own seconds of CPU, which on SQLite are all there is, and on PostgreSQL leave out the server.

CARILLON_BENCH_MESSAGES takes another number than ten million; CARILLON_BENCH_DATABASE says sqlite or postgresql
(both, by a comma, are the default); CARILLON_BENCH_KEEP names a folder whose databases are kept, and used again.
"""

from __future__ import annotations

import gc
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from flask.testing import FlaskClient

from app.models import Role
from benchmarks._lines import Line, line, show
from benchmarks._panels import Panel, database_of, panel, places

SMALL: Final = 10_000
LARGE: Final = int(os.environ.get("CARILLON_BENCH_MESSAGES", "10000000"))
DATABASES: Final = os.environ.get("CARILLON_BENCH_DATABASE", "postgresql,sqlite").split(",")
KEEP: Final = os.environ.get("CARILLON_BENCH_KEEP")
ONLY: Final = os.environ.get("CARILLON_BENCH_ONLY", "")
SERIES: Final = 5
ROUNDS: Final = int(os.environ.get("CARILLON_BENCH_ROUNDS", "40"))
PAGE_MS: Final = 50.0
RATIO: Final = 1.25

# What a client and what staff look at; the deep pages lie half-way down.
CLIENT: Final = {
    "overview": "/",
    "overview, all days": "/?days=all",
    "messages": "/messages",
    "messages, deep": "/messages?before={task}.30",
    "messages, few days": "/messages?from={since}&to={until}",
    "messages, failed": "/messages?status=failed",
    "messages, in doubt": "/messages?status=in_doubt",
    "messages, in doubt, deep": "/messages?status=in_doubt&before={task}.30",
    "messages, waiting (none)": "/messages?status=waiting",
    "messages, cancelled (none)": "/messages?status=cancelled",
    "messages, one sender ID": "/messages?sid=LANTERN",
    "messages, a sender ID there is not": "/messages?sid=NOBODY",
    "messages, one route, deep": "/messages?route={route}&before={task}.30",
    "messages, a number": "/messages?number=%2B{number}",
    "messages, a number there is not": "/messages?number=%2B61499999999",
    "messages, a task's name": "/messages?task=Load+1",
    "messages, a name there is not": "/messages?task=Nothing",
    "a message": "/messages/{task}/30",
    "tasks": "/tasks",
    "tasks, deep": "/tasks?before={task}",
    "tasks, few days": "/tasks?from={since}&to={until}",
    "tasks, drafts (none)": "/tasks?state=drafts",
    "tasks, a name there is not": "/tasks?task=Nothing",
    "sending": "/sending",
    "sending, deep": "/sending?before={task}",
    "sending, few days": "/sending?from={since}&to={until}",
    "a task": "/tasks/{task}",
    "a task, in doubt": "/tasks/{task}?status=in_doubt",
    "statement": "/statement",
    "statement, few days": "/statement?from={since}&to={until}",
    "top-ups": "/top-up/history",
}
DESK: Final = {
    "desk": "/staff/",
    "desk: clients": "/staff/clients/",
    "desk: a client": "/staff/clients/1",
    "desk: a client's tasks, deep": "/staff/clients/1/tasks?before={task_id}",
    "desk: a client's ledger": "/staff/clients/1/ledger",
    "desk: a client's ledger, deep": "/staff/clients/1/ledger?before={entry}",
    "desk: an entry": "/staff/clients/1/ledger/{entry}",
    "desk: a task": "/staff/tasks/{task}",
    "desk: a message": "/staff/tasks/{task}/messages/30",
}


def measure() -> Iterator[Line]:
    """Every page at both sizes, and how the one stands to the other, on each database."""
    with ExitStack() as stack:
        folder = Path(KEEP or stack.enter_context(tempfile.TemporaryDirectory(prefix="carillon-pages-")))
        for kind in DATABASES:
            sizes = []
            for name, messages in (("small", SMALL), (f"large-{LARGE}", LARGE)):
                place = folder / kind / name
                place.mkdir(parents=True, exist_ok=True)
                sizes.append(panel(place, stack.enter_context(database_of(kind, place)), messages))
            if sizes[1].seconds:
                yield line(
                    "pages", f"{kind}: seed-load, {LARGE:,} messages", LARGE / sizes[1].seconds, "rows/s"
                )
            yield from _compared(kind, *sizes)


def _compared(kind: str, small: Panel, large: Panel) -> Iterator[Line]:
    where = [places(each.app) for each in (small, large)]
    visits: dict[str, list[tuple[FlaskClient, str]]] = {}
    for role, pages in ((Role.OWNER, CLIENT), (Role.ADMIN, DESK)):
        clients = [each.client(role) for each in (small, large)]
        for case, address in pages.items():
            if ONLY in case:
                visits[case] = [
                    (client, address.format_map(place)) for client, place in zip(clients, where, strict=True)
                ]
    visits["a bare Flask page"] = [(each.bare(), "/") for each in (small, large)]
    times, work = _in_turns(visits)
    for case, (once, now) in times.items():
        p95, before = _percentile(now, 95), _percentile(once, 95)
        yield line("pages", f"{kind}: {case}, {LARGE:,}, p50", _percentile(now, 50), "ms")
        yield line("pages", f"{kind}: {case}, {LARGE:,}, p95", p95, "ms", PAGE_MS)
        yield line("pages", f"{kind}: {case}, p95 over {SMALL:,}'s {before:.1f}", p95 / before, "×", RATIO)
        was, own = (_percentile(work[case][size], 95) for size in (0, 1))
        yield line("pages", f"{kind}: {case}, p95 of CPU", own, "ms", PAGE_MS)
        yield line("pages", f"{kind}: {case}, p95 of CPU over {was:.1f}", own / was, "×", RATIO)


Series = dict[str, list[list[list[float]]]]


def _in_turns(visits: dict[str, list[tuple[FlaskClient, str]]]) -> tuple[Series, Series]:
    """For each page and size, the milliseconds in each series: as the clock has them, and as the process worked.

    What is new to the process is left out, by a first look at everything.
    """
    for pair in visits.values():
        for client, address in pair:
            for _ in range(3):
                _milliseconds(client, address)
    gc.collect()
    gc.freeze()  # so that two panels in one process do not clear up after each other
    times: Series = {case: [[], []] for case in visits}
    work: Series = {case: [[], []] for case in visits}
    for _ in range(SERIES):
        for case in visits:
            for each in (*times[case], *work[case]):
                each.append([])
        for turn in range(ROUNDS):
            for case, pair in visits.items():
                for size in (0, 1) if turn % 2 else (1, 0):
                    clock, own = _milliseconds(*pair[size])
                    times[case][size][-1].append(clock)
                    work[case][size][-1].append(own)
    return times, work


def _milliseconds(client: FlaskClient, address: str) -> tuple[float, float]:
    began, worked = time.perf_counter(), time.process_time()
    answer = client.get(address)
    taken = (time.perf_counter() - began) * 1_000, (time.process_time() - worked) * 1_000
    assert answer.status_code == 200, f"{address} answered {answer.status}."
    return taken


def _percentile(series: Sequence[list[float]], percent: int) -> float:
    """The median of the series' percentiles."""
    return statistics.median(
        statistics.quantiles(times, n=100, method="inclusive")[percent - 1] for times in series
    )


if __name__ == "__main__":
    show(measure, f"Pages at {SMALL:,} and {LARGE:,} messages")
