"""Finding a client, and one page for each."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import SelectChoice

from app.access import ANY_STAFF, FINANCE_DESK, OPERATORS, roles_required, signed_in_user
from app.blueprints.desk_clients import blueprint
from app.blueprints.desk_clients.forms import ACCESS_WORDS, AccountRouteForm, NoteForm, PlanForm
from app.database import write_transaction
from app.desk import clients
from app.desk.audit_log import Actor
from app.extensions import db
from app.ledger.balances import statement
from app.models import AccountState
from app.records.money import money_of_tasks
from app.topups import adjustments
from app.topups.statement import lines

_LEDGER_LINES = 10
_TASKS = 8


@blueprint.get("/")
@roles_required(ANY_STAFF)
def index() -> ResponseReturnValue:
    """Find accounts by name, e-mail, phone or number."""
    words, state = request.args.get("q", "")[:100], request.args.get("state")
    state = state if state in set(AccountState) else None
    before, after = (request.args.get(name, type=int) for name in ("before", "after"))
    page = clients.search(db.session(), words, state=state, before=before, after=after)
    return render_template(
        "desk_clients/index.html", page=page, words=words, state=state, states=list(AccountState)
    )


@blueprint.get("/<int:account_id>")
@roles_required(ANY_STAFF)
def page(account_id: int) -> ResponseReturnValue:
    """Everything about one client at a glance."""
    return _rendered(account_id)


@blueprint.get("/<int:account_id>/tasks")
@roles_required(ANY_STAFF)
def tasks(account_id: int) -> ResponseReturnValue:
    """The account's tasks, newest first."""
    account = clients.account(db.session(), account_id)
    before, after = (request.args.get(name, type=int) for name in ("before", "after"))
    page = clients.tasks(db.session(), account_id, before=before, after=after)
    money = money_of_tasks(db.session(), [task.id for task in page.rows])
    return render_template("desk_clients/tasks.html", account=account, page=page, money=money)


@blueprint.post("/<int:account_id>/notes")
@roles_required(ANY_STAFF)
def note(account_id: int) -> ResponseReturnValue:
    """Note something of the account, for colleagues."""
    form, actor = NoteForm(), _actor()
    if not form.validate():
        return _rendered(account_id, note_form=form), 422
    with write_transaction(db.session()) as session:
        clients.add_note(session, actor, account_id, form.text.data)
    flash(_("The note is kept."), "success")
    return redirect(url_for(".page", account_id=account_id, _anchor="notes"), 303)


@blueprint.post("/<int:account_id>/members/<int:user_id>/require-password-change")
@roles_required(OPERATORS)
def require_password_change(account_id: int, user_id: int) -> ResponseReturnValue:
    """Sign a member out everywhere; they set a new password when they come back."""
    actor = _actor()
    with write_transaction(db.session()) as session:
        name = clients.require_password_change(session, actor, account_id, user_id).name
    flash(
        _("%(name)s is signed out everywhere, and sets a new password at the next sign-in.", name=name),
        "success",
    )
    return redirect(url_for(".page", account_id=account_id, _anchor="members"), 303)


@blueprint.post("/<int:account_id>/plan")
@roles_required(FINANCE_DESK)
def plan(account_id: int) -> ResponseReturnValue:
    """Put the account on a plan."""
    form, actor = _plan_form(None), _actor()
    if not form.validate():
        return _rendered(account_id, plan_form=form), 422
    with write_transaction(db.session()) as session:
        clients.set_plan(session, actor, account_id, form.plan_id.data or None)
    flash(_("The plan is set. It counts from the next top-up on."), "success")
    return redirect(url_for(".page", account_id=account_id), 303)


@blueprint.get("/<int:account_id>/routes")
@roles_required(ANY_STAFF)
def routes(account_id: int) -> ResponseReturnValue:
    """Which routes the account may use, and its own prices."""
    return _routes_page(account_id)


@blueprint.post("/<int:account_id>/routes/<int:route_id>")
@roles_required(OPERATORS)
def set_route(account_id: int, route_id: int) -> ResponseReturnValue:
    """Set one route's access and price for the account."""
    form, actor = AccountRouteForm(prefix=f"r{route_id}-"), _actor()
    if not form.validate():
        return _routes_page(account_id, wrong={route_id: form}), 422
    with write_transaction(db.session()) as session:
        clients.set_route(session, actor, account_id, route_id, form.allowed, form.own_price)
    flash(_("Saved. What is quoted already keeps its price."), "success")
    return redirect(url_for(".routes", account_id=account_id, _anchor=f"route-{route_id}"), 303)


def _actor() -> Actor:
    return Actor.of(signed_in_user(), request.remote_addr)


def _plan_form(plan_id: int | None) -> PlanForm:
    form = PlanForm(data={"plan_id": plan_id or 0})
    plans = [SelectChoice(plan.id, plan.name) for plan in clients.plans(db.session())]
    form.plan_id.choices = [SelectChoice(0, _("The default plan")), *plans]
    return form


def _rendered(account_id: int, **forms: Any) -> str:
    session = db.session()
    account = clients.account(session, account_id)
    latest = clients.tasks(session, account_id).rows[:_TASKS]
    shown = {
        "note_form": NoteForm(formdata=None),
        "plan_form": _plan_form(account.plan_id),
        **forms,
    }
    return render_template(
        "desk_clients/page.html",
        account=account,
        members=clients.members(session, account_id),
        lines=lines(session, statement(session, account_id, limit=_LEDGER_LINES).entries),
        tasks=latest,
        money=money_of_tasks(session, [task.id for task in latest]),
        sign_ins=clients.sign_ins(session, account_id),
        notes=clients.notes(session, account_id),
        events=clients.events(session, account_id),
        adjustments=adjustments.of_account(session, account_id),
        plan_name=clients.plan_name(session, account),
        may_operate=signed_in_user().role in OPERATORS,
        may_bill=signed_in_user().role in FINANCE_DESK,
        **shown,
    )


def _routes_page(account_id: int, wrong: dict[int, AccountRouteForm] | None = None) -> str:
    account = clients.account(db.session(), account_id)
    lines = []
    for route, own in clients.route_choices(db.session(), account_id):
        form = (wrong or {}).get(route.id) or AccountRouteForm.of(
            f"r{route.id}-", own.allowed if own else None, own.price_per_segment if own else None
        )
        lines.append((route, own, form))
    return render_template(
        "desk_clients/routes.html",
        account=account,
        lines=lines,
        may_operate=signed_in_user().role in OPERATORS,
        access_words=ACCESS_WORDS,
    )
