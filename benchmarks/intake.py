"""Taking in 5,000 rows of each file type: reading, numbers, all together, against two measures of the same run.

Run with `python -m benchmarks.intake [--json]`. The measures are (a) reading the file alone by the usual library
(`csv`, `openpyxl` read-only, `xlrd`) and (b) a plain loop of `phonenumbers` parse + validity + type + region over
the same numbers. The limits are the project's: reading at most (a), the numbers at most 1.3 × (b), all together
in a process of its own at most (a) + 1.3 × (b), the check of a task with its storing at most 2 × (b) (xlsx: and its
reading), and 150 MB of memory at the peak. Times are the best of ROUNDS.
"""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import phonenumbers
import xlrd
from phonenumbers import PhoneNumberType
from sqlalchemy import Engine

from app.recipients.confined import take_in_file
from app.recipients.intake import take_in
from app.recipients.limits import FileLimits
from app.recipients.numbers import NumberRules
from app.recipients.reading import read_sheet
from benchmarks._lines import Line, line, show
from benchmarks._stored_check import TEXTS, best_steps, scratch_databases

ROWS = 5_000
ROUNDS = 5
VALIDATION_LIMIT = 1.3
STORED_LIMIT = 2.0
MEMORY_LIMIT_MB = 150.0
LIMITS = FileLimits()
RULES = NumberRules()

_PEAK = """
import resource, sys
from pathlib import Path
from types import ModuleType
app = ModuleType("app")
app.__path__ = [str(Path.cwd() / "app")]
sys.modules["app"] = app
from app.recipients.intake import take_in
from app.recipients.limits import FileLimits
from app.recipients.numbers import NumberRules
from app.recipients.reading import read_sheet
take_in(read_sheet(Path(sys.argv[1]), FileLimits()), NumberRules(), FileLimits())
status = Path("/proc/self/status")
if status.exists():  # ru_maxrss would count the process that started this one
    print(next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 2**10)
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""


def numbers() -> list[str]:
    """ROWS valid mobile numbers of six countries, without `+`, the same in every run."""
    bases = ("6141", "44740", "6591", "60123", "6421", "1202555")
    lengths = (11, 12, 10, 11, 11, 11)
    made = []
    for index in range(ROWS):
        base, length = bases[index % 6], lengths[index % 6]
        made.append(base + str(index % 10 ** (length - len(base))).zfill(length - len(base)))
    return made


def table() -> list[list[str]]:
    """The heading and the rows: a number and two merge fields."""
    rows = [[number, f"Name {index}", "Perth"] for index, number in enumerate(numbers())]
    return [["phone", "first name", "city"], *rows]


def files(folder: Path) -> Iterator[tuple[str, Path, Callable[[], object]]]:
    """Each file type with a stored file, and what reads it alone by the usual library."""
    rows = table()
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    stored = folder / "list.csv"
    stored.write_text(text.getvalue(), newline="")
    yield "csv", stored, lambda: list(csv.reader(io.StringIO((folder / "list.csv").read_text())))
    plain = folder / "list.txt"
    plain.write_text("\n".join(row[0] for row in rows))
    yield "txt", plain, lambda: (folder / "list.txt").read_text().splitlines()
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    book.save(folder / "list.xlsx")
    yield "xlsx", folder / "list.xlsx", lambda: by_openpyxl(folder / "list.xlsx")
    old = old_workbook(rows)
    (folder / "list.xls").write_bytes(old)
    yield "xls", folder / "list.xls", lambda: by_xlrd(folder / "list.xls")


def old_workbook(rows: list[list[str]]) -> bytes:
    """The rows as an xls; xlwt belongs to the development environment."""
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("Recipients")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    stored = io.BytesIO()
    book.save(stored)
    return stored.getvalue()


def by_openpyxl(path: Path) -> list[object]:
    """Reading alone, xlsx."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        return list(book.worksheets[0].iter_rows(values_only=True))
    finally:
        book.close()


def by_xlrd(path: Path) -> list[object]:
    """Reading alone, xls, with the formatting that tells which rows are hidden."""
    sheet = xlrd.open_workbook(str(path), formatting_info=True).sheet_by_index(0)
    return [sheet.row_values(index) for index in range(sheet.nrows)]


