"""One of everything, made by the factories: what the addresses of the panel name."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.links import Links, Purpose
from app.accounts.terms import current_terms
from app.clock import now
from app.letters.stopping import stop_address
from app.models import (
    Account,
    AccountState,
    Adjustment,
    BannedWordEntry,
    Channel,
    DeviceSession,
    LedgerEntry,
    Letter,
    Notice,
    NoticeKind,
    ProtectedName,
    Role,
    Route,
    SenderIdRequest,
    StaffAlert,
    Suppression,
    TermsVersion,
    User,
)
from config import Settings
from tests.access.belongings import TOKEN, Things, belongings
from tests.access.table import CLIENTS, STAFF
from tests.access.world import AGENCY, HALF_WAY, SECRET, STRANGER, SUSPENDED, World
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.top_ups import make_plan
from tests.factories.users import locked_secret, make_staff, make_user


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
    things: Things = {
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
        ("desk_clients.entry", "entry_id"): session.scalars(
            select(LedgerEntry.id).where(LedgerEntry.account_id == world.account_ids["own"])
        ).first(),
        ("desk_routes", "route_id"): route.id,
        ("desk_topups", "plan_id"): plan.id,
        ("desk_clients", "user_id"): people["member"].id,
        ("members", "user_id"): people["member"].id,
        ("staff", "user_id"): people["colleague"].id,
    }
    for role in CLIENTS:  # so that there is one to turn off
        people[role].totp_secret, people[role].totp_confirmed_at = locked_secret(), now()
    owner = people["owner"]
    things |= belongings(session, people, route, settings)
    things |= _of_the_desk(session, owner, people["finance"], route)
    things |= _links(session, owner, people, settings)
    world.route_id = route.id
    world.closed_route_id = make_route(session, name="For others", everyone=False).id
    by_whatsapp = make_route(session, name="By WhatsApp", channel=Channel.WHATSAPP)
    world.whatsapp_route_id = by_whatsapp.id
    things["callbacks.media", "route_public_id"] = by_whatsapp.public_id
    things["callbacks.media", "template_public_id"] = things["desk_whatsapp", "public_id"]
    world.terms = current_terms(session).version
    session.commit()
    world.things = things


def _of_the_desk(session: Session, owner: User, finance: User, route: Route) -> Things:
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


def _links(session: Session, owner: User, people: dict[str, User], settings: Settings) -> Things:
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


def _token(links: Links, purpose: Purpose, user: User) -> str:
    return links.link(purpose, user).rpartition("/")[2]
