"""Whether a check still holds when its draft is submitted.

A price is good for a day. What the route takes (countries, numbers of recipients) and, where rows are merged, the
content rules must be those that the check went by: a draft's one text is judged anew at its submission (`holding`),
thousands of merged ones are not.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.content.template_body import ValuesMissing, fill_body
from app.errors import TaskRefused
from app.language import gettext
from app.models import Recipient, Route, Task, TemplateState, WhatsAppTemplate
from app.sending import route_rules

HOLDS_FOR: Final = timedelta(days=1)


class OutOfDate(TaskRefused):
    """What a check went by is no longer so. The draft has to be checked again; nothing was held."""


def basis(session: Session, route: Route) -> dict[str, str]:
    """What a check goes by, to be kept in its report: `takes` is what the route takes, `rules` those for texts.

    With a WhatsApp template there is `template`, too (`basis_of`): what goes out by its name.
    """
    numbers = route_rules.number_rules(route)
    allowed = numbers.allowed_prefixes
    takes = [
        sorted(numbers.blocked_prefixes),
        sorted(allowed) if allowed is not None else None,
        route.minimum_recipients,
        route.maximum_recipients,
    ]
    rules = [route_rules.words_as_they_stand(session), route_rules.switches(route).to_json()]
    return {"takes": _hashed(takes), "rules": _hashed(rules)}


def basis_of(session: Session, task: Task) -> dict[str, str]:
    """What the check of a task goes by."""
    template = session.get(WhatsAppTemplate, task.template_id) if task.template_id is not None else None
    return basis(session, task.route) | ({"template": _sent_as(template)} if template is not None else {})


def require_current(session: Session, task: Task) -> None:
    """Raises OutOfDate where a checked draft has to be checked again before it may be submitted."""
    if task.changed_at < now() - HOLDS_FOR:
        raise OutOfDate(
            gettext(
                "This task was checked more than a day ago. Nothing was held. "
                "It is being checked again; look at the price."
            )
        )
    went_by = (task.report or {}).get("basis")
    if went_by is None:
        return  # checked before this was kept, so within the day that this is asked for
    stands = basis(session, task.route)
    if went_by["takes"] != stands["takes"] or (
        went_by["rules"] != stands["rules"] and _is_merged(session, task)
    ):
        raise OutOfDate(
            gettext(
                "The rules of this route have changed since this task was checked. Nothing was held. "
                "It is being checked again; look at what is left out, and at the price."
            )
        )


def require_same_template(task: Task, template: WhatsAppTemplate) -> None:
    """Raises OutOfDate where a checked draft says what its WhatsApp template said before it was written anew."""
    if _is_as_checked(task, template):
        return
    raise OutOfDate(
        gettext(
            "The WhatsApp template of this task was written anew since it was checked. Nothing was held. "
            "It is being checked again; look at its text."
        )
    )


def template_problem(session: Session, task: Task) -> str | None:
    """Why a submitted task's WhatsApp template cannot be sent now as it was accepted; None where it can.

    The template stays as it is until the transaction ends.
    """
    if task.template_id is None:
        return None
    template = session.get_one(
        WhatsAppTemplate,
        task.template_id,
        with_for_update={"of": WhatsAppTemplate, "read": True},
        populate_existing=True,
    )
    if not _is_as_checked(task, template):
        return gettext(
            "The WhatsApp template of this task was written anew since it was submitted, so it cannot go out as it was "
            "accepted. Cancel this task, and submit a new one."
        )
    if template.state != TemplateState.APPROVED:
        return gettext(
            "The WhatsApp template of this task is not approved any more. Resume the task once it is approved again, "
            "or cancel it."
        )
    return None


def _is_as_checked(task: Task, template: WhatsAppTemplate) -> bool:
    checked = (task.report or {}).get("basis", {}).get("template")
    if checked is not None and checked != _sent_as(template):
        return False
    try:
        return fill_body(template.body, task.template_values or ()) == task.content
    except ValuesMissing:
        return False  # it has other variables by now


def _sent_as(template: WhatsAppTemplate) -> str:
    """Tells what goes out by the template from what would once it was written anew, under whatever name."""
    header = template.header_kind, template.header_key
    return _hashed([template.name, template.language, template.body, *header])


def _is_merged(session: Session, task: Task) -> bool:
    merged = select(Recipient.id).where(Recipient.task_id == task.id, Recipient.text.is_not(None)).limit(1)
    return session.scalar(merged) is not None


def _hashed(values: list[Any]) -> str:
    return hashlib.sha256(json.dumps(values, default=str).encode()).hexdigest()[:16]
