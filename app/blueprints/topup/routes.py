"""Buy credit: choose an amount, get a reference, upload the receipt, follow it."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import SelectChoice

from app.access import BILLERS, roles_required, signed_in_account_id, signed_in_user
from app.accounts.abuse import Act, TooManyUploads
from app.blueprints import limits
from app.blueprints.attachments import attachment
from app.blueprints.records.period import chosen_period, period_words
from app.blueprints.topup import blueprint
from app.blueprints.topup.forms import AmountForm, CancelForm, ReceiptForm, StartForm
from app.blueprints.topup.receipt_file import receipt_response
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.desk.settings import desk_settings
from app.errors import CarillonError, Conflict, NotFound, TopUpRefused
from app.extensions import db
from app.models import TopUp, TopUpState
from app.records.money import price_decimals
from app.records.periods import PRESETS
from app.topups import requests
from app.topups.documents import receipt_number, receipt_pdf
from app.topups.history import top_up_history
from app.topups.plans import plans_for, tiers_of
from app.topups.prices import money, price_of, price_per_credit
from app.topups.receipts import forget_receipt, take_receipt
from app.web_context import user_zone

_REFRESH = {TopUpState.WAITING: 10_000, TopUpState.CONFIRMING: 10_000}


@blueprint.app_context_processor
def money_words() -> dict[str, Any]:
    """How templates write money and days."""
    return {
        "money_of": money,
        "price_per_credit": price_per_credit,
        "total_of": lambda plan, credits: price_of(credits, tiers_of(plan)).total,
        "period_presets": PRESETS,
        "period_words": period_words,
    }


@blueprint.get("/top-up")
@roles_required(BILLERS)
def page() -> ResponseReturnValue:
    """The price lists, the price of an amount of one's own, and what is open."""
    account_id = signed_in_account_id()
    plans = plans_for(db.session(), account_id)
    form = AmountForm(request.args, plan=request.args.get("plan", type=int))
    form.plan.choices = [SelectChoice(str(plan.id), f"{plan.name} ({plan.currency})") for plan in plans]
    price, status = None, 200
    if "credits" in request.args and (not form.validate() or (price := _price(account_id, form)) is None):
        status = 422
    open_now = requests.open_top_ups(db.session(), account_id)
    return render_template("topup/page.html", plans=plans, form=form, price=price, open_now=open_now), status


@blueprint.post("/top-up")
@roles_required(BILLERS)
def start() -> ResponseReturnValue:
    """Begin a top-up at the price that was shown."""
    user, form = signed_in_user(), StartForm()
    account_id, user_id, actor = signed_in_account_id(), user.id, Actor.of(user, request.remote_addr)
    if not form.validate():
        raise TopUpRefused(_("That amount could not be read. Go back and work the price out again."))
    chosen = {"credits": form.credits.data, "plan_id": form.plan.data}
    try:
        with write_transaction(db.session()) as session:
            shown = form.shown_total.data
            top_up = requests.start(session, actor, account_id, user_id, **chosen, shown_total=shown)
            public_id = top_up.public_id
    except (Conflict, TopUpRefused) as refusal:
        flash(refusal.message, "error")
        return redirect(url_for("topup.page", credits=form.credits.data, plan=form.plan.data), 303)
    return redirect(url_for("topup.one", public_id=public_id), 303)


@blueprint.get("/top-up/history")
@roles_required(BILLERS)
def history() -> ResponseReturnValue:
    """Every top-up, newest first, with the balance it left."""
    period = chosen_period()
    shown = top_up_history(
        db.session(),
        signed_in_account_id(),
        period,
        before=request.args.get("before"),
        after=request.args.get("after"),
    )
    return render_template("topup/history.html", page=shown.page, balances=shown.balances, period=period)


@blueprint.get("/top-up/<public_id>")
@roles_required(BILLERS)
def one(public_id: str) -> ResponseReturnValue:
    """Where a top-up stands, and what is to do next."""
    return render_template("topup/one.html", form=ReceiptForm(formdata=None), **_shown(_own(public_id)))


@blueprint.get("/top-up/<public_id>/state")
@roles_required(BILLERS)
def state(public_id: str) -> ResponseReturnValue:
    """The state alone, for refresh.js."""
    return render_template("topup/_state.html", **_shown(_own(public_id)))


