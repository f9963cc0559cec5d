"""The page of one suppression list: the same for a client's own and for the one that staff keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from flask import (
    Response,
    abort,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.access import signed_in_user
from app.blueprints.attachments import attachment
from app.blueprints.suppression.forms import AddForm, FileForm, RemoveForm
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.extensions import db
from app.language import thousands
from app.lists import suppression, suppression_upload
from app.lists.suppression import Added
from app.models import SuppressionSource
from app.recipients.errors import FileRefused
from app.recipients.export import safe_csv

_SHOWN_REJECTIONS = 5


@dataclass(frozen=True)
class SuppressionDesk:
    """`room` is the blueprint whose addresses and page are used, `shown` what its page shows besides the list.

    An `account_id` of None is the list for all accounts.
    """

    room: str
    account_id: int | None
    source: SuppressionSource
    shown: dict[str, Any] = field(default_factory=dict)
    add_form: type[AddForm] = AddForm

    def page(
        self, add: AddForm | None = None, file: FileForm | None = None, status: int = 200
    ) -> ResponseReturnValue:
        """The list, the ways to add to it, and what became of the last files."""
        holding = request.args.get("number", "")[:20]
        before, after = (request.args.get(name, type=int) for name in ("before", "after"))
        session = db.session()
        page = suppression.suppression_page(
            session, self.account_id, holding=holding, before=before, after=after
        )
        shown = {
            "room": self.room,
            "page": page,
            "holding": holding,
            "add": add or self.add_form(formdata=None),
            "file": file or FileForm(formdata=None),
            "uploads": suppression_upload.latest(session, self.account_id),
        }
        return render_template(f"{self.room}/page.html", **shown, **self.shown), status

    def add(self, form: AddForm, account_id: int | None = None) -> ResponseReturnValue:
        """Put typed numbers on the list, or on that of `account_id`."""
        target = self.account_id if account_id is None else account_id
        if not form.validate():
            return self.page(add=form, status=422)
        actor = Actor.of(signed_in_user(), request.remote_addr)
        try:
            with write_transaction(db.session()) as session:
                added = suppression.suppress_typed(
                    session, actor, target, form.numbers.data, self.source, form.note.data
                )
        except FileRefused as refusal:
            form.numbers.errors = [refusal.message]
            return self.page(add=form, status=422)
        if added.rejections:
            form.numbers.errors = _reasons(added)
            form.numbers.data = "\n".join(each.written for each in added.rejections)
            _say(added)
            return self.page(add=form, status=422)
        _say(added)
        return self._back()

    def upload(self) -> ResponseReturnValue:
        """Take a file, which a job reads."""
        form, user_id = FileForm(), signed_in_user().id
        if not form.store():
            return self.page(file=form, status=422)
        stored, note = form.upload, form.note.data
        with write_transaction(db.session()) as session:
            suppression_upload.ask(session, user_id, self.account_id, stored.key, stored.name, note)
        flash(
            _("“%(name)s” is being read. Its numbers are on the list in a moment.", name=stored.name),
            "success",
        )
        return self._back()

    def remove(self, suppression_id: int) -> ResponseReturnValue:
        """Take a number off the list."""
        if not RemoveForm().validate():
            abort(400)
        actor = Actor.of(signed_in_user(), request.remote_addr)
        with write_transaction(db.session()) as session:
            number = suppression.remove(session, actor, self.account_id, suppression_id)
        flash(_("%(number)s has been taken off the list and can be sent to again.", number=number), "success")
        return self._back()

    def download(self) -> Response:
        """The whole list as csv."""
        rows = suppression.suppressions(db.session(), self.account_id)
        lines = ([row.e164, row.at.isoformat(timespec="seconds"), row.source, row.note] for row in rows)
        stored = safe_csv(chain([["phone", "since", "source", "note"]], lines))
        return attachment(stored, "suppression.csv", "text/csv")

    def _back(self) -> ResponseReturnValue:
        return redirect(url_for(f"{self.room}.page"), 303)


def _say(added: Added) -> None:
    if added.added:
        flash(
            ngettext(
                "%(count)s number added: never sent to from now on.",
                "%(count)s numbers added: never sent to from now on.",
                added.added,
                count=thousands(added.added),
            ),
            "success",
        )
    if added.known:
        flash(
            ngettext(
                "%(count)s number stood on the list before.",
                "%(count)s numbers stood on the list before.",
                added.known,
                count=thousands(added.known),
            ),
            "info",
        )


def _reasons(added: Added) -> list[str]:
    count = len(added.rejections)
    shown = [f"“{each.written}”: {each.message}" for each in added.rejections[:_SHOWN_REJECTIONS]]
    return [
        ngettext(
            "%(count)s could not be added and stands here still.",
            "%(count)s could not be added and stand here still.",
            count,
            count=thousands(count),
        ),
        *shown,
    ]
