"""A message as a gateway wants it, a WhatsApp template filled for its recipient."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.gateways.base import OutgoingMessage, TemplateHeader, TemplateMessage
from app.models import WhatsAppTemplate


class Shared(NamedTuple):
    """What each message of a task says that has nothing of its own."""

    content: str
    sender_id: str | None


def template_of(session: Session, template_id: int | None) -> TemplateMessage | None:
    """The template as it stands, not filled yet; None for a task that has none."""
    kept = session.get(WhatsAppTemplate, template_id) if template_id is not None else None
    if kept is None:
        return None
    header = None
    if kept.header_kind:
        header = TemplateHeader(
            kind=kept.header_kind, name=kept.header_name or "", path=f"media/{kept.public_id}"
        )
    return TemplateMessage(kept.name, kept.language, header=header)


def outgoing(message: Any, task: Any, template: TemplateMessage | None) -> OutgoingMessage:
    """One recipient's message, from the rows of it and its task, with the recipient's values in the template."""
    filled = None
    if template is not None:
        values = tuple(message.parameters or ())
        filled = TemplateMessage(template.name, template.language, values, template.header)
    return OutgoingMessage(
        reference=message.reference,
        to=message.e164,
        text=message.text or task.content,
        sender_id=task.sender_id,
        template=filled,
    )
