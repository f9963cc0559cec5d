"""Hostile and odd files: each ends in a sheet or in a plain refusal, none in a hang or a dead worker."""

import logging
from pathlib import Path

import pytest

from app.recipients.confined import read_confined
from app.recipients.errors import CODES, FileRefused
from app.recipients.intake import take_in
from tests.recipients.hostile_files import hostile_files
from tests.recipients.hostile_parts import Hostile
from tests.recipients.sheet_files import LIMITS, RULES

FILES = hostile_files()


def test_there_are_more_than_two_hundred_and_each_has_its_name() -> None:
    assert len(FILES) > 200
    assert len({made.name for made in FILES}) == len(FILES)


def refusal_of(stored: Path) -> FileRefused | None:
    try:
        take_in(read_confined(stored, LIMITS), RULES, LIMITS)
    except FileRefused as refused:
        return refused
    return None


@pytest.mark.parametrize("made", FILES, ids=lambda made: made.name)
def test_a_hostile_file_ends_in_a_sheet_or_a_refusal(
    made: Hostile, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stored = tmp_path / "upload"
    stored.write_bytes(made.data)
    with caplog.at_level(logging.ERROR):
        refused = refusal_of(stored)
    assert not caplog.records, caplog.text
    if refused is None:
        assert not made.codes
    else:
        assert refused.code in (made.codes or CODES)
        assert refused.message.endswith(".")
        assert str(tmp_path) not in refused.message
