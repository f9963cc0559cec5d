"""The other maker's SMPP server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateways.smpp.carrier import Carrier, Missing, fetched_peer, running_carrier


@pytest.fixture(scope="session")
def peer() -> None:
    """The server's package, or a skip that says how to get it, which `make test` repeats and CI takes for a failure."""
    try:
        fetched_peer()
    except Missing as lacks:
        pytest.skip(str(lacks))


@pytest.fixture(scope="session")
def server(peer: None) -> Iterator[Carrier]:
    with running_carrier() as carrier:
        yield carrier


@pytest.fixture
def carrier(server: Carrier) -> Carrier:
    """The server as if just started: nobody connected, nothing told, everything accepted."""
    server.order("reset")
    server.events.clear()
    return server
