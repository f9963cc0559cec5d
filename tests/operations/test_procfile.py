"""The Procfile: what it says, and which mistakes it tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from operations import procfile
from operations.environment import ROOT


def test_comments_and_blank_lines_count_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "Procfile"
    path.write_text("# what runs\n\nweb: serve --port ${PORT}\n  worker :work a b \n")
    assert procfile.read(path) == {"web": "serve --port ${PORT}", "worker": "work a b"}


@pytest.mark.parametrize("line", ["web", "web:", "web serve", ": serve", "a b: serve"])
def test_a_line_that_is_no_process_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "Procfile"
    path.write_text(f"# first\n{line}\n")
    with pytest.raises(procfile.ProcfileError, match="line 2"):
        procfile.read(path)


def test_a_second_process_of_one_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "Procfile"
    path.write_text("web: a\nweb: b\n")
    with pytest.raises(procfile.ProcfileError, match="second process named web"):
        procfile.read(path)


def test_our_own_starts_all_of_carillon() -> None:
    commands = procfile.read(ROOT / "Procfile")
    assert {"web", "worker", "ticker", "carrier"} <= commands.keys()
    assert "--no-control-socket" in commands["web"]


def test_every_queue_has_a_worker() -> None:
    from app.queues import QueueName

    served = {
        word
        for command in procfile.read(ROOT / "Procfile").values()
        if "jobs.worker" in command
        for word in command.split()
    }
    assert {str(name) for name in QueueName} <= served
