"""Forms for saved lists."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from werkzeug.datastructures import FileStorage
from wtforms import SelectMultipleField, StringField, ValidationError
from wtforms.validators import DataRequired, Length

from app.blueprints.fields import one_line
from app.blueprints.uploads import take_in
from app.lists.saved import LONGEST_NAME
from app.stored_files import StoredUpload


def list_name(label: str = lazy_gettext("Name"), id: str = "name") -> StringField:
    """The field for a list's name; `id` sets two on one page apart."""
    return StringField(
        label,
        id=id,
        filters=[one_line],
        validators=[
            DataRequired(lazy_gettext("Name the list, so that you find it again.")),
            Length(
                max=LONGEST_NAME,
                message=lazy_gettext(
                    "The name has more than %(longest_name)s characters. Shorten it.",
                    longest_name=LONGEST_NAME,
                ),
            ),
        ],
    )


class StoredFileForm(FlaskForm):
    """A form with a file, which is stored once all else is valid; `upload` is then where."""

    file = FileField(
        lazy_gettext("File"), validators=[FileRequired(lazy_gettext("Choose a file: csv, xlsx, xls or txt."))]
    )

    upload: StoredUpload

    def store(self) -> bool:
        """Whether everything is valid and the file has been stored; it is read later, by a job."""
        if not self.validate():
            return False
        file = self.file.data
        assert isinstance(file, FileStorage)
        try:
            self.upload = take_in(file)
        except ValidationError as refusal:
            self.file.errors = [str(refusal)]
            return False
        return True


class UploadListForm(StoredFileForm):
    name = list_name()


class NameForm(FlaskForm):
    name = list_name()


class MergeForm(FlaskForm):
    """`lists` are public ids; whose they are is for the domain to judge."""

    lists = SelectMultipleField(lazy_gettext("Lists"), validate_choice=False)
    name = list_name(lazy_gettext("Name of the new list"), "merge-name")

    def validate_lists(self, field: SelectMultipleField) -> None:
        if len(field.data or []) < 2:
            raise ValidationError(_("Tick two lists or more."))
