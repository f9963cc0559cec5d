"""What has served its time is forgotten, and nothing else; abandoned files go too."""

from __future__ import annotations

import io
import os
import secrets
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from rq import Queue
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.clearing import clear_old_rows, forget_unconfirmed
from app.accounts.links import Links
from app.accounts.passwords import hasher_of
from app.accounts.registration import Registration, register
from app.clock import now
from app.models import (
    Account,
    AuditEvent,
    Chore,
    DeviceSession,
    GatewayTry,
    Invitation,
    Letter,
    Message,
    OneTimeCode,
    SignInAttempt,
    SignInOutcome,
    User,
)
from app.sending import abandoned
from app.sending.abandoned import remove_abandoned
from app.stored_files import beside, store_upload
from jobs.clearing import clear
from jobs.ticker import tick
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft, make_submitted_task
from tests.factories.users import make_owner


def ago(days: float) -> datetime:
    return now() - timedelta(days=days)


def attempt(user_id: int, days: float) -> SignInAttempt:
    return SignInAttempt(
        user_id=user_id,
        email="a@b.example",
        ip="192.0.2.1",
        user_agent="x",
        outcome=SignInOutcome.WRONG,
        at=ago(days),
    )


def device(user_id: int, *, seen: float, ended: float | None) -> DeviceSession:
    return DeviceSession(
        user_id=user_id,
        token_hash=secrets.token_hex(32),
        ip="192.0.2.1",
        user_agent="x",
        created_at=ago(seen),
        seen_at=ago(seen),
        ended_at=None if ended is None else ago(ended),
    )


def code(user_id: int, days: float) -> OneTimeCode:
    return OneTimeCode(user_id=user_id, sent_to="+61400000000", code_hash="x", expires_at=ago(days))


def invitation(user: User, *, expires: float, accepted: float | None = None) -> Invitation:
    return Invitation(
        account_id=user.account_id,
        invited_by=user.id,
        email="new@b.example",
        role="viewer",
        token_hash=secrets.token_hex(32),
        expires_at=ago(expires),
        accepted_at=None if accepted is None else ago(accepted),
    )


def letter(*, written: float, sent: float | None = None, given_up: float | None = None) -> Letter:
    return Letter(
        recipient="a@b.example",
        subject="x",
        body="x",
        created_at=ago(written),
        sent_at=None if sent is None else ago(sent),
        given_up_at=None if given_up is None else ago(given_up),
    )


def test_rows_that_are_too_old_go_and_the_others_stay(any_app: Flask, session: Session) -> None:
    owner = make_owner(session)
    kept = [
        attempt(owner.id, 390),
        device(owner.id, seen=1, ended=None),
        device(owner.id, seen=200, ended=80),
        code(owner.id, 80),
        invitation(owner, expires=-3),
        invitation(owner, expires=80),
        letter(written=380, sent=380),
        letter(written=500),  # still to be sent
    ]
    old = [
        attempt(owner.id, 400),
        device(owner.id, seen=100, ended=95),
        device(owner.id, seen=100, ended=None),
        code(owner.id, 100),
        invitation(owner, expires=100),
        invitation(owner, expires=80, accepted=91),
        letter(written=400, sent=399),
        letter(written=420, given_up=410),
    ]
    session.add_all([*kept, *old])
    session.commit()
    names = [(type(row), row.id) for row in kept], [(type(row), row.id) for row in old]
    gone = clear_old_rows(session)
    assert gone == {
        "sign_in_attempt": 1,
        "letter": 2,
        "device_session": 2,
        "notice": 0,
        "one_time_code": 1,
        "invitation": 2,
        "gateway_try": 0,
        "route_event": 0,
        "account": 0,
    }
    session.expunge_all()
    assert all(session.get(model, key) is not None for model, key in names[0])
    assert all(session.get(model, key) is None for model, key in names[1])
    assert clear_old_rows(session) == dict.fromkeys(gone, 0)


@pytest.fixture
def registered(any_app: Flask, session: Session) -> int:
    """The person of an account that was registered 40 days ago and never confirmed, through the real domain."""
    settings = any_app.config["CARILLON"]
    who = Registration("Ann", "Brass & Bell", "ann@b.example", "+61412345678", "seven lanterns over Perth")
    register(session, who, Links.of(settings), hasher_of(settings), "192.0.2.1")
    user = session.scalars(select(User)).one()
    session.add_all([attempt(user.id, 40), code(user.id, 40)])
    for model in (Account, User, Letter):
        session.execute(update(model).values(created_at=ago(40)))
    session.commit()
    return user.id


def test_an_account_that_nobody_confirmed_is_forgotten(session: Session, registered: int) -> None:
    assert clear_old_rows(session)["account"] == 1
    session.expunge_all()
    assert session.scalars(select(Account)).all() == []
    assert session.scalars(select(User)).all() == []
    assert session.scalars(select(Letter)).all() == []
    assert session.scalars(select(SignInAttempt.user_id)).all() == [None]
    assert session.scalars(select(AuditEvent.action)).all() == ["user.register"]


