"""What a number's last two digits provoke, seen from the sending side, over a real carrier."""

from __future__ import annotations

import pytest

from app.gateways.base import Accepted, Deferred, DeliveryReport, Gateway, InDoubt, Refused, ReportStatus
from app.gateways.errors import ERROR_WORDS, ErrorCode, error_words
from app.gateways.sandbox_carrier.running import RunningCarrier
from app.gateways.sandbox_numbers import ORDINARY, SPECIAL, ending_of
from tests.gateways.peers import Letterbox, gateway_to, message, send


@pytest.mark.parametrize("number", ["+60123456700", "+60123456789", "+4915112345678"])
def test_an_ordinary_number_is_accepted_and_delivered(
    number: str, gateway: Gateway, carrier: RunningCarrier, letterbox: Letterbox
) -> None:
    [outcome] = send(gateway, message(number))

    assert isinstance(outcome, Accepted)
    letterbox.wait(lambda: len(letterbox.receipts()) == 1)
    assert letterbox.reports(gateway) == [
        DeliveryReport(outcome.gateway_id, ReportStatus.DELIVERED, reference="ref-1")
    ]
    [taken] = carrier.accepted
    assert (taken.reference, taken.to, taken.sender_id, taken.text) == (
        "ref-1",
        number,
        "BISTRO",
        "Your table is ready.",
    )


@pytest.mark.parametrize(
    ("number", "code"),
    [("+60123456790", "unknown_subscriber"), ("+60123456791", "blocked_by_carrier")],
)
def test_a_refused_number_is_not_taken(
    number: str, code: str, gateway: Gateway, carrier: RunningCarrier
) -> None:
    assert send(gateway, message(number)) == [Refused(code)]
    assert carrier.accepted == []


def test_a_busy_carrier_puts_a_message_off_twice_and_then_takes_it_once(
    gateway: Gateway, carrier: RunningCarrier, letterbox: Letterbox
) -> None:
    first, second, third = send(gateway, *[message("+60123456792")] * 3)

    assert first == second == Deferred("carrier_busy", 1.0)
    assert isinstance(third, Accepted)
    assert len(carrier.accepted) == 1
    letterbox.wait(lambda: len(letterbox.receipts()) == 1)


def test_each_message_is_put_off_for_itself(gateway: Gateway) -> None:
    outcomes = send(gateway, message("+60123456792", "one"), message("+60123456792", "two"))

    assert outcomes == [Deferred("carrier_busy", 1.0)] * 2


def test_a_throttled_message_says_how_long_to_wait(gateway: Gateway) -> None:
    first, second = send(gateway, *[message("+60123456793")] * 2)

    assert first == Deferred("throttled", retry_after=1.0)
    assert isinstance(second, Accepted)


def test_a_late_failure_comes_with_its_code(gateway: Gateway, letterbox: Letterbox) -> None:
    [outcome] = send(gateway, message("+60123456794"))

    assert isinstance(outcome, Accepted)
    letterbox.wait(lambda: len(letterbox.receipts()) == 1)
    assert letterbox.reports(gateway) == [
        DeliveryReport(outcome.gateway_id, ReportStatus.FAILED, "ref-1", "absent_subscriber")
    ]


@pytest.mark.parametrize(
    ("number", "code", "seconds"),
    [("+60123456796", "timeout", 3), ("+60123456798", "gateway_failure", 30)],
)
def test_a_message_in_doubt_was_taken_and_its_receipt_names_our_reference(
    number: str, code: str, seconds: float, carrier: RunningCarrier, letterbox: Letterbox
) -> None:
    gateway = gateway_to(carrier.url, letterbox.url, answer_timeout=seconds)

    assert send(gateway, message(number)) == [InDoubt(code)]

    [taken] = carrier.accepted
    letterbox.wait(lambda: len(letterbox.receipts()) == 1)
    assert letterbox.reports(gateway) == [
        DeliveryReport(taken.gateway_id, ReportStatus.DELIVERED, reference="ref-1")
    ]


def test_a_line_cut_after_the_message_was_taken_leaves_it_in_doubt(
    gateway: Gateway, carrier: RunningCarrier
) -> None:
    assert send(gateway, message("+60123456797")) == [InDoubt("connection_lost")]
    assert len(carrier.accepted) == 1


@pytest.mark.parametrize("number", ["+60123456795", "+60123456797"])
def test_some_numbers_never_bring_a_receipt(number: str, gateway: Gateway, letterbox: Letterbox) -> None:
    send(gateway, message(number, "silent"), message("+60123456701", "ordinary"))

    letterbox.wait(lambda: len(letterbox.receipts()) == 1)
    assert [report.reference for report in letterbox.reports(gateway)] == ["ordinary"]


def test_a_slow_answer_still_counts_and_buffered_comes_before_delivered(
    gateway: Gateway, letterbox: Letterbox
) -> None:
    [outcome] = send(gateway, message("+60123456799"))

    assert isinstance(outcome, Accepted)
    letterbox.wait(lambda: len(letterbox.receipts()) == 2)
    statuses = [report.status for report in letterbox.reports(gateway)]
    assert statuses == [ReportStatus.BUFFERED, ReportStatus.DELIVERED]


def test_the_carrier_does_not_dedupe_so_a_double_send_shows(
    gateway: Gateway, carrier: RunningCarrier
) -> None:
    send(gateway, *[message("+60123456701")] * 2)

    assert [taken.reference for taken in carrier.accepted] == ["ref-1", "ref-1"]


def test_every_special_ending_is_its_own_and_the_rest_are_ordinary() -> None:
    assert {ending.digits for ending in SPECIAL} == {str(digits) for digits in range(90, 100)}
    assert all(ending_of(f"+601234567{ending.digits}") is ending for ending in SPECIAL)
    assert all(ending_of(f"+601234567{digits:02}") is ORDINARY for digits in range(90))


def test_every_code_has_words_and_an_undocumented_one_is_repeated() -> None:
    assert set(ERROR_WORDS) == set(ErrorCode)
    assert error_words("unknown_subscriber") == "The number does not exist on its network."
    assert "0x4F" in error_words("0x4F")
