"""Asking for files and cancelling them: who may, how many, and what is answered to nonsense."""

from __future__ import annotations

import pytest

from app.exports import asking
from app.models import AuditEvent, ExportState, RecordExport, Role
from tests.exports.conftest import PAGE, ask
from tests.factories.routes import make_route
from tests.factories.tasks import make_submitted_task
from tests.factories.users import make_user


def test_a_second_click_gives_the_same_export_and_five_are_enough(client, session, sign_in, owner):
    sign_in(client, owner)
    for _ in range(2):
        ask(client, page=PAGE + "?", number="+61400000001")
    session.rollback()
    assert session.query(RecordExport).count() == 1
    assert session.query(AuditEvent).filter_by(action="records.export").count() == 1
    for number in range(2, 9):
        ask(client, page=PAGE + "?", number=f"+6140000000{number}")
    session.rollback()
    assert session.query(RecordExport).count() == asking.AT_ONCE
    assert "as many as go at once" in client.get(PAGE).text


def test_nobody_uses_up_the_exports_of_a_colleague(client, session, sign_in, owner, made, app, monkeypatch):
    monkeypatch.setattr(asking, "A_DAY", 2)
    viewer = sign_in(app.test_client(), make_user(session, owner.account, role=Role.VIEWER))
    for number in range(3):
        ask(viewer, page=PAGE + "?", number=f"+6140000000{number}")
        made()
    assert session.query(RecordExport).count() == 2
    assert "You have asked for 2 exports within a day" in viewer.get(PAGE).text
    sign_in(client, owner)
    ask(client, page=PAGE + "?", number="+61400000009")
    session.rollback()
    assert session.query(RecordExport).filter_by(user_id=owner.id).count() == 1


def test_an_export_is_cancelled_and_its_job_leaves_no_file(client, session, sign_in, owner, made, app):
    make_submitted_task(session, owner, make_route(session), messages=1)
    sign_in(client, owner)
    ask(client)
    session.rollback()
    export = session.query(RecordExport).one()
    client.submit(f"{PAGE}/{export.public_id}/cancel", page=PAGE)
    made()
    assert (export.state, export.file_key) == (ExportState.CANCELLED, None)
    page = client.get(PAGE).text
    assert "You cancelled it" in page
    assert "data-refresh-url" not in page
    assert client.submit(f"{PAGE}/{export.public_id}/cancel", page=PAGE).location == PAGE


def test_members_see_their_own_exports_and_the_owner_all(client, session, sign_in, owner, app):
    viewer = make_user(session, owner.account, role=Role.VIEWER, name="Vera Viewer")
    ask(sign_in(app.test_client(), viewer), page=PAGE + "?")
    sign_in(client, owner)
    assert "Vera Viewer" in client.get(PAGE).text
    other = sign_in(app.test_client(), make_user(session, owner.account, role=Role.SENDER))
    assert "Vera Viewer" not in other.get(PAGE).text
    public_id = session.query(RecordExport).one().public_id
    assert other.submit(f"{PAGE}/{public_id}/cancel", page=PAGE + "?").status_code == 404


@pytest.mark.parametrize(
    ("role", "kind"), [(Role.VIEWER, "top_ups"), (Role.SENDER, "evidence"), (Role.BILLING, "evidence")]
)
def test_what_a_role_may_not_read_it_may_not_take_along(client, session, sign_in, owner, role, kind):
    sign_in(client, make_user(session, owner.account, role=role))
    assert ask(client, kind, PAGE).status_code == 403
    assert session.query(RecordExport).count() == 0


def test_words_that_no_page_writes_are_answered_with_words(client, session, sign_in, owner):
    sign_in(client, owner)
    assert ask(client, "passwords", PAGE).status_code == 404
    assert ask(client, page=PAGE, first="2026-02-01", last="2026-01-01").location == PAGE
    assert "Exchange them" in client.get(PAGE).text
    assert ask(client, page=PAGE, first="nonsense").location == PAGE
    assert session.query(RecordExport).count() == 0
