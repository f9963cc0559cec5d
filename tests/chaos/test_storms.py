"""Everything that runs is killed, stopped and cut off while messages go out and people pause, cancel and suppress: none
is lost, none is sent twice, and what was called off before it left never arrives."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.chaos.crew import LONG
from tests.chaos.plan import Plan
from tests.chaos.stage import Stage
from tests.chaos.weather import Size, weather

# Every kind of carrier on either database; the short form has each kind once, and either database.
PLACES = {
    ("sqlite", "neither"): True,
    ("postgresql", "neither"): LONG,
    ("sqlite", "dedupes"): LONG,
    ("postgresql", "dedupes"): True,
    ("sqlite", "asked"): LONG,
    ("postgresql", "asked"): True,
}


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("database", "kind"), [place for place, is_visited in PLACES.items() if is_visited])
def test_a_storm_loses_nothing_and_sends_nothing_twice(
    stage_on: Callable[[str], Stage], database: str, kind: str, seed: int
) -> None:
    kills, others, steers = (500, 25, 30) if LONG else (8, 5, 5)
    size = (
        Size(messages=5_000, rate=100, tasks=50, answer_timeout=4.0)
        if LONG
        else Size(messages=160, rate=40, tasks=8)
    )
    plan = Plan.drawn(seed, database, kills, others, steers)
    found, told = weather(stage_on(database), kind, plan, size)
    assert not found, f"Seed {seed}: {found}"
    assert told.kills >= kills


def test_a_seed_gives_its_storm_again() -> None:
    assert Plan.drawn(7, "sqlite", 500, 25, 30) == Plan.drawn(7, "sqlite", 500, 25, 30)
    assert Plan.drawn(7, "sqlite", 500, 25, 30).events != Plan.drawn(8, "sqlite", 500, 25, 30).events
