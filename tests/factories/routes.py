"""Routes: by default through the sandbox, at 1 credit a segment."""

from __future__ import annotations

from itertools import count

from sqlalchemy.orm import Session

from app.models import Route, RoutePrice

_numbers = count(1)


def make_route(session: Session, *, prices: dict[str, int] | None = None, **columns: object) -> Route:
    """A route. `prices` holds millicredits a segment by prefix, such as {"61": 1500}."""
    number = next(_numbers)
    defaults: dict[str, object] = {
        "name": f"Route {number}",
        "gateway": "sandbox",
        "rate": 1000,
        "price_per_segment": 1000,
    }
    route = Route(**{**defaults, **columns})
    route.prices = [
        RoutePrice(prefix=prefix, price_per_segment=price) for prefix, price in (prices or {}).items()
    ]
    session.add(route)
    session.commit()
    return route
