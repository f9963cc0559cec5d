"""The pace holds in every sliding second, whatever the work and the clock do, and loses no time over it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import chain, cycle, repeat
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.sending.dispatch.pace import Handover, Pace, Place

# A busy machine takes its time over an example; that says nothing of the pace.
unhurried = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
RATES = st.sampled_from([1, 2, 3, 7, 20, 99, 100, 101, 250, 500, 1000])


def leaving(
    pace: Pace, start: float, pauses: Iterator[float], lateness: Iterator[float], count: int
) -> list[float]:
    """When messages leave, if work pauses before each of them and every sleep lasts too long."""
    clock, left = start, []
    for _ in range(count):
        clock += next(pauses)
        while (wait := pace.wait(clock)) > 0:
            clock += wait + next(lateness)
        pace.answered(pace.take(clock), clock)
        left.append(clock)
    return left


class Way:
    """The way to a gateway and back: a fixed time, what `delays` adds before a message arrives, and `slowness` after.

    Messages may overtake one another, and so may answers.
    """

    THERE = 0.003
    BACK = 0.002

    def __init__(self, delays: Iterator[float], slowness: Iterator[float] | None = None) -> None:
        self._delays = delays
        self._slowness = slowness or repeat(0.0)
        self._answers: list[tuple[float, int, Pace, Place]] = []
        self.arrivals: list[float] = []

    def carry(self, pace: Pace, moment: float) -> None:
        place = pace.take(moment)
        arrival = moment + self.THERE + next(self._delays)
        self.arrivals.append(arrival)
        answered = arrival + self.BACK + next(self._slowness)
        heappush(self._answers, (answered, len(self.arrivals), pace, place))

    def await_answers(self, moment: float, longest: float) -> float:
        """Wait until all is answered, or for so many seconds; the moment when that is."""
        last = min(max([moment, *(each[0] for each in self._answers)]), moment + longest)
        self.bring_back(last, last)
        return last

    def bring_back(self, busy_until: float, moment: float) -> None:
        """What was answered by now. Whoever was busy with something else hears of it only then."""
        while self._answers and self._answers[0][0] <= moment:
            answered, _, pace, place = heappop(self._answers)
            pace.answered(place, max(answered, busy_until))


def arriving(
    pace: Pace, start: float, way: Way, pauses: Iterator[float], lateness: Iterator[float], count: int
) -> float:
    """Send so many messages on the way, as `leaving` does; the moment when the last has left."""
    clock = start
    for _ in range(count):
        clock += next(pauses)
        way.bring_back(clock, clock)
        while (wait := pace.wait(clock)) > 0:
            asleep_from, clock = clock, clock + wait + next(lateness)
            way.bring_back(asleep_from, clock)
        way.carry(pace, clock)
    return clock


def limit(rate: int) -> float:
    """The most that any second may hold."""
    return rate + max(1, rate / 100)


def room(rate: int) -> float:
    """How many seconds late a message may arrive without crowding a second that is filled evenly."""
    return int(limit(rate)) / rate - 1


def most_in_a_second(moments: list[float]) -> int:
    """The most that any second [t, t + 1) holds. A nanosecond is given for adding up floats."""
    times = sorted(moments)
    return max(bisect_left(times, moment + 1 - 1e-9) - number for number, moment in enumerate(times))


@unhurried
@given(
    rate=RATES,
    pauses=st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.001, 0.01, 0.3, 1.5]), min_size=1, max_size=40),
    lateness=st.lists(st.sampled_from([0.0, 0.0, 0.0005, 0.002, 0.05, 0.7]), min_size=1, max_size=40),
)
def test_no_second_ever_holds_more_than_the_rate_and_one_or_a_hundredth(
    rate: int, pauses: list[float], lateness: list[float]
) -> None:
    times = leaving(Pace(rate, 1_000.0), 1_000.0, cycle(pauses), cycle(lateness), min(3 * rate + 20, 600))
    assert most_in_a_second(times) <= limit(rate)


@unhurried
@given(rate=RATES, lateness=st.sampled_from([0.0, 0.0001, 0.0005]))
def test_while_there_is_work_the_mean_is_the_rate(rate: int, lateness: float) -> None:
    count = 20 * rate if rate < 100 else 5 * rate
    times = leaving(Pace(rate, 0.0), 0.0, repeat(0.0), repeat(lateness), count)
    assert (count - 1) / (times[-1] - times[0]) == pytest.approx(rate, rel=0.01)


@unhurried
@given(
    rate=RATES,
    taken=st.integers(1, 1_200),
    stall=st.sampled_from([0.0, 0.02, 0.3, 0.9]),
    gap=st.sampled_from([0.0, 0.0, 0.2, 3.0]),
)
def test_a_successor_goes_on_where_its_predecessor_stopped(
    rate: int, taken: int, stall: float, gap: float
) -> None:
    """Also where the predecessor had just caught up with a stall."""
    first = Pace(rate, 50.0)
    stalls = chain(repeat(0.0, max(0, taken - rate // 4)), [stall], repeat(0.0))
    before = leaving(first, 50.0, stalls, repeat(0.0), taken)
    again = before[-1] + gap
    after = leaving(
        Pace.after(first.handover(before[-1]), rate, again), again, repeat(0.0), repeat(0.0), 2 * rate
    )
    assert most_in_a_second(before + after) <= limit(rate)


@unhurried
@given(
    rate=RATES,
    taken=st.integers(1, 1_200),
    stall=st.sampled_from([0.0, 0.3, 0.9]),
    gap=st.sampled_from([0.0, 0.05, 0.7]),
    jump=st.sampled_from([-3600.0, -90.0, -1.5, 90.0, 3600.0]),
)
def test_a_clock_that_jumps_at_a_handover_crowds_no_second(
    rate: int, taken: int, stall: float, gap: float, jump: float
) -> None:
    first = Pace(rate, 5_000.0)
    stalls = chain(repeat(0.0, max(0, taken - rate // 4)), [stall], repeat(0.0))
    before = leaving(first, 5_000.0, stalls, repeat(0.0), taken)
    again = before[-1] + gap + jump
    pace = Pace.after(first.handover(before[-1]), rate, again)
    after = leaving(pace, again, repeat(0.0), repeat(0.0), min(2 * rate, 600))
    assert most_in_a_second(before + [moment - jump for moment in after]) <= limit(rate)
    assert after[0] - again < 1.5 + 2 / rate


@unhurried
@given(rate=RATES, taken=st.integers(1, 1_200), jump=st.sampled_from([-3600.0, 0.0, 3600.0]))
def test_who_follows_a_holder_that_gave_nothing_back_waits_until_its_last_second_is_over(
    rate: int, taken: int, jump: float
) -> None:
    """It may send what it has in hand, up to two tenths of a second's work, before it finds out."""
    first = Pace(rate, 5_000.0)
    before = leaving(first, 5_000.0, repeat(0.0), repeat(0.0), taken)
    again = before[-1] + jump
    in_hand = leaving(first, before[-1], repeat(0.0), repeat(0.0), max(1, rate // 5))
    after = leaving(Pace.after(None, rate, again), again, repeat(0.0), repeat(0.0), min(2 * rate, 600))
    assert most_in_a_second(before + in_hand + [moment - jump for moment in after]) <= limit(rate)


@unhurried
@given(rate=st.sampled_from([20, 100, 500]), share=st.sampled_from([0.02, 0.05, 0.1]))
def test_stalls_are_made_up_for(rate: int, share: float) -> None:
    """Stalls that take a twentieth of the time lose less than a hundredth of the messages."""
    every = max(2, rate // 4)
    stalls = cycle([*repeat(0.0, every - 1), share * every / rate])
    times = leaving(Pace(rate, 0.0), 0.0, stalls, repeat(0.0005), 20 * rate)
    assert (len(times) - 1) / (times[-1] - times[0]) == pytest.approx(rate, rel=0.01)
    assert (len(times) - 1) / (times[-1] - times[0]) <= rate * 1.0001
    assert most_in_a_second(times) <= limit(rate)


BUSY = st.sampled_from([20, 50, 100, 200, 350, 500, 1000])
STALLS = st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.0, 0.01, 0.05, 0.3]), min_size=1, max_size=40)
# Shares of what a message may be late by. The first is none: how fast the way is, is known by its fastest message.
DELAYS = st.lists(st.sampled_from([0.0, 0.0, 0.3, 1.0]), min_size=1, max_size=40).map(
    lambda some: [0.0, *some]
)


