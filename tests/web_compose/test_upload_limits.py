"""Files are counted: generously, per account, with Redis and without it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from app.accounts.abuse import LIMITS, Act, Limit, Limits
from app.models import Role
from app.sending import abandoned
from tests.factories.accounts import make_account
from tests.factories.top_ups import make_plan, make_top_up, picture
from tests.factories.users import make_owner, make_staff, make_user

ONE, MANY = Limit(1, 3600), Limit(1_000, 60)
SAYS = "Very many files were uploaded within the hour."
ROWS = b"phone\n+61412345678\n"


@pytest.fixture
def one_each(monkeypatch):
    for act in (Act.UPLOAD, Act.RECEIPT):
        monkeypatch.setitem(LIMITS, act, Limits(ip=MANY, person=ONE, overall=MANY))


@pytest.fixture(params=["redis", "database"])
def panel(request, app_on):
    """The application, also while Redis is away."""
    return app_on(**({} if request.param == "redis" else {"redis_url": "redis://127.0.0.1:1/0"}))


def send(client, address, page, filename="list.csv", field="file", stored=ROWS, **values):
    values |= {"csrf_token": client.csrf_token(page), field: (io.BytesIO(stored), filename)}
    return client.post(address, data=values)


def test_an_accounts_files_are_counted_together_wherever_they_come_in(panel, session, sign_in, one_each):
    account = make_account(session)
    ana, ben, other = make_owner(session, account), make_user(session, account), make_owner(session)
    first, second, elsewhere = (sign_in(panel.test_client(), person) for person in (ana, ben, other))
    assert send(first, "/lists/", "/lists/", name="Regulars").status_code == 303
    answer = send(second, "/lists/", "/lists/", name="Others")
    assert (answer.status_code, SAYS in answer.text) == (422, True)
    assert SAYS in send(second, "/suppression/file", "/suppression/").text
    assert SAYS in send(second, "/compose/file", "/bulk/").json["said"]
    assert SAYS not in send(elsewhere, "/compose/file", "/bulk/").json["said"]


def test_a_bulk_message_says_it_at_its_file_and_keeps_the_rest(desk, one_each):
    assert desk.bulk(ROWS).status_code == 303
    answer = desk.bulk(ROWS, submission_key="another")
    assert (answer.status_code, SAYS in answer.text, "Spring offer" in answer.text) == (422, True, True)
    assert len(desk.tasks()) == 1


def test_files_that_a_refused_form_leaves_make_room_for_the_next(desk, app, monkeypatch):
    monkeypatch.setattr(abandoned, "MOST_LEFT_BEHIND", 2)
    assert desk.bulk(ROWS).status_code == 303
    drafts_own = desk.tasks()[0].upload_key
    for _ in range(4):
        assert desk.bulk(ROWS, content="").status_code == 422
    folder = Path(app.config["CARILLON"].uploads_url.removeprefix("file://"))
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    uploads = {name for name in files if "rows-" not in name}
    assert drafts_own in uploads
    assert len(uploads) == 3


def test_receipts_are_counted_by_themselves(panel, session, sign_in, one_each):
    make_plan(session)
    owner = make_owner(session)
    pages = [f"/top-up/{make_top_up(session, owner, state='draft').public_id}" for _ in range(2)]
    client = sign_in(panel.test_client(), owner)
    receipts = [
        send(client, f"{page}/receipt", page, "a.png", "receipt", picture(words=page)) for page in pages
    ]
    assert [answer.status_code for answer in receipts] == [303, 422]
    assert SAYS in receipts[1].text


def test_staff_are_counted_each_for_themselves(panel, session, sign_in, one_each):
    staff = [make_staff(session, role=Role.SUPPORT) for _ in range(2)]
    first, second = (sign_in(panel.test_client(), person) for person in staff)
    answers = [
        send(client, "/staff/suppression/file", "/staff/suppression/").status_code
        for client in (first, first, second)
    ]
    assert answers == [303, 422, 303]


def test_the_limits_are_generous_for_people():
    assert LIMITS[Act.UPLOAD].person.times >= 200
    assert LIMITS[Act.RECEIPT].person.times >= 40
