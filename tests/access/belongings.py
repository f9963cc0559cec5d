"""One of everything that an account keeps: tasks, lists, templates, tickets, top-ups, exports."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta
from typing import Any

import fsspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.exports.asking import token_of
from app.models import (
    AccountExport,
    ExportKind,
    ExportState,
    Invitation,
    ListEntry,
    Message,
    OptOutPage,
    RecipientList,
    RecordExport,
    Role,
    Route,
    SavedText,
    Suppression,
    Task,
    TaskKind,
    TaskState,
    TemplateState,
    Ticket,
    TicketMessage,
    TicketPost,
    TopUpState,
    User,
    WhatsAppTemplate,
)
from app.sending.drafting.checking import check
from app.topups.receipts import take_receipt
from config import Settings
from tests.access.table import CLIENTS, STAFF
from tests.access.world import SECRET
from tests.factories.messages import DELIVERED, FAILED_LATE
from tests.factories.tasks import make_draft, make_settled_task, make_submitted_task
from tests.factories.top_ups import make_top_up, picture

Things = dict[tuple[str, str], Any]  # by endpoint or blueprint, and the name in its address

TOKEN = "an-invitation's-token"
FINDING = {
    "rule": "banned_word", "severity": "hold", "start": 4, "end": 10, "excerpt": "crypto",
    "message": f"“{SECRET}” is on the list.", "advice": "Leave it out.",
}  # fmt: skip


def belongings(session: Session, people: dict[str, User], route: Route, settings: Settings) -> Things:
    """Everything of the owner's account, and the exports of each of its members."""
    owner = people["owner"]
    return (
        _tasks(session, owner, route, settings)
        | _of_the_account(session, owner, settings)
        | _templates(session, owner, settings)
        | _ticket(session, owner)
        | _top_ups(session, owner, people["finance"], settings)
        | _exports(session, people, settings)
    )


def _tasks(session: Session, owner: User, route: Route, settings: Settings) -> Things:
    """A task in every state; `address` of a page takes one in the state that the page is for."""
    named = {"name": f"{SECRET} task", "content": f"{SECRET} opens at nine."}
    quick, bulk = (_checked(session, owner, route, kind, settings, named) for kind in TaskKind)
    states = {
        state: make_submitted_task(session, owner, route, state=state, **named)
        for state in (TaskState.RUNNING, TaskState.PAUSED)
    }
    tomorrow = now() + timedelta(days=1)
    states[TaskState.SCHEDULED] = make_submitted_task(
        session, owner, route, state=TaskState.SCHEDULED, scheduled_at=tomorrow, **named
    )
    held = make_submitted_task(session, owner, route, **named, state=TaskState.HELD, findings=[FINDING])
    done = make_settled_task(session, owner, route, [DELIVERED, FAILED_LATE], **named)
    done.state, done.finished_at = TaskState.DONE, now()
    for state in (TaskState.DRAFT, TaskState.DISCARDED, TaskState.REJECTED):
        make_draft(session, owner, route, state=state, **named)
    session.commit()
    everything = session.scalars(select(Task.public_id).order_by(Task.id)).all()
    return {
        ("quick", "public_id"): quick,
        ("bulk", "public_id"): bulk,
        ("review", "public_id"): quick,
        ("lists.save_task", "public_id"): quick,
        ("tasks", "public_id"): states[TaskState.RUNNING].public_id,
        ("calendar", "public_id"): states[TaskState.SCHEDULED].public_id,
        ("tasks.resume", "public_id"): states[TaskState.PAUSED].public_id,
        ("desk_tasks", "public_id"): states[TaskState.RUNNING].public_id,
        ("desk_tasks.resume", "public_id"): states[TaskState.PAUSED].public_id,
        ("desk_tasks", "row"): 2,
        ("messages", "public_id"): done.public_id,
        ("messages", "row"): 2,
        ("desk_review", "public_id"): held.public_id,
        ("every", "task"): list(everything),
        ("done", "task_id"): done.id,
    }


def _checked(
    session: Session, owner: User, route: Route, kind: str, settings: Settings, named: dict[str, str]
) -> str:
    """A draft that has been read and priced."""
    draft = make_draft(
        session,
        owner,
        route,
        kind=kind,
        state=TaskState.CHECKING,
        check_run=1,
        typed_recipients="+61412345678, nobody",
        submission_key=f"filling-{kind}",
        **named,
    )
    task_id, public_id = draft.id, draft.public_id
    check(session, task_id, settings)
    return public_id


