"""For load balancers, monitoring and people on call."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from flask import abort, current_app, request
from flask.typing import ResponseReturnValue
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app import queues
from app.access import public
from app.blueprints.health import blueprint
from app.extensions import db, limiter
from app.sending import metrics as dispatch_metrics


@blueprint.get("/healthz")
@limiter.exempt
@public
def healthz() -> ResponseReturnValue:
    """Well when the database answers."""
    try:
        db.session.execute(select(1))
    except SQLAlchemyError:
        return {"status": "the database does not answer"}, 503
    return {"status": "ok"}


@blueprint.get("/readyz")
@limiter.exempt
@public
def readyz() -> ResponseReturnValue:
    """Ready when database and Redis both answer. Without Redis the panel works on, and the ticker catches up."""
    state = {"database": "ok", "redis": "ok"}
    try:
        db.session.execute(select(1))
    except SQLAlchemyError:
        state["database"] = "does not answer"
    try:
        queues.connection().ping()
    except RedisError:
        state["redis"] = "does not answer"
    return state, 200 if set(state.values()) == {"ok"} else 503


@blueprint.get("/metrics")
@limiter.exempt
@public
def metrics() -> ResponseReturnValue:
    """Prometheus's text; for whoever has the token, or, where none is set, for neighbours on a private network."""
    if not _may_measure():
        abort(404)
    try:
        jobs = queues.counts()
    except RedisError:
        jobs = {}
    text = dispatch_metrics.measure(db.session(), jobs)
    return text, 200, {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}


def _may_measure() -> bool:
    token = current_app.config["CARILLON"].metrics_token
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    # What a proxy passed on comes from anywhere, however near the proxy is.
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"))
    try:
        return not forwarded and ip_address(request.remote_addr or "").is_private
    except ValueError:
        return False
