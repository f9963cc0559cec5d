"""The harness proves itself: each bug that a careless hand might leave is found, by the complaint that names it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.chaos.carrier import Manner
from tests.chaos.plan import Event, Plan
from tests.chaos.plants import PLANTS
from tests.chaos.stage import Stage
from tests.chaos.weather import Size, weather


@dataclass(frozen=True)
class Scene:
    """What the verdict must say while a bug is there, what happens then, how fast the route is, and its carrier.

    `still`: after so many seconds without any change nothing more is awaited.
    """

    complaint: str
    events: list[Event] = field(default_factory=list)
    rate: int = 100
    kind: str = "neither"
    manners: dict[Manner, int] | None = None
    still: float = 60.0


SCENES = {
    "no_fence": Scene("sent twice", [Event.KILL_PUMP] * 5, 40),
    # One that tells of a doubt only when it is asked: where receipts come, some come before the second try.
    "resend_on_time_out": Scene("sent twice", kind="asked"),
    # With some, what is lost is never heard of again, so that nothing moves any more.
    "acknowledge_before_commit": Scene(
        "ends otherwise than the carrier says", [Event.KILL_WEB] * 5, 40, still=10.0
    ),
    "charge_twice": Scene("the ledger audit found differences", still=10.0),
    "forget_to_release": Scene("the ledger audit found differences"),
    "ignore_the_lease": Scene("under a lease that another had", rate=15),
    "forget_what_was_fenced": Scene("in doubt without a reason", [Event.KILL_IDLE] * 5, 40),
    # A carrier that takes its time, so that something is on the wire.
    "cancel_what_is_fenced": Scene(
        "sent though it was called off", [Event.CANCEL] * 3, 40, manners={Manner.TAKE_LATE: 1}
    ),
    "resume_from_the_start": Scene("sent twice", [Event.PAUSE_OR_RESUME] * 2, 40, still=15.0),
    "pump_through_a_pause": Scene(
        "left while it was to stand still",
        [Event.PAUSE_OR_RESUME, *[Event.KILL_TICKER] * 3, Event.PAUSE_OR_RESUME],
        40,
    ),
}


def test_every_planted_bug_has_its_scene() -> None:
    assert SCENES.keys() == PLANTS.keys()


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.books_broken_on_purpose
@pytest.mark.parametrize("plant", SCENES)
def test_a_planted_bug_is_found(stage_on: Callable[[str], Stage], plant: str, seed: int) -> None:
    scene = SCENES[plant]
    size = Size(messages=120, rate=scene.rate, lull=20.0, still=scene.still)
    plan = Plan(seed, "sqlite", tuple(scene.events))
    found, _ = weather(stage_on("sqlite"), scene.kind, plan, size, plant=plant, manners=scene.manners)
    assert any(scene.complaint in each for each in found), f"Seed {seed}: {found}"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_without_a_bug_the_same_scenes_bring_no_complaint(
    stage_on: Callable[[str], Stage], seed: int
) -> None:
    events = tuple(event for scene in SCENES.values() for event in scene.events)
    found, _ = weather(
        stage_on("sqlite"), "neither", Plan(seed, "sqlite", events), Size(messages=120, rate=15)
    )
    assert not found
