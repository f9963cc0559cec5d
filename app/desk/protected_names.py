"""Names that only their owners may send by: banks, authorities, brands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.content.letters import pattern_key
from app.content.normalise import fold
from app.database import insert_new
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import Conflict, NotFound, TaskRefused
from app.language import gettext
from app.models import ProtectedName

KINDS: Final = ("bank", "government", "brand")
LONGEST: Final = 40
SHOWN: Final = 1_000

# Those that fraudsters borrow most often; staff add the ones of the countries that they serve.
STARTERS: Final = (
    *(
        (name, "bank")
        for name in (
            "ANZ", "CommBank", "NAB", "Westpac", "HSBC", "Barclays", "Lloyds", "NatWest", "Santander", "Monzo",
            "Revolut", "Citibank", "Chase", "Wells Fargo", "Maybank", "CIMB", "DBS", "OCBC", "PayPal", "Visa",
            "Mastercard", "Amex", "Coinbase", "Binance",
        )
    ),
    *(
        (name, "government")
        for name in (
            "myGov", "ATO", "Centrelink", "Medicare", "HMRC", "DVLA", "NHS", "GOV.UK", "IRS", "USPS", "FBI", "IRAS",
            "Singpass", "LHDN", "Police", "Interpol",
        )
    ),
    *(
        (name, "brand")
        for name in (
            "Amazon", "Apple", "iCloud", "Google", "Microsoft", "Facebook", "Instagram", "WhatsApp", "Netflix",
            "Spotify", "eBay", "DHL", "FedEx", "UPS", "AusPost", "Royal Mail", "Evri", "Telstra", "Optus",
            "Vodafone", "Uber", "Airbnb",
        )
    ),
)  # fmt: skip


def protected_names(session: Session) -> Sequence[ProtectedName]:
    """Every protected name, by kind and name."""
    return session.scalars(
        select(ProtectedName).order_by(ProtectedName.kind, func.lower(ProtectedName.name)).limit(SHOWN)
    ).all()


def add_name(session: Session, actor: Actor, name: str, kind: str) -> ProtectedName:
    """Protect a name. Raises TaskRefused for one that cannot be kept, Conflict when it is protected already."""
    name = " ".join(name.split())
    if len(name) > LONGEST:
        raise TaskRefused(gettext("A name has at most %(longest)s characters.", longest=LONGEST))
    if kind not in KINDS:
        raise TaskRefused(gettext("Choose what the name belongs to."))
    if len(pattern_key(fold(name).text)) < 2:
        raise TaskRefused(gettext("A name needs two letters or more."))
    same = session.scalar(select(ProtectedName.name).where(func.lower(ProtectedName.name) == name.lower()))
    if same is not None:
        raise Conflict(gettext("“%(name)s” is protected already.", name=same))
    protected = ProtectedName(name=name, kind=kind)
    session.add(protected)
    session.flush()
    audit_log.record(
        session,
        actor,
        "protected_name.add",
        f"protected_name:{protected.id}",
        after={"name": name, "kind": kind},
    )
    return protected


def add_starters(session: Session, actor: Actor) -> int:
    """Protect the names of the starter list that are not protected yet; returns how many there are now."""
    insert_new(
        session,
        ProtectedName.__table__,  # type: ignore[arg-type]
        [{"name": name, "kind": kind} for name, kind in STARTERS],
    )
    audit_log.record(
        session,
        actor,
        "protected_name.starters",
        "protected_names",
        after={"names": [name for name, _ in STARTERS]},
    )
    return session.scalar(select(func.count()).select_from(ProtectedName)) or 0


def remove_name(session: Session, actor: Actor, name_id: int) -> str:
    """Protect a name no longer; returns it. Raises NotFound when it is gone already."""
    protected = session.get(ProtectedName, name_id)
    if protected is None:
        raise NotFound(gettext("This name is not protected any more."))
    before = {"name": protected.name, "kind": protected.kind}
    audit_log.record(session, actor, "protected_name.remove", f"protected_name:{protected.id}", before=before)
    session.delete(protected)
    session.flush()
    return before["name"]
