"""Price lists, bank details, and the limits above which a second person confirms."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import ADMINS, FINANCE_DESK, roles_required, signed_in_user
from app.blueprints.desk_topups import blueprint
from app.blueprints.desk_topups.forms import TIER_ROWS, BankDetailsForm, LimitsForm, PlanForm
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.desk.settings import DeskSettings, change_settings, desk_settings
from app.errors import TopUpRefused
from app.extensions import db
from app.models import Plan
from app.pricing import credits
from app.topups.bank_details import change_bank_details
from app.topups.plans import all_plans, plan_by_id, save_plan
from app.topups.prices import price_per_credit


@blueprint.get("/plans")
@roles_required(FINANCE_DESK)
def plans() -> ResponseReturnValue:
    """Every price list, where clients transfer to, and the limits."""
    return _page()


@blueprint.route("/plans/new", methods=["GET", "POST"])
@roles_required(FINANCE_DESK)
def new_plan() -> ResponseReturnValue:
    """A new price list."""
    return _edited(None, PlanForm(currency="AUD", open=True))


@blueprint.route("/plans/<int:plan_id>", methods=["GET", "POST"])
@roles_required(FINANCE_DESK)
def plan(plan_id: int) -> ResponseReturnValue:
    """Change a price list."""
    found = plan_by_id(db.session(), plan_id)
    return _edited(found, PlanForm(data=_values(found)))


@blueprint.post("/plans/bank-details")
@roles_required(FINANCE_DESK)
def bank_details() -> ResponseReturnValue:
    """Where clients transfer to. Every admin is told: whoever changes this could divert money."""
    form = BankDetailsForm()
    if not form.validate():
        return _page(bank_form=form, status=422)
    actor = Actor.of(signed_in_user(), request.remote_addr)
    with write_transaction(db.session()) as session:
        change_bank_details(session, actor, (form.bank_details.data or "").strip())
    flash(_("The bank details are saved. Every admin is told by e-mail."), "success")
    return redirect(url_for("desk_topups.plans"), 303)


@blueprint.post("/plans/limits")
@roles_required(ADMINS)
def limits() -> ResponseReturnValue:
    """Above which amounts a second person confirms. For admins: nobody raises the limit of their own work."""
    form = LimitsForm()
    if not form.validate():
        return _page(limits_form=form, status=422)
    actor = Actor.of(signed_in_user(), request.remote_addr)
    with write_transaction(db.session()) as session:
        change_settings(
            session,
            actor,
            top_up_second_person_above=form.top_ups.millicredits,
            top_ups_alone_a_day=form.top_ups_a_day.millicredits,
            adjustment_second_person_above=form.adjustments.millicredits,
        )
    flash(_("The limits are saved."), "success")
    return redirect(url_for("desk_topups.plans"), 303)


def _edited(found: Plan | None, form: PlanForm) -> ResponseReturnValue:
    """The form, or the list once it is saved."""
    if request.method == "GET":
        return render_template("desk_topups/plan.html", plan=found, form=form)
    plan_id, actor = found.id if found else None, Actor.of(signed_in_user(), request.remote_addr)
    if form.validate():
        try:
            with write_transaction(db.session()) as session:
                name = save_plan(session, actor, plan_id, form.text()).name
        except TopUpRefused as refusal:
            form.form_errors = [refusal.message]
        else:
            flash(
                _("The plan “%(name)s” is saved. Top-ups begun before keep their price.", name=name),
                "success",
            )
            return redirect(url_for("desk_topups.plans"), 303)
    return render_template("desk_topups/plan.html", plan=found, form=form), 422


def _page(
    bank_form: BankDetailsForm | None = None, limits_form: LimitsForm | None = None, status: int = 200
) -> ResponseReturnValue:
    settings = desk_settings(db.session())
    return render_template(
        "desk_topups/plans.html",
        plans=all_plans(db.session()),
        bank_form=bank_form or BankDetailsForm(formdata=None, bank_details=settings.bank_details),
        limits_form=limits_form or LimitsForm(formdata=None, **_limits(settings)),
        limits=settings,
        may_set_limits=signed_in_user().role in ADMINS,
    ), status


def _limits(settings: DeskSettings) -> dict[str, str]:
    return {
        "top_ups": credits(settings.top_up_second_person_above),
        "top_ups_a_day": credits(settings.top_ups_alone_a_day),
        "adjustments": credits(settings.adjustment_second_person_above),
    }


def _values(found: Plan) -> dict[str, Any]:
    """A plan as its form shows it, with empty rows for more tiers."""
    rows = [
        {"from_credits": f"{tier.from_credits:,}", "price": price_per_credit(tier.price)}
        for tier in found.tiers
    ]
    return {
        "name": found.name,
        "description": found.description,
        "currency": found.currency,
        "is_default": found.is_default,
        "open": found.open,
        "tiers": rows + [{} for _ in range(TIER_ROWS - len(rows))],
    }
