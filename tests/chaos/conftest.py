"""How long chaos lasts: its short form in `make test`, ten times that with CHAOS=long (`make chaos`)."""

from __future__ import annotations

import os

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.sending.engine import House, make_house


@pytest.fixture(scope="session")
def times() -> int:
    return 10 if os.environ.get("CHAOS") == "long" else 1


@pytest.fixture
def house(app: Flask, session: Session) -> House:
    return make_house(app, session, credit=100_000_000)
