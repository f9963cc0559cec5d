"""The composer's page, checks and answers: the same four steps for quick and bulk, new and edited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from flask import abort, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import saved_texts
from app.access import signed_in_user
from app.blueprints.compose.forms import ComposeForm, new_submission_key
from app.blueprints.compose.phone import Phone, phone_of
from app.blueprints.compose.rescue import by_fetch, is_stale
from app.blueprints.compose.starting import Note, begin, put_back, take_over, use_saved
from app.database import write_transaction
from app.errors import Conflict, NotFound, TaskRefused
from app.extensions import db
from app.models import Task, TaskKind
from app.recipients.errors import FileRefused
from app.sending.drafting import drafts
from app.sending.drafting.preview import Preview, preview, tidied_text
from app.sending.holding import is_deceitful, note_refusal
from app.sending.lookup import approved_templates, earlier_tasks, open_routes, own_prices, task_of
from app.sending.states import DRAFT_STATES


@dataclass
class Composer:
    """One request to a composer page. `task` is the draft being edited, None for a new one."""

    kind: TaskKind
    form: ComposeForm
    account_id: int
    task: Task | None = None
    shown: Preview | None = field(default=None, init=False)

    def answer(self, write: Callable[[Session], Task]) -> ResponseReturnValue:
        """Show the form, or check it and `write` it; a refusal comes back as the form with all that was typed."""
        if not self.form.is_submitted():
            self._begin_from()
            return self._page()
        if is_stale():
            self.form.refuse(
                _("Your session has changed since this page was opened. Look at the form and send it again.")
            )
            self._look()
            return self._page()
        if self._helped():
            self._look()
            return self._page()
        is_test = self._wants_test()
        self._check()
        if self.form.errors:
            self._note_refusal()
            return self._page()
        phone = self.phone if is_test else None  # a file may have to be read: before the transaction
        try:
            with write_transaction(db.session()) as session:
                task = write(session)
                test = _test_of(session, task, phone) if phone else None
        except Conflict as conflict:
            self._refuse_again(conflict)
            return self._page()
        except (TaskRefused, NotFound) as refusal:
            self.form.refuse(refusal.message)
            return self._page()
        return _to_review(task) if test is None else _to_test(test, task)

    @property
    def phone(self) -> Phone:
        """The message as a recipient's phone shows it."""
        return phone_of(self.form, self.task)

    def _begin_from(self) -> None:
        """Where the address says so, with an earlier task's text, or with a saved one."""
        if "from" in request.args:
            earlier = task_of(db.session(), self.account_id, request.args["from"])
            take_over(self.form, earlier, with_recipients=request.args.get("recipients") == "yes")
        elif "text" in request.args:
            use_saved(self.form, saved_texts.text_of(db.session(), self.account_id, request.args["text"]))
        if self.form.notes:
            self.shown = preview_of(self.form, self.account_id) if self.form.route else None

    def _helped(self) -> bool:
        """Do what a button other than the last asks for: it changes the form, and nothing is sent."""
        form = self.form
        if form.tidy.data:
            form.content.data = tidied_text(form.content.data or "")
        elif form.use_start.data:
            begin(form, db.session(), self.account_id)
        elif form.put_back.data:
            put_back(form)
        elif form.save_text.data:
            self._save_text()
        elif not form.only_check.data:
            return False
        return True

    def _save_text(self) -> None:
        user, form = signed_in_user(), self.form
        try:
            with write_transaction(db.session()) as session:
                saved = saved_texts.save(
                    session, user.id, self.account_id, form.text_name.data or "", form.content.data or ""
                )
                form.notes = [
                    Note(_("Saved as “%(name)s”.", name=saved.name), url_for("texts.index"), _("Saved texts"))
                ]
        except (Conflict, TaskRefused) as refusal:
            form.text_name.errors = [refusal.message]
        else:
            _offer_starts(form, self.account_id)

    def _wants_test(self) -> bool:
        """Whether a test goes beside the draft. A quick message to nobody yet is itself the test."""
        user = signed_in_user()
        if not self.form.send_test.data:
            return False
        if "recipients" in self.form and not (self.form.recipients.data or "").strip() and user.phone:
            self.form.recipients.data = user.phone
            return False
        return True

    def _look(self) -> None:
        """Ask the domain what it says of what stands here, without asking for what is not there yet."""
        self.form.keep_file()
        if self.form.route is None:
            return
        try:
            self.shown = preview_of(self.form, self.account_id)
        except FileRefused as refusal:
            self.form.refuse_recipients(refusal.message)

    def _check(self) -> None:
        """Validate the fields, then ask the domain what it would say of the text and the recipients."""
        self.form.fill_template()
        self.form.validate()
        if self.form.route is None:
            return
        try:
            self.shown = preview_of(self.form, self.account_id)
        except FileRefused as refusal:
            self.form.refuse_recipients(refusal.message)
        else:
            self.form.take_blame(self.shown)

    def _note_refusal(self) -> None:
        """Staff hear of a client whose texts are refused again and again."""
        if self.shown is None:
            return
        found = (*self.shown.findings, *self.shown.sender_id_findings)
        if is_deceitful(found):
            with write_transaction(db.session()) as session:
                note_refusal(session, self.account_id, found)

    def _refuse_again(self, conflict: Conflict) -> None:
        """A new form that was sent before with other contents (the browser's Back) may go as a new draft."""
        if self.task is not None:
            self.form.refuse(conflict.message)
            return
        self.form.submission_key.data = new_submission_key()
        self.form.refuse(
            _(
                "This form was sent before with other contents; that draft is kept in your tasks. "
                "Continue once more to make a new one from what stands here."
            )
        )

    def _page(self) -> ResponseReturnValue:
        """The form with what is to be corrected. A script gets it alone, and as a success: a browser would
        write a 422 that a script asked for into its console as an error."""
        values = {"composer": self, "form": self.form, "shown": self.shown, "phone": self.phone}
        if by_fetch():
            return render_template("compose/_form.html", **values)
        status = 400 if is_stale() else 422 if self.form.errors else 200
        return render_template(f"{self.kind}/page.html", **values), status


