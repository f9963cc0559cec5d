"""Routes as staff keep them: made, changed, opened, paused. Whatever is quoted or on its way keeps its old price."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from sqlalchemy import CursorResult, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.clock import now
from app.content.segments import Split
from app.content.sender_id import GSM_LIMIT
from app.desk import audit_log, stand_ins
from app.desk.audit_log import Actor
from app.errors import CarillonError, Conflict, NotFound
from app.gateways import registry
from app.gateways.base import SettingsRefused
from app.language import gettext, thousands
from app.models import Channel, ChargeWhen, Route, RouteEventKind, RoutePrice
from app.queues import enqueue_after_commit
from app.sending import caps, route_events
from app.sending.alerts import clear_alert
from app.sending.due import rests
from app.sending.gateways import gateway_values, lock_secrets, secrets_of
from config import Settings

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


def routes(session: Session) -> Sequence[Route]:
    """Every route, by name."""
    return session.scalars(select(Route).order_by(Route.name)).all()


def route(session: Session, route_id: int) -> Route:
    """Raises NotFound."""
    found = session.get(Route, route_id)
    if found is None:
        raise NotFound(gettext("There is no such route."))
    return found


def values_of(kept: Route) -> RouteValues:
    """A route as staff entered it."""
    own = {name.name: getattr(kept, name.name) for name in fields(RouteValues) if name.name != "prices"}
    return RouteValues(**own, prices={price.prefix: price.price_per_segment for price in kept.prices})


def create(
    session: Session, actor: Actor, values: RouteValues, secrets: Mapping[str, str], settings: Settings
) -> Route:
    """A new route, closed until staff open it. Raises RouteRefused."""
    _check(values)
    if values.fallback_route_id is not None:
        stand_ins.lock_all(session)
    _check_stand_in(session, None, values)
    made = Route(open=False, **_columns(values))
    made.prices = [
        RoutePrice(prefix=prefix, price_per_segment=price) for prefix, price in values.prices.items()
    ]
    _keep_secrets(made, secrets, settings)
    _check_gateway(made, settings)
    session.add(made)
    _flush_named(session, values)
    audit_log.record(session, actor, "route.create", f"route:{made.id}", after=_plain(values))
    return made


def change(
    session: Session,
    actor: Actor,
    route_id: int,
    values: RouteValues,
    secrets: Mapping[str, str],
    settings: Settings,
) -> Route:
    """Change a route. A name in `secrets` with an empty value is forgotten, one that is missing stays.

    What was checked keeps the price of its quote; what was submitted keeps its rules. Raises NotFound, RouteRefused.
    """
    _check(values)
    if values.fallback_route_id is not None:
        stand_ins.lock_all(session)
    kept = session.get(Route, route_id, with_for_update={"of": Route})
    if kept is None:
        raise NotFound(gettext("There is no such route."))
    before = _plain(values_of(kept))
    _check_stand_in(session, route_id, values, kept.fallback_route_id)
    if kept.channel != values.channel:
        kept.content_switches = None  # each channel has its own characters and lengths
    for name, value in _columns(values).items():
        setattr(kept, name, value)
    _set_prices(kept, values.prices)
    _keep_secrets(kept, secrets, settings)
    _check_gateway(kept, settings)
    _flush_named(session, values)
    if (unfit := stand_ins.dependent_problem(session, kept)) is not None:
        raise RouteRefused("name", unfit)
    kept.recipients_full_until = None  # its gateway may allow more by now; the next messages find out
    if kept.daily_cap is not None and before["daily_cap"] is None:
        caps.recount(session, Route, route_id)
    after = _plain(values)
    changed = [name for name in after if before[name] != after[name]]
    if changed or secrets:
        audit_log.record(
            session,
            actor,
            "route.change",
            f"route:{route_id}",
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed} | ({"secrets": sorted(secrets)} if secrets else {}),
        )
    return kept


def set_open(session: Session, actor: Actor, route_id: int, is_open: bool) -> Route:
    """Offer the route to clients, or no more; what was submitted goes on. Raises NotFound."""
    kept = route(session, route_id)
    if kept.open != is_open:
        kept.open = is_open
        verb = "open" if is_open else "close"
        audit_log.record(session, actor, f"route.{verb}", f"route:{route_id}")
    return kept


def pause(session: Session, actor: Actor, route_id: int, reason: str) -> Route:
    """Send nothing more by this route until it is resumed. Raises NotFound, and Conflict when it is paused by now."""
    if not reason.strip():
        raise RouteRefused("reason", gettext("Say why, for those who read it tomorrow."))
    kept = route(session, route_id)
    moved = session.execute(
        update(Route)
        .where(Route.id == route_id, Route.paused_reason.is_(None))
        .values(paused_reason=reason.strip())
        .execution_options(synchronize_session="fetch")
    )
    assert isinstance(moved, CursorResult)
    if moved.rowcount != 1:
        raise Conflict(
            gettext(
                "“%(name)s” is paused already: %(paused_reason)s",
                name=kept.name,
                paused_reason=kept.paused_reason,
            )
        )
    route_events.note(session, route_id, RouteEventKind.PAUSED, reason=reason.strip())
    audit_log.record(session, actor, "route.pause", f"route:{route_id}", after={"reason": reason.strip()})
    return kept


def resume(session: Session, actor: Actor, route_id: int) -> Route:
    """Send again, at once, whatever stood in the way: a pause or a rest after errors. Raises NotFound, Conflict."""
    kept = route(session, route_id)
    is_resting = rests(kept, now())
    if kept.paused_reason is None and not is_resting:
        raise Conflict(gettext("“%(name)s” is neither paused nor resting.", name=kept.name))
    before = {"reason": kept.paused_reason, "rested": is_resting}
    kept.paused_reason, kept.breaker_until, kept.breaker_failures = None, None, 0
    clear_alert(session, f"route:{route_id}:breaker")
    route_events.note(session, route_id, RouteEventKind.RESUMED)
    audit_log.record(session, actor, "route.resume", f"route:{route_id}", before=before)
    enqueue_after_commit(session, "jobs.dispatch.pump", route_id)
    return kept


def _check(values: RouteValues) -> None:
    """Raises RouteRefused for the first thing that cannot be."""
    if not values.name.strip():
        raise RouteRefused("name", gettext("Name the route."))
    bounds = (
        ("rate", values.rate, 1, FASTEST),
        ("price_per_segment", values.price_per_segment, 0, LARGEST_PRICE),
        ("sender_id_maximum", values.sender_id_maximum, 1, GSM_LIMIT),
        ("minimum_recipients", values.minimum_recipients, 1, MOST_RECIPIENTS),
        ("maximum_recipients", values.maximum_recipients, values.minimum_recipients, MOST_RECIPIENTS),
        ("retry_attempts", values.retry_attempts, 1, 100),
        ("daily_cap", values.daily_cap or 1, 1, LARGEST_CAP),
    )
    for at, number, least, most in bounds:
        if not least <= number <= most:
            raise RouteRefused(
                at,
                gettext(
                    "Enter a number from %(least)s to %(most)s.", least=thousands(least), most=thousands(most)
                ),
            )
    choices = (("channel", Channel), ("split", Split), ("charge_when", ChargeWhen))
    for at, kinds in choices:
        if getattr(values, at) not in set(kinds):
            raise RouteRefused(at, gettext("Choose one of %(join)s.", join=", ".join(kinds)))
    for at, prefixes in (
        ("allowed_prefixes", values.allowed_prefixes or ()),
        ("blocked_prefixes", values.blocked_prefixes),
        ("prices", values.prices),
    ):
        for prefix in prefixes:
            if not (prefix.isascii() and prefix.isdigit() and 1 <= len(prefix) <= 15):
                raise RouteRefused(
                    at,
                    gettext(
                        "“%(prefix)s” is no prefix. Write leading digits without +, such as 61.",
                        prefix=prefix,
                    ),
                )
    if any(not 0 <= price <= LARGEST_PRICE for price in values.prices.values()):
        raise RouteRefused("prices", gettext("A price is 0 credits or more, and at most 1,000,000."))


def _check_stand_in(
    session: Session, route_id: int | None, values: RouteValues, named: int | None = None
) -> None:
    if (unfit := stand_ins.problem(session, route_id, values, named)) is not None:
        raise RouteRefused("fallback_route_id", unfit)


def _check_gateway(kept: Route, settings: Settings) -> None:
    """Raises RouteRefused when the gateway cannot work with its settings, the operator's defaults put in."""
    try:
        registry.validate(kept.gateway, gateway_values(kept, settings))
    except SettingsRefused as refused:
        at = "gateway" if refused.field == "gateway" else "gateway_settings"
        raise RouteRefused(at, f"{refused.field}: {refused.message}") from refused


