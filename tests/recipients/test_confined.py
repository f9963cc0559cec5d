"""The process of its own: what it may use, what becomes of it, and what its answer is believed."""

import contextlib
import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.recipients import confined
from app.recipients.confined import read_confined, take_in_file
from app.recipients.errors import FileRefused
from app.recipients.reading import read_sheet
from app.recipients.sheet import Row, Sheet
from app.recipients.transcript import sheet_from, sheet_to
from tests.recipients.sheet_files import LIMITS, RULES, csv_bytes, mobile, xls_bytes, xlsx_bytes

ROWS = [("phone", "name"), *((mobile(i), f"Zoë {i}") for i in range(1_200))]


def stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str) -> Path:
    """Puts a script in the child's place, and gives back a file to ask it about."""
    script = tmp_path / "child.py"
    script.write_text("import json, os, signal, sys, time\nrequest = json.load(sys.stdin)\n" + body)
    monkeypatch.setattr(confined, "_CHILD", script)
    return script


def refusal(path: Path, **changed: int) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        read_confined(path, replace(LIMITS, **changed))
    return refused.value


@pytest.mark.parametrize("writer", [csv_bytes, xlsx_bytes, xls_bytes])
def test_a_confined_reading_equals_a_reading_here(tmp_path: Path, writer) -> None:
    stored = tmp_path / "upload"
    stored.write_bytes(writer(ROWS))
    assert read_confined(stored, LIMITS, name="x.xls") == read_sheet(stored, LIMITS, name="x.xls")


def test_a_file_is_taken_in_with_progress_from_both_halves(tmp_path: Path) -> None:
    stored = tmp_path / "upload"
    stored.write_bytes(csv_bytes(ROWS))
    heard: list[tuple[int, int]] = []
    intake = take_in_file(
        stored,
        RULES,
        LIMITS,
        suppressed={"+" + mobile(0)},
        progress=lambda done, total: heard.append((done, total)),
    )
    assert (len(intake.recipients), intake.by_reason) == (1_199, {"suppressed": 1})
    assert heard[:3] == [(500, 0), (1_000, 0), (1_200, 0)]
    assert heard[-1] == (1_200, 1_200)


def test_a_refusal_comes_through_with_its_code_and_message(tmp_path: Path) -> None:
    stored = tmp_path / "upload"
    stored.write_bytes(b"phone\n")
    assert refusal(stored).code == "no_rows"


def test_a_missing_file_is_not_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_confined(tmp_path / "gone", LIMITS)


def test_too_little_memory_refuses_the_file(tmp_path: Path) -> None:
    stored = tmp_path / "upload"
    stored.write_bytes(csv_bytes([("phone", "x"), *((mobile(i), "y" * 1_900) for i in range(5_000))]))
    assert refusal(stored, memory=60 * 1024 * 1024).code == "too_complex"


def test_too_much_computing_refuses_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = stand_in(
        monkeypatch,
        tmp_path,
        "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True: pass\n",
    )
    refused = refusal(asked)
    assert (refused.code, "of computing" in refused.message) == ("too_complex", True)


def test_a_child_that_never_answers_is_ended_after_the_wall_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = stand_in(monkeypatch, tmp_path, "time.sleep(600)\n")
    assert refusal(asked, wall_seconds=1).code == "too_complex"
    assert str(asked).encode() not in b"".join(command_lines())


def command_lines() -> Iterator[bytes]:
    """What each process of this machine was started with."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # ended meanwhile
            yield (process / "cmdline").read_bytes()


@pytest.mark.parametrize(
    "body",
    [
        "os.kill(os.getpid(), signal.SIGKILL)",
        "os.kill(os.getpid(), signal.SIGSEGV)",
        "sys.exit(3)",
        "",
        "print('no json')",
        "print('[1, 2]')",
        "print('{}')",
        "print(json.dumps({'progress': 'x'}))",
        "print(json.dumps({'sheet': {}}))",
        "print(json.dumps({'sheet': {'kind': 'exe', 'heading': None, 'rows': [], 'notes': [], 'hidden': []}}))",
        "print(json.dumps({'sheet': [1]}))",
        "print(json.dumps({'failed': 'Traceback: boom'}))",
        "sys.stdout.write('x' * 10_000_000)",
    ],
)
def test_a_child_that_dies_or_talks_nonsense_costs_one_refused_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    refused = refusal(stand_in(monkeypatch, tmp_path, body))
    assert (refused.code, ".csv" in refused.message) == ("damaged", True)
    assert len(caplog.records) == 1


def test_a_child_that_talks_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(confined, "_ANSWER_LIMIT", 1_000_000)
    asked = stand_in(monkeypatch, tmp_path, "while True: sys.stdout.write('x' * 100_000)")
    assert refusal(asked).code == "too_complex"


def test_the_child_knows_neither_our_environment_nor_our_application(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECRET_KEY", "hidden")
    asked = stand_in(
        monkeypatch,
        tmp_path,
        "told = ' '.join([*os.environ, *os.listdir('/proc/self/fd')])\nprint(json.dumps({'refused': ['told', told]}))",
    )
    told = refusal(asked).message.split()
    assert "SECRET_KEY" not in told
    assert len([word for word in told if word.isdigit()]) <= 4


def test_the_child_limits_itself_before_it_reads(tmp_path: Path) -> None:
    program = (
        "import resource, runpy, sys\n"
        f"child = runpy.run_path({str(confined._CHILD)!r})\n"
        "child['_limit']({'memory': 512 << 20, 'cpu_seconds': 10, 'wall_seconds': 60})\n"
        "names = 'AS CPU FSIZE CORE'.split()\n"
        "print([resource.getrlimit(getattr(resource, 'RLIMIT_' + name))[0] for name in names])\n"
    )
    import subprocess

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert json.loads(told.stdout) == [512 << 20, 10, 0, 0]


def test_readings_in_several_threads_do_not_disturb_each_other(tmp_path: Path) -> None:
    answers: dict[int, int] = {}

    def read(index: int) -> None:
        stored = tmp_path / f"upload{index}"
        stored.write_bytes(csv_bytes([("phone",), *((mobile(i),) for i in range(index))]))
        answers[index] = len(read_confined(stored, LIMITS).rows)

    threads = [threading.Thread(target=read, args=(index,)) for index in (1, 20, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {1: 1, 20: 20, 300: 300}


def test_a_sheet_survives_the_way_between_processes() -> None:
    sheet = Sheet(
        "xlsx",
        None,
        [Row(3, ("a", "", "2026-11-21"), {2: "date"}), Row(7, ("é\n",))],
        ("A note.",),
        frozenset({1}),
    )
    assert sheet_from(json.loads(json.dumps(sheet_to(sheet)))) == sheet
