"""Putting a letter on its way: stored with the change it tells of, sent once that is committed."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from app.models import Letter, LetterChannel, User
from app.queues import enqueue_after_commit

_PANEL: Final = "{public_url}"


def link(path: str) -> str:
    """A page of the panel, to be named in a letter's body: where the panel is reached is filled in as it is sent."""
    return f"{_PANEL}{path}"


def completed(body: str, public_url: str) -> str:
    """The body with its links whole."""
    return body.replace(_PANEL, public_url)


def write_email(
    session: Session, recipient: str, subject: str, body: str, *, user_id: int | None = None
) -> Letter:
    """An e-mail in plain text. A line break in the subject would forge headers, so there is none."""
    return _write(session, LetterChannel.EMAIL, recipient, " ".join(subject.split()), body, user_id)


def write_to(session: Session, user: User, subject: str, body: str) -> Letter:
    """An e-mail to a person of the panel."""
    return write_email(session, user.email, subject, body, user_id=user.id)


def write_sms(session: Session, e164: str, body: str, *, user_id: int | None = None) -> Letter:
    """A text message by the verification route that staff have set. Free of charge to the account."""
    return _write(session, LetterChannel.SMS, e164, "SMS", body, user_id)


def _write(
    session: Session, channel: LetterChannel, recipient: str, subject: str, body: str, user_id: int | None
) -> Letter:
    letter = Letter(channel=channel, recipient=recipient, subject=subject[:200], body=body, user_id=user_id)
    session.add(letter)
    session.flush()
    enqueue_after_commit(session, "jobs.letters.send", letter.id)
    return letter
