"""Submitting through another maker's server: what arrives there, and what each answer comes to."""

from __future__ import annotations

import asyncio

import pytest

from app.gateways.base import Accepted, Deferred, InDoubt, Outcome, Refused
from app.gateways.smpp.brake import Brake
from tests.gateways.smpp.carrier import Carrier
from tests.gateways.smpp.driving import TO, Driver, drive, told


def test_a_text_arrives_as_it_was_written(carrier: Carrier) -> None:
    texts = ["Preis: 5€ [ab] {heute} ~ ^ | \\ @ Ω", "明日 😀 100%", ""]

    async def act(driver: Driver) -> list[Outcome]:
        return [await driver.send(text) for text in texts]

    outcomes, _ = drive(carrier.gateway(), act)
    submits = carrier.heard("submit")
    assert outcomes == [Accepted("1"), Accepted("2"), Accepted("3")]
    assert [submit["text"] or "" for submit in submits] == texts
    assert [submit["data_coding"] for submit in submits] == [0, 8, 0]
    assert submits[0]["source"] == [5, 0, "BISTRO"]
    assert submits[0]["destination"] == [1, 1, TO.removeprefix("+")]
    assert submits[0]["registered_delivery"] == 1


@pytest.mark.parametrize("text", ["[" * 200, "😀" * 70, "Ab€" * 120], ids=["pairs", "surrogates", "mixed"])
def test_a_long_text_goes_in_parts_of_one_message(carrier: Carrier, text: str) -> None:
    outcome, _ = drive(carrier.gateway(), lambda driver: driver.send(text))
    submits = carrier.heard("submit")

    assert "".join(submit["text"] for submit in submits) == text
    assert len({submit["udh"][0][:6] for submit in submits}) == 1
    assert [submit["udh"][0][-2:] for submit in submits] == [f"{n:02x}" for n in range(1, len(submits) + 1)]
    assert [submit["registered_delivery"] for submit in submits] == [0] * (len(submits) - 1) + [1]
    assert outcome == Accepted(str(len(submits)))


def test_a_long_text_may_go_as_a_payload(carrier: Carrier) -> None:
    outcome, _ = drive(carrier.gateway(long_text="message_payload"), lambda driver: driver.send("x" * 500))

    assert outcome == Accepted("1")
    (submit,) = carrier.heard("submit")
    assert (submit["payload"], submit["text"] or "", submit["esm_class"]) == ("x" * 500, "", 0)


def test_what_cannot_be_written_is_refused_and_never_leaves(carrier: Carrier) -> None:
    async def act(driver: Driver) -> list[Outcome]:
        return [
            await driver.send(sender_id="Bäcker"),
            await driver.send(to="+60x"),
            await driver.send("x" * 40_000),
        ]

    outcomes, _ = drive(carrier.gateway(), act)
    assert outcomes == [
        Refused("sender_not_registered"),
        Refused("invalid_number"),
        Refused("rejected_request"),
    ]
    assert carrier.heard("submit") == []


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"status": 0x0A}, Refused("sender_not_registered")),
        ({"status": 0x0B}, Refused("invalid_number")),
        ({"status": 0x45}, Refused("rejected_request")),
        ({"status": 0xC4}, Refused("rejected_request")),
        ({"status": 0x66}, Refused("blocked_by_carrier")),
        ({"nack": 0x02}, Refused("rejected_request")),
        ({"status": 0x04}, Deferred("unreachable")),
        ({"status": 0x0E}, Deferred("gateway_settings")),
        ({"status": 0x64}, Deferred("carrier_busy")),
        ({"status": 0x08}, InDoubt("gateway_failure")),
        ({"status": 0xFF}, InDoubt("gateway_failure")),
        ({"status": 0x400}, InDoubt("gateway_failure")),
        ({"nack": 0xFF}, InDoubt("gateway_failure")),
        ({"id": ""}, InDoubt("unreadable_answer")),
        ({"id": "x" * 120}, InDoubt("unreadable_answer")),
        ({"silent": True}, InDoubt("timeout")),
        ({"drop": True}, InDoubt("connection_lost")),
    ],
)
def test_every_answer_has_its_outcome(carrier: Carrier, answer: dict[str, object], outcome: Outcome) -> None:
    carrier.answers(answer)
    gateway = carrier.gateway(answer_timeout=2 if "silent" in answer else 5)

    assert drive(gateway, lambda driver: driver.send())[0] == outcome


