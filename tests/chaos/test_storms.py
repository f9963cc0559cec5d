"""Everything that runs is killed, stopped and cut off while messages go out: none is lost, none is sent twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.chaos.stage import Stage
from tests.chaos.storm import Plan
from tests.chaos.weather import Size, weather

SQLITE, POSTGRESQL = "sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", ["neither", "dedupes", "asked"])
@pytest.mark.parametrize("database", [SQLITE, POSTGRESQL])
def test_a_storm_loses_nothing_and_sends_nothing_twice(
    stage_on: Callable[[str], Stage], database: str, kind: str, seed: int, long: bool
) -> None:
    kills, others = (500, 25) if long else (8, 4)
    size = Size(messages=5_000, rate=100, still=120) if long else Size(messages=200, rate=40)
    found, told = weather(stage_on(database), kind, Plan.drawn(seed, database, kills, others), size)
    assert not found, f"Seed {seed}: {found}"
    assert told.kills >= kills


def test_a_seed_gives_its_storm_again() -> None:
    assert Plan.drawn(7, "sqlite", 500, 25) == Plan.drawn(7, "sqlite", 500, 25)
    assert Plan.drawn(7, "sqlite", 500, 25).events != Plan.drawn(8, "sqlite", 500, 25).events
