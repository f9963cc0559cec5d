"""One storm from its first message to the last one's end, and the verdict on it."""

from __future__ import annotations

import sys
import time
import warnings
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.extensions import db
from tests.chaos import verdict
from tests.chaos.carrier import ChaosCarrier, Manner
from tests.chaos.people import People
from tests.chaos.plan import STEERS, Event, Plan
from tests.chaos.stage import CREDIT, Stage
from tests.chaos.storm import WORKERS, Storm, Told, calm, reading_engine
from tests.factories.tasks import make_submitted_task


@dataclass(frozen=True)
class Size:
    """How many messages in how many tasks, and how many a second their route allows.

    `lull`: for so many seconds each blow waits for messages to leave after the one before. `still`: after so many
    without any change nothing more is awaited. `answer_timeout` is what the carrier is given; where many processes
    share few processors, too little of it makes doubts that the carrier never meant.
    """

    messages: int
    rate: int
    tasks: int = 8
    lull: float = 0.8
    still: float = 120.0
    answer_timeout: float = 2.0


def weather(
    stage: Stage,
    kind: str,
    plan: Plan,
    size: Size,
    plant: str = "",
    manners: dict[Manner, int] | None = None,
) -> tuple[list[str], Told]:
    """The complaints, and what happened. `kind` is what the carrier can do: it `dedupes`, is `asked`, or `neither`."""
    carrier = ChaosCarrier(
        plan.seed, dedupes=kind == "dedupes", tells_doubtful=kind != "asked", manners=manners
    )
    queues = ("dispatch", "intake", "default")
    with carrier, stage.app.app_context(), stage.crew(queues=queues, plant=plant) as crew:
        session = db.session()
        house = stage.house(session, carrier, kind, size.rate, size.answer_timeout)
        for part in range(size.tasks):
            make_submitted_task(
                session, house.owner, house.route, messages=size.messages // size.tasks, name=f"Part {part}"
            )
        engine = reading_engine(stage.database_url)
        people = People(stage.app, session, house.owner, engine, plan.seed)
        crew.start("web")
        people.come(crew.web, top_ups=plan.events.count(Event.TOP_UP))
        crew.start(*WORKERS, "ticker")
        storm = Storm(plan, crew, stage, carrier, people, engine, size.answer_timeout, size.lull)
        began = time.monotonic()
        told = storm.rage(size.messages)
        told.seconds["storm"] = time.monotonic() - began
        calm(engine, carrier, doubts=False, still=size.still)
        told.seconds["until all but doubts was over"] = time.monotonic() - began
        with Session(engine) as looking:
            seen = verdict.doubts(
                looking, carrier.record, told.in_the_dark, crew.stalls(), size.answer_timeout
            )
        crew.kill("ticker")
        crew.start("ticker", in_doubt_release=0.5)  # as if the set time had passed
        calm(engine, carrier, doubts=True, still=size.still)
        told.seconds["until all was over"] = time.monotonic() - began
        with Session(engine) as looking:
            found = verdict.complaints(
                looking, carrier, seen, crew.overtaken(), people.wishes,
                credit=CREDIT, dedupes=kind == "dedupes", rate=size.rate,
            )  # fmt: skip
            ends = dict(verdict.figures(looking))
        sys.stdout.write(
            f"\nseed {plan.seed}, {plan.database}, {kind} {plant}: {size.messages} messages ({ends}), {told.kills}"
            f" kills in {told.events.total()} events, {len(carrier.record.ambiguous)} answers left us in doubt and"
            f" {len(told.in_the_dark)} were held by a process when it was struck, {len(seen.standing)} stood in doubt;"
            f" people: { {event.name: told.events[event] for event in STEERS} };"
            f" {', '.join(f'{seconds:.0f} s {what}' for what, seconds in told.seconds.items())}; {found}\n"
        )
        if told.left_out:
            warnings.warn(
                f"Left out, since no file system may be mounted here: {dict(told.left_out)}.", stacklevel=2
            )
        if found:
            sys.stdout.write(f"\n{told.diary[-50:]}\n{crew.said()}\n")
        return found, told