def _columns(values: RouteValues) -> dict[str, Any]:
    columns = {each.name: getattr(values, each.name) for each in fields(values) if each.name != "prices"}
    allowed = values.allowed_prefixes
    return columns | {
        "name": values.name.strip(),
        "gateway_settings": dict(values.gateway_settings),
        "allowed_prefixes": list(allowed) if allowed is not None else None,
        "blocked_prefixes": list(values.blocked_prefixes),
    }


def _set_prices(kept: Route, prices: Mapping[str, int]) -> None:
    """Row by row, since a prefix may stand only once at any moment."""
    standing = {price.prefix: price for price in kept.prices}
    for prefix, row in standing.items():
        if prefix not in prices:
            kept.prices.remove(row)
    for prefix, price in prices.items():
        if prefix in standing:
            standing[prefix].price_per_segment = price
        else:
            kept.prices.append(RoutePrice(prefix=prefix, price_per_segment=price))


def _keep_secrets(kept: Route, secrets: Mapping[str, str], settings: Settings) -> None:
    if not secrets:
        return
    merged = _readable_secrets(kept, settings) | dict(secrets)
    remaining = {name: value for name, value in merged.items() if value}
    kept.gateway_secrets = lock_secrets(remaining, settings) if remaining else None


def secret_names(kept: Route, settings: Settings) -> list[str]:
    """Which secrets the route has; their values are never shown again."""
    return sorted(_readable_secrets(kept, settings))


def _readable_secrets(kept: Route, settings: Settings) -> dict[str, Any]:
    """The route's secrets; none where the key that locked them is gone, so that they can be entered anew."""
    try:
        return secrets_of(kept, settings)
    except SettingsRefused:
        return {}


def _flush_named(session: Session, values: RouteValues) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        raise RouteRefused(
            "name", gettext("There is a route named “%(strip)s” already.", strip=values.name.strip())
        ) from error


def _plain(values: RouteValues) -> dict[str, Any]:
    """The values as JSON has them."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(values)))
    return plain
