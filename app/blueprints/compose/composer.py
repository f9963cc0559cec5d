"""The composer's page, checks and answers: the same four steps for quick and bulk, new and edited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from flask import current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.blueprints.compose.forms import ComposeForm, new_submission_key
from app.database import write_transaction
from app.errors import Conflict, NotFound, TaskRefused
from app.extensions import db
from app.models import Task, TaskKind
from app.recipients.errors import FileRefused
from app.sending.holding import is_deceitful, note_refusal
from app.sending.lookup import approved_templates, open_routes, own_prices, task_of
from app.sending.preview import Preview, preview, tidied_text
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
            return self._page()
        if self.form.tidy.data:
            self.form.content.data = tidied_text(self.form.content.data or "")
        self._check()
        if self.form.only_check.data or self.form.tidy.data or self.form.errors:
            self._note_refusal()
            return self._page()
        try:
            with write_transaction(db.session()) as session:
                task = write(session)
        except Conflict as conflict:
            self._refuse_again(conflict)
            return self._page()
        except (TaskRefused, NotFound) as refusal:
            self.form.refuse(refusal.message)
            return self._page()
        return _to_review(task)

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
        """Staff hear of a client whose texts are refused again and again; looking while one writes does not count."""
        if self.shown is None or self.form.only_check.data or self.form.tidy.data:
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
            "This form was sent before with other contents; that draft is kept in your tasks. "
            "Continue once more to make a new one from what stands here."
        )

    def _page(self) -> ResponseReturnValue:
        """The form with what is to be corrected. A script gets it alone, and as a success: a browser would
        write a 422 that a script asked for into its console as an error."""
        if _by_fetch():
            return render_template("compose/_form.html", composer=self, form=self.form, shown=self.shown)
        page = render_template(f"{self.kind}/page.html", composer=self, form=self.form, shown=self.shown)
        return page, 422 if self.form.errors else 200


def offer_routes(form: ComposeForm, account_id: int, zone: ZoneInfo) -> None:
    """Let the form offer the account's routes at the account's prices, and read times in this zone."""
    session = db.session()
    form.prepare(open_routes(session, account_id), own_prices(session, account_id), zone)
    form.offer_templates(approved_templates(session, account_id))


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
    """The account's draft of this kind. Raises NotFound, also for a task that has been submitted."""
    task = task_of(db.session(), account_id, public_id)
    if task.kind != kind or task.state not in DRAFT_STATES:
        raise NotFound("This task cannot be edited here. It may have been submitted already.")
    return task


def _by_fetch() -> bool:
    return request.headers.get("X-Requested-With") == "fetch"


def _to_review(task: Task) -> ResponseReturnValue:
    """The way to the review page. composer.js gets it as JSON and, for a quick message, opens the terms dialog."""
    page = url_for("review.page", public_id=task.public_id)
    if not _by_fetch():
        return redirect(page, 303)
    if task.kind == TaskKind.BULK:
        return jsonify(review=page)
    edit = url_for(f"{task.kind}.edit", public_id=task.public_id)
    return jsonify(review=page, dialog=url_for("review.dialog", public_id=task.public_id), edit=edit)
