"""Wall-clock times where clocks change: Sydney goes forward on 4 Oct 2026 at 02:00, back on 4 Apr 2027 at 03:00."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.blueprints.compose.schedule import UnusableTime, comes_twice, moment_of, zone_name

SYDNEY = ZoneInfo("Australia/Sydney")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


def test_a_time_is_read_in_the_zone() -> None:
    assert moment_of(wall("2026-12-01 09:30"), SYDNEY, LONG_AGO) == datetime(2026, 11, 30, 22, 30, tzinfo=UTC)


def test_a_time_that_clocks_jump_over_is_refused_with_one_that_comes() -> None:
    with pytest.raises(UnusableTime, match=r"02:30 does not come on 4 Oct 2026 in Sydney.*03:30"):
        moment_of(wall("2026-10-04 02:30"), SYDNEY, LONG_AGO)


def test_the_first_of_two_equal_times_is_taken_and_known_to_come_twice() -> None:
    moment = moment_of(wall("2027-04-04 02:30"), SYDNEY, LONG_AGO)
    assert moment == datetime(2027, 4, 3, 15, 30, tzinfo=UTC)
    assert comes_twice(moment, SYDNEY)
    assert comes_twice(moment + timedelta(hours=1), SYDNEY)
    assert not comes_twice(moment + timedelta(hours=2), SYDNEY)


@pytest.mark.parametrize("minutes", [0, 1, 60 * 24 * 400])
def test_a_past_or_present_time_is_refused_with_the_time_it_is(minutes: int) -> None:
    present = datetime(2026, 11, 30, 22, 30, tzinfo=UTC)
    past = present.astimezone(SYDNEY).replace(tzinfo=None) - timedelta(minutes=minutes)
    with pytest.raises(UnusableTime, match="has passed: it is 1 Dec 2026, 09:30 in Sydney"):
        moment_of(past, SYDNEY, present)


@given(
    st.datetimes(min_value=datetime(2026, 2, 1), max_value=datetime(2040, 1, 1)),  # noqa: DTZ001
    st.sampled_from(
        ["Australia/Sydney", "Australia/Lord_Howe", "America/New_York", "Asia/Kuala_Lumpur", "UTC"]
    ),
)
def test_every_time_that_is_taken_reads_back_as_it_was_written(written: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    try:
        moment = moment_of(written, zone, LONG_AGO)
    except UnusableTime:
        return
    assert moment.astimezone(zone).replace(tzinfo=None, fold=0) == written


def test_a_zone_reads_as_its_town() -> None:
    assert zone_name(ZoneInfo("Asia/Kuala_Lumpur")) == "Kuala Lumpur"
    assert zone_name(ZoneInfo("UTC")) == "UTC"
