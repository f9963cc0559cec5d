"""Demo data for a first start: an account with credit, a client, a member of staff, routes on the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from argon2 import PasswordHasher
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.passwords import hash_password
from app.clock import now
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.desk.protected_names import STARTERS
from app.ledger.transfers import top_up
from app.models import (
    Account,
    BannedWordEntry,
    DeskSetting,
    LedgerEntry,
    Plan,
    PlanTier,
    ProtectedName,
    Role,
    Route,
    RoutePrice,
    User,
)

CREDIT = 20_000_000  # 20,000 credits, in millicredits
TRIAL_CREDIT = 100_000  # 100 credits, for who registers to try it
PHONE = "+61412345610"  # a sandbox number whose messages arrive

_BANNED = (
    ("casino", "gambling", "block"),
    ("jackpot", "gambling", "block"),
    ("lottery winner", "fraud", "block"),
    ("wire transfer", "fraud", "block"),
    ("verify your account", "fraud", "block"),
    ("password", "fraud", "block"),
    ("viagra", "adult", "block"),
    ("escort", "adult", "block"),
    ("free money", "misleading", "block"),
    ("guaranteed income", "misleading", "block"),
    ("crypto", "misleading", "hold"),
    ("loan approved", "fraud", "hold"),
    ("limited offer", "misleading", "alert"),
)


_BANK_DETAILS = """Carillon Messaging Pty Ltd
Harbour Bank, Sydney
BSB 000-000
Account 0000 0000 (a demo: transfer nothing)"""


@dataclass(frozen=True)
class DemoSignIn:
    """A demo person, and what they type to come in."""

    who: str
    email: str
    password: str
    role: Role
    totp_secret: str | None = None


# Known to everybody, like the passwords: it exists outside production only.
STAFF_TOTP_SECRET = "CARILLONDEMOSTAFFSECRETFORDEVUSE"  # noqa: S105

SIGN_INS = (
    DemoSignIn("client", "client@example.com", "carillon-demo-client", Role.OWNER),
    DemoSignIn("staff", "staff@example.com", "carillon-demo-staff", Role.ADMIN, STAFF_TOTP_SECRET),
)

# A database that was tried out and then put to work still has them: in production they open nothing.
KNOWN_PASSWORDS = frozenset(person.password for person in SIGN_INS)


def seed(session: Session, hasher: PasswordHasher, lock: Callable[[str], str]) -> bool:
    """Put the demo data into an empty database; False when anybody is there already. `lock` is the vault's."""
    if session.scalar(select(func.count()).select_from(User)):
        return False
    account = Account(name="Harbour Lane Marketing", time_zone="Australia/Sydney")
    session.add(account)
    session.add_all(_routes())
    session.add(_plan())
    session.add(DeskSetting(name="bank_details", value=_BANK_DETAILS))
    session.add_all(BannedWordEntry(word=word, category=why, severity=how) for word, why, how in _BANNED)
    session.add_all(ProtectedName(name=name, kind=kind) for name, kind in STARTERS)
    session.flush()
    for person in SIGN_INS:
        session.add(
            User(
                account_id=account.id if person.role is Role.OWNER else None,
                email=person.email,
                name="Robin Hale" if person.role is Role.OWNER else "Sam Okoro",
                role=person.role,
                password_hash=hash_password(person.password, hasher),
                email_confirmed_at=now(),
                phone=PHONE if person.role is Role.OWNER else None,
                phone_confirmed_at=now() if person.role is Role.OWNER else None,
                totp_secret=lock(person.totp_secret) if person.totp_secret else None,
                totp_confirmed_at=now() if person.totp_secret else None,
            )
        )
    session.flush()
    staff = session.scalars(select(User).where(User.account_id.is_(None))).one()
    top_up(session, account.id, CREDIT, "demo:top-up", user_id=staff.id, note="Demo credit")
    return True


def give_credit(session: Session, actor: Actor, account_id: int) -> None:
    """Credit to try Carillon with, once for each account; never in production. A second time changes nothing."""
    key = f"demo:credit:{account_id}"
    if session.scalar(select(LedgerEntry.id).where(LedgerEntry.key == key)) is not None:
        return
    top_up(session, account_id, TRIAL_CREDIT, key, user_id=actor.user_id, note="Demo credit")
    audit_log.record(
        session,
        actor,
        "account.demo_credit",
        f"account:{account_id}",
        account_id=account_id,
        after={"credit": TRIAL_CREDIT},
    )


def _plan() -> Plan:
    """One price list for everybody; prices in hundred-thousandths of a dollar."""
    tiers = ((500, 7_500), (10_000, 6_500), (100_000, 5_200))
    return Plan(
        name="Standard",
        description="Prepaid, without a contract",
        is_default=True,
        tiers=[PlanTier(from_credits=size, price=price) for size, price in tiers],
    )


def _routes() -> list[Route]:
    return [
        Route(
            name="SMS Direct",
            gateway="sandbox",
            rate=100,
            price_per_segment=1_000,
            takes_sender_id=True,
            split="160/153",
            blocked_prefixes=["86"],
            prices=[
                RoutePrice(prefix="44", price_per_segment=1_200),
                RoutePrice(prefix="60", price_per_segment=850),
            ],
        ),
        Route(
            name="SMS Saver",
            gateway="sandbox",
            rate=20,
            price_per_segment=600,
            takes_sender_id=False,
            split="160",
            charge_when="delivered",
            blocked_prefixes=["86"],
        ),
    ]
