"""The price lists: which one holds for an account, and keeping them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, selectinload

from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import NotFound, TopUpRefused
from app.language import gettext
from app.models import Account, Plan, PlanTier
from app.topups.prices import Tier, check_tiers, price_per_credit


@dataclass(frozen=True, slots=True)
class PlanText:
    """A price list as staff wrote it. `tiers` in any order."""

    name: str
    description: str
    currency: str
    is_default: bool
    open: bool
    tiers: tuple[Tier, ...]


def plans_for(session: Session, account_id: int) -> Sequence[Plan]:
    """The plans that the account may buy by: its own alone, where staff set one; else every open one, default first.

    A plan's own account keeps it after it is closed to others. Plans without prices are left out.
    """
    statement = select(Plan).options(selectinload(Plan.tiers)).where(Plan.tiers.any())
    own = session.scalar(
        statement.where(Plan.id == select(Account.plan_id).where(Account.id == account_id).scalar_subquery())
    )
    if own is not None:
        return [own]
    return public_plans(session)


def public_plans(session: Session) -> Sequence[Plan]:
    """The plans that whoever registers may buy by, default first. Those without prices are left out."""
    statement = select(Plan).options(selectinload(Plan.tiers)).where(Plan.tiers.any(), Plan.open.is_(True))
    return session.scalars(statement.order_by(Plan.is_default.desc(), Plan.name)).all()


def plan_for(session: Session, account_id: int, plan_id: int | None) -> Plan:
    """One of the account's plans; its first where none is named. Raises TopUpRefused for any other."""
    plans = plans_for(session, account_id)
    for plan in plans:
        if plan_id is None or plan.id == plan_id:
            return plan
    if not plans:
        raise TopUpRefused(gettext("No prices are set yet. Ask support, and try again later."))
    raise TopUpRefused(gettext("That plan is not open to your account. Choose one of those on the page."))


def tiers_of(plan: Plan) -> list[Tier]:
    """The plan's tiers, smallest first."""
    return [Tier(tier.from_credits, tier.price) for tier in plan.tiers]


def all_plans(session: Session) -> Sequence[Plan]:
    """Every price list, the default first."""
    return session.scalars(
        select(Plan).options(selectinload(Plan.tiers)).order_by(Plan.is_default.desc(), Plan.name)
    ).all()


def plan_by_id(session: Session, plan_id: int) -> Plan:
    """Raises NotFound."""
    plan = session.get(Plan, plan_id)
    if plan is None:
        raise NotFound(gettext("There is no such plan."))
    return plan


def save_plan(session: Session, actor: Actor, plan_id: int | None, text: PlanText) -> Plan:
    """Make or change a plan, on the record. A top-up that was begun keeps the price it was told.

    The first plan becomes the default by itself, and there is always exactly one. Raises TopUpRefused, NotFound.
    """
    _require_sound(session, plan_id, text)
    plan = Plan(name=text.name, currency=text.currency) if plan_id is None else plan_by_id(session, plan_id)
    before = _told(plan) if plan_id is not None else None
    was_default = plan_id is not None and plan.is_default
    plan.name, plan.description, plan.currency = text.name, text.description, text.currency
    plan.is_default = text.is_default or was_default or not session.scalar(select(func.count(Plan.id)))
    plan.open = text.open or plan.is_default
    if not was_default and plan.is_default:
        session.execute(update(Plan).values(is_default=False).execution_options(synchronize_session="fetch"))
        plan.is_default = True
    plan.tiers.clear()
    session.add(plan)
    session.flush()  # the old tiers go first: two may not begin at the same size
    plan.tiers.extend(PlanTier(from_credits=tier.from_credits, price=tier.price) for tier in _ordered(text))
    session.flush()
    action = "plan.create" if before is None else "plan.change"
    audit_log.record(session, actor, action, f"plan:{plan.id}", before=before, after=_told(plan))
    return plan


def _require_sound(session: Session, plan_id: int | None, text: PlanText) -> None:
    if len(text.currency) != 3 or not (text.currency.isascii() and text.currency.isupper()):
        raise TopUpRefused(gettext("The currency is its code of three capital letters, such as AUD."))
    try:
        check_tiers(_ordered(text))
    except ValueError as error:
        raise TopUpRefused(str(error)) from None
    namesake = session.scalar(select(Plan.id).where(func.lower(Plan.name) == text.name.lower()))
    if namesake is not None and namesake != plan_id:
        raise TopUpRefused(
            gettext("There is a plan “%(name)s” already. Give this one another name.", name=text.name)
        )


def _ordered(text: PlanText) -> list[Tier]:
    return sorted(text.tiers, key=lambda tier: tier.from_credits)


def _told(plan: Plan) -> dict[str, Any]:
    """The plan, as the audit log keeps it."""
    return {
        "name": plan.name,
        "description": plan.description,
        "currency": plan.currency,
        "default": plan.is_default,
        "open": plan.open,
        "tiers": {str(tier.from_credits): price_per_credit(tier.price) for tier in plan.tiers},
    }
