"""What a client is told of each route before they choose one: honest, and the same wherever a route is chosen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.models import Route
from app.records.desk import route_standing
from app.records.route_figures import DAY, FEWEST, WEEK, Became, became_by_route

_SETTLING: Final = 1  # hours that receipts are given to come, before what left is counted


@dataclass(frozen=True, slots=True)
class RouteCard:
    """One route for one account. `own_price` is the account's, millicredits a segment, where it has one.

    `became` is what became of all clients' messages by it within the last `hours`, but for the last one, which still
    waits for receipts; None where they are too few to say. `standing` is open, paused, breaker or closed.
    """

    route: Route
    own_price: int | None
    standing: str
    became: Became | None
    hours: int


def cards_of(
    session: Session, routes: Iterable[Route], own_prices: dict[int, int], moment: datetime
) -> dict[int, RouteCard]:
    """The cards by the routes' ids: of the last day where that says enough, else of the last week."""
    routes = list(routes)
    before = int(moment.timestamp()) // 3600 - _SETTLING + 1
    found: dict[int, tuple[Became, int]] = {}
    for hours in (DAY, WEEK):
        left = [route.id for route in routes if route.id not in found]
        for route_id, became in became_by_route(session, left, before - hours, before).items():
            if became.sent >= FEWEST:
                found[route_id] = (became, hours)
    return {
        route.id: RouteCard(
            route,
            own_prices.get(route.id),
            route_standing(route, moment),
            *found.get(route.id, (None, WEEK)),
        )
        for route in routes
    }
