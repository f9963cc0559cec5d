"""Putting a letter on its way: stored with the change it tells of, sent once that is committed."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from app.letters.stopping import stop_address
from app.models import Letter, LetterChannel, User
from app.queues import enqueue_after_commit

_PANEL: Final = "{public_url}"
STOP_LINK: Final = "{stop_url}"  # where the letter's kind is switched off; filled in as it is sent


def link(path: str) -> str:
    """A page of the panel, to be named in a letter's body: where the panel is reached is filled in as it is sent."""
    return f"{_PANEL}{path}"


def completed(letter: Letter, public_url: str, secret_key: str) -> str:
    """The letter's body with its links whole."""
    body = letter.body.replace(_PANEL, public_url)
    address = stop_address(letter, public_url, secret_key)
    return body if address is None else body.replace(STOP_LINK, address)


def write_email(
    session: Session,
    recipient: str,
    subject: str,
    body: str,
    *,
    user_id: int | None = None,
    stops: str | None = None,
    at_once: bool = True,
) -> Letter:
    """An e-mail in plain text. A line break in the subject would forge headers, so there is none."""
    return _write(
        session, LetterChannel.EMAIL, recipient, " ".join(subject.split()), body, user_id, stops, at_once
    )


def write_to(
    session: Session, user: User, subject: str, body: str, *, stops: str | None = None, at_once: bool = True
) -> Letter:
    """An e-mail to a person of the panel. `stops` is the kind of notice that its link switches off.

    One of many is not sent `at_once`: the ticker asks for some of them every few seconds.
    """
    return write_email(session, user.email, subject, body, user_id=user.id, stops=stops, at_once=at_once)


def write_sms(session: Session, e164: str, body: str, *, user_id: int | None = None) -> Letter:
    """A text message by the verification route that staff have set. Free of charge to the account."""
    return _write(session, LetterChannel.SMS, e164, "SMS", body, user_id)


def _write(
    session: Session,
    channel: LetterChannel,
    recipient: str,
    subject: str,
    body: str,
    user_id: int | None,
    stops: str | None = None,
    at_once: bool = True,
) -> Letter:
    letter = Letter(
        channel=channel, recipient=recipient, subject=subject[:200], body=body, user_id=user_id, stops=stops
    )
    session.add(letter)
    session.flush()
    if at_once:
        enqueue_after_commit(session, "jobs.letters.send", letter.id)
    return letter
