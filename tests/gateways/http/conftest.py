from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateways.http.carrier import Carrier, running_carrier


@pytest.fixture(scope="module")
def listening() -> Iterator[Carrier]:
    with running_carrier() as carrier:
        yield carrier


@pytest.fixture
def carrier(listening: Carrier) -> Carrier:
    """The carrier as if nothing had been sent to it yet."""
    listening.status, listening.raw = ("PENDING", "PENDING_ACCEPTED"), None
    listening.delay, listening.hang_up = 0.0, False
    for kept in (listening.bodies, listening.queries, listening.headers):
        kept.clear()
    return listening
