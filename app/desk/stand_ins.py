"""Which route may stand in for another: one that can take all of its messages, as they were written."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.desk.route_values import RouteValues
from app.language import gettext as _
from app.models import Route


def choices(session: Session, route_id: int | None) -> Sequence[Route]:
    """The routes that a route could name, and the one that it names, by name; what fits is told when it is saved."""
    fits = and_(Route.open, Route.paused_reason.is_(None))
    if route_id is not None:
        named = select(Route.fallback_route_id).where(Route.id == route_id).scalar_subquery()
        fits = and_(or_(fits, Route.id == named), Route.id != route_id)
    return session.scalars(select(Route).where(fits).order_by(Route.name)).all()


def lock_all(session: Session) -> None:
    """Hold all routes until the transaction ends: two that are changed at once must not close a circle unseen."""
    session.scalars(select(Route.id).order_by(Route.id).with_for_update(of=Route)).all()


def problem(session: Session, route_id: int | None, values: RouteValues, named: int | None) -> str | None:
    """Why the route that `values` name cannot stand in; None when it can, or none is named.

    One that is `named` already may be paused or closed meanwhile: that hinders no other change.
    """
    if values.fallback_route_id is None:
        return None
    other = session.get(Route, values.fallback_route_id)
    if other is None or other.id == route_id:
        return _("Choose another route.")
    if other.id != named and (not other.open or other.paused_reason is not None):
        return _("%(name)s is closed or paused. Choose a route that sends.", name=other.name)
    if _leads_back(session, other, route_id):
        return _(
            "%(name)s stands in for nothing if this route stands in for it: that is a circle.",
            name=other.name,
        )
    return _unfit(values, other)


def dependent_problem(session: Session, route: Route) -> str | None:
    """Why a route, as it is now to be, can no longer stand in for one that names it; None when it still can."""
    for other in session.scalars(select(Route).where(Route.fallback_route_id == route.id)):
        unfit = _unfit(other, route)
        if unfit is not None:
            return _(
                "%(name)s names this route to stand in for it. %(problem)s", name=other.name, problem=unfit
            )
    return None


def _leads_back(session: Session, other: Route, route_id: int | None) -> bool:
    seen: set[int] = set()
    following: Route | None = other
    while following is not None and following.id not in seen:
        if following.fallback_route_id is not None and following.fallback_route_id == route_id:
            return True
        seen.add(following.id)
        following = session.get(Route, following.fallback_route_id) if following.fallback_route_id else None
    return False


def _unfit(route: RouteValues | Route, other: Route) -> str | None:
    """What `other` lacks to take whatever `route` takes."""
    if other.channel != route.channel:
        return _("%(name)s is of another channel.", name=other.name)
    if route.takes_sender_id and not other.takes_sender_id:
        return _("%(name)s takes no sender ID, and clients of this route have theirs.", name=other.name)
    if route.takes_sender_id and other.sender_id_maximum < route.sender_id_maximum:
        return _("%(name)s takes only shorter sender IDs.", name=other.name)
    if not _reaches(other, route):
        return _("%(name)s does not send everywhere that this route does.", name=other.name)
    return None


def _reaches(other: Route, route: RouteValues | Route) -> bool:
    """Whether every number that `route` allows is allowed on `other`."""
    allowed = route.allowed_prefixes
    if other.allowed_prefixes is not None and (
        allowed is None or not all(_under(prefix, other.allowed_prefixes) for prefix in allowed)
    ):
        return False
    return all(
        _under(prefix, route.blocked_prefixes) or (allowed is not None and not _meets(prefix, allowed))
        for prefix in other.blocked_prefixes
    )


def _under(prefix: str, others: Collection[str]) -> bool:
    return any(prefix.startswith(other) for other in others)


def _meets(prefix: str, others: Collection[str]) -> bool:
    return _under(prefix, others) or any(other.startswith(prefix) for other in others)
