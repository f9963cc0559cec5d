"""The message history, and a message's own page."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import ANY_CLIENT, roles_required, signed_in_user
from app.accounts.membership import account_id_of
from app.blueprints.messages import blueprint
from app.blueprints.records.asking import all_words, asked_of_request, asked_words
from app.errors import NotFound
from app.extensions import db
from app.gateways.errors import error_words
from app.records.history import message_history, message_of, place_of
from app.records.life import entries_of, life_of
from app.records.messages import STATUS_FILTERS
from app.records.periods import PRESETS
from app.records.tasks import routes_used
from app.sending.drafting.countries import country_name


@blueprint.get("")
@roles_required(ANY_CLIENT)
def index() -> ResponseReturnValue:
    """The account's messages that the address asks for, newest tasks first."""
    session, account_id, asked = db.session(), account_id_of(signed_in_user()), asked_of_request()
    before, after = (place_of(session, account_id, request.args.get(name)) for name in ("before", "after"))
    return render_template(
        "messages/index.html",
        page=message_history(session, account_id, asked, before=before, after=after),
        asked=asked,
        kept=asked_words(asked),
        words=all_words(asked),
        period=asked.period,
        period_presets=PRESETS,
        statuses=STATUS_FILTERS,
        routes=routes_used(session, account_id),
        error_words=error_words,
    )


@blueprint.get("/<public_id>/<int(max=2147483647):row>")
@roles_required(ANY_CLIENT)
def page(public_id: str, row: int) -> ResponseReturnValue:
    """One message: its way, its price, and the ledger behind it."""
    session = db.session()
    message = message_of(session, account_id_of(signed_in_user()), public_id, row)
    if message is None:
        raise NotFound(_("There is no such message in your account."))
    return render_template(
        "messages/page.html",
        message=message,
        task=message.task,
        life=life_of(session, message),
        entries=entries_of(session, message),
        country=country_name(message.region),
        error_words=error_words,
    )
