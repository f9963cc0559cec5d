"""What the check keeps for the review: spellings that cost less, nights, twins, corrections, saved lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from app.clock import now
from app.database import write_transaction
from app.models import ListEntry, RecipientList, Task, TaskState
from app.sending.drafting import drafts
from app.sending.drafting.drafts import ChosenList
from app.sending.drafting.quiet_hours import next_allowed_time, quiet_at
from app.sending.drafting.review import review
from app.sending.drafting.savings import savings
from config import QuietHours, Settings, SettingsError
from tests.recipients.sheet_files import csv_bytes
from tests.sending.engine import House

NIGHT = QuietHours()

A, B = "+61412000001", "+61412000002"


def test_a_character_of_two_units_that_begins_a_segment_is_offered_with_its_exact_saving(
    house: House,
) -> None:
    text = "a" * 159 + "€"  # 161 septets: two segments
    task = house.ready(A, B, content=text)
    (saving,) = savings(task)
    assert (saving.words, saving.saved, saving.text) == ("Removing “€”", 2_000, "a" * 159)


def test_savings_of_merged_texts_are_counted_row_by_row_and_leave_the_fields_alone(
    any_app: Flask, house: House
) -> None:
    rows = [["mobile", "name"], [A, "Ann"], [B, "Bartholomew"]]
    text = (
        "[" + "a" * 146 + "] {name}"
    )  # 154 septets with Ann, 162 with Bartholomew; two fewer without brackets
    task = house.check(house.bulk(csv_bytes(rows), "list.csv", content=text))
    assert task.quote is not None
    assert task.quote["segments"] == 3
    (saving,) = savings(task)
    assert (saving.text, saving.saved) == ("(" + "a" * 146 + ") {name}", 1_000)


def test_a_text_without_costly_characters_has_no_savings(house: House) -> None:
    assert savings(house.ready(A, content="a" * 200)) == []


@pytest.mark.parametrize(
    ("start", "allowed"),
    [
        ("2026-04-04T21:00", "2026-04-05T08:00"),  # London
        ("2026-03-28T23:30", "2026-03-29T08:00"),  # the night in which clocks go forward
        ("2026-10-25T02:00", "2026-10-25T08:00"),  # the night in which they go back
        ("2026-06-01T12:00", "2026-06-01T12:00"),
    ],
)
def test_the_next_allowed_time_is_eight_by_the_destinations_clock(start: str, allowed: str) -> None:
    london = ZoneInfo("Europe/London")
    task = Task(report={"zones": [[["Europe/London"], 3]]})
    moment = datetime.fromisoformat(start).replace(tzinfo=london).astimezone(UTC)
    found = next_allowed_time(task, moment, NIGHT)
    assert found == datetime.fromisoformat(allowed).replace(tzinfo=london)
    quiet = quiet_at(task, moment, NIGHT)
    assert (quiet is None) == (start == allowed)


@pytest.mark.parametrize(
    ("begin", "end", "quiet"),
    [("21:30", "09:00", {22, 23, 0, 8}), ("00:00", "06:00", {0}), ("13:00", "13:00", set())],
)
def test_the_operator_sets_the_quiet_hours(begin: str, end: str, quiet: set[int]) -> None:
    hours = Settings.from_env({"QUIET_FROM": begin, "QUIET_UNTIL": end}).quiet_hours
    task = Task(report={"zones": [[["Europe/London"], 3]]})
    asked = {hour: datetime(2026, 1, 5, hour, tzinfo=UTC) for hour in (0, 8, 12, 20, 22, 23)}
    found = {hour: quiet_at(task, moment, hours) for hour, moment in asked.items()}
    assert {hour for hour, told in found.items() if told} == quiet
    assert all(told is None or told.allowed.strftime("%H:%M") == end for told in found.values())


@pytest.mark.parametrize("wrong", ["8", "24:30", "noon"])
def test_quiet_hours_that_are_no_time_stop_the_start(wrong: str) -> None:
    with pytest.raises(SettingsError, match="QUIET_FROM"):
        Settings.from_env({"QUIET_FROM": wrong})


def test_places_whose_days_never_meet_have_no_allowed_time() -> None:
    task = Task(
        report={"zones": [[["Pacific/Auckland"], 1], [["Europe/London"], 1], [["America/Los_Angeles"], 1]]}
    )
    assert next_allowed_time(task, datetime(2026, 6, 1, 12, tzinfo=UTC), NIGHT) is None
    quiet = quiet_at(task, datetime(2026, 6, 1, 12, tzinfo=UTC), NIGHT)
    assert quiet is not None
    assert quiet.numbers >= 1


def test_the_same_text_to_the_same_numbers_is_told_whatever_the_file_is_called(
    any_app: Flask, house: House
) -> None:
    first = house.submit(house.check(house.bulk(csv_bytes([["phone"], [A], [B]]), "one.csv")))
    again = house.check(house.bulk(csv_bytes([["x", "mobile"], ["1", B], ["2", A]]), "other.csv"))
    assert [twin.id for twin in review(house.session, again).twins] == [first.id]
    other = house.check(house.bulk(csv_bytes([["phone"], [A]]), "one.csv"))
    assert review(house.session, other).twins == []
    stored = house.now(first)
    submitted_at, stored.submitted_at = stored.submitted_at, now() - timedelta(hours=25)
    house.session.commit()
    assert review(house.session, house.now(again)).twins == []
    house.now(first).submitted_at = submitted_at  # the days' sums stand by it
    house.session.commit()


def test_a_corrected_cell_is_checked_again_without_the_file_and_forgotten_with_it(house: House) -> None:
    task = house.check(house.bulk(csv_bytes([["phone"], [A], ["0412000002"]]), "list.csv"))
    with write_transaction(house.session):
        drafts.correct(house.session, house.account_id, task.public_id, {3: B})
    task = house.check(house.now(task))
    assert task.quote is not None
    assert task.quote["recipients"] == 2
    assert task.corrections == {"3": B}
    source = ChosenList(_list(house, A), "Regulars")
    with write_transaction(house.session):
        drafts.edit(house.session, house.account_id, task.public_id, house.request(), upload=source)
    task = house.check(house.now(task))
    assert task.corrections is None
    assert task.quote is not None
    assert task.quote["recipients"] == 1


def test_a_typed_number_is_corrected_too(house: House) -> None:
    task = house.ready(A, "0412000002")
    with write_transaction(house.session):
        drafts.correct(house.session, house.account_id, task.public_id, {2: B})
    task = house.check(house.now(task))
    assert task.quote is not None
    assert task.quote["recipients"] == 2


def test_a_saved_list_is_sent_to_with_its_fields(any_app: Flask, house: House) -> None:
    list_id = _list(house, A, B)
    with write_transaction(house.session):
        request = house.request(content="Dear {first name}, your parcel is here.")
        task = drafts.create_bulk(house.session, house.owner, request, ChosenList(list_id, "Regulars"))
    task = house.check(task)
    assert task.state == TaskState.READY, task.state_reason
    assert review(house.session, task).samples[0].text == "Dear Ann, your parcel is here."


def test_a_list_that_was_deleted_discards_the_task(house: House) -> None:
    source = ChosenList(_list(house, A), "Regulars")
    with write_transaction(house.session):
        task = drafts.create_bulk(house.session, house.owner, house.request(), source)
    house.session.query(ListEntry).delete()
    house.session.query(RecipientList).delete()
    house.session.commit()
    task = house.check(house.now(task))
    assert task.state == TaskState.DISCARDED
    assert task.state_reason


def _list(house: House, *numbers: str) -> int:
    saved = RecipientList(
        account_id=house.account_id, user_id=house.owner.id, name="Regulars", origin="a test",
        size=len(numbers), field_names=["first name"],
    )  # fmt: skip
    house.session.add(saved)
    house.session.flush()
    house.session.add_all(
        ListEntry(list_id=saved.id, position=place, e164=e164, region="AU", fields={"First Name": "Ann"})
        for place, e164 in enumerate(numbers, 1)
    )
    list_id = saved.id
    house.session.commit()
    return list_id
