"""Taking an uploaded file in, for forms."""

from __future__ import annotations

from flask import current_app
from werkzeug.datastructures import FileStorage
from wtforms import ValidationError

from app.access import signed_in_user
from app.accounts.abuse import TooManyUploads
from app.blueprints import limits
from app.errors import TaskRefused
from app.extensions import db
from app.sending.abandoned import forget_left_behind
from app.stored_files import StoredUpload, store_upload
from config import Settings


def take_in(file: FileStorage) -> StoredUpload:
    """Count a file and keep it; the oldest that serve nothing make room. Raises ValidationError, for the form."""
    settings: Settings = current_app.config["CARILLON"]
    account_id = signed_in_user().account_id
    most = settings.limits.upload_bytes
    try:
        limits.take_upload()
        upload = store_upload(settings.uploads_url, file.stream, file.filename or "", most, account_id)
    except (TaskRefused, TooManyUploads) as refusal:
        raise ValidationError(refusal.message) from None
    if account_id is not None:
        forget_left_behind(db.session(), settings.uploads_url, account_id)
    return upload
