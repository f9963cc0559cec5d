"""Campaigns that wait in a database to be sent, by whatever route."""

from __future__ import annotations

import secrets
from typing import Any, Final

from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.gateways.base import OutgoingMessage, TemplateMessage
from app.ledger.rollups import count_submission
from app.ledger.transfers import hold, top_up
from app.models import Account, Channel, Message, Role, Route, Task, TemplateState, User, WhatsAppTemplate

PER_TASK: Final = 5_000
PRICE: Final = 1_000
TEXT: Final = "Lunch at Harbour Lane"
TEMPLATE: Final = TemplateMessage("lunch", "en_US", ("Ann",))


def number_of(place: int) -> str:
    """A number that the sandbox delivers to."""
    return f"+6141{place:06d}00"


def outgoing(kind: str, place: int) -> OutgoingMessage:
    """What the pump would hand to a gateway of the kind."""
    template = TEMPLATE if kind == "whatsapp" else None
    return OutgoingMessage(f"{secrets.token_hex(6)}.{place}", number_of(place), TEXT, "HARBOUR", template)


def submitted(engine: Engine, count: int, kind: str = "sandbox") -> int:
    """Tasks of 5,000 messages each, running, with their credit held, on a route out of whose reach no rate is.

    Returns the route's id. Each call makes an account and a route of its own.
    """
    name = f"Benchmark {secrets.token_hex(4)}"
    with Session(engine) as session, write_transaction(session):
        account = Account(name=name)
        channel = Channel.WHATSAPP if kind == "whatsapp" else Channel.SMS
        route = Route(name=name, gateway=kind, channel=channel, rate=1_000_000, price_per_segment=PRICE)
        session.add_all([account, route])
        session.flush()
        user = User(
            account_id=account.id,
            email=f"{route.id}@example.com",
            name="B",
            role=Role.OWNER,
            password_hash="-",
        )
        session.add(user)
        session.flush()
        top_up(session, account.id, count * PRICE, f"benchmark:{route.id}", user_id=user.id, note=None)
        template_id = _template(session, user) if kind == "whatsapp" else None
        for first in range(0, count, PER_TASK):
            _task(session, user, route, template_id, first, min(PER_TASK, count - first))
        return route.id


def _template(session: Session, user: User) -> int:
    template = WhatsAppTemplate(
        account_id=user.account_id, user_id=user.id, name=TEMPLATE.name, language=TEMPLATE.language,
        body="Dear {{1}}, lunch is served.", variables=1, state=TemplateState.APPROVED,
    )  # fmt: skip
    session.add(template)
    session.flush()
    return template.id


def _task(
    session: Session, user: User, route: Route, template_id: int | None, first: int, count: int
) -> None:
    task = Task(
        account_id=user.account_id, user_id=user.id, route_id=route.id, kind="bulk", state="running", name="Lunch",
        sender_id="HARBOUR", content=TEXT, total=count, price=count * PRICE, submitted_at=now(), day=now().date(),
        submission_key=secrets.token_hex(8), template_id=template_id,
    )  # fmt: skip
    session.add(task)
    session.flush()
    given: dict[str, Any] = {
        "task_id": task.id, "account_id": task.account_id, "route_id": route.id, "region": "AU", "segments": 1,
        "price": PRICE, "queued_at": now(),
    }  # fmt: skip
    if template_id is not None:
        given["parameters"] = list(TEMPLATE.parameters)
    rows = [
        given | {"row": place + 2, "e164": number_of(place), "reference": f"{task.public_id}.{place}"}
        for place in range(first, first + count)
    ]
    session.execute(insert(Message), rows)
    hold(session, task.id, task.account_id, count * PRICE, key=f"task:{task.id}:hold")
    count_submission(session, task)
