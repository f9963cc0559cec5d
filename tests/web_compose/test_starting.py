"""Saved texts, copies of earlier tasks, and tests to oneself."""

from __future__ import annotations

import html
import re

import pytest

from app import saved_texts
from app.clock import now
from app.database import write_transaction
from app.errors import Conflict, TaskRefused
from app.models import AuditEvent, Route, SavedText, Task, User
from app.sending.drafting.checking import check
from tests.factories.accounts import make_account
from tests.factories.tasks import make_submitted_task
from tests.factories.users import make_user
from tests.web_compose.conftest import TEXT, Desk

ROWS = b"phone,name\n+61412345678,Ada\n+61412345679,Grace\n"
MINE = "+61412345000"


def written(page: str) -> str:
    """What stands in the text area."""
    return html.unescape(
        re.search(r'<textarea[^>]*name="content"[^>]*>(.*?)</textarea>', page, re.DOTALL)[1]
    )[2:]  # type: ignore[index]


def save(desk: Desk, name: str = "Ready", text: str = TEXT) -> SavedText:
    with write_transaction(desk.session):
        return saved_texts.save(desk.session, desk.user_id, desk.account_id, name, text)


def earlier(desk: Desk, **columns: object) -> Task:
    user, route = desk.session.get_one(User, desk.user_id), desk.session.get_one(Route, desk.direct_id)
    return make_submitted_task(
        desk.session, user, route, content="We open at nine.", sender_id="LANE", name="May", **columns
    )


def with_phone(desk: Desk) -> None:
    user = desk.session.get_one(User, desk.user_id)
    user.phone, user.phone_confirmed_at = MINE, now()
    desk.session.commit()


def test_a_text_is_saved_chosen_and_the_own_one_put_back(desk: Desk) -> None:
    page = desk.quick(content="For {name} only", text_name=" Spring  sale ", save_text="1").text
    assert "Saved as “Spring sale”." in page
    assert "error-summary" not in page
    desk.session.rollback()
    saved = desk.session.query(SavedText).one()
    assert (saved.text, desk.tasks()) == ("For {name} only", [])
    used = desk.quick(content="My own words", start_from=f"text:{saved.public_id}", use_start="1").text
    assert written(used) == "For {name} only"
    assert "There is no column for {name}" in html.unescape(used)  # judged when it is used
    back = desk.quick(content="For {name} only", replaced="My own words", put_back="1").text
    assert written(back) == "My own words"


def test_a_name_is_asked_for_and_stands_for_one_text(desk: Desk) -> None:
    assert "Name the text" in desk.quick(save_text="1").text
    save(desk)
    assert save(desk).text == TEXT  # a second click
    assert "named “ready” already" in desk.quick(text_name="ready", content="Other", save_text="1").text
    assert desk.session.query(SavedText).count() == 1


def test_an_account_has_so_many_texts_and_no_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_texts, "MOST", 1)
    save(desk)
    with pytest.raises(TaskRefused, match="as many as it may"):
        save(desk, "Another", "Another text.")


def test_texts_are_renamed_and_deleted_by_name_and_on_record(desk: Desk) -> None:
    one, other = save(desk), save(desk, "Other", "Another text.")
    address, other_address = f"/texts/{one.public_id}", f"/texts/{other.public_id}"
    assert desk.client.submit(address, {"name": "Other"}, page="/texts/").status_code == 422
    assert desk.client.submit(address, {"name": " "}, page="/texts/").status_code == 422
    assert desk.client.submit(address, {"name": "Counter"}, page="/texts/").status_code == 303
    page = desk.page("/texts/")
    assert "Delete “Counter”" in page
    desk.client.submit(f"{other_address}/delete", page="/texts/")
    desk.session.rollback()
    assert [text.name for text in desk.session.query(SavedText)] == ["Counter"]
    assert desk.session.query(AuditEvent).filter_by(action="saved_text.delete").count() == 1
    assert written(desk.page(f"/bulk/?text={one.public_id}")) == TEXT


