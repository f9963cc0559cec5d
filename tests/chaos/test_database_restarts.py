"""A PostgreSQL that dies and comes back, again and again: what it confirmed, it still knows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.chaos.plan import Event, Plan
from tests.chaos.stage import Stage
from tests.chaos.weather import Size, weather


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.postgres
def test_a_database_that_dies_forgets_no_fence_though_it_is_told_not_to_wait_for_commits(
    stage_on: Callable[[str], Stage], seed: int
) -> None:
    plan = Plan(seed, "postgresql", (Event.RESTART_DATABASE,) * 4)
    found, _ = weather(stage_on("postgresql"), "neither", plan, Size(messages=240, rate=60))
    assert not found, f"Seed {seed}: {found}"
