"""One answer that no database takes spoils no other: NULs and halves of surrogate pairs, from any gateway."""

from __future__ import annotations

import asyncio

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import write_transaction
from app.gateways.base import Accepted, Deferred, DeliveryReport, InDoubt, Outcome, OutgoingMessage, Refused
from app.gateways.base import ReportStatus as Says
from app.gateways.storable import storable
from app.models import GatewayTry, Receipt
from app.sending.asking import Doubt, ask
from app.sending.receipts import store_reports
from tests.sending.engine import ScriptedGateway, accept, make_house, pump

NUMBERS = [f"+6141200{number:04d}" for number in range(8)]
ODD: list[Outcome] = [
    Accepted("g\0"),
    Accepted("\ud800"),
    Accepted("g" * 101),
    Accepted(""),
    Refused("refused\0", said="No\0 thanks\udfff"),
    InDoubt("timeout", said="\0"),
]


def odd(message: OutgoingMessage) -> Outcome:
    place = NUMBERS.index(message.to)
    return ODD[place] if place < len(ODD) else accept(message)


def test_the_rest_of_the_batch_is_recorded(any_app: Flask, session: Session) -> None:
    house = make_house(any_app, session)
    task = house.submit(house.ready(*NUMBERS))

    pump(any_app, house.route_id, ScriptedGateway(odd))
    statuses = [message.status for message in house.messages(task)]
    assert statuses == [*["in_doubt"] * 4, "failed", "in_doubt", "accepted", "accepted"]
    codes = [message.error_code for message in house.messages(task)]
    assert codes[:5] == [*["unreadable_answer"] * 4, "refused "]
    said = dict(session.execute(select(GatewayTry.code, GatewayTry.said)).all())
    assert said["refused "] == "No  thanks "


def test_the_rest_of_the_receipts_are_stored(any_app: Flask, session: Session) -> None:
    house = make_house(any_app, session)
    reports = [
        DeliveryReport("g\0", Says.DELIVERED),
        DeliveryReport("\ud800", Says.DELIVERED),
        DeliveryReport("g" * 101, Says.DELIVERED),
        DeliveryReport("", Says.DELIVERED, "ours"),
        DeliveryReport("a", Says.FAILED, "ours\0", "odd\0" + "x" * 80),
        DeliveryReport("b", Says.DELIVERED, "x" * 41),
        DeliveryReport("c", Says.DELIVERED, "ours"),
    ]
    with write_transaction(session):
        store_reports(session, house.route_id, reports)
    rows = session.scalars(select(Receipt).order_by(Receipt.gateway_id)).all()
    assert [(row.gateway_id, row.reference) for row in rows] == [("a", None), ("b", None), ("c", "ours")]
    assert rows[0].error_code == ("odd " + "x" * 80)[:64]


def test_what_a_carrier_says_when_asked_is_looked_at_too() -> None:
    class Asked(ScriptedGateway):
        async def ask(self, reference: str) -> Outcome:
            return Accepted("g\0")

    doubt = Doubt(1, 1, 1, "ref", None)
    assert asyncio.run(ask(Asked(accept), [doubt])) == [(doubt, InDoubt("unreadable_answer"))]


@pytest.mark.parametrize("outcome", [Accepted("g-1"), Refused("x", "Nö, danke"), Deferred("throttled", 3.0)])
def test_what_can_be_kept_is_kept_as_it_is(outcome: Outcome) -> None:
    assert storable(outcome) is outcome
