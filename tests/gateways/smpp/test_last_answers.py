"""The last answers of a batch come when the carrier gives them, and not when TCP acknowledges those before."""

from __future__ import annotations

import time

from tests.gateways.smpp.carrier import Carrier
from tests.gateways.smpp.driving import Driver, drive

DELAYED = 0.035  # TCP acknowledges after 0.04 s, unless it is told to do so at once
TRIES = 100  # a busy machine is given as many; without being told, at most one or two of them were quick
ENOUGH = 5


def test_no_answer_waits_until_the_one_before_it_is_acknowledged(carrier: Carrier) -> None:
    """The peer's TCP holds short units back until then, as every one does that is not told otherwise."""

    async def act(driver: Driver) -> int:
        quick = 0
        for _ in range(TRIES):
            began = time.perf_counter()
            await driver.send_many(100)
            quick += time.perf_counter() - began < DELAYED
            if quick == ENOUGH:
                break
        return quick

    assert drive(carrier.gateway(window=20), act)[0] == ENOUGH
