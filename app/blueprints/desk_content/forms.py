"""The forms of the content rules. Each takes its own fields and no others."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired

from app.blueprints.fields import at_most, required, trimmed
from app.content.findings import Severity
from app.desk.content_rules import CATEGORIES, LONGEST_WORD, Rule
from app.desk.protected_names import KINDS, LONGEST

SEVERITY_WORDS = {
    Severity.BLOCK: lazy_gettext("Block: refused"),
    Severity.HOLD: lazy_gettext("Hold: staff look first"),
    Severity.ALERT: lazy_gettext("Alert: goes out, staff are told"),
}
CATEGORY_WORDS = {
    "fraud": lazy_gettext("Fraud"),
    "misleading": lazy_gettext("Misleading"),
    "gambling": lazy_gettext("Gambling"),
    "adult": lazy_gettext("Adult"),
    "vulgar": lazy_gettext("Vulgar"),
    "hate": lazy_gettext("Hate"),
    "racist": lazy_gettext("Racist"),
    "abusive": lazy_gettext("Abusive"),
    "harassment": lazy_gettext("Harassment"),
    "other": lazy_gettext("Other"),
}
KIND_WORDS = {
    "bank": lazy_gettext("Bank"),
    "government": lazy_gettext("Government"),
    "brand": lazy_gettext("Brand"),
}
_CATEGORY_CHOICES = [SelectChoice(name, CATEGORY_WORDS[name]) for name in CATEGORIES]
_SEVERITY_CHOICES = [SelectChoice(str(severity), words) for severity, words in SEVERITY_WORDS.items()]


class WordForm(FlaskForm):
    """A word of the list."""

    word = StringField(
        lazy_gettext("Word or phrase"),
        filters=[trimmed],
        validators=required(lazy_gettext("Enter the word or phrase."), LONGEST_WORD),
    )
    category = SelectField(lazy_gettext("Category"), choices=_CATEGORY_CHOICES, validators=[InputRequired()])
    severity = SelectField(lazy_gettext("Severity"), choices=_SEVERITY_CHOICES, validators=[InputRequired()])
    instead = StringField(
        lazy_gettext("What to write instead"),
        filters=[trimmed],
        validators=[at_most(100)],
    )

    def rule(self) -> Rule:
        """What the domain is asked for, once the form is valid."""
        return Rule(self.word.data, self.category.data, Severity(self.severity.data), self.instead.data)


class TrialForm(WordForm):
    """The same in the address of the sandbox, which stores nothing and so needs no token."""

    class Meta:
        csrf = False


class PasteForm(FlaskForm):
    """Many words at once."""

    words = TextAreaField(
        lazy_gettext("Words"),
        validators=[DataRequired(lazy_gettext("Paste one word or phrase on each line."))],
    )
    category = SelectField(
        lazy_gettext("Category of the lines that name none"),
        choices=_CATEGORY_CHOICES,
        validators=[InputRequired()],
    )
    severity = SelectField(
        lazy_gettext("Severity of the lines that name none"),
        choices=_SEVERITY_CHOICES,
        validators=[InputRequired()],
    )


class NameForm(FlaskForm):
    """A protected name."""

    name = StringField(
        lazy_gettext("Name"),
        filters=[trimmed],
        validators=required(lazy_gettext("Enter the name to protect."), LONGEST),
    )
    kind = SelectField(
        lazy_gettext("Belongs to"),
        choices=[SelectChoice(kind, KIND_WORDS[kind]) for kind in KINDS],
        validators=[InputRequired()],
    )


class RefusalForm(FlaskForm):
    """Why a sender ID is not approved."""

    reason = StringField(
        lazy_gettext("Reason for the client"),
        filters=[trimmed],
        validators=required(lazy_gettext("Say why, in words that the client can act on."), 300),
    )
