"""A signed-in sender with credit, two routes, and the ways through the composer's real forms."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts.terms_text import SHIPPED_VERSION
from app.models import Account, Route, Task, User
from app.sending.drafting.checking import check
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.users import make_user
from tests.panel_client import PanelClient

TEXT = "Your card is ready at the counter."


@dataclass
class Desk:
    """What a sender works with. Ids are plain, so that they outlive the session's transactions."""

    client: PanelClient
    session: Session
    user_id: int
    account_id: int
    direct_id: int
    economy_id: int

    def values(self, **changes: Any) -> dict[str, Any]:
        """A quick message's form, filled in."""
        return {
            "route_id": self.direct_id,
            "sender_id": "Harbour",
            "name": "Spring offer",
            "recipients": "+61412345678, +14155552671",
            "content": TEXT,
            "when": "now",
            "submission_key": "one-filling",
            **changes,
        }

    def quick(self, *, headers: dict[str, str] | None = None, **changes: Any) -> TestResponse:
        return self.client.submit("/quick/", self.values(**changes), headers=headers)

    def bulk(self, file: bytes | None, name: str = "list.csv", **changes: Any) -> TestResponse:
        values = self.values(**changes)
        del values["recipients"]
        if file is not None:
            values["file"] = (io.BytesIO(file), name)
        return self.client.submit("/bulk/", values)

    def tasks(self) -> list[Task]:
        self.session.rollback()
        return list(self.session.scalars(select(Task).order_by(Task.id)))

    def task(self) -> Task:
        """The only task there is."""
        (task,) = self.tasks()
        return task

    def checked(self) -> Task:
        """The only task, once its check has run."""
        check(self.session, self.task().id, self.client.application.config["CARILLON"])
        return self.task()

    def account(self) -> Account:
        self.session.rollback()
        return self.session.get_one(Account, self.account_id)

    def page(self, address: str) -> str:
        response = self.client.get(address)
        assert response.status_code == 200, f"{address} answered {response.status}"
        return response.text

    def review(self) -> str:
        """The review page of the only task."""
        return self.page(f"/tasks/{self.task().public_id}/review")

    def accept(self, **changes: Any) -> TestResponse:
        """Accept the terms on the review page of the only task."""
        task = self.task()
        values = {"check_run": task.check_run, "terms_version": SHIPPED_VERSION, "accept": "y", **changes}
        return self.client.submit(
            f"/tasks/{task.public_id}/submit", values, page=f"/tasks/{task.public_id}/review"
        )


@pytest.fixture
def desk(session: Session, client: PanelClient, sign_in: Callable[[PanelClient, User], PanelClient]) -> Desk:
    account: Account = make_account(session, available=100_000, time_zone="Australia/Sydney")
    user = make_user(session, account)
    direct: Route = make_route(session, name="Direct", price_per_segment=1_500, prices={"1": 900})
    economy: Route = make_route(
        session, name="Economy", price_per_segment=800, takes_sender_id=False, split="160"
    )
    sign_in(client, user)
    return Desk(client, session, user.id, account.id, direct.id, economy.id)
