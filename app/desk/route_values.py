"""What staff enter of a route, and what of it makes none."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from app.content.segments import Split
from app.content.sender_id import GSM_LIMIT
from app.errors import CarillonError
from app.language import gettext, thousands
from app.models import Channel, ChargeWhen, Route

FASTEST: Final = 10_000
LARGEST_PRICE: Final = 1_000_000_000  # a million credits a segment
MOST_RECIPIENTS: Final = 1_000_000
LARGEST_CAP: Final = 100_000_000


class RouteRefused(CarillonError):
    """What was entered makes no route. `field` names the field of RouteValues at fault."""

    def __init__(self, at: str, message: str) -> None:
        super().__init__(message)
        self.field = at


@dataclass(frozen=True)
class RouteValues:
    """All that staff enter of a route but its secrets. Prices are millicredits a segment, `prices` by prefix;
    prefixes are leading digits; `allowed_prefixes` of None allows everywhere but the blocked ones. `daily_cap` counts
    messages of a UTC day over all accounts.
    """

    name: str
    gateway: str
    rate: int
    price_per_segment: int
    channel: str = Channel.SMS
    description: str = ""
    gateway_settings: Mapping[str, Any] = field(default_factory=dict)
    prices: Mapping[str, int] = field(default_factory=dict)
    takes_sender_id: bool = True
    sender_id_maximum: int = 10
    sender_id_approval: bool = False
    minimum_recipients: int = 1
    maximum_recipients: int = 5_000
    allowed_prefixes: Sequence[str] | None = None
    blocked_prefixes: Sequence[str] = ("86",)
    split: str = Split.NETWORK
    charge_when: str = ChargeWhen.ACCEPTED
    refund_failed_receipt: bool = True
    gives_reports: bool = True
    retry_attempts: int = 20
    everyone: bool = True
    requires_test: bool = False
    fallback_route_id: int | None = None
    daily_cap: int | None = None


def values_of(kept: Route) -> RouteValues:
    """A route as staff entered it."""
    own = {name.name: getattr(kept, name.name) for name in fields(RouteValues) if name.name != "prices"}
    return RouteValues(**own, prices={price.prefix: price.price_per_segment for price in kept.prices})


def require_sound(values: RouteValues) -> None:
    """Raises RouteRefused for the first thing that cannot be."""
    if not values.name.strip():
        raise RouteRefused("name", gettext("Name the route."))
    _require_bounds(values)
    choices = (("channel", Channel), ("split", Split), ("charge_when", ChargeWhen))
    for at, kinds in choices:
        if getattr(values, at) not in set(kinds):
            raise RouteRefused(at, gettext("Choose one of %(join)s.", join=", ".join(kinds)))
    _require_prefixes("allowed_prefixes", values.allowed_prefixes or ())
    _require_prefixes("blocked_prefixes", values.blocked_prefixes)
    _require_prefixes("prices", values.prices)
    if any(not 0 <= price <= LARGEST_PRICE for price in values.prices.values()):
        raise RouteRefused("prices", gettext("A price is 0 credits or more, and at most 1,000,000."))


def _require_bounds(values: RouteValues) -> None:
    bounds = (
        ("rate", values.rate, 1, FASTEST),
        ("price_per_segment", values.price_per_segment, 0, LARGEST_PRICE),
        ("sender_id_maximum", values.sender_id_maximum, 1, GSM_LIMIT),
        ("minimum_recipients", values.minimum_recipients, 1, MOST_RECIPIENTS),
        ("maximum_recipients", values.maximum_recipients, values.minimum_recipients, MOST_RECIPIENTS),
        ("retry_attempts", values.retry_attempts, 1, 100),
        ("daily_cap", 1 if values.daily_cap is None else values.daily_cap, 1, LARGEST_CAP),
    )
    for at, number, least, most in bounds:
        if not least <= number <= most:
            raise RouteRefused(
                at,
                gettext(
                    "Enter a number from %(least)s to %(most)s.", least=thousands(least), most=thousands(most)
                ),
            )


def _require_prefixes(at: str, prefixes: Iterable[str]) -> None:
    for prefix in prefixes:
        if not (prefix.isascii() and prefix.isdigit() and 1 <= len(prefix) <= 15):
            raise RouteRefused(
                at,
                gettext(
                    "“%(prefix)s” is no prefix. Write leading digits without +, such as 61.", prefix=prefix
                ),
            )


def columns_of(values: RouteValues) -> dict[str, Any]:
    """The values as a route's row has them, without its prices."""
    columns = {each.name: getattr(values, each.name) for each in fields(values) if each.name != "prices"}
    allowed = values.allowed_prefixes
    return columns | {
        "name": values.name.strip(),
        "gateway_settings": dict(values.gateway_settings),
        "allowed_prefixes": list(allowed) if allowed is not None else None,
        "blocked_prefixes": list(values.blocked_prefixes),
    }


def plain(values: RouteValues) -> dict[str, Any]:
    """The values as JSON has them."""
    stored: dict[str, Any] = json.loads(json.dumps(asdict(values)))
    return stored