@unhurried
@given(rate=BUSY, stalls=STALLS, delays=DELAYS)
def test_no_second_of_arrivals_holds_more_whatever_stalls_and_whatever_is_late(
    rate: int, stalls: list[float], delays: list[float]
) -> None:
    way = Way(cycle([share * room(rate) for share in delays]))
    arriving(Pace(rate, 0.0), 0.0, way, cycle(stalls), cycle([0.0005, 0.001]), min(3 * rate + 20, 600))
    assert most_in_a_second(way.arrivals) <= limit(rate)


@unhurried
@given(rate=BUSY, stalls=STALLS, delays=DELAYS, turns=st.lists(st.integers(1, 700), min_size=2, max_size=6))
def test_no_second_of_arrivals_holds_more_however_many_workers_take_turns(
    rate: int, stalls: list[float], delays: list[float], turns: list[int]
) -> None:
    way, clock, left = Way(cycle([share * room(rate) for share in delays])), 0.0, Handover(0.0)
    for turn in turns:
        pace = Pace.after(left, rate, clock)
        clock = arriving(pace, clock, way, cycle(stalls), repeat(0.0005), min(turn, 2 * rate))
        left = pace.handover(clock)
    assert most_in_a_second(way.arrivals) <= limit(rate)


class RoughWay(Way):
    """What would arrive during a jam arrives at its end."""

    def __init__(self, jams: list[tuple[float, float]]) -> None:
        super().__init__(repeat(0.0))
        self._jams = jams

    def carry(self, pace: Pace, moment: float) -> None:
        at = moment + self.THERE
        self._delays = repeat(max([0.0, *(end - at for start, end in self._jams if start <= at < end)]))
        super().carry(pace, moment)


