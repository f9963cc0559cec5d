"""Keep the list of numbers that nobody sends to."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from app.access import SUPPORT_DESK, roles_required
from app.blueprints.desk_suppression import blueprint
from app.blueprints.desk_suppression.forms import DeskAddForm
from app.blueprints.suppression.desk import SuppressionDesk
from app.extensions import db
from app.models import Account, SuppressionSource


def _desk() -> SuppressionDesk:
    return SuppressionDesk("desk_suppression", None, SuppressionSource.STAFF, add_form=DeskAddForm)


@blueprint.get("/")
@roles_required(SUPPORT_DESK)
def page() -> ResponseReturnValue:
    """The list, newest first."""
    return _desk().page()


@blueprint.post("/")
@roles_required(SUPPORT_DESK)
def add() -> ResponseReturnValue:
    """Suppress typed numbers for everybody, or for the one account that is named."""
    form = DeskAddForm()
    account_id = None
    if form.account.data:
        account_id = _account_id(form.account.data)
        if account_id is None:
            form.account.errors = [
                _("No account has this name. Write it as it stands in the list of accounts.")
            ]
            return _desk().page(add=form, status=422)
    return _desk().add(form, account_id)


@blueprint.post("/file")
@roles_required(SUPPORT_DESK)
def upload() -> ResponseReturnValue:
    """Suppress the numbers of a file for everybody."""
    return _desk().upload()


@blueprint.post("/<int:suppression_id>/remove")
@roles_required(SUPPORT_DESK)
def remove(suppression_id: int) -> ResponseReturnValue:
    """Take a number off the list."""
    return _desk().remove(suppression_id)


def _account_id(name: str) -> int | None:
    """The only account of that name; None where there is none, or more than one."""
    found = db.session().scalars(select(Account.id).where(func.lower(Account.name) == name.lower())).all()
    return found[0] if len(found) == 1 else None