def plain_loop(written: list[str]) -> int:
    """What a straightforward check costs: (b)."""
    good = 0
    for number in written:
        parsed = phonenumbers.parse("+" + number)
        mobile = phonenumbers.number_type(parsed) in (
            PhoneNumberType.MOBILE,
            PhoneNumberType.FIXED_LINE_OR_MOBILE,
        )
        region = phonenumbers.region_code_for_number(parsed)
        good += phonenumbers.is_valid_number(parsed) and mobile and region is not None
    return good


def milliseconds(work: Callable[[], object]) -> float:
    """The best of ROUNDS, after one to warm up."""
    work()
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best * 1e3


def peak_megabytes(path: Path) -> float:
    """The most memory that a process of its own takes to read and judge the file."""
    told = subprocess.run(
        [sys.executable, "-c", _PEAK, str(path)], capture_output=True, text=True, check=True
    )
    return float(told.stdout)


def job_megabytes(path: Path, text: str) -> float:
    """The most memory that a worker's process takes for the whole check, the panel's code loaded."""
    command = [sys.executable, "-m", "benchmarks._job_peak", str(path), text]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def measure() -> list[Line]:
    """One line a measurement; `ratio` is value ÷ limit, so up to 1 is within it."""
    written = numbers()
    loop = milliseconds(lambda: plain_loop(written))
    lines = [line("intake", "plain loop of phonenumbers (b)", loop, "ms", loop)]
    with tempfile.TemporaryDirectory() as folder:
        for kind, path, alone in files(Path(folder)):
            lines.extend(_lines_of(kind, path, alone, loop))
        stored = Path(folder)
        with scratch_databases() as engines:
            for name, engine in engines.items():
                for kind in ("csv", "xlsx"):
                    for words, text in TEXTS.items():
                        case = f"{kind}, {words}, checked and stored on {name}"
                        lines.extend(_stored(case, engine, stored / f"list.{kind}", text, written))
    return lines


def _stored(case: str, engine: Engine, path: Path, text: str, written: list[str]) -> Iterator[Line]:
    """The whole check of a task, and each of its steps, against 2 × (b); xlsx may take its reading longer.

    (b) is measured anew beside each: on a machine that others use, it is another one minutes later.
    """
    steps = best_steps(engine, path, text, ROUNDS)
    limit = STORED_LIMIT * milliseconds(lambda: plain_loop(written))
    if path.suffix == ".xlsx":
        limit += milliseconds(lambda: by_openpyxl(path))
    yield line("intake", case, sum(steps.values()), "ms", limit)
    for step, taken in steps.items():
        yield line("intake", f"  of which: {step}", taken, "ms", limit)


def _lines_of(kind: str, path: Path, alone: Callable[[], object], loop: float) -> Iterator[Line]:
    reading_alone = milliseconds(alone)
    sheet = read_sheet(path, LIMITS)
    reading = milliseconds(lambda: read_sheet(path, LIMITS))
    judging = milliseconds(lambda: take_in(sheet, RULES, LIMITS))
    whole = milliseconds(lambda: take_in_file(path, RULES, LIMITS))
    yield line("intake", f"{kind}: reading by the usual library (a)", reading_alone, "ms", reading_alone)
    yield line("intake", f"{kind}: read, against 1.3 × (b)", reading, "ms", VALIDATION_LIMIT * loop)
    if kind == "xlsx":
        yield line("intake", f"{kind}: read, against (a)", reading, "ms", reading_alone)
    yield line(
        "intake", f"{kind}: numbers and repeats, against 1.3 × (b)", judging, "ms", VALIDATION_LIMIT * loop
    )
    yield line(
        "intake",
        f"{kind}: all, in a process of its own, against (a) + 1.3 × (b)",
        whole,
        "ms",
        reading_alone + VALIDATION_LIMIT * loop,
    )
    yield line(
        "intake", f"{kind}: peak memory of the reading process", peak_megabytes(path), "MB", MEMORY_LIMIT_MB
    )
    if kind in ("csv", "xlsx"):
        for words, text in TEXTS.items():
            case = f"{kind}, {words}: peak memory of the job's process"
            yield line("intake", case, job_megabytes(path, text), "MB", MEMORY_LIMIT_MB)


if __name__ == "__main__":
    show(measure, "Taking in 5,000 rows of each file type")
