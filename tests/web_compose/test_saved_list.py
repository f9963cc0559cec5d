"""A bulk message goes to a saved list; cells are corrected, times moved and recipients kept on its review page."""

from __future__ import annotations

from sqlalchemy import select

from app.database import write_transaction
from app.lists.suppression import suppress_numbers
from app.models import ListEntry, RecipientList, SuppressionSource, TaskState, WhatsAppTemplate
from app.sending.drafting.checking import check
from tests.factories.routes import make_route
from tests.web_compose.conftest import TEXT, Desk

A, B = "+61412345678", "+61412345679"


def saved(desk: Desk, *numbers: str, account_id: int | None = None) -> str:
    made = RecipientList(
        account_id=account_id or desk.account_id, user_id=desk.user_id, name="Regulars", origin="a test",
        size=len(numbers),
    )  # fmt: skip
    desk.session.add(made)
    desk.session.flush()
    desk.session.add_all(
        ListEntry(list_id=made.id, position=place, e164=e164, region="AU", fields={})
        for place, e164 in enumerate(numbers, 1)
    )
    public_id = made.public_id
    desk.session.commit()
    return public_id


def test_a_list_takes_the_place_of_a_file(desk: Desk) -> None:
    assert desk.bulk(None, list=saved(desk, A, B)).status_code == 303
    task = desk.checked()
    assert (task.state, task.upload_name) == (TaskState.READY, "Regulars")
    assert "Saved list" in desk.review()


def test_an_unknown_list_and_no_file_are_refused(desk: Desk) -> None:
    assert desk.bulk(None, list="nothing").status_code == 422
    assert desk.bulk(None).status_code == 422
    assert desk.tasks() == []


def test_a_cell_is_corrected_in_the_page(desk: Desk) -> None:
    desk.bulk(f"phone\n{A}\n0412345679\n".encode())
    task = desk.checked()
    address = f"/tasks/{task.public_id}"
    unchanged = desk.client.submit(f"{address}/correct", {"cell-3": "0412345679"}, page=f"{address}/review")
    assert unchanged.status_code == 303
    assert desk.task().state == TaskState.READY
    desk.client.submit(f"{address}/correct", {"cell-3": B, "cell-2": "1"}, page=f"{address}/review")
    task = desk.checked()
    assert task.corrections == {"3": B}
    assert task.quote is not None
    assert task.quote["recipients"] == 2


def test_a_spelling_that_costs_less_is_taken_with_a_button(desk: Desk) -> None:
    desk.bulk(f"phone\n{A}\n".encode(), content="a" * 159 + "€")
    task = desk.checked()
    address = f"/tasks/{task.public_id}"
    assert "Removing “€” saves 1.5 credits" in desk.review()
    values = {"suggestion": "0", "check_run": str(task.check_run)}
    desk.client.submit(f"{address}/spell", {**values, "check_run": "0"}, page=f"{address}/review")
    assert desk.task().state == TaskState.READY
    desk.client.submit(f"{address}/spell", values, page=f"{address}/review")
    assert desk.checked().content == "a" * 159


def test_the_recipients_of_a_draft_are_kept_as_a_list(desk: Desk) -> None:
    desk.bulk(f"phone\n{A}\n{B}\n12\n".encode())
    address = f"/tasks/{desk.checked().public_id}"
    desk.client.submit(f"/lists/from-task/{address[7:]}", {"name": "Kept"}, page=f"{address}/review")
    desk.session.rollback()
    kept = desk.session.scalars(select(RecipientList)).one()
    assert (kept.name, kept.size) == ("Kept", 2)


def test_a_number_suppressed_before_the_terms_are_accepted_leads_back_to_a_new_check(desk: Desk) -> None:
    desk.bulk(f"phone\n{A}\n{B}\n".encode())
    desk.checked()
    with write_transaction(desk.session):
        suppress_numbers(desk.session, desk.account_id, [A], SuppressionSource.OPT_OUT)
    response = desk.accept()
    assert response.location.endswith("/review")
    assert desk.task().state == TaskState.CHECKING
    check(desk.session, desk.task().id, desk.client.application.config["CARILLON"])
    assert desk.account().held == 0
    task = desk.task()
    assert task.quote is not None
    assert task.quote["recipients"] == 1


def test_a_whatsapp_route_takes_a_template_with_its_values(desk: Desk) -> None:
    route = make_route(desk.session, name="WhatsApp", channel="whatsapp", takes_sender_id=False).id
    template = WhatsAppTemplate(
        account_id=desk.account_id, user_id=desk.user_id, name="spring", language="en",
        body="Dear {{1}}, come in.", variables=1, state="approved",
    )  # fmt: skip
    desk.session.add(template)
    desk.session.commit()
    fields = {"route_id": route, "sender_id": "", "template_id": template.id, "content": TEXT}
    assert desk.quick(**fields).status_code == 422
    assert desk.quick(**fields, template_values="Ann").status_code == 303
    assert desk.checked().content == "Dear Ann, come in."
