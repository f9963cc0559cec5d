from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateways.whatsapp.graph import Graph, running_graph


@pytest.fixture(scope="module")
def listening() -> Iterator[Graph]:
    with running_graph() as graph:
        yield graph


@pytest.fixture
def graph(listening: Graph) -> Graph:
    """Meta's side, as if nothing had been sent to it yet."""
    listening.error = listening.raw = None
    listening.delay, listening.hang_up = 0.0, False
    listening.requests.clear()
    return listening
