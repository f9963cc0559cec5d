"""Signed addresses in other hands: tampered with, of another, of somebody who is gone or suspended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from itsdangerous import URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.exports import asking
from app.models import AccountState, ExportState, NoticeChoice, RecordExport, User
from tests.factories.accounts import make_account
from tests.factories.users import make_owner
from tests.panel_client import PanelClient


@pytest.fixture
def owner(session: Session) -> User:
    return make_owner(session, make_account(session, available=10_000))


def link(app: Flask, named: object) -> str:
    signer = URLSafeSerializer(app.config["CARILLON"].secret_key, salt="carillon:stop-letters")
    return f"/notices/stop/{signer.dumps(named)}"


def choices(session: Session) -> list[tuple[int, str, bool]]:
    session.rollback()
    rows = session.scalars(select(NoticeChoice).order_by(NoticeChoice.user_id))
    return [(row.user_id, row.kind, row.by_email) for row in rows]


def test_a_stop_link_stops_its_readers_letters_whoever_is_signed_in(
    app: Flask, session: Session, client: PanelClient, sign_in, owner: User
) -> None:
    other = make_owner(session)
    sign_in(client, other)
    assert client.post(link(app, [owner.id, "task_finished"])).status_code == 200
    assert choices(session) == [(owner.id, "task_finished", False)]


def test_a_stop_link_with_one_sign_changed_stops_nobody(
    app: Flask, session: Session, client: PanelClient, owner: User
) -> None:
    whole = link(app, [owner.id, "task_finished"])
    token = whole.rpartition("/")[2]
    for place in range(0, len(token), 3):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        if (
            changed.split(".")[-1][:-1] != token.split(".")[-1][:-1]
            or changed.split(".")[0] != token.split(".")[0]
        ):
            assert client.post(f"/notices/stop/{changed}").status_code == 404
    assert choices(session) == []


@pytest.mark.parametrize("named", [[-1, "task_finished"], [10**9, "task_finished"]])
def test_a_stop_link_of_nobody_is_a_page(
    any_app: Flask, session: Session, client: PanelClient, named: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a link was ours once: the person's account was taken away."""
    monkeypatch.setitem(any_app.config, "PROPAGATE_EXCEPTIONS", False)
    assert client.post(link(any_app, named)).status_code in (200, 404)
    assert client.get(link(any_app, named)).status_code in (200, 404)
    assert choices(session) == []


def test_a_suspended_account_fetches_no_file_and_neither_does_a_disabled_person(
    app: Flask, session: Session, client: PanelClient, sign_in, owner: User
) -> None:
    export = RecordExport(
        account_id=owner.account_id, user_id=owner.id, kind="messages", file_type="csv", request_hash="x",
        state=ExportState.READY, file_key="gone", size=1, expires_at=now() + timedelta(days=365),
    )  # fmt: skip
    session.add(export)
    session.commit()
    address = f"/exports/{export.public_id}/{asking.token_of(export, app.config['CARILLON'].secret_key)}"
    sign_in(client, owner)
    with write_transaction(session):
        account = session.merge(owner.account)
        account.state = AccountState.SUSPENDED
    answer = client.get(address)
    assert answer.status_code in (302, 303, 403)
    assert "/sign-in" in (answer.location or "/sign-in")


@pytest.mark.parametrize(
    "odd",
    ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "\\\\evil.example",
     "javascript:1", "/%0d%0aSet-Cookie:a=b", "/\r\nX: y", "/\u2028/evil", "////evil.example", "", "/sign-out"],
)  # fmt: skip
def test_the_language_form_leads_nowhere_else(client: PanelClient, odd: str) -> None:
    token = client.csrf_token("/sign-in")
    answer = client.post("/language", data={"csrf_token": token, "language": "ms", "next": odd})
    assert answer.status_code == 303
    assert answer.location.startswith("/")
    assert not answer.location.startswith(("//", "/\\", "/sign-out"))
    assert "X" not in answer.headers


def test_the_language_form_wants_its_token(client: PanelClient) -> None:
    assert client.post("/language", data={"language": "ms"}).status_code == 400


@pytest.mark.parametrize(
    "query", ["<script>alert(1)</script>", "((((((" * 2000, "a" * 100_000, "%" * 500, "' OR 1=1 --"]
)
def test_the_help_search_takes_anything(client: PanelClient, query: str) -> None:
    answer = client.get("/help/search", query_string={"q": query})
    assert answer.status_code in (200, 404, 414)
    assert "<script>alert" not in answer.text
