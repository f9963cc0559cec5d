"""A signed-in sender, and the ways through the lists' real forms."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.models import RecipientList, Suppression, SuppressionUpload, User
from jobs.lists import read_list, read_suppressions
from tests.factories.accounts import make_account
from tests.factories.users import make_user
from tests.panel_client import PanelClient


@dataclass
class Keeper:
    """Somebody who keeps lists. Ids are plain, so that they outlive the session's transactions."""

    client: PanelClient
    session: Session
    user_id: int
    account_id: int

    def upload(self, stored: bytes, file: str = "list.csv", name: str = "Regulars") -> TestResponse:
        values = {"name": name, "file": (io.BytesIO(stored), file)}
        return self.client.submit("/lists/", values)

    def rows(self, statement: Select[Any]) -> Sequence[Any]:
        """What the database says now."""
        self.session.rollback()
        return self.session.scalars(statement).all()

    def list(self, name: str = "Regulars") -> RecipientList:
        (found,) = self.rows(select(RecipientList).where(RecipientList.name == name))
        assert isinstance(found, RecipientList)
        return found

    def kept(self, numbers: list[str], name: str = "Regulars", fields: str = "") -> RecipientList:
        """A list of these numbers, uploaded and read. `fields` is a further column's heading."""
        rows = [f"{number},{fields} of {number[-3:]}" if fields else number for number in numbers]
        heading = f"phone,{fields}" if fields else "phone"
        response = self.upload("\n".join([heading, *rows]).encode(), name=name)
        assert response.status_code == 303, response.text
        read_list(self.list(name).id)
        return self.list(name)

    def suppressed(self, account_id: int | None = -1) -> set[str]:
        whose = self.account_id if account_id == -1 else account_id
        rows = select(Suppression.e164).where(
            Suppression.account_id.is_(None) if whose is None else Suppression.account_id == whose
        )
        return set(self.rows(rows))

    def suppress(self, text: str, note: str = "") -> TestResponse:
        return self.client.submit("/suppression/", {"numbers": text, "note": note})

    def suppress_file(self, stored: bytes, room: str = "/suppression/") -> SuppressionUpload:
        response = self.client.submit(f"{room}file", {"file": (io.BytesIO(stored), "stop.csv")}, page=room)
        assert response.status_code == 303, response.text
        upload_id = self.rows(select(SuppressionUpload.id).order_by(SuppressionUpload.id.desc()))[0]
        read_suppressions(upload_id)
        self.session.rollback()
        return self.session.get_one(SuppressionUpload, upload_id, populate_existing=True)

    def page(self, address: str) -> str:
        response = self.client.get(address)
        assert response.status_code == 200, f"{address} answered {response.status}"
        return response.text


@pytest.fixture
def keeper(
    session: Session, client: PanelClient, sign_in: Callable[[PanelClient, User], PanelClient]
) -> Keeper:
    user = make_user(session, make_account(session, available=100_000))
    sign_in(client, user)
    assert user.account_id is not None
    return Keeper(client, session, user.id, user.account_id)
