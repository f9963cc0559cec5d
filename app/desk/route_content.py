"""A route's own content rules, as staff keep them. What was checked by the old ones is asked again at submission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sqlalchemy.orm import Session

from app.content.findings import Severity
from app.content.switches import Switches, rule_names
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.desk.route_values import RouteRefused
from app.errors import NotFound
from app.language import gettext, mark
from app.models import Channel, Route
from app.sending.route_rules import channel_switches, switches

# In the order in which staff read them.
RULES: Final = {
    "greeting": mark("Greetings"),
    "link": mark("Links"),
    "shortener": mark("Shortened links"),
    "bare_domain": mark("Web addresses without http"),
    "chinese": mark("Chinese"),
    "emoji": mark("Emoji"),
    "alphabet": mark("Characters outside the GSM alphabet"),
    "personal_data": mark("Requests for personal data"),
    "call_back": mark("Numbers to call back"),
}


def set_own_rules(
    session: Session, actor: Actor, route_id: int, severities: Mapping[str, Severity | None] | None
) -> Route:
    """Give the route a severity for each rule (None: off), or with None those of its channel again.

    A rule that is not named stays as it is. Raises NotFound, RouteRefused.
    """
    kept = session.get(Route, route_id, with_for_update={"of": Route})
    if kept is None:
        raise NotFound(gettext("There is no such route."))
    before, wanted = kept.content_switches, None
    if severities is not None:
        _check(kept, severities)
        wanted = replace(switches(kept), **dict(severities)).to_json()  # type: ignore[arg-type]
    if before != wanted:
        kept.content_switches = wanted
        audit_log.record(
            session,
            actor,
            "route.content_rules",
            f"route:{route_id}",
            before={"rules": before},
            after={"rules": wanted},
        )
    return kept


def severities_of(kept: Route) -> dict[str, Severity | None]:
    """The severity of each rule on the route, None where it is off."""
    return _by_rule(switches(kept))


def severities_of_channel(channel: str) -> dict[str, Severity | None]:
    """The same for the routes of a channel that have no rules of their own."""
    return _by_rule(channel_switches(channel))


def _by_rule(held: Switches) -> dict[str, Severity | None]:
    return {name: getattr(held, name) for name in RULES}


def _check(kept: Route, severities: Mapping[str, Severity | None]) -> None:
    for name in severities:
        if name not in rule_names():
            raise RouteRefused(name, gettext("There is no such content rule."))
    if kept.channel == Channel.WHATSAPP and severities.get("alphabet") is not None:
        raise RouteRefused(
            "alphabet",
            gettext("WhatsApp has no GSM alphabet: every character can be sent. Leave this rule off."),
        )
