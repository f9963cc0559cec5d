"""An owner with a price list, a member of staff, and the ways through the real forms."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from app.models import Account, TopUp, User
from tests.factories.accounts import make_account
from tests.factories.top_ups import make_plan, picture
from tests.factories.users import make_owner, make_staff
from tests.panel_client import PanelClient


@dataclass
class Till:
    """The client's browser and the staff's. Ids are plain, so that they outlive the session's transactions."""

    session: Session
    client: PanelClient
    staff: PanelClient
    owner_id: int
    account_id: int
    staff_id: int

    def top_ups(self) -> list[TopUp]:
        self.session.rollback()
        return list(
            self.session.scalars(select(TopUp).order_by(TopUp.id).execution_options(populate_existing=True))
        )

    def top_up(self) -> TopUp:
        """The only top-up there is."""
        (top_up,) = self.top_ups()
        return top_up

    def available(self) -> int:
        self.session.rollback()
        return self.session.get_one(Account, self.account_id, populate_existing=True).available

    def start(self, credits: int = 5_000, total: int = 45_000, **extra: object) -> TestResponse:
        plan = self.session.scalars(select(TopUp.plan_id)).first() or 1
        values = {"credits": credits, "plan": plan, "shown_total": total, **extra}
        return self.client.submit("/top-up", values, page=f"/top-up?credits={credits}")

    def upload(self, data: bytes | None = None, name: str = "receipt.png", **values: object) -> TestResponse:
        """Upload a receipt for the only top-up."""
        address = f"/top-up/{self.top_up().public_id}"
        file = FileStorage(io.BytesIO(data if data is not None else picture()), name)
        fields = {"csrf_token": self.client.csrf_token(address), "receipt": file, **values}
        boundary, body = encode_multipart(fields)
        # Encoded here: the test client would put a large body into a temporary file that it never closes.
        return self.client.post(
            f"{address}/receipt", data=body, content_type=f"multipart/form-data; boundary={boundary}"
        )

    def decide(self, act: str, prefix: str, **values: object) -> TestResponse:
        """Press a button on the staff's page of the only top-up, with the receipt that is on it."""
        top_up = self.top_up()
        page = f"/staff/top-ups/{top_up.public_id}"
        named = {f"{prefix}-{name}": value for name, value in {"seen": top_up.receipt_hash, **values}.items()}
        token = self.staff.csrf_token(page)
        return self.staff.post(
            f"{page}/{act}", data={f"{prefix}-csrf_token": token, "csrf_token": token, **named}
        )


@pytest.fixture
def till(app, session: Session, sign_in: Callable[[PanelClient, User], PanelClient]) -> Till:
    make_plan(session)
    owner = make_owner(session, make_account(session, name="Brass & Bell", time_zone="Australia/Sydney"))
    staff = make_staff(session, name="Sam Staff")
    client, desk = app.test_client(), app.test_client()
    till = Till(session, client, desk, owner.id, owner.account_id, staff.id)
    sign_in(client, owner)
    sign_in(desk, staff)
    return till
