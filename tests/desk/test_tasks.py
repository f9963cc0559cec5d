"""A client's task as staff see it: all that is known of it, its messages one by one, and the three acts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.models import (
    AuditEvent,
    LedgerEntry,
    Message,
    Receipt,
    Role,
    StaffAlert,
    Task,
    TaskState,
    Ticket,
    TicketPost,
)
from tests.factories.accounts import make_account
from tests.factories.messages import DELIVERED, IN_DOUBT, REFUSED, WAITING
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft, make_settled_task, make_submitted_task
from tests.factories.users import make_owner, make_staff
from tests.panel_client import PanelClient

SignIn = Callable[..., PanelClient]


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.fixture
def task(session: Session) -> Task:
    """Four messages: delivered with a receipt, refused, in doubt, waiting."""
    owner = make_owner(session, make_account(session, name="Brass & Bell", available=50_000))
    made = make_settled_task(
        session,
        owner,
        make_route(session),
        [DELIVERED, REFUSED, IN_DOUBT, WAITING],
        content="Dear {name}, the sale is on.",
        terms_version="2026-11",
        terms_ip="203.0.113.9",
        findings=[
            {
                "rule": "banned_word",
                "severity": "alert",
                "start": 17,
                "end": 21,
                "excerpt": "sale",
                "message": "“sale” is on the list.",
                "advice": "",
            }
        ],
    )
    first = session.scalars(select(Message).where(Message.task_id == made.id).order_by(Message.row)).first()
    assert first is not None
    first.text = "Dear Ann, the sale is on."
    session.add(
        Receipt(
            route_id=made.route_id,
            message_id=first.id,
            gateway_id=first.gateway_id,
            status="delivered",
            outcome="applied",
        )
    )
    ticket = Ticket(
        account_id=made.account_id, user_id=owner.id, task_id=made.id, subject="Where is row 4?", due_at=now()
    )
    session.add(ticket)
    session.flush()
    session.add(TicketPost(ticket_id=ticket.id, user_id=owner.id, text="It never came."))
    session.commit()
    return made


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.FINANCE, Role.OPERATOR, Role.ADMIN])
def test_all_of_our_staff_read_everything_and_only_operators_act(
    client: PanelClient, session: Session, sign_in: SignIn, task: Task, role: Role
) -> None:
    address, email = f"/staff/tasks/{task.public_id}", task.user.email
    sign_in(client, make_staff(session, role=role))
    page = client.get(address).text
    said = words(page)
    for part in (
        "Brass &amp; Bell",
        f", {email}",
        "Version 2026-11",
        "203.0.113.9",
        "Dear {name}, the sale is on.",
        "“sale” is on the list.",
        "Where is row 4?",
        "Held at submission 4.000" if "4.000" in said else "Held at submission 4",
    ):
        assert part in said, part
    assert page.count(f'href="{address}/messages/') == 4
    assert client.get(f"{address}/ledger").status_code == 200
    assert client.get(f"{address}/messages/2").status_code == 200
    may_act = role in (Role.OPERATOR, Role.ADMIN)
    assert ('id="act-cancel"' in page) is may_act
    for act in ("pause", "resume", "cancel"):
        assert client.get(f"{address}/{act}").status_code == (200 if may_act else 403)
    if not may_act:
        token = client.csrf_token("/staff/")
        assert client.post(f"{address}/cancel", data={"csrf_token": token}).status_code == 403


def test_clients_open_none_of_it(client: PanelClient, session: Session, sign_in: SignIn, task: Task) -> None:
    sign_in(client, task.user)
    for rest in ("", "/ledger", "/messages/2", "/pause", "/resume", "/cancel"):
        assert client.get(f"/staff/tasks/{task.public_id}{rest}").status_code == 403


def test_messages_are_found_by_status_and_by_number(
    client: PanelClient, session: Session, sign_in: SignIn, task: Task
) -> None:
    address = f"/staff/tasks/{task.public_id}"
    sign_in(client, make_staff(session, role=Role.SUPPORT))

    def numbers(query: str) -> list[str]:
        return re.findall(r">(\+614\d{8})</a>", client.get(f"{address}?{query}").text)

    assert numbers("") == [f"+6140000000{number}" for number in range(4)]
    assert numbers("status=failed") == ["+61400000001"]
    assert numbers("number=0400 000 002") == ["+61400000002"]
    assert numbers("number=%2B61 400 000 003") == ["+61400000003"]
    assert numbers("number=0003&status=failed") == []
    assert numbers("number=nobody") == []
    assert numbers("number=%25") == []


def test_messages_come_a_page_at_a_time_and_keep_what_was_asked(
    client: PanelClient, session: Session, sign_in: SignIn
) -> None:
    owner = make_owner(session, make_account(session, available=100_000))
    task = make_submitted_task(session, owner, make_route(session), messages=60)
    address = f"/staff/tasks/{task.public_id}"
    sign_in(client, make_staff(session, role=Role.SUPPORT))
    first = client.get(f"{address}?number=4&status=waiting").text
    onward = re.search(r'id="page-next"[^>]*href="([^"]+)"', first)
    assert first.count(f'href="{address}/messages/') == 50
    assert onward is not None
    assert "status=waiting" in onward[1]
    assert "number=4" in onward[1]
    assert client.get(onward[1].replace("&amp;", "&")).text.count(f'href="{address}/messages/') == 10


def test_one_message_shows_its_own_words_times_and_receipts(
    client: PanelClient, session: Session, sign_in: SignIn, task: Task
) -> None:
    address = f"/staff/tasks/{task.public_id}/messages"
    sign_in(client, make_staff(session, role=Role.SUPPORT))
    told = words(client.get(f"{address}/2").text)
    assert "Dear Ann, the sale is on." in told
    assert "Receipts" in told
    assert "delivered applied" in told
    untold = words(client.get(f"{address}/3").text)
    assert "Dear {name}, the sale is on." in untold
    assert "No receipt has come." in untold
    assert client.get(f"{address}/99").status_code == 404
    assert client.get("/staff/tasks/nowhere").status_code == 404


def test_alerts_the_clients_page_the_ticket_and_the_queue_lead_to_it(
    client: PanelClient, session: Session, sign_in: SignIn, task: Task
) -> None:
    link = f'href="/staff/tasks/{task.public_id}"'
    held = make_submitted_task(session, task.user, task.route, state=TaskState.HELD)
    session.add(
        StaffAlert(key=f"content:{task.id}", account_id=task.account_id, text="It went out with “sale”.")
    )
    session.add(StaffAlert(key="content:987654321", text="Its task is not there."))
    session.commit()
    places = (
        "/staff/",
        f"/staff/clients/{task.account_id}",
        f"/staff/clients/{task.account_id}/tasks",
        f"/staff/support/{session.scalars(select(Ticket.public_id)).one()}",
        f"/staff/review/{held.public_id}",
    )
    sign_in(client, make_staff(session, role=Role.SUPPORT))
    for place in places:
        assert link in client.get(place).text, place


def test_a_draft_is_shown_without_messages_or_money(
    client: PanelClient, session: Session, sign_in: SignIn
) -> None:
    draft = make_draft(session, make_owner(session), make_route(session))
    sign_in(client, make_staff(session))
    page = client.get(f"/staff/tasks/{draft.public_id}")
    assert page.status_code == 200
    assert 'id="messages"' not in page.text
    assert client.submit(f"/staff/tasks/{draft.public_id}/cancel", page="/staff/").location.endswith(
        draft.public_id
    )
    session.rollback()
    assert session.get_one(Task, draft.id).state == TaskState.DRAFT


def test_staff_pause_resume_and_cancel_on_the_record(
    client: PanelClient, session: Session, sign_in: SignIn, task: Task
) -> None:
    address, task_id = f"/staff/tasks/{task.public_id}", task.id
    sign_in(client, make_staff(session, role=Role.OPERATOR))

    def state() -> Task:
        session.rollback()
        return session.get_one(Task, task_id)

    assert client.submit(f"{address}/pause", {"reason": "  "}).status_code == 422
    assert client.submit(f"{address}/pause", {"reason": "Complaints from Perth"}).status_code == 303
    assert state().paused_by_staff
    assert "Complaints from Perth" in (state().state_reason or "")
    assert 'id="act-pause"' not in client.get(address).text
    assert client.submit(f"{address}/resume").status_code == 303
    assert state().state == TaskState.RUNNING
    assert client.submit(f"{address}/cancel").status_code == 303
    assert state().state == TaskState.CANCELLED
    assert client.submit(f"{address}/resume").status_code == 303
    acts = session.scalars(
        select(AuditEvent.action).where(AuditEvent.subject == f"task:{task_id}").order_by(AuditEvent.id)
    ).all()
    assert acts == ["task.pause", "task.resume", "task.cancel"]
    page = words(client.get(address).text)
    assert "task.cancel" in page
    releases = select(LedgerEntry).where(LedgerEntry.task_id == task_id, LedgerEntry.kind == "release")
    assert len(session.scalars(releases).all()) == 2
