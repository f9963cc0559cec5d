"""The statement on the page and as a file, and the low-balance alert."""

from __future__ import annotations

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import ANY_CLIENT, BILLERS, roles_required, signed_in_account_id, signed_in_user
from app.blueprints.attachments import attachment
from app.blueprints.records.period import chosen_period, period_words
from app.blueprints.topup import blueprint
from app.blueprints.topup.forms import AlertForm, first_errors
from app.clock import now
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.extensions import db
from app.models import Account
from app.pricing import credits
from app.records.money import price_decimals
from app.topups import documents, low_balance, statement_files
from app.topups.statement import all_lines, lines, statement_page, stretch
from app.web_context import user_zone

_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


@blueprint.get("/statement")
@roles_required(ANY_CLIENT)
def statement() -> ResponseReturnValue:
    """Every entry, what it was for, and the balance it left."""
    session, period, account_id = db.session(), chosen_period(), signed_in_account_id()
    entries = stretch(session, account_id, period)
    before, after = (request.args.get(name, type=int) for name in ("before", "after"))
    page = statement_page(session, entries, before=before, after=after)
    mark = session.get_one(Account, account_id).low_balance
    return render_template(
        "topup/statement.html",
        period=period,
        kept=period_words(period),
        totals=entries.totals,
        most_lines=statement_files.MOST_LINES,  # a longer one is made by a job
        page=page,
        lines=lines(session, page.rows),
        form=AlertForm(formdata=None, low_balance=credits(mark) if mark else ""),
        may_set=signed_in_user().role in BILLERS,
    )


@blueprint.get("/statement.<kind>")
@roles_required(ANY_CLIENT)
def statement_file(kind: str) -> ResponseReturnValue:
    """The statement of the period as csv, xlsx or pdf."""
    if kind not in _TYPES:
        abort(404)
    session, period, zone = db.session(), chosen_period(), user_zone()
    entries = stretch(session, signed_in_account_id(), period)
    if kind == "pdf":
        account = session.get_one(Account, entries.account_id)
        found = list(all_lines(session, entries, documents.MOST_LINES))
        seller = current_app.config["CARILLON"].seller
        places = price_decimals(session, entries.account_id)
        data = documents.statement_pdf(account, period, entries.totals, found, zone, now(), seller, places)
    else:
        make = statement_files.statement_csv if kind == "csv" else statement_files.statement_xlsx
        data = make(all_lines(session, entries, statement_files.MOST_LINES), zone)
    name = f"carillon-statement-{now().astimezone(zone):%Y-%m-%d}.{kind}"
    return attachment(data, name, _TYPES[kind])


@blueprint.post("/statement/alert")
@roles_required(BILLERS)
def alert() -> ResponseReturnValue:
    """Set the mark below which one e-mail tells of it, or none."""
    form, account_id = AlertForm(), signed_in_account_id()
    actor = Actor.of(signed_in_user(), request.remote_addr)
    if not form.validate():
        flash(_("The alert was not changed. %(first_errors)s", first_errors=first_errors(form)), "error")
        return redirect(url_for("topup.statement"), 303)
    with write_transaction(db.session()) as session:
        below = low_balance.set_mark(session, actor, account_id, form.mark)
    if form.mark is None:
        flash(_("There is no low-balance alert now."), "success")
    else:
        words = _(
            "One e-mail will tell when the available credit falls below %(mark)s.", mark=credits(form.mark)
        )
        flash(words + (_(" It is below that already, so top up soon.") if below else ""), "success")
    return redirect(url_for("topup.statement"), 303)
