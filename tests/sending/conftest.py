"""An agency with credit and a route, on the database under test."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.gateways.sandbox_carrier.running import RunningCarrier
from tests.sending.engine import House, make_house


@pytest.fixture(autouse=True)
def quiet_server() -> None:
    """The callbacks' server need not tell of every request."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)


@pytest.fixture
def house(app: Flask, session: Session) -> House:
    return make_house(app, session)


@pytest.fixture
def carrier() -> Iterator[RunningCarrier]:
    with RunningCarrier() as running:
        yield running
