"""Somebody half-way in: the password was right, or a letter's link was opened, and steps are left.

It lies in the signed cookie, for a quarter of an hour, and names no secret. A change of the person's sessions
(a new password, a suspension) ends it too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import wraps
from typing import Any

from flask import flash, redirect, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.standing import refusal_of
from app.extensions import db
from app.models import User

_KEY = "pending"
_LIFE = 15 * 60  # seconds


@dataclass(frozen=True)
class Pending:
    """`by_password` is false for who only opened a link: they may confirm their phone, and no more."""

    user_id: int
    version: int
    since: int
    by_password: bool
    factor_given: bool = False
    terms: str = ""
    next: str = ""


def begin(user: User, *, by_password: bool, terms: str = "", next: str = "") -> Pending:
    """Remember who is half-way in, in a session of its own."""
    pending = Pending(user.id, user.session_version, int(time.time()), by_password, terms=terms, next=next)
    cookie.clear()
    cookie[_KEY] = asdict(pending)
    return pending


def change(pending: Pending, **fields: Any) -> Pending:
    """Remember that a step was taken."""
    changed = replace(pending, **fields)
    cookie[_KEY] = asdict(changed)
    return changed


def present() -> tuple[Pending, User] | None:
    """Who is half-way in, while it still stands."""
    stored = cookie.get(_KEY)
    if not isinstance(stored, dict):
        return None
    try:
        pending = Pending(**stored)
    except TypeError:
        return None
    if time.time() - pending.since > _LIFE:
        return None
    user = db.session.get(User, pending.user_id)
    if user is None or user.session_version != pending.version or refusal_of(user) is not None:
        return None
    return pending, user


def half_way(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """Give the view `pending` and `user`; others are sent to the beginning."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        found = present()
        if found is None:
            cookie.pop(_KEY, None)
            flash(_("Sign in to go on."), "info")
            return redirect(url_for("auth.sign_in"))
        return view(*args, pending=found[0], user=found[1], **kwargs)

    return guarded


def by_password(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """As `half_way`, for those who gave the right password only."""

    @wraps(view)
    @half_way
    def guarded(*args: Any, pending: Pending, user: User, **kwargs: Any) -> ResponseReturnValue:
        if not pending.by_password:
            return redirect(url_for("auth.sign_in"))
        return view(*args, pending=pending, user=user, **kwargs)

    return guarded
