"""Routes as staff keep them: made, changed, opened, paused. Whatever is quoted or on its way keeps its old price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CursorResult, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.clock import now
from app.desk import audit_log, stand_ins
from app.desk.audit_log import Actor
from app.desk.route_values import RouteRefused, RouteValues, columns_of, plain, require_sound, values_of
from app.errors import Conflict, NotFound
from app.gateways import registry
from app.gateways.base import SettingsRefused
from app.gateways.described import Form
from app.language import gettext
from app.models import Route, RouteEventKind, RoutePrice
from app.queues import enqueue_after_commit
from app.sending import carriers
from app.sending.alerts import clear_alert
from app.sending.dispatch import caps, route_events
from app.sending.dispatch.due import rests
from app.sending.gateways import gateway_values, lock_secrets, secrets_of
from config import Settings


def routes(session: Session) -> Sequence[Route]:
    """Every route, by name."""
    return session.scalars(select(Route).order_by(Route.name)).all()


def route(session: Session, route_id: int) -> Route:
    """Raises NotFound."""
    found = session.get(Route, route_id)
    if found is None:
        raise NotFound(gettext("There is no such route."))
    return found


def create(
    session: Session, actor: Actor, values: RouteValues, secrets: Mapping[str, str], settings: Settings
) -> Route:
    """A new route, closed until staff open it. Raises RouteRefused."""
    require_sound(values)
    if values.fallback_route_id is not None:
        stand_ins.lock_all(session)
    _check_stand_in(session, None, values)
    made = Route(open=False, **columns_of(values))
    made.prices = [
        RoutePrice(prefix=prefix, price_per_segment=price) for prefix, price in values.prices.items()
    ]
    _keep_secrets(made, secrets, settings)
    _check_gateway(made, settings)
    session.add(made)
    _flush_named(session, values)
    audit_log.record(session, actor, "route.create", f"route:{made.id}", after=plain(values))
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

    What was checked keeps the price of its quote; what was submitted keeps its rules. Raises NotFound, RouteRefused,
    and Conflict where somebody else moved it to another carrier in the same moment.
    """
    require_sound(values)
    moves = _goes_elsewhere(route(session, route_id), values, secrets, settings)
    if moves:  # first of all: in the house's order of locks a route's row comes last
        carriers.leave(session, route_id)
    if values.fallback_route_id is not None:
        stand_ins.lock_all(session)
    kept = session.get_one(Route, route_id, with_for_update={"of": Route}, populate_existing=True)
    if moves:
        kept.carrier_since = carriers.since()
    elif _goes_elsewhere(kept, values, secrets, settings):  # it was moved while this waited for the lock
        raise Conflict(
            gettext("Somebody else has just changed this route. Open it again, and change what is left.")
        )
    before = plain(values_of(kept))
    if kept.gateway != values.gateway:
        kept.gateway_secrets = None  # they were another carrier's
    _check_stand_in(session, route_id, values, kept.fallback_route_id)
    if kept.channel != values.channel:
        kept.content_switches = None  # each channel has its own characters and lengths
    for name, value in columns_of(values).items():
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
    after = plain(values)
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
                "“%(name)s” is paused already: %(reason)s",
                name=kept.name,
                reason=kept.paused_reason,
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


def _goes_elsewhere(kept: Route, values: RouteValues, secrets: Mapping[str, str], settings: Settings) -> bool:
    """Whether the change makes another carrier of it, or another account there."""
    before = dict(kept.gateway_settings) | _readable_secrets(kept, settings)
    after = dict(values.gateway_settings) | _readable_secrets(kept, settings) | dict(secrets)
    try:
        return registry.carrier_of(kept.gateway, before) != registry.carrier_of(values.gateway, after)
    except SettingsRefused:
        return kept.gateway != values.gateway


def _check_stand_in(
    session: Session, route_id: int | None, values: RouteValues, named: int | None = None
) -> None:
    if (unfit := stand_ins.problem(session, route_id, values, named)) is not None:
        raise RouteRefused("fallback_route_id", unfit)


def _check_gateway(kept: Route, settings: Settings) -> None:
    """Raises RouteRefused when the gateway cannot work with its settings, the operator's defaults put in."""
    try:
        values = gateway_values(kept, settings)
        missing = [
            each for each in registry.settings_of(kept.gateway) if each.needed and not values.get(each.name)
        ]
        if missing:
            at = "secrets" if missing[0].form is Form.SECRET else "gateway_settings"
            names = ", ".join(each.name for each in missing)
            raise RouteRefused(at, gettext("This gateway needs these, too: %(names)s.", names=names))
        registry.validate(kept.gateway, values)
    except SettingsRefused as refused:
        raise RouteRefused(
            _place_of(kept.gateway, refused.field), f"{refused.field}: {refused.message}"
        ) from refused


def _place_of(kind: str, setting: str) -> str:
    """The field of RouteValues, or the secrets, where a setting is entered."""
    if setting in ("gateway", "secrets"):
        return setting
    is_secret = any(each.name == setting and each.form is Form.SECRET for each in registry.settings_of(kind))
    return "secrets" if is_secret else "gateway_settings"


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