def _of_the_account(session: Session, owner: User, settings: Settings) -> Things:
    mine = {"account_id": owner.account_id}
    my_own = {**mine, "user_id": owner.id}
    week = now() + timedelta(days=7)
    saved = RecipientList(
        **my_own, name=f"{SECRET} list", origin=f"{SECRET}.csv", size=1, field_names=["name"]
    )
    suppressed = Suppression(**mine, e164="+61412000001", source="typed", note=SECRET)
    invitation = Invitation(
        **mine,
        invited_by=owner.id,
        email=f"{SECRET.lower()}@example.com",
        role=Role.SENDER,
        token_hash=hashlib.sha256(TOKEN.encode()).hexdigest(),
        expires_at=week,
    )
    page = OptOutPage(**mine)
    kept = {"file_key": _stored(settings, SECRET.encode()), "size": len(SECRET)}
    export = AccountExport(**my_own, ready_at=now(), expires_at=week, **kept)
    text = SavedText(**my_own, name=f"{SECRET} text", text=f"{SECRET} opens at nine.")
    session.add_all([text, saved, suppressed, invitation, page, export])
    session.flush()
    entry = {"e164": "+61412000002", "region": "AU", "fields": {"name": SECRET}}
    session.add(ListEntry(list_id=saved.id, position=1, **entry))
    session.commit()
    return {
        ("lists", "public_id"): saved.public_id,
        ("texts", "public_id"): text.public_id,
        ("suppression", "suppression_id"): suppressed.id,
        ("members", "invitation_id"): invitation.id,
        ("opt_out", "public_id"): page.public_id,
        ("leaving", "public_id"): export.public_id,
    }


def _templates(session: Session, owner: User, settings: Settings) -> Things:
    """One that is being written, one that was handed in, and one that WhatsApp approved."""
    header = {
        "header_kind": "image",
        "header_key": _stored(settings, picture()),
        "header_name": f"{SECRET}.png",
        "header_type": "image/png",
    }
    mine = {"account_id": owner.account_id, "user_id": owner.id, "body": f"{SECRET} opens.", "language": "en"}
    name = SECRET.lower()
    written = WhatsAppTemplate(**mine, **header, name=name)
    handed_in = WhatsAppTemplate(**mine, **header, name=f"{name}_two", state=TemplateState.SUBMITTED)
    approved = WhatsAppTemplate(**mine, name=f"{name}_three", state=TemplateState.APPROVED)
    session.add_all([written, handed_in, approved])
    session.commit()
    return {
        ("whatsapp", "public_id"): written.public_id,
        ("desk_whatsapp", "public_id"): handed_in.public_id,
        ("approved", "template_id"): approved.id,
        ("approved", "public_id"): approved.public_id,
    }


def _ticket(session: Session, owner: User) -> Things:
    """An answered ticket about a message."""
    ticket = Ticket(
        account_id=owner.account_id,
        user_id=owner.id,
        subject=f"{SECRET} asks",
        state="answered",
        due_at=now() + timedelta(hours=72),
    )
    session.add(ticket)
    session.flush()
    message = session.scalars(select(Message).order_by(Message.id)).first()
    assert message is not None
    session.add_all(
        [
            TicketPost(ticket_id=ticket.id, user_id=owner.id, text=f"{SECRET} wonders."),
            TicketMessage(ticket_id=ticket.id, message_id=message.id),
        ]
    )
    session.commit()
    return {("support", "public_id"): ticket.public_id, ("desk_support", "public_id"): ticket.public_id}


