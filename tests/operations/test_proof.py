"""`make test` around the tests: what it leaves out, what it fails for."""

from __future__ import annotations

from pathlib import Path

import pytest

from operations import bench, proof, system_parts
from operations.environment import ROOT
from operations.system_parts import Part

ABSENT = Part("Kannel", "the gateway tests send through it", "kannel", lambda: False)
PRESENT = Part("Fonts", "pages look alike", "fonts", lambda: True)
REPORT = """<testsuites><testsuite>
<testcase classname="tests.pages" name="test_look">
<skipped type="pytest.skip" message="no Chromium"/></testcase>
<testcase classname="tests.pages" name="test_known"><skipped type="pytest.xfail"/></testcase>
</testsuite></testsuites>"""


def test_what_is_missing_is_told_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_parts, "may_install", lambda: False)
    assert system_parts.provide([PRESENT, ABSENT]) == [ABSENT]
    assert ABSENT.how_to_get() == "Kannel (the gateway tests send through it): apt-get install kannel"


def test_a_part_that_apt_could_not_bring_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(system_parts, "may_install", lambda: True)
    monkeypatch.setattr(system_parts, "_apt", lambda *arguments: bool(asked.append(arguments)) or True)
    assert system_parts.provide([PRESENT, ABSENT]) == [ABSENT]
    assert asked == [("update",), ("install", "--yes", "--no-install-recommends", "kannel")]


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A proof whose every step does nothing, and whose tests skipped one for a missing part."""
    path = tmp_path / "tests.xml"
    write = f"from pathlib import Path; Path({str(path)!r}).write_text({REPORT!r})"
    monkeypatch.setattr(proof, "_REPORT", path)
    monkeypatch.setattr(proof, "steps", lambda _: {"pytest": ["python3", "-c", write]})
    monkeypatch.setattr(system_parts, "provide", list)
    monkeypatch.delenv("CI", raising=False)
    return path


def test_a_skipped_test_is_told_at_the_end(report: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert proof.main([]) == 0
    said = capfd.readouterr().out
    assert "1 tests were skipped:\n  tests.pages::test_look: no Chromium" in said
    assert said.endswith("All checks passed.\n")


def test_a_skipped_test_fails_ci(
    report: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", "true")
    assert proof.main([]) == 1
    assert capfd.readouterr().out.endswith("FAILED: nothing left out\n")


def test_a_missing_part_fails_ci_and_is_told_at_the_end(
    report: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system_parts, "provide", lambda: [ABSENT])
    monkeypatch.setattr(proof, "steps", lambda _: {})
    assert proof.main([]) == 0
    monkeypatch.setenv("CI", "true")
    assert proof.main([]) == 1
    said = capfd.readouterr().out
    assert said.count(f"Left out, because the machine lacks it:\n  {ABSENT.how_to_get()}") == 2


def test_a_step_that_fails_does_not_keep_the_next_from_running(
    report: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    steps = {"lint": ["python3", "-c", "raise SystemExit(1)"], "types": ["python3", "-c", "print('ran')"]}
    monkeypatch.setattr(proof, "steps", lambda _: steps)
    assert proof.main([]) == 1
    said = capfd.readouterr().out
    assert "ran" in said
    assert said.endswith("FAILED: lint\n")


def test_ci_runs_the_readmes_command() -> None:
    assert "exec make test" in (ROOT / ".ci" / "run").read_text()


def test_benchmarks_are_found_but_not_their_common_ground(tmp_path: Path) -> None:
    for name in ("_table.py", "segments.py", "intake.py", "__init__.py"):
        (tmp_path / name).touch()
    assert bench.benchmarks(tmp_path) == ["intake", "segments"]
