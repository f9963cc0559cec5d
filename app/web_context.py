"""What every template may use: number and time formats, settings, the terms in force."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g
from flask_babel import gettext
from flask_login import current_user

from app import language
from app.accounts.terms import Terms, current_terms
from app.clock import now
from app.extensions import db
from app.gateways.registry import kinds
from app.models import Message, Task
from app.pricing import PRICE_DECIMALS, credits
from app.records.money import price_decimals
from app.records.tasks import standing
from app.sending.dispatch import cap_waits


def init_app(app: Flask) -> None:
    """Register the template filters and values."""
    app.add_template_filter(_credits, "credits")
    app.add_template_filter(_signed_credits, "signed_credits")
    app.add_template_filter(segment_price)
    app.add_template_filter(_standing, "standing")
    app.add_template_filter(cap_waits.of_task, "cap_wait")
    app.add_template_filter(local_time, "local_time")
    app.add_template_filter(_thousands, "thousands")
    app.add_template_filter(language.day_words)
    app.add_template_global(_gateway_name, "gateway_name")
    app.add_template_filter(_recipient, "recipient")
    app.context_processor(lambda: {"settings": app.config["CARILLON"], "terms_in_force": _terms_in_force})


def _terms_in_force() -> Terms:
    return current_terms(db.session())


def _gateway_name(kind: str) -> str:
    return kinds().get(kind, kind)


def user_zone() -> ZoneInfo:
    """The signed-in person's time zone; UTC for staff and strangers."""
    account = getattr(current_user, "account", None)
    return ZoneInfo(account.time_zone if account is not None else "UTC")


def local_time(moment: datetime | None, style: str = "%d %b %Y %H:%M") -> str:
    """A UTC moment in the reader's time zone, with the zone's short name; a dash for none."""
    if moment is None:
        return "–"
    local = moment.astimezone(user_zone())
    return language.day_words(local, style) + " " + (local.tzname() or UTC.tzname(None) or "")


def _recipient(message: Message) -> str:
    """The number that a message went to, or that it is erased."""
    return gettext("Number erased") if message.is_erased else message.e164


def _thousands(number: int | None) -> str:
    return "–" if number is None else language.thousands(number)


def _credits(millicredits: int) -> str:
    """Millicredits with as many decimals as the prices in force need, the same on the whole page."""
    if "price_decimals" not in g:
        account = getattr(current_user, "account", None)
        g.price_decimals = price_decimals(db.session(), account.id if account is not None else None)
    return language.decimals(credits(millicredits, g.price_decimals)).replace("-", "−")


def _signed_credits(millicredits: int) -> str:
    """A movement of credit with its sign, +1.00 or −1.00; a dash where nothing moved."""
    return ("+" if millicredits > 0 else "") + _credits(millicredits) if millicredits else "–"


def segment_price(millicredits: int) -> str:
    """What a segment costs in credits, with two decimals at least, in menus, cards and help alike."""
    return language.decimals(credits(millicredits, PRICE_DECIMALS))


def _standing(task: Task) -> str:
    """How a task stands, in the word that its badge takes."""
    return standing(task, now(), current_app.config["CARILLON"].in_doubt_release)
