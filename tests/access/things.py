"""One of everything, made by the factories: what the addresses of the panel name."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta
from typing import Any

import fsspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.links import Links, Purpose
from app.accounts.terms import current_terms
from app.clock import now
from app.exports.asking import token_of
from app.letters.stopping import stop_address
from app.models import (
    Account,
    AccountExport,
    AccountState,
    Adjustment,
    BannedWordEntry,
    Channel,
    DeviceSession,
    ExportKind,
    ExportState,
    Invitation,
    Letter,
    ListEntry,
    Message,
    Notice,
    NoticeKind,
    OptOutPage,
    ProtectedName,
    RecipientList,
    RecordExport,
    Role,
    Route,
    SavedText,
    SenderIdRequest,
    StaffAlert,
    Suppression,
    Task,
    TaskKind,
    TaskState,
    TemplateState,
    TermsVersion,
    Ticket,
    TicketMessage,
    TicketPost,
    TopUpState,
    User,
    WhatsAppTemplate,
)
from app.sending.checking import check
from app.topups.receipts import take_receipt
from config import Settings
from tests.access.table import CLIENTS, STAFF
from tests.access.world import AGENCY, HALF_WAY, SECRET, STRANGER, SUSPENDED, World
from tests.factories.accounts import make_account
from tests.factories.messages import DELIVERED, FAILED_LATE
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft, make_settled_task, make_submitted_task
from tests.factories.top_ups import make_plan, make_top_up, picture
from tests.factories.users import locked_secret, make_staff, make_user

TOKEN = "an-invitation's-token"
FINDING = {
    "rule": "banned_word", "severity": "hold", "start": 4, "end": 10, "excerpt": "crypto",
    "message": f"“{SECRET}” is on the list.", "advice": "Leave it out.",
}  # fmt: skip


def make_people(session: Session, world: World) -> dict[str, User]:
    """Everybody who comes to the panel, by the name in the table."""
    account = make_account(session, name=f"{AGENCY} & Sons", available=1_000_000)
    other = make_account(session, name="Harbour Lane", available=1_000_000)
    stopped = make_account(session, name="Stopped")
    world.account_ids = {"own": account.id, "other": other.id, SUSPENDED: stopped.id}
    factor = {"totp_secret": locked_secret(), "totp_confirmed_at": now()}
    people = {
        role: make_user(session, account, role=Role(role), name=f"{AGENCY} {role}", phone_confirmed_at=now())
        for role in CLIENTS
    }
    people |= {role: make_staff(session, role=Role(role)) for role in STAFF}
    people |= {
        HALF_WAY: make_user(session, account, role=Role.OWNER, name=f"{AGENCY} Half", **factor),
        SUSPENDED: make_user(session, stopped, role=Role.OWNER),
        STRANGER: make_user(session, other, role=Role.OWNER),
        "member": make_user(session, account, name=f"{AGENCY} Member"),
        "colleague": make_staff(session, role=Role.SUPPORT),
    }
    return people


def suspend(session: Session, world: World) -> None:
    """Stop the account of who is signed in since before."""
    session.get_one(Account, world.account_ids[SUSPENDED]).state = AccountState.SUSPENDED
    session.commit()


def fill(session: Session, world: World, people: dict[str, User], settings: Settings) -> None:
    """Put one of everything into the account, and one of what staff keep."""
    route = make_route(session, name="Direct")
    plan = make_plan(session)
    things: dict[tuple[str, str], Any] = {
        ("static", "filename"): "favicon.svg",
        ("bootstrap.static", "filename"): "css/bootstrap.min.css",
        ("callbacks", "route_public_id"): route.public_id,
        ("bulk.template", "kind"): "csv",
        ("topup.statement_file", "kind"): "csv",
        ("help.sample", "kind"): "csv",
        ("help.topic", "slug"): "price",
        ("desk_clients", "account_id"): world.account_ids["own"],
        ("desk_clients.restore", "account_id"): world.account_ids[SUSPENDED],
        ("desk_clients", "route_id"): route.id,
        ("desk_routes", "route_id"): route.id,
        ("desk_topups", "plan_id"): plan.id,
        ("desk_clients", "user_id"): people["member"].id,
        ("members", "user_id"): people["member"].id,
        ("staff", "user_id"): people["colleague"].id,
    }
    for role in CLIENTS:  # so that there is one to turn off
        people[role].totp_secret, people[role].totp_confirmed_at = locked_secret(), now()
    owner = people["owner"]
    things |= _tasks(session, owner, route, settings)
    things |= _of_the_account(session, owner, settings)
    things |= _top_ups(session, owner, people["finance"], settings)
    things |= _of_the_desk(session, owner, people["finance"], route)
    things |= _links(session, owner, people, settings)
    things |= _exports(session, people, settings)
    world.route_id = route.id
    world.closed_route_id = make_route(session, name="For others", everyone=False).id
    by_whatsapp = make_route(session, name="By WhatsApp", channel=Channel.WHATSAPP)
    world.whatsapp_route_id = by_whatsapp.id
    things["callbacks.media", "route_public_id"] = by_whatsapp.public_id
    things["callbacks.media", "template_public_id"] = things["desk_whatsapp", "public_id"]
    world.terms = current_terms(session).version
    session.commit()
    world.things = things


def _tasks(session: Session, owner: User, route: Route, settings: Settings) -> dict[tuple[str, str], Any]:
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


def _of_the_account(session: Session, owner: User, settings: Settings) -> dict[tuple[str, str], Any]:
    mine = {"account_id": owner.account_id}
    saved = RecipientList(
        **mine, user_id=owner.id, name=f"{SECRET} list", origin=f"{SECRET}.csv", size=1, field_names=["name"]
    )
    suppressed = Suppression(**mine, e164="+61412000001", source="typed", note=SECRET)
    invitation = Invitation(
        **mine,
        invited_by=owner.id,
        email=f"{SECRET.lower()}@example.com",
        role=Role.SENDER,
        token_hash=hashlib.sha256(TOKEN.encode()).hexdigest(),
        expires_at=now() + timedelta(days=7),
    )
    template = WhatsAppTemplate(
        **mine,
        user_id=owner.id,
        name=SECRET.lower(),
        language="en",
        body=f"{SECRET} opens.",
        **_header(settings),
    )
    handed_in = WhatsAppTemplate(
        **mine,
        user_id=owner.id,
        name=f"{SECRET.lower()}_two",
        language="en",
        body=f"{SECRET} opens.",
        state=TemplateState.SUBMITTED,
        **_header(settings),
    )
    approved = WhatsAppTemplate(
        **mine,
        user_id=owner.id,
        name=f"{SECRET.lower()}_three",
        language="en",
        body=f"{SECRET} opens.",
        state=TemplateState.APPROVED,
    )
    page = OptOutPage(**mine)
    ticket = Ticket(
        **mine,
        user_id=owner.id,
        subject=f"{SECRET} asks",
        state="answered",
        due_at=now() + timedelta(hours=72),
    )
    export = AccountExport(
        **mine,
        user_id=owner.id,
        ready_at=now(),
        expires_at=now() + timedelta(days=7),
        file_key=_stored(settings, SECRET.encode()),
        size=len(SECRET),
    )
    text = SavedText(**mine, user_id=owner.id, name=f"{SECRET} text", text=f"{SECRET} opens at nine.")
    session.add_all(
        [text, saved, suppressed, invitation, template, handed_in, approved, page, ticket, export]
    )
    session.flush()
    message = session.scalars(select(Message).order_by(Message.id)).first()
    assert message is not None
    session.add_all(
        [
            ListEntry(
                list_id=saved.id, position=1, e164="+61412000002", region="AU", fields={"name": SECRET}
            ),
            TicketPost(ticket_id=ticket.id, user_id=owner.id, text=f"{SECRET} wonders."),
            TicketMessage(ticket_id=ticket.id, message_id=message.id),
        ]
    )
    session.commit()
    return {
        ("lists", "public_id"): saved.public_id,
        ("texts", "public_id"): text.public_id,
        ("suppression", "suppression_id"): suppressed.id,
        ("members", "invitation_id"): invitation.id,
        ("whatsapp", "public_id"): template.public_id,
        ("desk_whatsapp", "public_id"): handed_in.public_id,
        ("approved", "template_id"): approved.id,
        ("approved", "public_id"): approved.public_id,
        ("opt_out", "public_id"): page.public_id,
        ("support", "public_id"): ticket.public_id,
        ("desk_support", "public_id"): ticket.public_id,
        ("leaving", "public_id"): export.public_id,
    }


def _header(settings: Settings) -> dict[str, str]:
    return {
        "header_kind": "image",
        "header_key": _stored(settings, picture()),
        "header_name": f"{SECRET}.png",
        "header_type": "image/png",
    }


def _stored(settings: Settings, data: bytes) -> str:
    """A file among the uploads."""
    filesystem, root = fsspec.core.url_to_fs(settings.uploads_url)
    filesystem.makedirs(root, exist_ok=True)
    key = hashlib.sha256(data).hexdigest()[:32]
    with filesystem.open(f"{root}/{key}", "wb") as target:
        target.write(data)
    return key


def _top_ups(session: Session, owner: User, finance: User, settings: Settings) -> dict[tuple[str, str], Any]:
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


def _of_the_desk(session: Session, owner: User, finance: User, route: Route) -> dict[tuple[str, str], Any]:
    word = BannedWordEntry(word="rigmarole", category="fraud")
    name = ProtectedName(name="Commonbank", kind="bank")
    wish = SenderIdRequest(account_id=owner.account_id, name=SECRET[:10], purpose=SECRET)
    blocked = Suppression(account_id=None, e164="+61412000003", source="staff", note=SECRET)
    draft = TermsVersion(version="draft-9", text="## One\n\nWords.", created_by=finance.id)
    alert = StaffAlert(key="account:1:books", account_id=owner.account_id, route_id=route.id, text=SECRET)
    adjustment = Adjustment(
        account_id=owner.account_id,
        amount=1_000,
        reason=SECRET,
        request_key="one-form",
        state="waiting",
        requested_by=finance.id,
    )
    session.add_all([word, name, wish, blocked, draft, alert, adjustment])
    session.commit()
    return {
        ("desk_content", "word_id"): word.id,
        ("desk_content", "name_id"): name.id,
        ("desk_content", "request_id"): wish.id,
        ("desk_suppression", "suppression_id"): blocked.id,
        ("desk_terms", "version_id"): draft.id,
        ("staff", "alert_id"): alert.id,
        ("desk_clients", "adjustment_id"): adjustment.id,
    }


def _links(
    session: Session, owner: User, people: dict[str, User], settings: Settings
) -> dict[tuple[str, str], Any]:
    """Links as letters carry them, and everybody's second device."""
    links = Links.of(settings)
    devices, changes, notices = {}, {}, {}
    for person in people.values():
        person.pending_email = f"new-{person.id}@example.com"
        device = DeviceSession(
            user_id=person.id, token_hash=f"device-{person.id}", ip="192.0.2.1", user_agent=""
        )
        notice = Notice(
            user_id=person.id, kind=NoticeKind.TICKET, key="one", title=SECRET, text="", path="/support/"
        )
        session.add_all([device, notice])
        session.flush()
        notices[person.id] = notice.id
        devices[person.id], changes[person.id] = device.id, _token(links, Purpose.CHANGE_EMAIL, person)
    fresh = make_user(session, email_confirmed_at=None)

    owner_id = owner.id
    letter = Letter(user_id=owner_id, stops=NoticeKind.TICKET, recipient="", subject="", body="")
    stop = stop_address(letter, "", settings.secret_key) or ""
    return {
        ("auth.confirm_email", "token"): _token(links, Purpose.CONFIRM_EMAIL, fresh),
        ("auth.start_over", "token"): _token(links, Purpose.CONFIRM_EMAIL, fresh),
        ("auth.reset", "token"): _token(links, Purpose.RESET, owner),
        ("members.join", "token"): TOKEN,
        ("notices", "notice_id"): lambda visitor: notices[visitor.user_id or owner_id],
        ("notices", "token"): stop.rpartition("/")[2],
        ("account", "device_id"): lambda visitor: devices[visitor.user_id or owner_id],
        ("account.confirm_email", "token"): lambda visitor: changes[visitor.user_id or owner_id],
    }


def _exports(session: Session, people: dict[str, User], settings: Settings) -> dict[tuple[str, str], Any]:
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
    named = {
        person: (export.public_id, token_of(export, settings.secret_key)) for person, export in ready.items()
    }
    unfinished = {person: export.public_id for person, export in making.items()}
    owner_id = owner.id
    return {
        ("exports", "kind"): "tasks",
        ("exports.cancel", "public_id"): lambda visitor: unfinished.get(
            visitor.user_id, unfinished[owner_id]
        ),
        ("exports.fetch", "public_id"): lambda visitor: named.get(visitor.user_id, named[owner_id])[0],
        ("exports.fetch", "token"): lambda visitor: named.get(visitor.user_id, named[owner_id])[1],
    }


def _token(links: Links, purpose: Purpose, user: User) -> str:
    return links.link(purpose, user).rpartition("/")[2]