def test_anothers_text_and_task_are_not_there(desk: Desk) -> None:
    stranger = make_user(desk.session, make_account(desk.session))
    with write_transaction(desk.session):
        saved = saved_texts.save(desk.session, stranger.id, stranger.account_id or 0, "Ready", TEXT)
        public_id = saved.public_id
    assert desk.client.get(f"/quick/?text={public_id}").status_code == 404
    assert desk.client.get("/quick/?from=nothing").status_code == 404
    assert desk.quick(start_from=f"text:{public_id}", use_start="1").status_code == 404
    assert desk.client.submit(f"/texts/{public_id}/delete", page="/quick/").status_code == 404
    with pytest.raises(Conflict), write_transaction(desk.session):
        saved_texts.save(desk.session, stranger.id, stranger.account_id or 0, "ready", "Another text.")


def test_an_earlier_task_lends_its_words_and_not_its_recipients(desk: Desk) -> None:
    task = earlier(desk, typed_recipients=MINE, kind="quick")
    page = desk.page(f"/quick/?from={task.public_id}")
    assert written(page) == "We open at nine."
    assert 'value="LANE"' in page
    assert MINE not in page
    assert "Write to the same recipients" in page
    again = desk.page(f"/quick/?from={task.public_id}&recipients=yes")
    assert MINE in again
    chosen = desk.quick(recipients="", start_from=f"task:{task.public_id}", use_start="1").text
    assert written(chosen) == "We open at nine."
    assert MINE not in chosen
    assert "Write again" in desk.page(f"/tasks/{task.public_id}")


def test_a_route_that_is_closed_now_is_not_taken_over(desk: Desk) -> None:
    task = earlier(desk, kind="bulk")
    desk.session.get_one(Route, desk.direct_id).open = False
    desk.session.commit()
    page = desk.page(f"/bulk/?from={task.public_id}")
    assert "Its route, Direct, is not open to you any more." in page


def test_a_test_from_the_composer_keeps_the_draft_and_shows_its_price_first(desk: Desk) -> None:
    with_phone(desk)
    answer = desk.bulk(ROWS, content="For {name}.", look="second", send_test="1")
    bulk, test = desk.tasks()
    assert answer.location == f"/tasks/{test.public_id}/review"
    assert (test.kind, test.content, test.typed_recipients, test.test_of) == (
        "quick",
        "For Grace.",
        MINE,
        bulk.public_id,
    )
    check(desk.session, test.id, desk.client.application.config["CARILLON"])
    page = desk.page(answer.location)
    assert "This is a test of “Spring offer”" in page
    assert "1.500 credits will be held" in page or "1.5 credits will be held" in page
    assert desk.account().held == 0


def test_a_quick_message_to_nobody_yet_is_itself_the_test(desk: Desk) -> None:
    with_phone(desk)
    desk.quick(recipients=" ", send_test="1")
    assert (desk.task().typed_recipients, desk.task().test_of) == (MINE, None)


def test_a_checked_draft_is_tried_out_from_its_review(desk: Desk) -> None:
    desk.bulk(ROWS, content="For {name}.")
    draft = desk.checked()
    address = f"/tasks/{draft.public_id}"
    assert "Confirm your phone" in desk.page(f"{address}/review")
    refused = desk.client.submit(
        f"{address}/test", {"myself": "y"}, page=f"{address}/review", follow_redirects=True
    )
    assert "A test goes to your own phone" in refused.text
    with_phone(desk)
    assert "Row 3 (1 segment): For Grace." in desk.page(f"{address}/review")
    desk.client.submit(f"{address}/test", {"myself": "y", "row": "3"}, page=f"{address}/review")
    test = desk.tasks()[-1]
    assert (test.content, test.typed_recipients, test.test_of) == ("For Grace.", MINE, draft.public_id)
