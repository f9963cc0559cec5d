"""Where a text may begin: a saved one, or that of an earlier task; and the way back to what stood there before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import url_for
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session
from wtforms import BooleanField, HiddenField, SelectChoice, SelectField, StringField
from wtforms.validators import Length

from app.blueprints.fields import at_most
from app.language import gettext as _
from app.models import SavedText, Task, TaskKind
from app.saved_texts import LONGEST_NAME, text_of
from app.sending.lookup import task_of

if TYPE_CHECKING:
    from app.blueprints.compose.forms import ComposeForm

_MOST_KEPT = 20_000
_SAVED, _EARLIER = "text:", "task:"


@dataclass(frozen=True)
class Note:
    """What was done with the form, in a sentence, and where the reader may go from there."""

    words: str
    address: str = ""
    address_words: str = ""


class StartingFields:
    """Buttons are fields: the one that was pressed is true, with a script and without."""

    start_from = SelectField(lazy_gettext("Saved text or earlier task"), validate_choice=False, default="")
    use_start = BooleanField()
    replaced = HiddenField(validators=[Length(max=_MOST_KEPT)])
    put_back = BooleanField()
    text_name = StringField(lazy_gettext("Name of the text"), validators=[at_most(LONGEST_NAME)])
    save_text = BooleanField()
    send_test = BooleanField()
    look = HiddenField()

    def offer_starts(self, saved: Iterable[SavedText], earlier: Iterable[Task]) -> None:
        """Offer these texts and tasks to begin from."""
        groups = {
            _("Saved texts"): [SelectChoice(f"{_SAVED}{each.public_id}", each.name) for each in saved],
            _("Earlier tasks"): [SelectChoice(f"{_EARLIER}{each.public_id}", each.name) for each in earlier],
        }
        offered = {words: choices for words, choices in groups.items() if choices}
        self.start_from.choices = {"": [SelectChoice("", _("Choose one"))], **offered} if offered else []


def begin(form: ComposeForm, session: Session, account_id: int) -> None:
    """Put the chosen saved text or earlier task into the form; what stood there can be put back. Raises NotFound."""
    chosen = form.start_from.data or ""
    before = form.content.data or ""
    if chosen.startswith(_SAVED):
        use_saved(form, text_of(session, account_id, chosen.removeprefix(_SAVED)))
    elif chosen.startswith(_EARLIER):
        take_over(form, task_of(session, account_id, chosen.removeprefix(_EARLIER)))
    else:
        form.notes = [Note(_("Choose a saved text or an earlier task first."))]
        return
    form.replaced.data = before if before.strip() and before != form.content.data else ""


def use_saved(form: ComposeForm, saved: SavedText) -> None:
    """Put a saved text into the form."""
    form.content.data = saved.text
    form.notes = [Note(_("The text is that of “%(name)s”. It is checked below.", name=saved.name))]


def put_back(form: ComposeForm) -> None:
    """Change the text and the one that it replaced."""
    form.content.data, form.replaced.data = form.replaced.data or "", form.content.data or ""
    form.notes = [Note(_("Your own text stands here again."))]


def take_over(form: ComposeForm, task: Task, *, with_recipients: bool = False) -> None:
    """Begin with an earlier task's text, sender ID and route; its recipients only where that is asked for."""
    form.content.data, form.sender_id.data = task.content, task.sender_id or ""
    form.template_id.data, form.template_values.data = task.template_id, "\n".join(task.template_values or [])
    same_route = task.route_id in form.routes
    if same_route:
        form.route_id.data = task.route_id
    words = (
        _("The text, the sender ID and the route are those of “%(name)s”.", name=task.name)
        if same_route
        else _(
            "The text and the sender ID are those of “%(name)s”. Its route, %(route)s, is not open to you any more.",
            name=task.name,
            route=task.route.name,
        )
    )
    form.notes = [
        Note(words),
        form.take_recipients(task) if with_recipients else _recipients_offer(form, task),
    ]


def _recipients_offer(form: ComposeForm, task: Task) -> Note:
    """Recipients are a question of their own: nobody is written to again by oversight."""
    if not form.could_take_recipients(task) or form.is_submitted():
        return Note(_("Its recipients were not copied: give the new ones below."))
    endpoint = "quick.new" if task.kind == TaskKind.QUICK else "bulk.new"
    asked: dict[str, Any] = {"from": task.public_id, "recipients": "yes"}
    again = url_for(endpoint, **asked)
    return Note(_("Its recipients were not copied."), again, _("Write to the same recipients"))
