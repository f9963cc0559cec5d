"""Reading the letters that Carillon wrote, as their recipients do, and as their mail server does."""

from __future__ import annotations

import re
import smtplib
from email.message import EmailMessage

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Letter


def newest_letter(session: Session, recipient: str, *, subject: str | None = None) -> Letter:
    """The last letter (of that subject, where one is given) or text message to this address.

    Raises AssertionError when there is none.
    """
    session.rollback()
    found = select(Letter).where(Letter.recipient == recipient).order_by(Letter.id.desc()).limit(1)
    if subject is not None:
        found = found.where(Letter.subject == subject)
    letter = session.scalar(found)
    assert letter is not None, f"Nothing was written to {recipient}"
    return letter


def link_in(letter: Letter, path: str) -> str:
    """The path of the link in a letter that begins with `path`."""
    found = re.search(rf"https?://[^/\s]+({re.escape(path)}\S+)", letter.body)
    assert found, f"No link to {path} in: {letter.body}"
    return found.group(1)


def code_in(letter: Letter) -> str:
    """The six digits of a text message."""
    found = re.search(r"\b\d{6}\b", letter.body)
    assert found, f"No code in: {letter.body}"
    return found.group(0)


def mail_server(monkeypatch: pytest.MonkeyPatch) -> list[EmailMessage]:
    """A mail server that takes everything; the list grows by what it is handed."""
    taken: list[EmailMessage] = []

    class Server:
        def __init__(self, *_: object, **__: object) -> None: ...
        def __enter__(self) -> Server:
            return self

        def __exit__(self, *_: object) -> None: ...
        def send_message(self, message: EmailMessage) -> None:
            taken.append(message)

    monkeypatch.setattr(smtplib, "SMTP", Server)
    return taken
