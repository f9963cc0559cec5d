"""Delivery receipts from gateways, acknowledged only after the commit; and files that carriers fetch."""

from __future__ import annotations

from typing import Final

import structlog
from flask import Response, current_app, request
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import RequestEntityTooLarge

from app.access import public
from app.blueprints.callbacks import blueprint
from app.clock import now
from app.database import write_transaction
from app.errors import NotFound
from app.extensions import csrf, db
from app.gateways.base import (
    AnswersCallbacks,
    Callback,
    ForgedReceipt,
    HearsOptOuts,
    SettingsRefused,
    UnreadableReceipt,
)
from app.lists.carrier_opt_outs import take_opt_outs
from app.models import Channel, Route, TemplateState
from app.sending.gateways import gateway_for
from app.sending.receipts import store_reports
from app.stored_files import local_copy
from app.whatsapp.templates import any_template

_LONGEST_BODY = 3 * 1024 * 1024  # what Meta may send in one webhook

log = structlog.get_logger()


@blueprint.route("/<route_public_id>", methods=["GET", "POST"])
@public
@csrf.exempt
def receive(route_public_id: str) -> Response:
    """Take a route's receipts. Whatever is not acknowledged, the gateway sends again.

    The one address where a GET may change something: Kannel reports by GET and can do nothing else. Each gateway
    believes only what proves itself, whatever the method.
    """
    request.max_content_length = _LONGEST_BODY
    try:
        return _taken(route_public_id, request.get_data(cache=False))
    except RequestEntityTooLarge:
        return _answer(413, "too large")
    except ForgedReceipt as error:
        log.warning("receipt_forged", route=route_public_id, reason=str(error))
        return _answer(403, "refused")
    except UnreadableReceipt as error:
        log.warning("receipt_unreadable", route=route_public_id, reason=str(error))
        return _answer(400, str(error))
    except (SQLAlchemyError, SettingsRefused) as error:
        # Ours to repair; until then the gateway keeps the receipts.
        log.error("receipt_not_stored", route=route_public_id, reason=type(error).__name__)
        return _answer(503, "try again")


# WhatsApp fetches the file of a template that it reviews or sends, and nobody else has a use for it; of a paused one,
# for what it had taken before.
_SERVED: Final = frozenset({TemplateState.SUBMITTED, TemplateState.APPROVED, TemplateState.PAUSED})


@blueprint.get("/<route_public_id>/media/<template_public_id>")
@public
@csrf.exempt
def media(route_public_id: str, template_public_id: str) -> Response:
    """The file of a template's header, which WhatsApp fetches before it delivers. Its random name is all the proof."""
    route = db.session.scalar(select(Route).where(Route.public_id == route_public_id))
    if route is None or route.channel != Channel.WHATSAPP:
        return _answer(404, "no such route")
    try:
        template = any_template(db.session(), template_public_id)
        if template.header_key is None or template.state not in _SERVED:
            raise NotFound("This template has no header file.")
        with local_copy(current_app.config["CARILLON"].uploads_url, template.header_key) as path:
            stored = path.read_bytes()
    except (NotFound, FileNotFoundError):
        return _answer(404, "no such file")
    headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
    return Response(stored, mimetype=template.header_type, headers=headers)


def _taken(route_public_id: str, body: bytes) -> Response:
    """Read, then store; only what the route's gateway finds proven is believed."""
    route = db.session.scalar(select(Route).where(Route.public_id == route_public_id))
    if route is None:
        return _answer(404, "no such route")
    gateway = gateway_for(route, current_app.config["CARILLON"])
    callback, moment = _callback(body), now()
    reports = gateway.read_receipts(callback, moment)
    wishes = gateway.read_opt_outs(callback, moment) if isinstance(gateway, HearsOptOuts) else []
    with write_transaction(db.session()) as session:
        store_reports(session, route.id, reports)
        take_opt_outs(session, route.id, wishes)
    if isinstance(gateway, AnswersCallbacks):
        return _answer(200, gateway.callback_answer(callback))
    # Kannel sends again after anything but 200 and 202.
    return _answer(200 if request.method == "GET" else 204)


def _callback(body: bytes) -> Callback:
    return Callback(
        method=request.method,
        headers=dict(request.headers),
        query=request.args.to_dict(),
        body=body,
        remote=request.environ.get("REMOTE_ADDR", ""),
    )


def _answer(status: int, text: str = "") -> Response:
    return Response(text, status=status, mimetype="text/plain")
