"""Text that a database refuses, and keys that no row can have: a page, on PostgreSQL too, never a crash."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.clock import now
from app.models import Role, TaskState
from tests.access.test_odd_addresses import ASKED
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.tasks import make_submitted_task
from tests.factories.users import make_owner, make_staff
from tests.panel_client import PanelClient

MORE = (
    "search",
    "holding",
    "number",
    "sid",
    "kind",
    "view",
    "name",
    "template",
    "text",
    "first",
    "last",
    "code",
)
NULL = "a%00b"
ODD = (NULL, "%ED%A0%80")  # and half a surrogate pair


@pytest.fixture(autouse=True)
def crashes_are_pages(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)


@pytest.mark.parametrize("role", [None, Role.OWNER, Role.ADMIN])
def test_no_list_breaks_over_an_odd_address(
    any_app: Flask, session: Session, client: PanelClient, sign_in, role: Role | None
) -> None:
    if role is Role.OWNER:
        sign_in(client, make_owner(session, make_account(session, available=10_000)))
    elif role is not None:
        sign_in(client, make_staff(session, role=role))
    session.rollback()
    broken = []
    for rule in any_app.url_map.iter_rules():
        if rule.arguments or "GET" not in (rule.methods or ()):
            continue
        for odd in ODD:
            query = "&".join(f"{name}={odd}" for name in (*ASKED, *MORE))
            status = client.get(f"{rule.rule}?{query}").status_code
            if status >= 500 or (odd == NULL and status not in (302, 400) and rule.endpoint != "static"):
                broken.append((rule.rule, odd, status))
    assert not broken


@pytest.mark.parametrize("key", ["9" * 30, "-1", "٣", "0"])
def test_a_place_in_the_calendar_that_cannot_be_is_a_page(
    any_app: Flask, session: Session, client: PanelClient, sign_in, key: str
) -> None:
    owner = make_owner(session, make_account(session, available=10_000))
    task = make_submitted_task(
        session, owner, make_route(session), messages=1, state=TaskState.SCHEDULED,
        scheduled_at=now() + timedelta(hours=1),
    )  # fmt: skip
    assert task.id
    sign_in(client, owner)
    for moment in ("20260101T000000.0", "00010101T000000.0", "99991231T235959.9"):
        for name in ("before", "after"):
            for view in ("day", "week", "month"):
                asked = {"view": view, name: f"{moment}-{key}"}
                assert client.get("/calendar/", query_string=asked).status_code < 500


def test_a_null_in_an_address_names_nothing(
    any_app: Flask, session: Session, client: PanelClient, sign_in
) -> None:
    sign_in(client, make_owner(session, make_account(session, available=10_000)))
    broken = []
    for rule in any_app.url_map.iter_rules():
        strings = dict.fromkeys(rule.arguments, "x%00y")
        numbers = any(hasattr(kind, "num_convert") for kind in rule._converters.values())
        if not strings or numbers or "GET" not in (rule.methods or ()):
            continue
        address = rule.rule
        for name in rule.arguments:
            address = address.replace(f"<path:{name}>", strings[name]).replace(f"<{name}>", strings[name])
        if client.get(address).status_code >= 500:
            broken.append(address)
    assert not broken


def test_a_null_in_a_form_is_a_page_and_is_stored_nowhere(
    any_app: Flask, session: Session, client: PanelClient, sign_in
) -> None:
    owner = make_owner(session, make_account(session, available=10_000))
    make_route(session)
    sign_in(client, owner)
    for address, data in (
        ("/language", {"language": "en", "next": "/\0"}),
        ("/quick/", {"content": "a\0b", "name": "a"}),
        ("/quick/", {"na\0me": "a"}),
        ("/support/new", {"subject": "a\0", "text": "b"}),
    ):
        token = client.csrf_token("/quick/")
        answer = client.post(address, data={"csrf_token": token, **data})
        assert answer.status_code == 400, (address, answer.status_code)