@blueprint.post("/top-up/<public_id>/receipt")
@roles_required(BILLERS)
def upload(public_id: str) -> ResponseReturnValue:
    """Look at the receipt, keep it, and put the top-up into the queue."""
    form, top_up = ReceiptForm(), _own(public_id)
    if not requests.may_take_receipt(top_up):
        flash(_("The receipt of this top-up is with our staff already."), "info")
        return redirect(url_for("topup.one", public_id=public_id), 303)
    if form.validate():
        try:
            limits.take_upload(Act.RECEIPT)
            _take(public_id, form)
        except (TopUpRefused, TooManyUploads) as refusal:
            form.receipt.errors = [refusal.message]
        except Conflict as refusal:
            flash(refusal.message, "info")
            return redirect(url_for("topup.one", public_id=public_id), 303)
        else:
            flash(
                _("The receipt has been uploaded. Our staff look at receipts in the order they came."),
                "success",
            )
            return redirect(url_for("topup.one", public_id=public_id), 303)
    return render_template("topup/one.html", form=form, **_shown(_own(public_id))), 422


@blueprint.route("/top-up/<public_id>/cancel", methods=["GET", "POST"])
@roles_required(BILLERS)
def cancel(public_id: str) -> ResponseReturnValue:
    """Ask once more, then give the top-up up."""
    top_up, form = _own(public_id), CancelForm()
    if request.method == "GET":
        if top_up.state not in (TopUpState.DRAFT, TopUpState.WAITING):
            return redirect(url_for("topup.one", public_id=public_id), 303)
        return render_template("topup/cancel.html", top_up=top_up, form=form)
    account_id, actor = signed_in_account_id(), Actor.of(signed_in_user(), request.remote_addr)
    try:
        with write_transaction(db.session()) as session:
            requests.cancel(session, actor, account_id, public_id)
        flash(_("The top-up is cancelled. Nothing was added to your credit."), "success")
    except Conflict as refusal:
        flash(refusal.message, "error")
    return redirect(url_for("topup.one", public_id=public_id), 303)


@blueprint.get("/top-up/<public_id>/receipt")
@roles_required(BILLERS)
def uploaded_receipt(public_id: str) -> Response:
    """The receipt as it was kept."""
    return receipt_response(_own(public_id))


@blueprint.get("/top-up/<public_id>/receipt.pdf")
@roles_required(BILLERS)
def own_receipt(public_id: str) -> Response:
    """Our own receipt for an approved top-up."""
    top_up = _own(public_id)
    if top_up.state != TopUpState.APPROVED:
        raise NotFound(_("There is a receipt once a top-up is approved."))
    name = f"carillon-receipt-{receipt_number(top_up)}.pdf"
    places = price_decimals(db.session(), top_up.account_id)
    pdf = receipt_pdf(top_up, user_zone(), current_app.config["CARILLON"].seller, places)
    return attachment(pdf, name, "application/pdf")


def _own(public_id: str) -> TopUp:
    return requests.top_up_of(db.session(), signed_in_account_id(), public_id)


def _price(account_id: int, form: AmountForm) -> dict[str, Any] | None:
    """The price of the form's amount; None, with the reason in the form, where it is not sold."""
    try:
        price, plan_id, currency = requests.quote(
            db.session(), account_id, form.credits.data or 0, form.plan.data or None
        )
    except TopUpRefused as refusal:
        form.credits.errors = [*form.credits.errors, refusal.message]
        return None
    return {"price": price, "plan_id": plan_id, "currency": currency}


def _take(public_id: str, form: ReceiptForm) -> None:
    """Raises TopUpRefused for the file; one that no top-up came to use is removed."""
    account_id, actor = signed_in_account_id(), Actor.of(signed_in_user(), request.remote_addr)
    uploads_url, file = current_app.config["CARILLON"].uploads_url, form.receipt.data
    with closing(file):
        receipt = take_receipt(uploads_url, file.stream, file.filename or "")
    try:
        with write_transaction(db.session()) as session:
            written = form.bank_reference.data or ""
            requests.attach_receipt(session, actor, account_id, public_id, receipt, written)
    except CarillonError:
        forget_receipt(uploads_url, receipt.key)
        raise


def _shown(top_up: TopUp) -> dict[str, Any]:
    """What the page of a top-up is drawn from."""
    return {
        "top_up": top_up,
        "place": requests.place_in_queue(db.session(), top_up),
        "bank_details": _(desk_settings(db.session()).bank_details),  # until staff write theirs
        "may_upload": requests.may_take_receipt(top_up),
        "refresh_every": _REFRESH.get(TopUpState(top_up.state)),
    }
