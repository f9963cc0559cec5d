"""Whose account a person acts for."""

from __future__ import annotations

from app.errors import NotAllowed
from app.language import gettext
from app.models import User


def account_id_of(user: User) -> int:
    """The account that this client is a member of. Raises NotAllowed for staff, who have none."""
    if user.account_id is None:
        raise NotAllowed(gettext("Staff have no account of their own, so there is nothing to show here."))
    return user.account_id