def on_a_rough_way(
    kind: type[Pace], rate: int, seed: int, *, turn: int, stall: float, jam: float, seconds: int = 16
) -> list[float]:
    """Arrivals with a jam every other second and a stall in two of three, up to so long, and with a handover after
    each turn that takes up to 40 ms. A holder waits up to 50 ms for its last answers, as the pump does.
    """
    chance = Random(seed)
    jams = [(each, each + chance.uniform(0.01, jam)) for each in accumulated(chance, 0.5, 2 * seconds)]
    stalls = (chance.uniform(0.0, stall) if chance.random() < 2 / 3 / rate else 0.0 for _ in repeat(None))
    way, clock, left = RoughWay(jams), 0.0, Handover(0.0)
    for _ in range(seconds // turn):
        pace = kind.after(left, rate, clock)
        clock = arriving(pace, clock, way, stalls, repeat(0.0005), turn * rate)
        clock = way.await_answers(clock, 0.05)
        left = pace.handover(clock)
        clock += chance.uniform(0.005, 0.04)
    return way.arrivals


def accumulated(chance: Random, often: float, end: float) -> Iterator[float]:
    """Moments, so often a second."""
    moment = chance.expovariate(often)
    while moment < end:
        yield moment
        moment += 0.3 + chance.expovariate(often)


@pytest.mark.parametrize("rate", [20, 50, 100, 200, 350, 500])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_handovers_stalls_and_jams_together_cost_no_hundredth_and_crowd_no_second(
    rate: int, seed: int
) -> None:
    arrivals = on_a_rough_way(Pace, rate, seed, turn=2, stall=0.03, jam=0.06)
    assert most_in_a_second(arrivals) <= limit(rate)
    assert 0.99 * rate <= mean(arrivals) <= rate


@pytest.mark.parametrize("rate", [20, 100, 500])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_costs_time_still_crowds_no_second(rate: int, seed: int) -> None:
    """Stalls and jams of up to 0.3 s take longer than can be made up for."""
    assert most_in_a_second(on_a_rough_way(Pace, rate, seed, turn=16, stall=0.3, jam=0.3)) <= limit(rate)
    assert most_in_a_second(on_a_rough_way(Pace, rate, seed, turn=2, stall=0.3, jam=0.14)) <= limit(rate)


@pytest.mark.parametrize("rate", [20, 100, 200, 500])
@pytest.mark.parametrize("stall", [0.01, 0.03, 0.1])
def test_a_jam_on_the_way_crowds_no_second_and_loses_no_time_for_good(rate: int, stall: float) -> None:
    """What leaves during the jam arrives all at once at its end."""
    jam = [max(0.0, stall - number / rate) for number in range(rate // 4)]
    way = Way(chain(repeat(0.0, 2 * rate), jam, repeat(0.0)))
    arriving(Pace(rate, 0.0), 0.0, way, repeat(0.0), repeat(0.0005), 25 * rate)
    assert most_in_a_second(way.arrivals) <= limit(rate)
    assert 0.99 * rate <= mean(way.arrivals) <= rate


@pytest.mark.parametrize("rate", [20, 100, 500])
@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 1.0])
def test_a_carrier_that_answers_now_fast_and_now_slowly_costs_no_hundredth(rate: int, share: float) -> None:
    """A share of the messages, each by itself, is answered up to 0.2 s later than the others."""
    chance = Random(rate)
    slow = (chance.uniform(0, 0.2) if chance.random() < share else 0.0 for _ in repeat(None))
    pace, way = Pace(rate, 0.0), Way(repeat(0.0), chain([0.0], slow))
    end = arriving(pace, 0.0, way, repeat(0.0), repeat(0.0005), 15 * rate)
    assert (15 * rate - 1) / end >= 0.99 * rate


@pytest.mark.parametrize("rate", [20, 100, 500])
def test_a_carrier_that_becomes_slower_costs_no_hundredth(rate: int) -> None:
    slower = chain(repeat(0.0, 5 * rate), repeat(0.2))
    end = arriving(Pace(rate, 0.0), 0.0, Way(repeat(0.0), slower), repeat(0.0), repeat(0.0005), 15 * rate)
    assert (15 * rate - 1) / end >= 0.99 * rate


def test_what_could_have_left_while_nothing_waited_is_not_made_up_for() -> None:
    pace = Pace(50, 0.0)
    leaving(pace, 0.0, repeat(0.0), repeat(0.0), 100)
    pace.rest()
    times = leaving(pace, 10.0, repeat(0.0), repeat(0.0), 200)
    assert times[1] - times[0] == pytest.approx(0.02, rel=0.01)
    assert mean(times) == pytest.approx(50, rel=0.005)


@pytest.mark.parametrize("rate", [0, -1])
def test_there_is_no_unlimited_pace(rate: int) -> None:
    with pytest.raises(ValueError):
        Pace(rate)


class NoLimit(Pace):
    """Never waits."""

    def wait(self, moment: float) -> float:
        return 0.0


class BurstAfterAStall(Pace):
    """Keeps the mean, and makes up for a stall all at once."""

    def wait(self, moment: float) -> float:
        return max(self._next_at - moment, 0.0)


class PerWorker(Pace):
    """Each worker begins a schedule of its own, whatever left before it."""

    def handover(self, moment: float) -> Handover:
        return Handover(moment)


class ForgetsTheWindow(Pace):
    """Hands the schedule over, and not what the last second held."""

    def handover(self, moment: float) -> Handover:
        return Handover(self._next_at)


class ForgetsTheSchedule(Pace):
    """Hands over what the last second held, and not what is still to be caught up."""

    def handover(self, moment: float) -> Handover:
        return Handover(None, super().handover(moment).arrived)


class SlowAfterAStall(Pace):
    """What a stall made late is never made up for."""

    def take(self, moment: float) -> Place:
        self._rested = True
        return super().take(moment)


class WindowOfDepartures(Pace):
    """Keeps count of what leaves, and does not ask when it arrives."""

    def answered(self, place: Place, moment: float) -> None:
        place.took = self._fastest = 0.0


def stalled(pace: Pace) -> list[float]:
    """Ten seconds' work at 100/s, with 0.1 s of stall every two."""
    stalls = cycle([*repeat(0.0, 100), 0.1, *repeat(0.0, 99)])
    return leaving(pace, 0.0, stalls, repeat(0.0), 1000)


def by_turns(kind: type[Pace]) -> list[float]:
    """Forty workers of one route at 100/s, five messages each, one after the other."""
    times: list[float] = []
    left = Handover(0.0)
    for _ in range(40):
        moment = times[-1] if times else 0.0
        pace = kind.after(left, 100, moment)
        times += leaving(pace, moment, repeat(0.0), repeat(0.0), 5)
        left = pace.handover(times[-1])
    return times


def mean(times: list[float]) -> float:
    return (len(times) - 1) / (times[-1] - times[0])


def test_the_proof_is_green_for_the_pace_itself() -> None:
    assert most_in_a_second(stalled(Pace(100))) <= 101
    assert mean(stalled(Pace(100))) == pytest.approx(100, rel=0.01)
    assert most_in_a_second(by_turns(Pace)) <= 101


@pytest.mark.parametrize("plant", [NoLimit, BurstAfterAStall])
def test_the_proof_is_red_for_a_planted_burst(plant: type[Pace]) -> None:
    assert most_in_a_second(stalled(plant(100))) > 101


def test_the_proof_is_red_for_a_limit_of_each_worker_instead_of_the_route() -> None:
    assert most_in_a_second(by_turns(PerWorker)) > 101


def rough(kind: type[Pace]) -> list[float]:
    return on_a_rough_way(kind, 200, 1, turn=2, stall=0.03, jam=0.06)


def test_the_proof_is_red_for_a_handover_that_forgets() -> None:
    assert most_in_a_second(rough(Pace)) <= limit(200)
    assert mean(rough(Pace)) >= 0.99 * 200
    assert most_in_a_second(rough(ForgetsTheWindow)) > limit(200)
    assert mean(rough(ForgetsTheSchedule)) < 0.99 * 200


def test_the_proof_is_red_for_a_pace_that_loses_what_a_stall_takes() -> None:
    assert mean(stalled(SlowAfterAStall(100))) < 99


def jammed(pace: Pace) -> list[float]:
    """Ten seconds' work at 100/s, while whatever leaves in one twentieth of a second in four arrives at its end."""
    jam = [max(0.0, 0.05 - number / 100) for number in range(5)]
    way = Way(cycle([*repeat(0.0, 395), *jam]))
    arriving(pace, 0.0, way, repeat(0.0), repeat(0.0), 1000)
    return way.arrivals


def test_the_proof_is_red_for_a_pace_that_counts_departures_only() -> None:
    assert most_in_a_second(jammed(WindowOfDepartures(100))) > 101
    assert most_in_a_second(jammed(Pace(100))) <= 101
