"""Delivery receipts from gateways. The answer acknowledges them, so it is given only after the commit."""

from __future__ import annotations

import structlog
from flask import Response, current_app, request
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import RequestEntityTooLarge

from app.access import public
from app.blueprints.callbacks import blueprint
from app.clock import now
from app.database import write_transaction
from app.extensions import csrf, db, limiter
from app.gateways.base import Callback, ForgedReceipt, SettingsRefused, UnreadableReceipt
from app.models import Route
from app.sending.gateways import gateway_for
from app.sending.receipts import store_reports

_LONGEST_BODY = 1024 * 1024

log = structlog.get_logger()


@blueprint.route("/<route_public_id>", methods=["GET", "POST"])
@public
@csrf.exempt
@limiter.exempt
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


def _taken(route_public_id: str, body: bytes) -> Response:
    """Read, then store; only what the route's gateway finds proven is believed."""
    route = db.session.scalar(select(Route).where(Route.public_id == route_public_id))
    if route is None:
        return _answer(404, "no such route")
    gateway = gateway_for(route, current_app.config["CARILLON"])
    reports = gateway.read_receipts(_callback(body), now())
    with write_transaction(db.session()) as session:
        store_reports(session, route.id, reports)
    return _answer(
        200 if request.method == "GET" else 204
    )  # Kannel sends again after anything but 200 and 202


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
