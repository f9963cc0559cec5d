"""An account with something to take along, and jobs that run when they are told to."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.exports import making
from app.models import RecordExport, User
from tests.factories.accounts import make_account
from tests.factories.users import make_owner
from tests.panel_client import PanelClient

PAGE = "/exports"


@pytest.fixture
def owner(session: Session) -> User:
    """The owner of an account in Sydney with credit."""
    account = make_account(session, name="Brass & Bell", available=1_000_000, time_zone="Australia/Sydney")
    return make_owner(session, account)


@pytest.fixture
def made(session: Session, app: Flask) -> Callable[..., RecordExport]:
    """Runs the job of the newest export, and gives the export as it is then."""

    def run() -> RecordExport:
        session.rollback()
        export = session.query(RecordExport).order_by(RecordExport.id.desc()).first()
        assert export is not None
        making.make(session, export.id, app.config["CARILLON"])
        session.rollback()
        return export

    return run


def rows_of(data: bytes) -> list[dict[str, str]]:
    """A csv file's rows by their headings."""
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def ask(client: PanelClient, kind: str = "messages", page: str = "/messages", **words: str) -> TestResponse:
    """Ask for a list as a file."""
    return client.submit(f"{PAGE}/ask/{kind}", {"file_type": "csv", **words}, page=page)


def fetch(client: PanelClient) -> TestResponse:
    """Fetch the newest file that may be fetched."""
    address = re.search(r'href="(/exports/[^/"]+/[^/"]+)" download', client.get(PAGE).text)
    assert address is not None, "nothing to fetch"
    return client.get(address[1])
