"""Who may open which page. Every view is either marked `public` or names the roles it is for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import abort
from flask_login import current_user

from app.extensions import login
from app.models import CLIENT_ROLES, STAFF_ROLES, Role, User

View = TypeVar("View", bound=Callable[..., Any])

ANY_CLIENT = CLIENT_ROLES
SENDERS = frozenset({Role.OWNER, Role.SENDER})
BILLERS = frozenset({Role.OWNER, Role.BILLING})
OWNERS = frozenset({Role.OWNER})
ANY_STAFF = STAFF_ROLES
FINANCE_DESK = frozenset({Role.FINANCE, Role.ADMIN})
OPERATORS = frozenset({Role.OPERATOR, Role.ADMIN})
SUPPORT_DESK = frozenset({Role.SUPPORT, Role.OPERATOR, Role.ADMIN})
ADMINS = frozenset({Role.ADMIN})
ANYONE_SIGNED_IN = CLIENT_ROLES | STAFF_ROLES


def public(view: View) -> View:
    """Mark a view that needs no sign-in. tests/test_architecture.py keeps the list of them."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def roles_required(roles: frozenset[Role]) -> Callable[[View], View]:
    """Let only signed-in people with one of `roles` through; others see the sign-in page, or a 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not current_user.is_authenticated:
                return login.unauthorized()
            if current_user.role not in roles:
                abort(403)
            return view(*args, **kwargs)

        guarded.required_roles = roles  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate


def signed_in_user() -> User:
    """The person behind this request, in views that require one."""
    return cast(User, current_user._get_current_object())


def signed_in_account_id() -> int:
    """The account of the client behind this request, in views for clients. Refuses staff with a 403."""
    account_id = signed_in_user().account_id
    if account_id is None:
        abort(403)
    return account_id
