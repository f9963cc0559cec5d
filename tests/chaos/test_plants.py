"""The harness proves itself: each bug that a careless hand might leave is found, by the complaint that names it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.chaos.plants import PLANTS
from tests.chaos.stage import Stage
from tests.chaos.storm import Event, Plan
from tests.chaos.weather import Size, weather

# What strikes while each bug is there, how fast the route is, and what the verdict must say then.
SCENES: dict[str, tuple[list[Event], int, str]] = {
    "no_fence": ([Event.KILL_PUMP] * 5, 40, "sent twice"),
    "resend_on_time_out": ([], 100, "sent twice"),
    "acknowledge_before_commit": ([Event.KILL_WEB] * 5, 40, "ends otherwise than the carrier says"),
    "charge_twice": ([], 100, "the ledger audit found differences"),
    "forget_to_release": ([], 100, "the ledger audit found differences"),
    "ignore_the_lease": ([], 15, "requests in"),
    "forget_what_was_fenced": ([Event.KILL_IDLE] * 5, 40, "in doubt without a reason"),
}


def test_every_planted_bug_has_its_scene() -> None:
    assert SCENES.keys() == PLANTS.keys()


@pytest.mark.slow
@pytest.mark.books_broken_on_purpose
@pytest.mark.parametrize("plant", SCENES)
def test_a_planted_bug_is_found(stage_on: Callable[[str], Stage], plant: str, seed: int) -> None:
    events, rate, complaint = SCENES[plant]
    size = Size(messages=120, rate=rate, still=3.0)
    found, _ = weather(stage_on("sqlite"), "neither", Plan(seed, "sqlite", tuple(events)), size, plant=plant)
    assert any(complaint in each for each in found), f"Seed {seed}: {found}"


@pytest.mark.slow
def test_without_a_bug_the_same_scenes_bring_no_complaint(
    stage_on: Callable[[str], Stage], seed: int
) -> None:
    events = tuple(event for events, _, _ in SCENES.values() for event in events)
    found, _ = weather(
        stage_on("sqlite"), "neither", Plan(seed, "sqlite", events), Size(messages=120, rate=15)
    )
    assert not found
