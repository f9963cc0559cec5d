"""Leaving: the wish, and the data to take along."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import timedelta

import pytest

from app.accounts import export
from app.clock import now
from app.models import AccountExport, Letter, Role, StaffAlert
from app.stored_files import chunks_of
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.tasks import make_submitted_task
from tests.factories.users import make_owner, make_user


@pytest.fixture
def owner(session):
    return make_owner(session, make_account(session, name="Brass & Bell", available=10_000))


def packed(session, app) -> AccountExport:
    session.rollback()
    made = session.query(AccountExport).one()
    export.pack(session, made.id, app.config["CARILLON"])
    session.rollback()
    return made


def test_the_wish_to_leave_wants_the_name_is_shown_to_staff_and_can_be_taken_back(
    client, session, sign_in, owner
):
    sign_in(client, owner)
    page = "/account/leaving"
    assert client.submit(f"{page}/ask", {"typed_name": "Brass"}, page=page).status_code == 422
    client.submit(f"{page}/ask", {"typed_name": "brass & bell"}, page=page)
    session.rollback()
    assert owner.account.deactivation_asked_at is not None
    assert "asks to be deactivated" in session.query(StaffAlert).one().text
    assert client.submit(f"{page}/ask", {"typed_name": "Brass & Bell"}, page=page).status_code == 409
    client.submit(f"{page}/stay", page=page)
    session.rollback()
    assert (owner.account.deactivation_asked_at, session.query(StaffAlert).count()) == (None, 0)


def test_the_data_come_as_a_zip_to_the_owner_alone(client, session, sign_in, owner, app):
    stranger = make_owner(session, make_account(session, name="Strangers", available=5_000))
    route = make_route(session)
    task = make_submitted_task(session, owner, route, name="=HYPERLINK(1)", content="Summer sale")
    make_submitted_task(session, stranger, route, name="Not yours")
    sign_in(client, owner)
    page = "/account/leaving"
    for _ in range(2):
        client.submit(f"{page}/export", page=page)
    made = packed(session, app)
    assert "ready" in session.query(Letter).order_by(Letter.id.desc()).first().subject
    assert "Fetch it" in client.get(page).text
    address = f"{page}/export/{made.public_id}.zip"
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype, len(answer.data)) == (200, "application/zip", made.size)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        files = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    assert set(files) >= {
        "account.csv",
        "members.csv",
        "tasks.csv",
        "messages.csv",
        "ledger.csv",
        "top-ups.csv",
    }
    tasks = list(csv.DictReader(io.StringIO(files["tasks.csv"])))
    assert [(row["public_id"], row["name"]) for row in tasks] == [(task.public_id, "'=HYPERLINK(1)")]
    assert len(list(csv.DictReader(io.StringIO(files["messages.csv"])))) == 3
    assert "argon2" not in "".join(files.values())
    assert "Not yours" not in "".join(files.values())
    for other in (stranger, make_user(session, owner.account, role=Role.BILLING)):
        theirs = sign_in(app.test_client(), other)
        assert theirs.get(address).status_code in (403, 404)
    assert app.test_client().get(address).status_code == 302


def test_an_export_expires_and_its_file_goes(client, session, sign_in, owner, app):
    sign_in(client, owner)
    client.submit("/account/leaving/export", page="/account/leaving")
    made = packed(session, app)
    settings, key = app.config["CARILLON"], made.file_key
    made.expires_at = now() - timedelta(seconds=1)
    session.commit()
    assert client.get(f"/account/leaving/export/{made.public_id}.zip").status_code == 404
    assert export.forget_expired(session, settings) == 1
    with pytest.raises(FileNotFoundError):
        next(chunks_of(settings.uploads_url, key))


def test_a_second_job_leaves_a_packed_export_alone(client, session, sign_in, owner, app):
    sign_in(client, owner)
    client.submit("/account/leaving/export", page="/account/leaving")
    made = packed(session, app)
    key = made.file_key
    export.pack(session, made.id, app.config["CARILLON"])
    session.rollback()
    assert made.file_key == key
