"""The demo: its file means what it says, its reader reads pages, its table tells the truth, and it runs."""

from __future__ import annotations

import io
import random
import subprocess
import sys
from pathlib import Path

import pytest

from app.demo import SIGN_INS
from app.gateways.sandbox_numbers import SPECIAL
from app.recipients.intake import take_in
from app.recipients.limits import FileLimits
from app.recipients.numbers import NumberRules
from app.recipients.reading import read_sheet
from operations.demo import journey, place, sheet
from operations.demo.__main__ import main
from operations.demo.pages import read_page
from operations.demo.panel import Panel, PanelFailed
from operations.demo.place import Place
from operations.demo.terminal import Bar, Line, table
from operations.environment import ROOT

RULES = NumberRules(blocked_prefixes=frozenset({"86"}))
PAGE = """<body data-state="ready"><p class="flash flash-error"><svg><path d="x"/></svg>No credit
<strong>left</strong>.</p><form action="/go" method="post"><input type="hidden" name="csrf_token" value="t">
<input type="radio" name="when" value="now" checked><input type="radio" name="when" value="later">
<select name="route_id"><option value="1">Saver</option><option value="2" selected>Direct · 1</option></select>
<input type="file" name="file"><textarea name="content">\nDear A &amp; B</textarea>
<button type="submit" name="only_check" value="1">Check</button></form>
<dd data-count="sent" data-value="12">12</dd></body>"""


@pytest.mark.parametrize("rows", [sheet.LEAST_ROWS, 5_000])
def test_every_row_of_the_file_ends_as_expected(rows: int, tmp_path: Path) -> None:
    made = sheet.make_sheet(rows, random.Random(7))
    limits = FileLimits()
    stored = tmp_path / "upload"
    stored.write_bytes(made.xlsx)
    taken = take_in(read_sheet(stored, limits, name="demo.xlsx"), RULES, limits)
    expected = made.expected
    assert (taken.rows_read, len(taken.recipients)) == (rows, expected.accepted)
    assert taken.by_reason == expected.rejected
    endings = {found.e164[-2:] for found in taken.recipients}
    assert {ending.digits for ending in SPECIAL} <= endings
    assert expected.sent + expected.failed + expected.in_doubt == expected.accepted
    assert expected.held == expected.charged + expected.released + expected.outstanding


def test_two_files_have_no_number_in_common() -> None:
    first, second = (sheet.make_sheet(100, random.Random(seed)).xlsx for seed in (1, 2))
    assert first != second


def test_a_file_of_too_few_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 100 rows"):
        sheet.make_sheet(10, random.Random(1))


def test_a_page_gives_its_form_its_figures_and_its_troubles() -> None:
    page = read_page(PAGE, "http://127.0.0.1/x")
    form = page.form("csrf_token", "route_id", "file")
    values = {"csrf_token": "t", "when": "now", "route_id": "2", "content": "Dear A & B"}
    assert (form.action, form.values) == ("/go", values)
    assert form.choice("route_id", "Saver") == "1"
    assert (page.counts, page.state, page.problems) == ({"sent": 12}, "ready", ["No credit left."])
    with pytest.raises(LookupError, match="no form with check_run"):
        page.form("check_run")


def test_a_page_that_leads_elsewhere_is_not_followed() -> None:
    with pytest.raises(PanelFailed, match="leads away"):
        Panel("http://127.0.0.1:9").open("http://example.com/")


def test_the_table_marks_what_differs() -> None:
    shown = table([Line("Sent", 4_850, 4_850), Line("Credits held", 1_500, 1_200, credits=True)]).splitlines()
    assert shown[2].split() == ["Sent", "4,850", "4,850", "✓"]
    assert shown[3].split() == ["Credits", "held", "1.500", "1.200", "✗", "DIFFERS"]


def test_a_log_gets_few_lines_and_always_the_last() -> None:
    log = io.StringIO()
    bar = Bar("sending", log)
    for done in range(101):
        bar.show(done, 100)
    bar.end()
    lines = log.getvalue().splitlines()
    assert len(lines) == 2
    assert lines[-1].split() == ["sending", "100%", "100", "of", "100"]


def test_a_reason_that_nobody_expected_is_a_line_that_differs() -> None:
    expected = sheet.make_sheet(100, random.Random(3)).expected
    outcome = journey.Outcome("", {"rejected-premium": 2}, {}, "done", 0)
    (line,) = [line for line in journey.lines(expected, outcome) if "premium" in line.words]
    assert (line.expected, line.found, line.right) == (0, 2, False)


def test_an_address_where_nothing_answers_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--url", "http://127.0.0.1:9"]) == 1
    assert "No Carillon answers at http://127.0.0.1:9" in capsys.readouterr().err


def test_the_running_instance_is_found_by_its_lock(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "_answers", lambda _: True)
    environ = {"CARILLON_INSTANCE": str(tmp_path), "PORT": "8123"}
    assert place.running_place(None, environ) == Place("http://127.0.0.1:8123", None)
    with place.instance.held(tmp_path, "http://127.0.0.1:8555"):
        assert place.running_place(None, environ) == Place("http://127.0.0.1:8555", tmp_path)
        assert place.running_place("http://elsewhere:1", environ) == Place("http://elsewhere:1", None)
    assert place.running_place(None, {"CARILLON_INSTANCE": str(tmp_path)}) is None


@pytest.mark.slow
def test_the_demo_runs_and_everything_adds_up(tmp_path) -> None:
    """The real thing in small: its own Carillon, started, driven over HTTP and stopped."""
    command = subprocess.run(
        [sys.executable, "-m", "operations.demo", "--rows", "100"],
        cwd=ROOT,
        env={"CARILLON_INSTANCE": str(tmp_path / "none"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = command.stdout + command.stderr
    assert command.returncode == 0, said
    assert "Everything adds up" in said
    assert "DIFFERS" not in said
    assert SIGN_INS[0].password not in said
