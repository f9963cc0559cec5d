"""What the help pages say of limits, times and prices, taken from where the panel itself takes them.

So no page can go stale: a limit that is changed in the settings, by staff or in the code is changed in the text too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from functools import cached_property
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import abuse, leaving, links, members, strength, verification
from app.accounts.clearing import NINETY_DAYS, THIRTEEN_MONTHS
from app.content.segments import GSM_PART, GSM_SINGLE, MAX_SEGMENTS, UCS2_PART, UCS2_SINGLE, Split
from app.content.switches import Switches, rule_names
from app.exports import asking
from app.lists.suppression_upload import MOST_ROWS
from app.models import ChargeWhen, Route
from app.recipients.template import HEADING
from app.sending import canary, route_rules
from app.sending.lookup import open_routes, own_prices
from app.support.tickets import ANSWER_WITHIN
from app.topups import prices, receipts, requests
from config import Settings

_MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """A route as its account knows it. Prices are millicredits a segment; `prefixes` are None for everywhere."""

    name: str
    channel: str
    price: int
    own_price: bool
    dearer: tuple[tuple[str, int], ...]
    flat: bool
    takes_sender_id: bool
    sender_id_maximum: int
    sender_id_approval: bool
    on_delivery: bool
    gives_back: bool
    gives_reports: bool
    minimum: int
    requires_test: bool
    only: tuple[str, ...] | None
    never: tuple[str, ...]
    blocked_rules: frozenset[str]
    longest: int | None


@dataclass(frozen=True)
class Facts:
    """Everything that the pages name. `routes` are those of one account; a stranger is told of none."""

    settings: Settings
    routes: tuple[RouteFacts, ...] = ()

    single, part = GSM_SINGLE, GSM_PART
    wide_single, wide_part = UCS2_SINGLE, UCS2_PART
    most_segments = MAX_SEGMENTS
    most_units = MAX_SEGMENTS * GSM_PART
    shortest_password = strength.SHORTEST
    code_minutes = verification.CODE_LIFE // timedelta(minutes=1)
    code_tries = verification.CODE_TRIES
    reset_hours = links.LIVES[links.Purpose.RESET] // timedelta(hours=1)
    confirm_days = links.LIVES[links.Purpose.CONFIRM_EMAIL] // timedelta(days=1)
    invitation_days = members.INVITATION_LIVES // timedelta(days=1)
    sign_in_tries = abuse.LIMITS[abuse.Act.SIGN_IN].person.times
    sign_in_minutes = abuse.LIMITS[abuse.Act.SIGN_IN].person.seconds // 60
    receipt_mb = receipts.MOST_BYTES // _MEBIBYTE
    most_credits = prices.MOST_CREDITS
    most_open_top_ups = requests.MOST_OPEN
    canary_size, canary_above = canary.SIZE, canary.ABOVE
    answer_hours = ANSWER_WITHIN // timedelta(hours=1)
    export_days = asking.LIVES // timedelta(days=1)
    exports_at_once, exports_a_day = asking.AT_ONCE, asking.A_DAY
    data_days = leaving.EXPORT_LIVES // timedelta(days=1)
    suppression_rows = MOST_ROWS
    letters_months = THIRTEEN_MONTHS // timedelta(days=30)
    notice_days = NINETY_DAYS // timedelta(days=1)
    heading: tuple[str, ...] = HEADING

    @property
    def file_mb(self) -> int:
        return self.settings.limits.upload_bytes // _MEBIBYTE

    @property
    def doubt_hours(self) -> int:
        return round(self.settings.in_doubt_release / timedelta(hours=1))

    @property
    def late_minutes(self) -> int:
        return round(self.settings.late_start / timedelta(minutes=1))

    @property
    def canary_percent(self) -> int:
        return round(self.settings.canary_most_lost * 100)

    @property
    def canary_minutes(self) -> int:
        return max(1, round(self.settings.canary_patience / timedelta(minutes=1)))

    @property
    def idle_minutes(self) -> int:
        return round(self.settings.session_idle / timedelta(minutes=1))

    @property
    def session_hours(self) -> int:
        return max(1, round(self.settings.session_lifetime / timedelta(hours=1)))

    @property
    def password_days(self) -> int | None:
        age = self.settings.password_max_age
        return None if age is None else age // timedelta(days=1)

    @property
    def quiet_from(self) -> str:
        return _clock(self.settings.quiet_hours.begin)

    @property
    def quiet_until(self) -> str:
        return _clock(self.settings.quiet_hours.end)

    @property
    def retention_days(self) -> int:
        return self.settings.retention // timedelta(days=1)

    @cached_property
    def sms_rules(self) -> frozenset[str]:
        """The content rules that stop a text on an SMS route, unless the route has rules of its own."""
        return _blocking(Switches())


def public_facts(settings: Settings) -> Facts:
    """What anybody may read: no account's routes, and no prices."""
    return Facts(settings)


def staff_facts(session: Session, settings: Settings) -> Facts:
    """What staff read: every open route at its usual prices."""
    routes = session.scalars(select(Route).where(Route.open).order_by(Route.name)).all()
    return Facts(settings, tuple(_facts(route, None) for route in routes))


def facts_of(session: Session, settings: Settings, account_id: int) -> Facts:
    """What a client may read: with their routes and what they pay on them."""
    prices_of_their_own = own_prices(session, account_id)
    routes = open_routes(session, account_id)
    return Facts(settings, tuple(_facts(route, prices_of_their_own.get(route.id)) for route in routes))


def _facts(route: Route, own_price: int | None) -> RouteFacts:
    switches = route_rules.switches(route)
    return RouteFacts(
        name=route.name,
        channel=route.channel,
        price=route.price_per_segment if own_price is None else own_price,
        own_price=own_price is not None,
        dearer=()
        if own_price is not None
        else tuple(sorted((each.prefix, each.price_per_segment) for each in route.prices)),
        flat=route.split == Split.FLAT_160,
        takes_sender_id=route.takes_sender_id,
        sender_id_maximum=route.sender_id_maximum,
        sender_id_approval=route.sender_id_approval,
        on_delivery=route.charge_when == ChargeWhen.DELIVERED,
        gives_back=route.charge_when == ChargeWhen.DELIVERED or route.refund_failed_receipt,
        gives_reports=route.gives_reports,
        minimum=route.minimum_recipients,
        requires_test=route.requires_test,
        only=None if route.allowed_prefixes is None else tuple(sorted(route.allowed_prefixes)),
        never=tuple(sorted(route.blocked_prefixes)),
        blocked_rules=_blocking(switches),
        longest=switches.longest,
    )


def _blocking(switches: Switches) -> frozenset[str]:
    return frozenset(name for name in rule_names() if getattr(switches, name) == "block")


def _clock(moment: time) -> str:
    return f"{moment:%H:%M}"
