"""One message through a route's own gateway, to see whether it works. It costs nobody anything and is no task."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.desk import audit_log
from app.desk.audit_log import Actor
from app.gateways.base import (
    Accepted,
    Deferred,
    Gateway,
    InDoubt,
    Outcome,
    OutgoingMessage,
    Refused,
    SettingsRefused,
)
from app.gateways.errors import error_words
from app.language import gettext
from app.models import Route
from app.recipients.numbers import NumberRejected, read_number
from app.sending import route_rules
from app.sending.gateways import gateway_for
from config import Settings

_PATIENCE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Tried:
    """How it went: `words` are for people, `code` is the gateway's own where it gave one."""

    ok: bool
    words: str
    code: str | None = None
    e164: str | None = None


def send_test(route: Route, settings: Settings, to: str, text: str, sender_id: str | None) -> Tried:
    """Send one text by the route, paused or not. Opens no transaction; the caller records what came of it."""
    try:
        e164 = read_number(to, route_rules.number_rules(route)).e164
        gateway = gateway_for(route, settings)
    except NumberRejected as rejected:
        return Tried(False, rejected.message)
    except SettingsRefused as refused:
        return Tried(
            False,
            gettext(
                "The gateway’s settings do not work. %(field)s: %(message)s",
                field=refused.field,
                message=refused.message,
            ),
        )
    reference = f"test.{secrets.token_hex(8)}"
    message = OutgoingMessage(reference, e164, text, sender_id if route.takes_sender_id else None)
    try:
        outcome = asyncio.run(_send(gateway, message))
    except (OSError, TimeoutError) as error:
        return Tried(
            False,
            gettext("The gateway could not be reached: %(name)s.", name=type(error).__name__),
            None,
            e164,
        )
    return _told(outcome, e164)


def record_test(session: Session, actor: Actor, route_id: int, tried: Tried) -> None:
    """Keep who tested what, and how it went."""
    audit_log.record(
        session,
        actor,
        "route.test",
        f"route:{route_id}",
        after={"to": tried.e164, "ok": tried.ok, "words": tried.words[:300]},
    )


async def _send(gateway: Gateway, message: OutgoingMessage) -> Outcome:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        await gateway.open()
        try:
            return await gateway.send(message)
        finally:
            await gateway.close()


def _told(outcome: Outcome, e164: str) -> Tried:
    match outcome:
        case Accepted(gateway_id):
            return Tried(
                True,
                gettext("The gateway accepted it as %(reference)s. Look at the phone.", reference=gateway_id),
                gateway_id,
                e164,
            )
        case Refused(code):
            return Tried(
                False,
                gettext("The gateway refused it: %(reason)s", reason=error_words(code)),
                code,
                e164,
            )
        case Deferred(code):
            return Tried(
                False,
                gettext(
                    "It was not sent; the gateway asks to try later: %(reason)s",
                    reason=error_words(code),
                ),
                code,
                e164,
            )
        case InDoubt(code):
            return Tried(
                False,
                gettext("Nobody knows whether it was sent: %(reason)s", reason=error_words(code)),
                code,
                e164,
            )
