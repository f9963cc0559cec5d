"""Bulk message: the composer with a file of numbers."""

from __future__ import annotations

from flask_wtf.file import FileField
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.datastructures import FileStorage
from wtforms import HiddenField, ValidationError

from app.blueprints.compose.forms import ComposeForm
from app.errors import TaskRefused
from app.sending.uploads import StoredUpload, store_upload
from config import Settings


class BulkForm(ComposeForm):
    """A browser never fills a file field again, so a stored file is kept over a refusal by a signed token.

    After `validate`, `upload` is the file to use; None, where a draft is edited, keeps the draft's own.
    """

    file = FileField("Recipient file")
    kept_file = HiddenField()

    settings: Settings
    account_id: int
    needs_file: bool
    upload: StoredUpload | None = None

    def expect_file(self, settings: Settings, account_id: int, *, required: bool) -> None:
        """Where to store the file, whose it is, and whether there must be one."""
        self.settings, self.account_id, self.needs_file = settings, account_id, required

    @property
    def stored_upload(self) -> StoredUpload:
        """The file, where there must be one; to be asked once the form is valid."""
        if self.upload is None:
            raise RuntimeError("A form that needs a file was taken as valid without one.")
        return self.upload

    def validate_file(self, field: FileField) -> None:
        if isinstance(field.data, FileStorage) and field.data.filename:
            self._store(field.data)
            return
        self.upload = self._kept()
        if self.upload is None and self.needs_file:
            raise ValidationError("Choose a file with the recipients: csv, xlsx, xls or txt.")

    def _store(self, file: FileStorage) -> None:
        limit = self.settings.limits.upload_bytes
        try:
            self.upload = store_upload(self.settings.uploads_url, file.stream, file.filename or "", limit)
        except TaskRefused as refusal:
            raise ValidationError(refusal.message) from None
        self.kept_file.data = self._signer().dumps([self.upload.key, self.upload.name, self.upload.size])

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
