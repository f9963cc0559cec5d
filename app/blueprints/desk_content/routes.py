"""Words: the list, one word, many pasted, and the sandbox that tries one before it is saved."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import Field

from app.access import ANY_STAFF, OPERATORS, roles_required, signed_in_user
from app.blueprints.desk_content import blueprint
from app.blueprints.desk_content.forms import SEVERITY_WORDS, PasteForm, TrialForm, WordForm
from app.content.findings import Severity
from app.database import write_transaction
from app.desk import content_rules, rule_sandbox
from app.desk.audit_log import Actor
from app.desk.content_rules import CATEGORIES
from app.errors import Conflict, TaskRefused
from app.extensions import db


@blueprint.get("/")
@roles_required(ANY_STAFF)
def words() -> ResponseReturnValue:
    """The list, searched and filtered by the address."""
    return _list(WordForm(formdata=None))


@blueprint.post("/")
@roles_required(OPERATORS)
def add() -> ResponseReturnValue:
    """Put a word on the list."""
    form, actor = WordForm(), _actor()
    if not form.validate():
        return _list(form), 422
    try:
        with write_transaction(db.session()) as session:
            word = content_rules.add_word(session, actor, form.rule()).word
    except (TaskRefused, Conflict) as refusal:
        _blamed(form.word, refusal)
        return _list(form), 422
    flash(_("“%(word)s” is on the list. It counts from the next check on.", word=word), "success")
    return redirect(url_for("desk_content.words"), 303)


@blueprint.route("/words/<int:word_id>", methods=["GET", "POST"])
@roles_required(OPERATORS)
def word(word_id: int) -> ResponseReturnValue:
    """Change one word."""
    entry, actor = content_rules.word_of(db.session(), word_id), _actor()
    form = WordForm(obj=entry)
    if not form.validate_on_submit():
        page = render_template("desk_content/word.html", form=form, entry=entry)
        return page, 422 if form.is_submitted() else 200
    try:
        with write_transaction(db.session()) as session:
            changed = content_rules.change_word(session, actor, word_id, form.rule()).word
    except (TaskRefused, Conflict) as refusal:
        _blamed(form.word, refusal)
        entry = content_rules.word_of(db.session(), word_id)
        return render_template("desk_content/word.html", form=form, entry=entry), 422
    flash(_("“%(changed)s” is changed.", changed=changed), "success")
    return redirect(url_for("desk_content.words"), 303)


@blueprint.post("/words/<int:word_id>/remove")
@roles_required(OPERATORS)
def remove(word_id: int) -> ResponseReturnValue:
    """Take a word off the list."""
    actor = _actor()
    with write_transaction(db.session()) as session:
        removed = content_rules.remove_word(session, actor, word_id)
    flash(_("“%(removed)s” is off the list.", removed=removed), "success")
    return redirect(url_for("desk_content.words"), 303)


@blueprint.route("/paste", methods=["GET", "POST"])
@roles_required(OPERATORS)
def paste() -> ResponseReturnValue:
    """Add many words; the lines that were not taken come back with the reason."""
    form, actor, pasted = PasteForm(), _actor(), None
    if form.validate_on_submit():
        severity = Severity(form.severity.data)
        try:
            with write_transaction(db.session()) as session:
                pasted = content_rules.paste_words(
                    session, actor, form.words.data, form.category.data, severity
                )
        except TaskRefused as refusal:
            _blamed(form.words, refusal)
    status = 422 if form.errors else 200
    return render_template("desk_content/paste.html", form=form, pasted=pasted), status


@blueprint.get("/sandbox")
@roles_required(ANY_STAFF)
def sandbox() -> ResponseReturnValue:
    """Try a word on the last 30 days. It reads only, so the address holds the rule."""
    form, trial = TrialForm(request.args, severity=Severity.BLOCK), None
    if "word" in request.args and form.validate():
        try:
            trial = rule_sandbox.try_rule(db.session(), form.rule())
        except TaskRefused as refusal:
            _blamed(form.word, refusal)
    may_save = signed_in_user().role in OPERATORS
    return render_template("desk_content/sandbox.html", form=form, trial=trial, may_save=may_save)


def _list(form: WordForm) -> str:
    category, severity = request.args.get("category", ""), request.args.get("severity", "")
    chosen = {
        "search": request.args.get("search", "")[:100],
        "category": category if category in CATEGORIES else "",
        "severity": severity if severity in set(Severity) else "",
    }
    before, after = (request.args.get(name, type=int) for name in ("before", "after"))
    return render_template(
        "desk_content/words.html",
        page=content_rules.word_page(db.session(), **chosen, before=before, after=after),
        count=content_rules.word_count(db.session()),
        chosen=chosen,
        categories=CATEGORIES,
        severities=SEVERITY_WORDS,
        form=form,
        may_change=signed_in_user().role in OPERATORS,
    )


def _blamed(field: Field, refusal: TaskRefused | Conflict) -> None:
    field.errors = [*field.errors, refusal.message]


def _actor() -> Actor:
    return Actor.of(signed_in_user(), request.remote_addr)
