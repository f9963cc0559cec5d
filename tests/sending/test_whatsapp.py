"""A WhatsApp route sends approved templates alone, filled for each recipient, under the panel's own rules."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.clock import now
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.errors import TaskRefused
from app.models import Channel, Message, Route, Task, TaskState, TemplateState, WhatsAppTemplate
from app.sending import steering, sweep
from app.sending.drafting import drafts, rehearsal
from app.sending.out_of_date import OutOfDate
from app.whatsapp import templates
from tests.factories.routes import make_route
from tests.recipients.sheet_files import csv_bytes
from tests.sending.engine import House, ScriptedGateway, pump

A, B = "+61412000001", "+61412000002"
BODY = "Dear {{1}}, spring is here: {{2}} off until Sunday. 🌸"


def whatsapp_route(house: House) -> int:
    return make_route(house.session, channel=Channel.WHATSAPP, takes_sender_id=False).id


def template(house: House, state: TemplateState = TemplateState.APPROVED, body: str = BODY) -> int:
    made = WhatsAppTemplate(
        account_id=house.account_id, user_id=house.owner.id, name="spring", language="en",
        body=body, variables=2, state=state,
    )  # fmt: skip
    house.session.add(made)
    house.session.commit()
    return made.id


def test_each_message_carries_its_own_values_and_counts_as_one(any_app: Flask, house: House) -> None:
    fields = {
        "route_id": whatsapp_route(house),
        "template_id": template(house),
        "template_values": ("{name}", "20 %"),
        "sender_id": None,
    }
    rows = [["mobile", "name"], [A, "Ann"], [B, "Ben"]]
    task = house.check(house.bulk(csv_bytes(rows), "list.csv", **fields))
    assert task.state == TaskState.READY, (task.state_reason, task.findings)
    assert task.quote is not None
    assert (task.quote["segments"], task.quote["total"]) == (2, 2_000)
    assert task.content == "Dear {name}, spring is here: 20 % off until Sunday. 🌸"
    messages: list[Message] = house.messages(house.submit(task))
    assert [message.parameters for message in messages] == [["Ann", "20 %"], ["Ben", "20 %"]]
    assert messages[0].text == "Dear Ann, spring is here: 20 % off until Sunday. 🌸"


def test_a_link_in_a_value_is_refused_as_in_any_text(house: House) -> None:
    fields = {
        "template_id": template(house),
        "template_values": ("Ann", "https://example.com"),
        "sender_id": None,
    }
    task = house.ready(A, route_id=whatsapp_route(house), **fields)
    assert task.state == TaskState.REJECTED


@pytest.mark.parametrize(
    ("state", "values", "words"),
    [
        (TemplateState.SUBMITTED, ("Ann", "20 %"), "approved template"),
        (TemplateState.APPROVED, ("Ann",), "this template: 2; values given: 1."),
    ],
)
def test_without_an_approved_and_filled_template_there_is_no_draft(
    house: House, state: TemplateState, values: tuple[str, ...], words: str
) -> None:
    fields = {
        "route_id": whatsapp_route(house),
        "template_id": template(house, state),
        "template_values": values,
    }
    with pytest.raises(TaskRefused, match=words):
        house.quick(A, **fields)


def test_a_template_paused_after_the_check_is_not_sent(house: House) -> None:
    fields = {"template_id": template(house), "template_values": ("Ann", "20 %"), "sender_id": None}
    task = house.ready(A, route_id=whatsapp_route(house), **fields)
    house.session.query(WhatsAppTemplate).update({"state": TemplateState.PAUSED})
    house.session.commit()
    with pytest.raises(TaskRefused, match="approved template"):
        house.submit(house.now(task))
    assert house.balance() == (10_000_000, 0)


def rewritten(house: House, body: str) -> None:
    """Rejected, written anew and approved again, under the same name."""
    house.session.query(WhatsAppTemplate).update({"body": body})
    house.session.commit()


def test_a_template_written_anew_after_the_check_is_checked_again_before_it_is_sent(
    any_app: Flask, house: House
) -> None:
    fields = {"template_id": template(house), "template_values": ("Ann", "20 %"), "sender_id": None}
    task = house.ready(A, route_id=whatsapp_route(house), **fields)
    rewritten(house, "Dear {{1}}, autumn is here: {{2}} off until Monday.")
    with pytest.raises(OutOfDate, match="written anew"):
        house.submit(house.now(task))
    assert house.balance() == (10_000_000, 0)
    public_id = task.public_id
    with write_transaction(house.session):
        drafts.check_again(house.session, house.account_id, public_id)
    task = house.check(house.now(task))
    assert (task.state, task.content) == (
        TaskState.READY,
        "Dear Ann, autumn is here: 20 % off until Monday.",
    )
    assert house.submit(task).state == TaskState.RUNNING


def test_a_template_with_other_variables_by_now_asks_for_their_values(house: House) -> None:
    fields = {"template_id": template(house), "template_values": ("Ann", "20 %"), "sender_id": None}
    task = house.ready(A, route_id=whatsapp_route(house), **fields)
    rewritten(house, "Dear {{1}}, autumn is here.")
    with pytest.raises(OutOfDate):
        house.submit(house.now(task))
    public_id = task.public_id
    with (
        pytest.raises(TaskRefused, match="this template: 1; values given: 2"),
        write_transaction(house.session),
    ):
        drafts.check_again(house.session, house.account_id, public_id)
    assert house.now(task).state == TaskState.READY


def decide(house: House, template_id: int, state: TemplateState) -> None:
    with write_transaction(house.session):
        found = house.session.get_one(WhatsAppTemplate, template_id)
        templates.mark(house.session, Actor.machine(), found.public_id, state, "Readers complained")


def test_what_was_accepted_is_what_is_sent_or_the_task_waits(any_app: Flask, house: House) -> None:
    made, route_id = template(house), whatsapp_route(house)
    fields = {"template_id": made, "template_values": ("Ann", "20 %"), "sender_id": None}
    task = house.submit(house.ready(A, route_id=route_id, **fields))
    later = house.submit(house.ready(B, route_id=route_id, scheduled_at=now() + timedelta(hours=1), **fields))
    decide(house, made, TemplateState.PAUSED)
    task = house.now(task)
    assert (task.state, "not approved any more" in (task.state_reason or "")) == (TaskState.PAUSED, True)
    with pytest.raises(TaskRefused, match="not approved any more"):
        resumed(house, task)
    decide(house, made, TemplateState.APPROVED)
    assert resumed(house, task).state == TaskState.RUNNING

    decide(house, made, TemplateState.REJECTED)
    body = house.session.get_one(WhatsAppTemplate, made).body
    header = templates.Header("uploads/anew", "anew.png", "image/png", "image")
    with write_transaction(house.session):
        public_id = house.session.get_one(WhatsAppTemplate, made).public_id
        templates.write(
            house.session, house.owner.id, house.account_id,
            name="spring", language="en", body=body, header=header, public_id=public_id,
        )  # fmt: skip
    house.session.query(WhatsAppTemplate).update({"state": TemplateState.APPROVED})
    house.session.execute(update(Task).where(Task.id == later.id).values(scheduled_at=now()))
    house.session.commit()
    with pytest.raises(TaskRefused, match="written anew"):
        resumed(house, task)
    with write_transaction(house.session):
        assert sweep.start_due(house.session, timedelta(hours=1)) == []
    later = house.now(later)
    assert (later.state, "written anew" in (later.state_reason or "")) == (TaskState.PAUSED, True)
    gateway = ScriptedGateway()
    pump(any_app, route_id, gateway)
    assert gateway.sent == []
    assert {house.cancel(each).state for each in (house.now(task), later)} == {TaskState.CANCELLED}
    assert house.balance() == (10_000_000, 0)


def test_a_test_of_the_template_with_other_words_in_it_is_no_test(any_app: Flask, house: House) -> None:
    route_id = whatsapp_route(house)
    house.session.get_one(Route, route_id).requires_test = True
    fields = {"route_id": route_id, "template_id": template(house), "sender_id": None}
    rows = csv_bytes([["mobile", "name"], [A, "Ann"], [B, "Ben"]])
    task = house.check(house.bulk(rows, "list.csv", template_values=("{name}", "20 %"), **fields))
    for values, is_test in ((("Ann", "90 %"), False), (("Ann", "20 %"), True)):
        house.submit(house.ready(A, template_values=values, **fields))
        pump(any_app, route_id, ScriptedGateway())
        assert rehearsal.is_missing(house.session, house.now(task)) is not is_test


def resumed(house: House, task: Task) -> Task:
    public_id = task.public_id
    with write_transaction(house.session):
        return steering.resume(house.session, house.account_id, public_id)


def test_an_sms_takes_no_template(house: House) -> None:
    with write_transaction(house.session):
        request = house.request(template_id=None, template_values=("x",))
        task = drafts.create_quick(house.session, house.owner, request, A)
    assert (task.template_id, task.template_values) == (None, None)
