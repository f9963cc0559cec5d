"""The moves a top-up may make, and the one way to make them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.errors import InvalidMove, NotFound
from app.language import gettext
from app.models import TopUp, TopUpState

_S = TopUpState

# A rejected top-up may be tried again with a better receipt; what is approved or cancelled stays so.
MOVES: Final[Mapping[TopUpState, frozenset[TopUpState]]] = MappingProxyType(
    {
        _S.DRAFT: frozenset({_S.WAITING, _S.CANCELLED}),
        _S.WAITING: frozenset({_S.CONFIRMING, _S.APPROVED, _S.REJECTED, _S.CANCELLED}),
        _S.CONFIRMING: frozenset({_S.APPROVED, _S.REJECTED, _S.WAITING}),
        _S.REJECTED: frozenset({_S.WAITING}),
        _S.APPROVED: frozenset(),
        _S.CANCELLED: frozenset(),
    }
)
IN_QUEUE: Final = (_S.WAITING, _S.CONFIRMING)
OPEN: Final = (_S.DRAFT, *IN_QUEUE)


def lock_top_up(session: Session, public_id: str, *, account_id: int | None = None) -> TopUp:
    """The top-up as it stands now, locked; with `account_id`, only that account's. Raises NotFound."""
    statement = select(TopUp).where(TopUp.public_id == public_id)
    if account_id is not None:
        statement = statement.where(TopUp.account_id == account_id)
    top_up = session.scalar(statement.with_for_update(of=TopUp).execution_options(populate_existing=True))
    if top_up is None:
        raise NotFound(gettext("There is no such top-up."))
    return top_up


def move_top_up(session: Session, top_up: TopUp, to: TopUpState, **values: Any) -> None:
    """Change the state from the one that was read, and set `values` with it. Raises InvalidMove."""
    was = TopUpState(top_up.state)
    if to not in MOVES[was]:
        raise InvalidMove(
            gettext("This top-up is %(was)s already. Reload the page to see how it stands.", was=was)
        )
    moved = session.execute(
        update(TopUp)
        .where(TopUp.id == top_up.id, TopUp.state == was)
        .values(state=to, **values)
        .returning(TopUp.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if moved is None:
        raise InvalidMove(gettext("Somebody else acted on this top-up a moment ago. Reload the page."))
    session.refresh(top_up)
