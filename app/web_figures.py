"""How figures of routes are written: how long, which part, and the card of a route."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from flask import Flask
from flask_login import current_user

from app import language
from app.clock import now
from app.extensions import db
from app.gateways.errors import error_words
from app.language import gettext
from app.models import Route
from app.records.route_cards import RouteCard, cards_of
from app.sending.drafting.countries import country_name
from app.sending.lookup import own_prices


def init_app(app: Flask) -> None:
    """Register the filters, and what the card's component asks for."""
    app.add_template_filter(duration, "duration")
    app.add_template_filter(percent, "percent")
    app.add_template_filter(error_words, "error_words")
    app.add_template_filter(country_name, "country")
    app.context_processor(lambda: {"route_cards": _route_cards})


def duration(seconds: float | None) -> str:
    """A time as long as it must be and no more exact than it is; a dash for none."""
    if seconds is None:
        return "–"
    if seconds > 2 * 86_400:
        if math.isinf(seconds):
            return gettext("more than a day")
        return gettext("%(n)s d", n=round(seconds / 86_400))
    if seconds > 5_400:
        return gettext("%(n)s h", n=round(seconds / 3_600))
    if seconds > 90:
        return gettext("%(n)s min", n=round(seconds / 60))
    return gettext("%(n)s s", n=max(1, round(seconds)))


def percent(share: float | None) -> str:
    """Percent with one decimal, cut off and not rounded: only all is 100 %. A dash for none."""
    if share is None:
        return "–"
    cut = math.floor(share * 10 + 1e-9) / 10
    return language.decimals(f"{cut:.1f}".removesuffix(".0")) + " %"


def _route_cards(routes: Iterable[Route]) -> Mapping[int, RouteCard]:
    """The cards of these routes for the signed-in person's account."""
    session = db.session()
    own = own_prices(session, current_user.account_id)
    return cards_of(session, routes, own, now())
