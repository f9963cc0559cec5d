"""Set times across a change of the clocks: what the page said is when the task starts, in the sender's zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import write_transaction
from app.models import Task, TaskState
from app.sending import sweep
from app.sending.drafting.checking import check
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.users import make_owner
from tests.panel_client import PanelClient

# Zone, what was typed, when that is, and what the page says of it: "" nothing, or a part of its words.
BERLIN, NEW_YORK, SYDNEY = "Europe/Berlin", "America/New_York", "Australia/Sydney"
COMES = [
    (BERLIN, "2030-03-31T01:59", "2030-03-31T00:59", ""),
    (BERLIN, "2030-03-31T03:00", "2030-03-31T01:00", ""),
    (BERLIN, "2030-10-27T01:59", "2030-10-26T23:59", ""),
    (BERLIN, "2030-10-27T02:30", "2030-10-27T00:30", "comes twice"),
    (BERLIN, "2030-10-27T03:00", "2030-10-27T02:00", ""),
    (NEW_YORK, "2030-03-10T03:00", "2030-03-10T07:00", ""),
    (NEW_YORK, "2030-11-03T01:30", "2030-11-03T05:30", "comes twice"),
    (NEW_YORK, "2030-11-03T02:00", "2030-11-03T07:00", ""),
    (SYDNEY, "2030-10-06T03:00", "2030-10-05T16:00", ""),
    (SYDNEY, "2030-04-07T02:30", "2030-04-06T15:30", "comes twice"),
    (SYDNEY, "2030-04-07T03:00", "2030-04-06T17:00", ""),
]
NEVER_COMES = [(BERLIN, "2030-03-31T02:30"), (NEW_YORK, "2030-03-10T02:30"), (SYDNEY, "2030-10-06T02:30")]


@pytest.fixture
def schedule(
    app: Flask, session: Session, client: PanelClient, sign_in: Callable[..., PanelClient]
) -> Callable[[str, str], str]:
    """Fills in the form as a sender of the zone, has the draft checked; the page that then stands there."""

    def fill_in(zone: str, typed: str) -> str:
        owner = make_owner(session, make_account(session, available=1_000_000, time_zone=zone))
        route_id = make_route(session).id
        sign_in(client, owner)
        values = {
            "route_id": route_id, "sender_id": "Harbour", "name": "At a set time", "recipients": "+61412345678",
            "content": "Your card is ready.", "when": "later", "scheduled_for": typed, "submission_key": "one-filling",
        }  # fmt: skip
        answer = client.submit("/quick/", values)
        if answer.status_code not in (302, 303):
            return answer.text
        session.rollback()
        task = session.scalars(select(Task)).one()
        check(session, task.id, app.config["CARILLON"])
        session.rollback()
        return client.get(answer.location).text

    return fill_in


@pytest.mark.parametrize(("zone", "typed", "moment", "words"), COMES)
def test_a_set_time_near_a_change_of_the_clocks_is_when_the_page_says(
    app: Flask,
    session: Session,
    schedule: Callable[[str, str], str],
    monkeypatch: pytest.MonkeyPatch,
    zone: str,
    typed: str,
    moment: str,
    words: str,
) -> None:
    page = schedule(zone, typed)
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    task = session.scalars(select(Task)).one()
    assert task.scheduled_at == at
    assert typed[-5:] in page
    assert ("comes twice" in page) == bool(words)

    task.state = TaskState.SCHEDULED
    session.commit()
    for late, started in ((-1, []), (0, [task.route_id])):
        session.rollback()
        monkeypatch.setattr(sweep, "now", lambda late=late: at + timedelta(seconds=late))
        with write_transaction(session):
            assert sweep.start_due(session, timedelta(hours=1)) == started


@pytest.mark.parametrize(("zone", "typed"), NEVER_COMES)
def test_a_time_that_clocks_leap_over_is_refused_with_one_that_comes(
    session: Session, schedule: Callable[[str, str], str], zone: str, typed: str
) -> None:
    page = schedule(zone, typed)
    assert "02:30 does not come on" in page
    assert "for example 03:30" in page
    assert session.scalars(select(Task)).all() == []
