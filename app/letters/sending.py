"""Sending letters: e-mail by SMTP, codes by the verification route. Again at growing gaps until they are taken.

Without an SMTP server (development) a letter counts as sent once it is written: the outbox page shows it.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.gateways.base import Accepted, Gateway, OutgoingMessage
from app.letters.stopping import stop_address
from app.letters.writing import completed
from app.models import Letter, LetterChannel
from config import Settings

log = structlog.get_logger()

GAPS: Final = tuple(timedelta(seconds=s) for s in (10, 30, 120, 600, 1_800, 7_200, 21_600))
_IN_HAND: Final = timedelta(minutes=2)  # nobody else tries it while one job does


GatewayOf = Callable[[Session, Settings], Gateway | None]


class NotTaken(Exception):
    """The mail server or the gateway did not take the letter; the message says why."""


def send(session: Session, letter_id: int, settings: Settings, texts_by: GatewayOf) -> None:
    """Send a letter that is due; text messages by the gateway of `texts_by`.

    Commits twice: it takes the letter in hand, talks to the wire, notes the end.

    An e-mail may go twice when the process dies in between; that is better than a lost one.
    """
    with write_transaction(session):
        letter = session.get(Letter, letter_id, with_for_update=True)
        if letter is None or letter.sent_at or letter.given_up_at or letter.next_try_at > now():
            return
        letter.next_try_at = now() + _IN_HAND
        letter.tries += 1
        gateway = texts_by(session, settings) if letter.channel == LetterChannel.SMS else None
        session.flush()
        session.expunge(letter)
    try:
        _hand_over(letter, settings, gateway)
    except NotTaken as error:
        _note_failure(session, letter, str(error))
    else:
        _note_sent(session, letter, settings)


def due_letters(session: Session) -> list[int]:
    """The letters that a job should send now."""
    return list(
        session.scalars(
            select(Letter.id)
            .where(Letter.sent_at.is_(None), Letter.given_up_at.is_(None), Letter.next_try_at <= now())
            .order_by(Letter.next_try_at)
            .limit(200)
        )
    )


def _hand_over(letter: Letter, settings: Settings, gateway: Gateway | None) -> None:
    if letter.channel == LetterChannel.SMS:
        if gateway is None:
            raise NotTaken("No verification route is set.")
        _send_sms(letter, gateway)
    elif settings.smtp_host:
        _send_email(letter, settings)


def _send_email(letter: Letter, settings: Settings) -> None:
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = letter.recipient
    message["Subject"] = letter.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=parseaddr(settings.mail_from)[1].rpartition("@")[2])
    if address := stop_address(letter, settings.public_url, settings.secret_key):
        # One click in the reader's mail program, RFC 8058.
        message["List-Unsubscribe"] = f"<{address}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(completed(letter, settings.public_url, settings.secret_key))
    try:
        with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=20) as server:
            if settings.smtp_starttls:
                server.starttls(context=ssl.create_default_context())
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password)
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise NotTaken(f"{type(error).__name__}: {error}") from error


def _send_sms(letter: Letter, gateway: Gateway) -> None:
    async def once() -> None:
        await gateway.open()
        try:
            reference = f"letter.{letter.id}.{letter.tries}"
            outcome = await gateway.send(OutgoingMessage(reference, letter.recipient, letter.body, None))
        finally:
            await gateway.close()
        if not isinstance(outcome, Accepted):
            raise NotTaken(f"{type(outcome).__name__}: {outcome.code}")

    asyncio.run(once())


def _note_sent(session: Session, letter: Letter, settings: Settings) -> None:
    with write_transaction(session):
        stored = session.get_one(Letter, letter.id)
        stored.sent_at, stored.error = now(), None
        if settings.is_production:
            stored.body = ""  # it may hold a link that opens an account


def _note_failure(session: Session, letter: Letter, error: str) -> None:
    # What follows the kind is the server's words, which repeat the recipient's address.
    log.warning("letter_not_taken", letter=letter.id, tries=letter.tries, error=error.partition(":")[0])
    with write_transaction(session):
        stored = session.get_one(Letter, letter.id)
        stored.error = error[:300]
        if stored.tries > len(GAPS):
            stored.given_up_at = now()
        else:
            stored.next_try_at = now() + GAPS[stored.tries - 1]