def offer_routes(form: ComposeForm, account_id: int, zone: ZoneInfo) -> None:
    """Let the form offer the account's routes at the account's prices, and read times in this zone."""
    session = db.session()
    form.prepare(open_routes(session, account_id), own_prices(session, account_id), zone)
    form.offer_templates(approved_templates(session, account_id))
    _offer_starts(form, account_id)


def _offer_starts(form: ComposeForm, account_id: int) -> None:
    session = db.session()
    form.offer_starts(saved_texts.texts_of(session, account_id), earlier_tasks(session, account_id))


def preview_of(form: ComposeForm, account_id: int) -> Preview:
    """The domain's own count, price and findings for what stands in the form. Raises FileRefused."""
    form.fill_template()
    typed = form.recipients.data if "recipients" in form else None
    return preview(
        db.session(),
        account_id,
        form.route_id.data,
        form.content.data,
        form.sender_id.data or None,
        typed,
        current_app.config["CARILLON"].limits,
        known_fields=() if typed is not None else None,
    )


def editable_task(account_id: int, public_id: str, kind: TaskKind) -> Task:
    """The account's draft of this kind. Raises NotFound; who comes back to a submitted one is led to its page."""
    task = task_of(db.session(), account_id, public_id)
    if task.kind == kind and task.state not in DRAFT_STATES and request.method == "GET":
        flash(_("This has been submitted, so that it can no longer be edited."), "info")
        abort(redirect(url_for("tasks.page", public_id=public_id), 303))
    if task.kind != kind or task.state not in DRAFT_STATES:
        raise NotFound(_("This task cannot be edited here. It may have been submitted already."))
    return task


def _test_of(session: Session, task: Task, phone: Phone) -> Task:
    """The draft is kept as it is; beside it, the same text as one row reads it, to the sender's own phone."""
    return drafts.create_test(session, signed_in_user(), task, phone.text, phone.template_values)


def _to_test(test: Task, task: Task) -> ResponseReturnValue:
    """The way to the test's review; the browser's Back leads to the draft that it tries out."""
    page = url_for("review.page", public_id=test.public_id)
    if not by_fetch():
        return redirect(page, 303)
    return jsonify(review=page, back=url_for(f"{task.kind}.edit", public_id=task.public_id))


def _to_review(task: Task) -> ResponseReturnValue:
    """The way to the review page. composer.js gets it as JSON and, for a quick message, opens the terms dialog."""
    page = url_for("review.page", public_id=task.public_id)
    if not by_fetch():
        return redirect(page, 303)
    if task.kind == TaskKind.BULK:
        return jsonify(review=page)
    edit = url_for(f"{task.kind}.edit", public_id=task.public_id)
    return jsonify(review=page, dialog=url_for("review.dialog", public_id=task.public_id), edit=edit)
