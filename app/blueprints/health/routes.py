"""For load balancers, monitoring and people on call."""

from __future__ import annotations

import hmac
import re
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from flask import abort, current_app, request
from flask.typing import ResponseReturnValue
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app import queues
from app.access import public
from app.blueprints.health import blueprint
from app.extensions import db
from app.records import metrics as dispatch_metrics
from app.schema import schema_problem

# By name, not by `is_private`: that takes documentation's and test networks, and on this Python every IPv4 address
# that an IPv6 socket writes as ::ffff:8.8.8.8.
_NEIGHBOURS: Final = [
    ip_network(network)
    for network in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
]
# Any of these says that somebody passed the request on, whoever asked first.
_PASSED_ON: Final = re.compile(
    r"(x-forwarded-.+|forwarded|via|x-real-ip|.*client-ip|cf-connecting-ip)", re.IGNORECASE
)


@blueprint.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """Well when the database answers."""
    try:
        db.session.execute(select(1))
    except SQLAlchemyError:
        return {"status": "the database does not answer"}, 503
    return {"status": "ok"}


@blueprint.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """Ready when database and Redis both answer, and the database's schema is this code's.

    Without Redis the panel works on, and the ticker catches up.
    """
    state = {"database": "ok", "redis": "ok"}
    try:
        state["database"] = schema_problem(db.session()) or "ok"
    except SQLAlchemyError:
        state["database"] = "does not answer"
    try:
        queues.connection().ping()
    except RedisError:
        state["redis"] = "does not answer"
    return state, 200 if set(state.values()) == {"ok"} else 503


@blueprint.get("/metrics")
@public
def metrics() -> ResponseReturnValue:
    """Prometheus's text; for whoever has the token, or, where none is set, for neighbours on a private network."""
    if not _may_measure():
        abort(404)
    try:
        jobs = queues.counts()
    except RedisError:
        jobs = {}
    lease = current_app.config["CARILLON"].pump_lease
    text = dispatch_metrics.measure(db.session(), jobs, lease)
    return text, 200, {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}


def _may_measure() -> bool:
    token = current_app.config["CARILLON"].metrics_token
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    # What a proxy passed on comes from anywhere, however near the proxy is, and whatever it says of the way.
    if any(_PASSED_ON.fullmatch(name) for name, _ in request.headers):
        return False
    return _is_near(_other_end())


def _other_end() -> str:
    """The address of the connection itself, not the one that a proxy's header put in its place."""
    before = request.environ.get("werkzeug.proxy_fix.orig", {})
    return str(before.get("REMOTE_ADDR") or request.environ.get("REMOTE_ADDR") or "")


def _is_near(address: str) -> bool:
    try:
        end = ip_address(address)
    except ValueError:
        return False
    if isinstance(end, IPv6Address) and end.ipv4_mapped is not None:
        end = end.ipv4_mapped
    return any(end in network for network in _NEIGHBOURS)