def _top_ups(session: Session, owner: User, finance: User, settings: Settings) -> Things:
    """A top-up in every state, each with a receipt that can be looked at."""
    receipt = take_receipt(settings.uploads_url, io.BytesIO(picture()), f"{SECRET}.png")
    kept = {
        "receipt_key": receipt.key,
        "receipt_type": receipt.type,
        "receipt_name": receipt.name,
        "receipt_hash": receipt.hash,
    }
    none = dict.fromkeys(kept)
    decided = {"decided_by": finance.id, "decided_at": now(), "approved_amount": 5_000_000}
    made = {
        TopUpState.DRAFT: make_top_up(session, owner, state=TopUpState.DRAFT, **none),
        TopUpState.WAITING: make_top_up(session, owner, **kept),
        TopUpState.CONFIRMING: make_top_up(session, owner, state=TopUpState.CONFIRMING, **kept, **decided),
        TopUpState.APPROVED: make_top_up(session, owner, state=TopUpState.APPROVED, **kept, **decided),
        TopUpState.REJECTED: make_top_up(
            session,
            owner,
            state=TopUpState.REJECTED,
            **kept,
            decided_by=finance.id,
            decided_at=now(),
            reason=SECRET,
        ),
        TopUpState.CANCELLED: make_top_up(session, owner, state=TopUpState.CANCELLED, **kept),
    }
    return {
        ("topup", "public_id"): made[TopUpState.WAITING].public_id,
        ("topup.upload", "public_id"): made[TopUpState.DRAFT].public_id,
        ("topup.own_receipt", "public_id"): made[TopUpState.APPROVED].public_id,
        ("desk_topups", "public_id"): made[TopUpState.WAITING].public_id,
        ("desk_topups.confirm", "public_id"): made[TopUpState.CONFIRMING].public_id,
        ("desk_topups.send_back", "public_id"): made[TopUpState.CONFIRMING].public_id,
        ("every", "top_up"): [top_up.public_id for top_up in made.values()],
    }


def _exports(session: Session, people: dict[str, User], settings: Settings) -> Things:
    """A file that is ready and one that is being made, of each member of the account."""
    ready: dict[int, RecordExport] = {}
    making: dict[int, RecordExport] = {}
    owner = people["owner"]
    moment = now()
    for role in CLIENTS:
        person = people[role]
        mine = {
            "account_id": owner.account_id,
            "user_id": person.id,
            "kind": ExportKind.MESSAGES,
            "file_type": "csv",
            "request_hash": f"wish-{person.id}",
        }
        kept = {"file_key": _stored(settings, SECRET.encode()), "size": len(SECRET), "ready_at": moment}
        expires = moment + timedelta(days=7)
        ready[person.id] = RecordExport(**mine, **kept, state=ExportState.READY, expires_at=expires)
        making[person.id] = RecordExport(**mine, state=ExportState.MAKING, asked={"task": SECRET})
    session.add_all([*ready.values(), *making.values()])
    session.commit()
    made = {}
    for role in STAFF:
        person_id = people[role].id
        wish = {
            "user_id": person_id,
            "kind": ExportKind.DESK_LEDGER,
            "file_type": "csv",
            "request_hash": f"desk-{role}",
        }
        kept = {"file_key": _stored(settings, SECRET.encode()), "size": len(SECRET), "ready_at": moment}
        asked = {"account": str(owner.account_id)}
        of_desk = RecordExport(**wish, **kept, asked=asked, state=ExportState.READY, expires_at=expires)
        under_way = RecordExport(**wish, asked=asked, state=ExportState.MAKING)
        session.add_all([of_desk, under_way])
        session.commit()
        made[person_id] = (under_way.public_id, of_desk.public_id, token_of(of_desk, settings.secret_key))
    some = next(iter(made.values()))
    named = {
        person: (export.public_id, token_of(export, settings.secret_key)) for person, export in ready.items()
    }
    unfinished = {person: export.public_id for person, export in making.items()}
    owner_id = owner.id
    return {
        ("exports", "kind"): "tasks",
        ("desk_exports", "kind"): "desk_tasks",
        ("desk_exports.cancel", "public_id"): lambda visitor: made.get(visitor.user_id, some)[0],
        ("desk_exports.fetch", "public_id"): lambda visitor: made.get(visitor.user_id, some)[1],
        ("desk_exports.fetch", "token"): lambda visitor: made.get(visitor.user_id, some)[2],
        ("exports.cancel", "public_id"): lambda visitor: unfinished.get(
            visitor.user_id, unfinished[owner_id]
        ),
        ("exports.fetch", "public_id"): lambda visitor: named.get(visitor.user_id, named[owner_id])[0],
        ("exports.fetch", "token"): lambda visitor: named.get(visitor.user_id, named[owner_id])[1],
    }


def _stored(settings: Settings, data: bytes) -> str:
    """A file among the uploads."""
    filesystem, root = fsspec.core.url_to_fs(settings.uploads_url)
    filesystem.makedirs(root, exist_ok=True)
    key = hashlib.sha256(data).hexdigest()[:32]
    with filesystem.open(f"{root}/{key}", "wb") as target:
        target.write(data)
    return key
