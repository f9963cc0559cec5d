"""Message templates of an account, from the first draft to WhatsApp's word on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.content.template_body import variables_in
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import Conflict, NotFound
from app.language import gettext
from app.language import gettext as _
from app.models import NoticeKind, TemplateState, User, WhatsAppTemplate
from app.notices.telling import Words, tell_one
from app.sending import steering

_S = TemplateState
EDITABLE: Final = frozenset({_S.DRAFT, _S.REJECTED})
# What staff may mark, from where.
MARKS: Final = {
    _S.APPROVED: frozenset({_S.SUBMITTED, _S.PAUSED}),
    _S.REJECTED: frozenset({_S.SUBMITTED, _S.APPROVED, _S.PAUSED}),
    _S.PAUSED: frozenset({_S.APPROVED}),
}


@dataclass(frozen=True)
class Header:
    """A stored header file: where, what the client calls it, its media type by its content, image or document."""

    key: str
    name: str
    type: str
    kind: str


def templates_of(session: Session, account_id: int) -> Sequence[WhatsAppTemplate]:
    """The account's templates, newest first."""
    return session.scalars(
        select(WhatsAppTemplate)
        .where(WhatsAppTemplate.account_id == account_id)
        .order_by(WhatsAppTemplate.id.desc())
    ).all()


def template_of(session: Session, account_id: int, public_id: str) -> WhatsAppTemplate:
    """The account's template of that public id. Raises NotFound."""
    found = session.scalar(
        select(WhatsAppTemplate).where(
            WhatsAppTemplate.account_id == account_id, WhatsAppTemplate.public_id == public_id
        )
    )
    if found is None:
        raise NotFound(gettext("There is no such template in your account."))
    return found


def write(
    session: Session,
    user_id: int,
    account_id: int,
    *,
    name: str,
    language: str,
    body: str,
    header: Header | None,
    public_id: str | None = None,
) -> WhatsAppTemplate:
    """A new template, or with `public_id` a draft or rejected one written anew; a header stays where none is given.

    Raises NotFound, Conflict when name and language are taken or it is beyond editing.
    """
    if public_id is None:
        template = WhatsAppTemplate(account_id=account_id, user_id=user_id)
    else:
        template = template_of(session, account_id, public_id)
        if template.state not in EDITABLE:
            raise Conflict(gettext("A template that was submitted cannot be changed. Write a new one."))
    template.name, template.language, template.body = name, language, body
    template.variables, template.state, template.state_reason = len(variables_in(body)), _S.DRAFT, None
    if header is not None:
        template.header_key, template.header_name = header.key, header.name
        template.header_type, template.header_kind = header.type, header.kind
    try:
        with session.begin_nested():
            session.add(template)
    except IntegrityError:
        raise Conflict(
            gettext(
                "You have a template “%(name)s” in %(language)s already. Choose another name.",
                name=name,
                language=language,
            )
        ) from None
    return template


def submit(session: Session, actor: Actor, account_id: int, public_id: str) -> WhatsAppTemplate:
    """Hand a draft to staff, who submit it to WhatsApp. Raises NotFound, Conflict when it is none."""
    template = template_of(session, account_id, public_id)
    if template.state != _S.DRAFT:
        raise Conflict(gettext("Only a draft can be submitted."))
    template.state = _S.SUBMITTED
    _record(session, actor, template, "whatsapp_template.submit", _S.DRAFT)
    return template


def waiting_and_decided(session: Session) -> Sequence[WhatsAppTemplate]:
    """What staff see: everything that was submitted, what waits first."""
    found = session.scalars(
        select(WhatsAppTemplate)
        .where(WhatsAppTemplate.state != _S.DRAFT)
        .order_by(WhatsAppTemplate.id.desc())
        .limit(200)
    ).all()
    return sorted(found, key=lambda template: template.state != _S.SUBMITTED)


def any_template(session: Session, public_id: str) -> WhatsAppTemplate:
    """A template of any account, for staff. Raises NotFound."""
    found = session.scalar(select(WhatsAppTemplate).where(WhatsAppTemplate.public_id == public_id))
    if found is None or found.state == _S.DRAFT:
        raise NotFound(gettext("There is no such submitted template."))
    return found


def may_become(template: WhatsAppTemplate) -> list[TemplateState]:
    """What WhatsApp may decide of the template as it stands."""
    return [state for state, sources in MARKS.items() if template.state in sources]


def mark(
    session: Session, actor: Actor, public_id: str, state: TemplateState, reason: str
) -> WhatsAppTemplate:
    """Write down what WhatsApp has decided, on the record, and tell the client. Raises NotFound, Conflict.

    The running tasks of a template that may not be sent any more pause, and ask their owners.
    """
    template = any_template(session, public_id)
    session.refresh(template, with_for_update={"of": WhatsAppTemplate})
    before = TemplateState(template.state)
    if before not in MARKS.get(state, frozenset()):
        raise Conflict(
            gettext(
                "By now this template cannot become that: somebody marked it meanwhile. Look at it again."
            )
        )
    template.state, template.state_reason, template.decided_by = state, reason or None, actor.user_id
    _record(session, actor, template, "whatsapp_template.mark", before)
    if state != _S.APPROVED:
        session.flush()
        steering.pause_template(session, template.id)
    author = session.get_one(User, template.user_id)
    tell_one(session, author, NoticeKind.TEMPLATE, lambda _person: _decided(template, reason))
    return template


def _decided(template: WhatsAppTemplate, reason: str) -> Words:
    named = {"name": template.name, "language": template.language}
    said = {
        _S.APPROVED: _("Your WhatsApp template “%(name)s” (%(language)s) is approved.", **named),
        _S.REJECTED: _("Your WhatsApp template “%(name)s” (%(language)s) was rejected.", **named),
        _S.PAUSED: _("WhatsApp has paused your template “%(name)s” (%(language)s).", **named),
    }[TemplateState(template.state)]
    because = [_("The reason: %(reason)s", reason=reason)] if reason else []
    title = _("Decided: the template %(name)s", name=template.name)
    return Words(title, " ".join([said, *because]), f"/whatsapp/{template.public_id}")


def _record(
    session: Session, actor: Actor, template: WhatsAppTemplate, action: str, before: TemplateState
) -> None:
    audit_log.record(
        session,
        actor,
        action,
        f"whatsapp_template:{template.public_id}",
        account_id=template.account_id,
        before={"state": before.value},
        after={"state": str(template.state), "reason": template.state_reason},
    )
