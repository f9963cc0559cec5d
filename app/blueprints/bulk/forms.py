"""Bulk message: the composer with a file of numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf.file import FileField
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, HiddenField, SelectChoice, SelectField, ValidationError

from app.blueprints.compose.forms import ComposeForm
from app.blueprints.compose.phone import draft_source
from app.blueprints.compose.starting import Note
from app.blueprints.uploads import take_in
from app.language import thousands
from app.models import RecipientList, Task
from app.sending.drafting.drafts import ChosenList, DraftRequest, Source
from app.stored_files import StoredUpload
from config import Settings


class BulkForm(ComposeForm):
    """A browser never fills a file field again, so a stored file is kept over a refusal by a signed token.

    After `validate`, `upload` is the file or the saved list to use; None, where a draft is edited, keeps the
    draft's own. A file that is chosen now goes before a list, and a list before a file that was kept.
    """

    list = SelectField(lazy_gettext("Saved list"), validate_choice=False, default="")
    file = FileField(lazy_gettext("Recipient file"))
    kept_file = HiddenField()
    wants_canary = BooleanField(
        lazy_gettext("Send to the first 20, and go on when these went well"), default=True
    )

    settings: Settings
    account_id: int
    needs_file: bool
    lists: dict[str, RecipientList]
    upload: Source | None = None

    def draft_request(self) -> DraftRequest:
        return replace(super().draft_request(), wants_canary=self.wants_canary.data)

    def offer_lists(self, lists: Iterable[RecipientList], chosen: str = "") -> None:
        """Offer these saved lists; `chosen` is the one to begin with, by its public id."""
        self.lists = {each.public_id: each for each in lists}
        self.list.choices = [
            SelectChoice("", _("None: a file, below")),
            *(
                SelectChoice(key, _("%(name)s · %(size)s numbers", name=each.name, size=thousands(each.size)))
                for key, each in self.lists.items()
            ),
        ]
        if not self.is_submitted() and chosen in self.lists:
            self.list.data = chosen

    def expect_file(self, settings: Settings, account_id: int, *, required: bool) -> None:
        """Where to store the file, whose it is, and whether there must be one."""
        self.settings, self.account_id, self.needs_file = settings, account_id, required

    @property
    def stored_upload(self) -> Source:
        """The file or the list, where there must be one; to be asked once the form is valid."""
        if self.upload is None:
            raise RuntimeError("A form that needs a file was taken as valid without one.")
        return self.upload

    def rows_source(self, task: Task | None) -> Source | None:
        """The file that came now or was kept, else the chosen list, else what the draft has."""
        if self.upload is not None:
            return self.upload
        saved = self.lists.get(self.list.data or "")
        if saved is not None:
            return ChosenList(saved.id, saved.name)
        return self._kept() or draft_source(task)

    def keep_file(self) -> None:
        came = isinstance(self.file.data, FileStorage) and bool(self.file.data.filename)
        if not came and not self.list.data:
            self.upload = self._kept()
            return
        try:
            self.validate_file(self.file)
        except ValidationError as problem:
            self.file.errors = [str(problem)]

    def could_take_recipients(self, task: Task) -> bool:
        return any(saved.id == task.list_id for saved in self.lists.values())

    def take_recipients(self, task: Task) -> Note:
        saved = next((saved for saved in self.lists.values() if saved.id == task.list_id), None)
        if saved is None:
            return Note(_("Its file was removed once it had been read: choose it again below."))
        self.list.data = saved.public_id
        return Note(_("The recipients are those of the list “%(name)s”, as it is now.", name=saved.name))

    def validate_file(self, field: FileField) -> None:
        if isinstance(field.data, FileStorage) and field.data.filename:
            self._store(field.data)
            return
        if self.list.data:
            self.upload = self._chosen(self.list.data)
            return
        self.upload = self._kept()
        if self.upload is None and self.needs_file:
            raise ValidationError(_("Choose a file with the recipients: csv, xlsx, xls or txt."))

    def _chosen(self, public_id: str) -> ChosenList:
        saved = self.lists.get(public_id)
        if saved is None:
            raise ValidationError(_("This saved list is no longer there. Choose another one, or a file."))
        most = self.settings.limits.bulk_recipients
        if saved.size > most:
            raise ValidationError(
                _(
                    "“%(name)s” has %(size)s numbers; one task takes %(most)s.",
                    name=saved.name,
                    size=thousands(saved.size),
                    most=thousands(most),
                )
            )
        return ChosenList(saved.id, saved.name)

    def _store(self, file: FileStorage) -> None:
        self.upload = take_in(file)
        self.kept_file.data = self._signer().dumps([self.upload.key, self.upload.name, self.upload.size])
        self.list.data = ""

    def _kept(self) -> StoredUpload | None:
        if not self.kept_file.data:
            return None
        try:
            return StoredUpload(*self._signer().loads(self.kept_file.data))
        except BadSignature:
            self.kept_file.data = ""
            return None

    def _signer(self) -> URLSafeSerializer:
        """Signs for one account, so that no form can name another's file."""
        return URLSafeSerializer(self.settings.secret_key, salt=f"kept-upload:{self.account_id}")
