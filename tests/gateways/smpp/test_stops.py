"""STOP from a phone, over a real session, onto the right list; its text goes nowhere."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.gateways.base import OptOut
from app.gateways.smpp.pdu import Address, Delivery
from app.gateways.smpp.replies import read_stop
from app.lists.carrier_opt_outs import take_opt_outs
from app.models import Message, Receipt
from jobs.dispatch import pump_slice
from tests.factories.routes import make_route
from tests.factories.tasks import make_submitted_task
from tests.factories.users import make_owner
from tests.gateways.smpp.carrier import PASSWORD, SYSTEM_ID, Carrier
from tests.gateways.smpp.driving import Driver, drive
from tests.gateways.smpp.test_pumped import applying
from tests.gateways.written_to import E164, left, lists
from tests.sending.engine import House, make_house

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NUMBER = E164.removeprefix("+")
PRIVATE = "my new pin is 4711"


def said(
    text: bytes, ton: int = 1, digits: str = NUMBER, esm_class: int = 0, coding: int = 0
) -> OptOut | None:
    return read_stop(Delivery(esm_class, coding, text, {}, Address(ton, 1, digits)), NOW)


def from_phone(text: str, digits: str = NUMBER, **fields: object) -> dict[str, object]:
    return {"esm_class": 0, "source_addr_ton": 1, "source_addr": digits, "short_message": text, **fields}


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (b"Stop.", {}),
        (b"BATAL", {"ton": 0}),
        (b"stop", {"digits": "+60123456701"}),
        (b"stop", {"ton": 0, "digits": "0060123456701"}),
        ("Henti!".encode("utf-16-be"), {"coding": 8}),
        (bytes((5, 0, 3, 7, 1, 1)) + b"STOP", {"esm_class": 0x40}),
    ],
)
def test_a_stop_is_read_however_it_is_coded(text: bytes, more: dict[str, object]) -> None:
    assert said(text, **more) == OptOut(E164, stop=True, at=NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "more",
    [
        {"text": b"Thanks"},
        {"text": b""},
        {"text": b"STOP", "esm_class": 4},
        {"text": b"STOP", "ton": 2, "digits": "0123456701"},
        {"text": b"STOP", "ton": 5, "digits": "BANK"},
        {"text": b"STOP", "ton": 3, "digits": "32500"},
        {"text": b"STOP", "ton": 0, "digits": "0123456701"},
        {"text": b"STOP", "digits": "6012345670112345678"},
        {"text": b"\xff\xff\xff", "coding": 8, "esm_class": 0x40},
    ],
)
def test_what_is_no_stop_of_a_number_is_none(more: dict[str, object]) -> None:
    assert said(**more) is None  # type: ignore[arg-type]


def test_a_stop_over_the_wire_is_handed_on_and_other_texts_are_only_acknowledged(carrier: Carrier) -> None:
    async def act(driver: Driver) -> None:
        await driver.until(lambda: carrier.told("bind"))
        carrier.deliver(from_phone(PRIVATE), from_phone("Stop all!"))
        await driver.until(lambda: len(carrier.told("deliver_resp")) == 2)

    _, driver = drive(carrier.gateway(), act)
    assert [(wish.e164, wish.stop) for wish in driver.reports if isinstance(wish, OptOut)] == [(E164, True)]
    assert len(driver.reports) == 1
    assert [answer["status"] for answer in carrier.heard("deliver_resp")] == [0, 0]


def test_a_stop_that_cannot_be_stored_is_not_acknowledged(carrier: Carrier) -> None:
    async def act(driver: Driver) -> None:
        driver.broken = True
        await driver.until(lambda: carrier.told("bind"))
        carrier.deliver(from_phone("STOP"))
        await driver.until(lambda: carrier.told("deliver_resp"))
        await asyncio.sleep(0)

    drive(carrier.gateway(), act)
    assert carrier.told("deliver_resp")[0]["status"] == 0x64  # ESME_RX_T_APPN: to come again


def test_a_stop_is_on_the_list_when_it_is_acknowledged_and_its_text_is_nowhere(
    any_app: Flask, session: Session, carrier: Carrier, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"host": "127.0.0.1", "port": carrier.port, "system_id": SYSTEM_ID, "password": PASSWORD}
    house: House = make_house(any_app, session, gateway="smpp", gateway_settings=settings)
    task = house.submit(house.ready(E164))
    listed: list[list[tuple[int | None, str, str]]] = []

    def answer() -> None:
        carrier.wait("submit")
        carrier.deliver(from_phone(PRIVATE), from_phone("Stop."), from_phone("STOP"))
        carrier.wait("deliver_resp", 3)
        with any_app.app_context(), Session(session.get_bind()) as other:
            listed.append(lists(other))
        carrier.deliver({"esm_class": 4, "short_message": "id:1 stat:DELIVRD err:0"})

    answerer = threading.Thread(target=answer)
    answerer.start()
    with applying(house):
        pump_slice(any_app, house.session, house.route_id)
    answerer.join()

    assert listed == [[(house.account_id, E164, "opt_out")]]
    assert house.statuses(task) == {"delivered": 1}
    assert [row.gateway_id for row in session.scalars(select(Receipt))] == ["1"]
    assert {reply["status"] for reply in carrier.heard("deliver_resp")} == {0}
    told = capsys.readouterr()
    assert "4711" not in told.out + told.err
    assert NUMBER not in told.out + told.err
    later = house.ready(E164, "+60123456702")
    assert later.report is not None
    assert later.report["by_reason"] == {"suppressed": 1}


def test_a_stop_is_everybodys_who_wrote_that_day_and_nobody_elses(any_app: Flask, session: Session) -> None:
    route, other_route = make_route(session, price_per_segment=0), make_route(session, price_per_segment=0)
    owners = [make_owner(session) for _ in range(5)]
    for owner, hours, way in zip(
        owners, [1.0, 20.0, 30.0, None, 0.5], [route, route, route, route, other_route], strict=True
    ):
        make_submitted_task(session, owner, way, messages=1, price=0)
        left(session, owner.account_id, hours)

    for _ in range(2):
        with write_transaction(session):
            take_opt_outs(session, route.id, [OptOut(E164, stop=True, at=now())])
    wrote_lately = sorted(owner.account_id for owner in owners[:2] if owner.account_id is not None)
    assert lists(session) == [(account_id, E164, "opt_out") for account_id in wrote_lately]


def test_a_stop_reaches_the_account_whose_route_another_stood_in_for(app: Flask, session: Session) -> None:
    owner = make_owner(session)
    stand_in = make_route(session, price_per_segment=0)
    make_submitted_task(session, owner, make_route(session, price_per_segment=0), messages=1, price=0)
    left(session, owner.account_id, 1.0)
    with write_transaction(session):
        session.execute(update(Message).values(route_id=stand_in.id))

    with write_transaction(session):
        take_opt_outs(session, stand_in.id, [OptOut(E164, stop=True, at=now())])
    assert lists(session) == [(owner.account_id, E164, "opt_out")]