@pytest.mark.parametrize("sign_of_life", ["confirmed", "younger", "asked again", "drafted"])
def test_an_account_with_any_sign_of_life_stays(session: Session, registered: int, sign_of_life: str) -> None:
    user = session.get_one(User, registered)
    if sign_of_life == "confirmed":
        user.email_confirmed_at = now()
    elif sign_of_life == "younger":
        session.execute(update(Account).values(created_at=ago(29)))
    elif sign_of_life == "asked again":
        session.add(Letter(user_id=user.id, recipient=user.email, subject="x", body="x"))
    else:
        make_draft(session, user, make_route(session))
    session.commit()
    account_id = user.account_id
    assert account_id is not None
    assert clear_old_rows(session)["account"] == 0
    if sign_of_life in ("confirmed", "drafted"):
        assert not forget_unconfirmed(session, account_id)
    session.expunge_all()
    assert session.scalars(select(User.email)).all() == ["ann@b.example"]
    assert session.scalars(select(Letter)).all()  # nothing went half-way


def test_files_that_nothing_names_go_after_two_days(app: Flask, session: Session, tmp_path: Path) -> None:
    folder = tmp_path / "uploads"
    url = f"file://{folder}"
    source = tmp_path / "list.csv"
    source.write_bytes(b"phone\n+61412345678\n")
    keys = []
    for _ in range(3):
        with source.open("rb") as stream:
            keys.append(store_upload(url, stream, "list.csv", 1_000).key)
    named, abandoned, fresh = keys
    (folder / "README").write_text("not ours")
    (folder / "receipts").mkdir()
    (folder / "receipts" / abandoned).write_text("a receipt")
    long_ago = time.time() - 3 * 24 * 3600
    for path in (folder / named, folder / abandoned, folder / "README", folder / "receipts" / abandoned):
        os.utime(path, (long_ago, long_ago))
    make_draft(session, make_owner(session), make_route(session), upload_key=named)
    assert remove_abandoned(session, url) == 1
    assert sorted(path.name for path in folder.iterdir()) == sorted([named, fresh, "README", "receipts"])
    assert (folder / "receipts" / abandoned).exists()
    assert remove_abandoned(session, f"file://{tmp_path / 'nowhere'}") == 0


def test_the_ticker_asks_for_it_once_a_day_and_the_job_does_it(
    app: Flask, session: Session, redis: Redis
) -> None:
    owner = make_owner(session)
    session.add(attempt(owner.id, 400))
    session.add(Chore(name="clearing", done_at=ago(1.1)))
    session.commit()
    for _ in range(3):
        tick(session, app.config["CARILLON"])
    asked = [job.func_name for job in Queue("default", connection=redis).jobs]
    assert asked.count("jobs.clearing.clear") == 1
    clear()
    session.rollback()
    assert session.scalars(select(SignInAttempt)).all() == []


def test_the_gateway_log_goes_after_thirty_days(any_app: Flask, session: Session) -> None:
    route = make_route(session)
    task = make_submitted_task(
        session, make_owner(session, make_account(session, available=9_000)), route, messages=1
    )
    message_id = session.scalar(select(Message.id).where(Message.task_id == task.id))
    for days in (29, 31):
        session.add(
            GatewayTry(
                message_id=message_id, route_id=route.id, gateway="sandbox", attempt=1,
                answered_at=ago(days), outcome="refused", code="expired",
            )
        )  # fmt: skip
    session.commit()
    assert clear_old_rows(session)["gateway_try"] == 1
    assert session.scalar(select(GatewayTry.answered_at)) > ago(30)


def test_what_an_account_leaves_behind_is_bounded_and_nothing_in_use_goes(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(abandoned, "MOST_LEFT_BEHIND", 2)
    url = f"file://{tmp_path}"
    owner, other = make_owner(session), make_owner(session)
    assert owner.account_id is not None
    assert other.account_id is not None

    def stored(account_id: int, minutes_ago: float) -> Path:
        path = tmp_path / store_upload(url, io.BytesIO(b"phone\n"), "list.csv", 1_000, account_id).key
        moment = time.time() - 60 * minutes_ago
        os.utime(path, (moment, moment))
        return path

    used, left_first, unread, left_last = (stored(owner.account_id, minutes) for minutes in (90, 80, 70, 60))
    others = [stored(other.account_id, 95) for _ in range(2)]
    (tmp_path / beside(str(left_first.relative_to(tmp_path)))).write_text("its rows")
    names = [str(path.relative_to(tmp_path)) for path in (used, unread)]
    route = make_route(session)
    make_draft(session, owner, route, upload_key=names[0])
    make_draft(session, owner, route, upload_key=names[1], state="discarded")
    assert abandoned.forget_left_behind(session, url, owner.account_id) == 1
    assert abandoned.forget_left_behind(session, url, owner.account_id) == 0
    kept = {
        path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name.startswith("account-")
    }
    assert kept == {used, unread, left_last, *others}
    assert abandoned.remove_abandoned(session, url) == 0
    long_ago = time.time() - 3 * 24 * 3600
    for path in kept:
        os.utime(path, (long_ago, long_ago))
    assert abandoned.remove_abandoned(session, url) == 3
    assert used.exists()
    assert unread.exists()
