"""Writing a WhatsApp template."""

from __future__ import annotations

from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms import StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, Regexp

from app.blueprints.fields import at_most, line_feeds, trimmed
from app.blueprints.uploads import take_in
from app.content.findings import Severity
from app.content.rules import Rulebook
from app.content.template_body import VARIABLE, body_problems
from app.whatsapp.templates import Header

# What a file begins with → its media type and the kind of header it makes.
_KINDS: Final = (
    (b"\xff\xd8\xff", "image/jpeg", "image"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "image"),
    (b"%PDF-", "application/pdf", "document"),
)


class TemplateForm(FlaskForm):
    """After `validate`, `header` is the stored header file, None where none was given."""

    name = StringField(
        lazy_gettext("Name"),
        filters=[trimmed],
        validators=[
            DataRequired(lazy_gettext("Name the template.")),
            at_most(100),
            Regexp(
                r"[a-z0-9_]+\Z",
                message=lazy_gettext("Use small letters, digits and _ only, as in spring_offer."),
            ),
        ],
    )
    language = StringField(
        lazy_gettext("Language"),
        default="en",
        filters=[trimmed],
        validators=[
            Regexp(r"[a-z]{2,3}(_[A-Z]{2})?\Z", message=lazy_gettext("Write a code such as en, en_AU or ms."))
        ],
    )
    body = TextAreaField(
        lazy_gettext("Body"), filters=[line_feeds], validators=[DataRequired(lazy_gettext("Write the body."))]
    )
    file = FileField(lazy_gettext("Header image or document"))

    rulebook: Rulebook
    header: Header | None = None

    def validate_body(self, field: TextAreaField) -> None:
        body = field.data or ""
        found = self.rulebook.check(VARIABLE.sub("x", body))
        refused = [f"{each.message} {each.advice}" for each in found if each.severity is Severity.BLOCK]
        problems = [*body_problems(body), *refused]
        if problems:
            raise ValidationError(" ".join(problems[:5]))

    def validate_file(self, field: FileField) -> None:
        file = field.data
        if not isinstance(file, FileStorage) or not file.filename:
            return
        begins = file.stream.read(16)
        file.stream.seek(0)
        known = next(((kind, header) for start, kind, header in _KINDS if begins.startswith(start)), None)
        if known is None:
            raise ValidationError(_("Choose a JPEG or PNG image, or a PDF document."))
        stored = take_in(file)
        self.header = Header(stored.key, stored.name, *known)
