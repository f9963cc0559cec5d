"""The job that makes a file: cancelled, broken, lost, or come to an end; and the file's own end."""

from __future__ import annotations

import re
import tempfile
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from app.clock import now
from app.exports import asking, making, message_rows, sheets
from app.models import AccountState, ExportState, Message, RecordExport, Role
from app.stored_files import chunks_of
from tests.exports.conftest import PAGE, ask
from tests.factories.routes import make_route
from tests.factories.tasks import make_submitted_task
from tests.factories.users import make_owner, make_user


def test_the_job_runs_from_the_queue_and_progress_refreshes(client, session, sign_in, owner):
    from jobs import export

    make_submitted_task(session, owner, make_route(session), messages=2)
    sign_in(client, owner)
    ask(client)
    assert f'data-refresh-url="{PAGE}/progress"' in client.get(PAGE).text
    session.rollback()
    export.make(session.query(RecordExport).one().id)
    assert "data-refresh-url" not in client.get(f"{PAGE}/progress").text
    assert session.query(Message).count() == 2


def test_a_cancelled_job_stops_between_two_batches(session, sign_in, client, owner, made, monkeypatch):
    make_submitted_task(session, owner, make_route(session), messages=1)
    sign_in(client, owner)
    ask(client)
    monkeypatch.setattr(making, "_NOTED_EVERY", timedelta(0))
    rows = message_rows.message_rows

    def cancelled_meanwhile(session, account_id, asked):
        session.query(RecordExport).update({"state": ExportState.CANCELLED})
        session.commit()
        yield from rows(session, account_id, asked)

    monkeypatch.setattr(message_rows, "message_rows", cancelled_meanwhile)
    export = made()
    assert (export.state, export.file_key) == (ExportState.CANCELLED, None)


def test_an_xlsx_that_is_not_to_be_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    columns, aside = [sheets.Column("a")], 0

    def half_a_book():
        nonlocal aside
        with sheets.xlsx_sheet(tmp_path / "no.xlsx", columns, ZoneInfo("UTC"), "A") as sheet:
            sheet.write([["one"]])
            aside = len(list(tmp_path.iterdir()))
            raise InterruptedError

    with pytest.raises(InterruptedError):
        half_a_book()
    assert aside == 1
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_made_for_an_account_that_was_suspended(
    client, session, sign_in, owner, made, monkeypatch
):
    sign_in(client, owner)
    ask(client, page=PAGE + "?")
    owner.account.state = AccountState.SUSPENDED
    session.commit()
    export = made()
    assert (export.state, export.file_key) == (ExportState.CANCELLED, None)
    assert "suspended" in export.state_reason


def test_an_error_ends_in_words_and_may_be_tried_again(client, session, sign_in, owner, made, monkeypatch):
    sign_in(client, owner)
    ask(client, page=PAGE + "?")
    monkeypatch.setattr(message_rows, "how_many", lambda *_: 1 / 0)
    assert made().state == ExportState.FAILED
    assert "The file could not be made" in client.get(PAGE).text
    monkeypatch.undo()
    ask(client, page=PAGE + "?")
    session.rollback()
    assert session.query(RecordExport).count() == 2


def test_a_lost_job_is_found_and_a_working_one_is_left_alone(client, session, sign_in, owner, made, app):
    sign_in(client, owner)
    ask(client, page=PAGE + "?")
    session.rollback()
    export = session.query(RecordExport).one()
    export.state, export.run = ExportState.MAKING, 1
    session.commit()
    assert making.stale_exports(session) == []
    assert made().state == ExportState.MAKING
    export.touched_at = now() - timedelta(minutes=6)
    session.commit()
    assert making.stale_exports(session) == [export.id]
    assert (made().state, export.run) == (ExportState.READY, 2)


def test_a_file_expires_and_goes(client, session, sign_in, owner, made, app):
    sign_in(client, owner)
    ask(client, page=PAGE + "?")
    export = made()
    key, settings = export.file_key, app.config["CARILLON"]
    address = re.search(r'href="(/exports/[^/"]+/[^/"]+)" download', client.get(PAGE).text)[1]
    assert client.get(address).status_code == 200
    export.expires_at = now() - timedelta(seconds=1)
    session.commit()
    assert client.get(address).status_code == 404
    assert making.forget_expired(session, settings) == 1
    with pytest.raises(FileNotFoundError):
        next(chunks_of(settings.uploads_url, key))
    assert "Its file is gone" in client.get(PAGE).text


def test_the_address_is_signed_for_the_account_and_good_for_an_hour(
    client, session, sign_in, owner, made, app, monkeypatch
):
    sign_in(client, owner)
    ask(client, page=PAGE + "?")
    export = made()
    address = re.search(r'href="(/exports/[^/"]+/[^/"]+)" download', client.get(PAGE).text)[1]
    # Not the last character: two of its six bits are padding, so that A and B there may be the same signature.
    other = "A" if address[-2] != "A" else "B"
    assert client.get(address[:-2] + other + address[-1]).status_code == 404
    colleague = make_user(session, owner.account, role=Role.SENDER)
    stranger = make_owner(session)
    for other in (colleague, stranger):
        assert sign_in(app.test_client(), other).get(address).status_code == 404
    assert app.test_client().get(address).status_code == 302
    monkeypatch.setattr(asking, "LINK_LIVES", timedelta(seconds=-1))
    answer = client.get(address)
    assert (answer.status_code, answer.location) == (302, PAGE)
    assert export.public_id in client.get(PAGE).text
