"""A carrier, a gateway to it, and a place for its receipts: real ones, on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.gateways.base import Gateway
from app.gateways.sandbox_carrier.running import RunningCarrier
from tests.gateways.peers import Letterbox, gateway_to, open_letterbox


@pytest.fixture
def letterbox() -> Iterator[Letterbox]:
    with open_letterbox() as box:
        yield box


@pytest.fixture
def carrier() -> Iterator[RunningCarrier]:
    with RunningCarrier() as running:
        yield running


@pytest.fixture
def gateway(carrier: RunningCarrier, letterbox: Letterbox) -> Gateway:
    return gateway_to(carrier.url, letterbox.url)
