"""Receipts four times each, shuffled, some forged, some before their submission's answer: the end is an oracle's."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.clock import now
from app.database import write_transaction
from app.gateways import signature
from app.gateways.base import Accepted, Capabilities, Outcome
from app.models import Message, Receipt, Task
from app.sending import receipts
from app.sending.dispatch import claims
from app.sending.dispatch.claims import Claimed
from app.sending.dispatch.outcomes import record
from jobs import receipts as receipt_job
from tests.factories.tasks import make_submitted_task
from tests.panel_client import PanelClient
from tests.sending.engine import SPANS, House

RECEIPTS = 20_000
RECEIPTS_IN_SHORT = 1_000
COPIES = 4
FORGED = 0.05
EARLY = 0.2
TO_A_CALLBACK = 100
CAN = Capabilities(False, False, True, 32, True, 5.0)


def say(client: PanelClient, house: House, secret: str, reports: list[dict[str, str]]) -> int:
    body = json.dumps({"receipts": reports}).encode()
    headers = {signature.HEADER: signature.sign(secret, body, now()), "Content-Type": "application/json"}
    return client.post(f"/callbacks/{house.route.public_id}", data=body, headers=headers).status_code


def fence_all(house: House) -> list[Claimed]:
    """Everything is on the wire."""
    with write_transaction(house.session):
        lease = claims.acquire_lease(house.session, house.route_id, "chaos", SPANS)
    assert lease is not None
    fenced: list[Claimed] = []
    for number in itertools.count():
        with write_transaction(house.session):
            batch = claims.take(house.session, lease, 500, 600.0, lease.taking(number))
        if not batch:
            break
        fenced += batch
    return fenced


def write_down(house: House, answers: list[tuple[Claimed, Outcome]]) -> None:
    for first in range(0, len(answers), 500):
        with write_transaction(house.session):
            record(house.session, answers[first : first + 500], CAN)


@pytest.mark.timeout(3600)
def test_receipts_in_any_order_and_number_end_as_the_oracle_says(
    any_app: Flask, client: PanelClient, house: House, seed: int, long: bool
) -> None:
    dice = random.Random(seed)
    count = RECEIPTS if long else RECEIPTS_IN_SHORT
    task = make_submitted_task(house.session, house.owner, house.route, messages=count)
    fenced = fence_all(house)
    answers = [(claimed, Accepted(f"g-{claimed.message_id}")) for claimed in fenced]
    early = round(count * EARLY)
    write_down(house, answers[early:])

    oracle = {f"g-{claimed.message_id}": dice.choice(("delivered", "failed")) for claimed in fenced}
    true = [{"id": each, "status": status} for each, status in oracle.items() for _ in range(COPIES)]
    dice.shuffle(true)
    batches = [(False, true[at : at + TO_A_CALLBACK]) for at in range(0, len(true), TO_A_CALLBACK)]
    lies = [
        {"id": each, "status": "failed" if oracle[each] == "delivered" else "delivered"}
        for each in dice.sample(sorted(oracle), round(count * FORGED))
        for _ in range(COPIES)
    ]
    batches += [(True, lies[at : at + TO_A_CALLBACK]) for at in range(0, len(lies), TO_A_CALLBACK)]
    dice.shuffle(batches)
    secret = house.settings.sandbox_secret
    house.session.rollback()
    for number, (is_forged, reports) in enumerate(batches):
        status = say(client, house, "another secret" if is_forged else secret, reports)
        assert (status >= 400) == is_forged
        if number % 20 == 0:
            receipt_job.apply(house.route_id)
    receipt_job.apply(house.route_id)
    write_down(house, answers[:early])  # the answers that their receipts came before
    house.session.execute(update(Receipt).values(retry_at=now() - timedelta(seconds=1)))
    house.session.commit()
    receipt_job.apply(house.route_id)

    found = {message.gateway_id: message.status for message in house.messages(task)}
    assert found == oracle
    delivered = Counter(oracle.values())["delivered"]
    assert house.balance() == (100_000_000 - delivered * 1_000, 0)
    assert house.session.query(Receipt).count() == count
    assert house.now(task).state == "done"
    assert receipts.routes_with_due_receipts(house.session) == []


@pytest.mark.parametrize("seed", range(3))
def test_contradictions_change_nothing_after_the_first_final_word(
    any_app: Flask, client: PanelClient, house: House, seed: int
) -> None:
    dice = random.Random(seed)
    task = make_submitted_task(house.session, house.owner, house.route, messages=50)
    fenced = fence_all(house)
    write_down(house, [(claimed, Accepted(f"g-{claimed.message_id}")) for claimed in fenced])
    secret = house.settings.sandbox_secret
    first = {f"g-{claimed.message_id}": dice.choice(("delivered", "failed")) for claimed in fenced}
    house.session.rollback()
    say(client, house, secret, [{"id": each, "status": status} for each, status in first.items()])
    receipt_job.apply(house.route_id)
    other = {"delivered": "failed", "failed": "delivered"}
    say(client, house, secret, [{"id": each, "status": other[status]} for each, status in first.items()])
    receipt_job.apply(house.route_id)
    assert {message.gateway_id: message.status for message in house.messages(task)} == first
    assert Counter(each.outcome for each in house.session.query(Receipt)) == {
        "applied": 50,
        "contradicts": 50,
    }
    assert house.session.get_one(Task, task.id).accepted == 0
    assert house.session.query(Message).filter_by(status="accepted").count() == 0
