"""What happens in a storm, and in which order: a seed decides."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from enum import StrEnum


class Event(StrEnum):
    KILL_PUMP = "kill the work-horse that pumps"
    KILL_HORSE = "kill any work-horse"
    KILL_WORKER = "kill a worker"
    KILL_TICKER = "kill the ticker"
    KILL_WEB = "kill the web"
    KILL_IDLE = "kill a worker that does not pump"  # in no plan that is drawn
    STOP_PUMP = "stop the pump past its lease"
    STOP_PUMP_LONG = "stop the pump past its claims"
    FLUSH_REDIS = "flush Redis"
    RESTART_REDIS = "stop and restart Redis"
    RESTART_DATABASE = "restart the database"
    FILL_DISK = "fill the disk"
    PAUSE_OR_RESUME = "pause a task, or let the paused one go on"
    CANCEL = "cancel a task"
    PAUSE_ROUTE = "pause the route for a moment"
    SUPPRESS = "suppress a number"
    TOP_UP = "approve a top-up"


KILLS = (Event.KILL_PUMP, Event.KILL_HORSE, Event.KILL_WORKER, Event.KILL_TICKER, Event.KILL_WEB)
_LIKELY = (35, 25, 20, 10, 10)
STEERS = (Event.PAUSE_OR_RESUME, Event.SUPPRESS, Event.CANCEL, Event.PAUSE_ROUTE, Event.TOP_UP)


@dataclass(frozen=True)
class Plan:
    """The events of a storm, in order."""

    seed: int
    database: str
    events: tuple[Event, ...]

    @classmethod
    def drawn(cls, seed: int, database: str, kills: int, others: int, steers: int) -> Plan:
        """So many kills, and in between so many `others` and acts of people, of each kind in turn.

        The same seed draws the same plan.
        """
        dice = random.Random(f"{seed}:{kills}:{others}:{steers}:{database}")
        events = dice.choices(KILLS, _LIKELY, k=kills)
        last = Event.FILL_DISK if database == "sqlite" else Event.RESTART_DATABASE
        blows = (Event.STOP_PUMP, Event.FLUSH_REDIS, Event.RESTART_REDIS, last, Event.STOP_PUMP_LONG)
        for kinds, count in ((blows, others), (STEERS, steers)):
            for event in itertools.islice(itertools.cycle(kinds), count):
                events.insert(dice.randrange(len(events) + 1), event)
        return cls(seed, database, tuple(events))
