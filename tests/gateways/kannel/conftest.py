"""One Kannel for the folder's tests, and the places where its receipts and what phones say arrive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateways.kannel.box import Kannel, missing, running_kannel
from tests.gateways.kannel.post import Door, Post, open_door, open_post

# The public id of a route that hears what phones say: Kannel knows its address from the start.
REPLIES = "replies"


@pytest.fixture(scope="session")
def house_door() -> Iterator[Door]:
    with open_door() as door:
        yield door


@pytest.fixture
def door(house_door: Door) -> Iterator[Door]:
    house_door.answered.clear()
    yield house_door
    house_door.application = None


@pytest.fixture(scope="session")
def boxes(tmp_path_factory: pytest.TempPathFactory, house_door: Door) -> Iterator[Kannel]:
    if (lacks := missing()) is not None:
        pytest.skip(lacks)
    folder: Path = tmp_path_factory.mktemp("kannel")
    with running_kannel(folder, f"{house_door.url}/callbacks/{REPLIES}") as kannel:
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
