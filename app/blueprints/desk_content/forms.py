"""The forms of the content rules. Each takes its own fields and no others."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from app.content.findings import Severity
from app.desk.content_rules import CATEGORIES, LONGEST_WORD, Rule
from app.desk.protected_names import KINDS, LONGEST

SEVERITY_WORDS = {
    Severity.BLOCK: "Block: refused",
    Severity.HOLD: "Hold: staff look first",
    Severity.ALERT: "Alert: goes out, staff are told",
}
_CATEGORY_CHOICES = [SelectChoice(name, name.capitalize()) for name in CATEGORIES]
_SEVERITY_CHOICES = [SelectChoice(str(severity), words) for severity, words in SEVERITY_WORDS.items()]


def _trimmed(text: str | None) -> str:
    return (text or "").strip()


class WordForm(FlaskForm):
    """A word of the list."""

    word = StringField(
        "Word or phrase",
        filters=[_trimmed],
        validators=[
            DataRequired("Enter the word or phrase."),
            Length(max=LONGEST_WORD, message=f"At most {LONGEST_WORD} characters."),
        ],
    )
    category = SelectField("Category", choices=_CATEGORY_CHOICES, validators=[InputRequired()])
    severity = SelectField("Severity", choices=_SEVERITY_CHOICES, validators=[InputRequired()])
    instead = StringField(
        "What to write instead",
        filters=[_trimmed],
        validators=[Length(max=100, message="At most 100 characters.")],
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

    words = TextAreaField("Words", validators=[DataRequired("Paste one word or phrase on each line.")])
    category = SelectField(
        "Category of the lines that name none", choices=_CATEGORY_CHOICES, validators=[InputRequired()]
    )
    severity = SelectField(
        "Severity of the lines that name none", choices=_SEVERITY_CHOICES, validators=[InputRequired()]
    )


class NameForm(FlaskForm):
    """A protected name."""

    name = StringField(
        "Name",
        filters=[_trimmed],
        validators=[
            DataRequired("Enter the name to protect."),
            Length(max=LONGEST, message=f"At most {LONGEST} characters."),
        ],
    )
    kind = SelectField(
        "Belongs to",
        choices=[SelectChoice(kind, f"A {kind}") for kind in KINDS],
        validators=[InputRequired()],
    )


class RefusalForm(FlaskForm):
    """Why a sender ID is not approved."""

    reason = StringField(
        "Reason for the client",
        filters=[_trimmed],
        validators=[
            DataRequired("Say why, in words that the client can act on."),
            Length(max=300, message="At most 300 characters."),
        ],
    )
