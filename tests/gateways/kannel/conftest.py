"""One Kannel for the folder's tests, and a place where its receipts arrive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateways.kannel.box import Kannel, missing, running_kannel
from tests.gateways.kannel.post import Post, open_post


@pytest.fixture(scope="session")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kannel]:
    if (lacks := missing()) is not None:
        pytest.skip(lacks)
    folder: Path = tmp_path_factory.mktemp("kannel")
    with running_kannel(folder) as kannel:
        kannel.answer_as_carrier()
        yield kannel


@pytest.fixture
def kannel(boxes: Kannel) -> Kannel:
    boxes.lines.clear()
    return boxes


@pytest.fixture
def post() -> Iterator[Post]:
    with open_post() as post:
        yield post