def test_a_late_answer_belongs_to_nobody_else(carrier: Carrier) -> None:
    carrier.answers({"hold": True, "id": "late"}, {"hold": True, "id": "next"})

    async def act(driver: Driver) -> list[Outcome]:
        first = await driver.send()
        sending = asyncio.create_task(driver.send())
        await driver.until(lambda: len(carrier.told("submit")) == 2)
        await told(carrier.order, "release")
        return [first, await sending]

    assert drive(carrier.gateway(answer_timeout=2), act)[0] == [InDoubt("timeout"), Accepted("next")]


@pytest.mark.parametrize(
    ("second", "outcome"),
    [
        ({"status": 0x0B}, InDoubt("partly_accepted")),
        ({"status": 0x08}, InDoubt("gateway_failure")),
        ({"drop": True}, InDoubt("connection_lost")),
        ({"status": 0x64}, Accepted("3")),
    ],
)
def test_a_message_taken_in_part_is_in_doubt_unless_the_rest_can_follow(
    carrier: Carrier, second: dict[str, object], outcome: Outcome
) -> None:
    carrier.answers({}, second)
    assert drive(carrier.gateway(), lambda driver: driver.send("x" * 200))[0] == outcome


def test_a_first_part_that_is_not_taken_leaves_nothing_in_doubt(carrier: Carrier) -> None:
    carrier.answers({"status": 0x0B})
    assert drive(carrier.gateway(), lambda driver: driver.send("x" * 400))[0] == Refused("invalid_number")
    assert len(carrier.heard("submit")) == 1


def test_no_more_than_the_window_waits_for_answers(carrier: Carrier) -> None:
    carrier.order("usual", how={"hold": True})

    async def act(driver: Driver) -> list[Outcome]:
        sending = asyncio.create_task(driver.send_many(20))
        for answered in (0, 5, 10, 15):
            await driver.until(lambda most=answered + 5: len(carrier.told("submit")) >= most)
            assert len(await told(carrier.heard, "submit")) == answered + 5
            await told(carrier.order, "release")
        return await sending

    gateway = carrier.gateway(window=5, answer_timeout=60)
    assert gateway.capabilities.concurrency == 5
    assert all(isinstance(outcome, Accepted) for outcome in drive(gateway, act)[0])


def test_throttling_slows_everybody_down(carrier: Carrier) -> None:
    carrier.answers({"status": 0x58})

    async def act(driver: Driver) -> list[Outcome]:
        return [await driver.send(), *(await driver.send_many(5))]

    outcomes, _ = drive(carrier.gateway(), act)
    at = [submit["at"] for submit in carrier.heard("submit")]
    assert isinstance(outcomes[0], Deferred)
    assert (outcomes[0].code, outcomes[0].retry_after) == ("throttled", pytest.approx(1.0, abs=0.1))
    assert all(isinstance(outcome, Accepted) for outcome in outcomes[1:])
    assert at[1] - at[0] >= 950  # milliseconds: everything paused


def test_after_a_pause_messages_leave_with_gaps_that_close_as_they_are_taken() -> None:
    clock = 100.0
    brake = Brake(lambda: clock)
    brake.throttled()
    brake.throttled()  # on the wire with the first complaint
    gaps = [brake.wait()]
    for _ in range(30):
        clock += brake.wait()
        brake.take()
        gaps.append(brake.wait())
        brake.accepted()
    assert gaps[:2] == [pytest.approx(1.0), pytest.approx(0.01)]
    assert gaps[1:] == sorted(gaps[1:], reverse=True)
    assert gaps[-1] == 0


def test_a_full_queue_is_asked_again_later(carrier: Carrier) -> None:
    carrier.answers({"status": 0x14})
    outcome = drive(carrier.gateway(), lambda driver: driver.send())[0]
    assert isinstance(outcome, Deferred)
    assert outcome.code == "queue_full"


def test_while_the_brake_is_on_nothing_leaves_that_could_not_be_answered(carrier: Carrier) -> None:
    carrier.answers({"status": 0x58})

    async def act(driver: Driver) -> list[Outcome]:
        return [await driver.send(), await driver.send()]

    first, second = drive(carrier.gateway(answer_timeout=1.9), act)[0]
    assert isinstance(first, Deferred)
    assert isinstance(second, Deferred)
    assert (first.code, second.code) == ("throttled", "throttled")
    assert len(carrier.heard("submit")) == 1
