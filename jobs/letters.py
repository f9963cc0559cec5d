"""Sending the panel's own letters."""

from __future__ import annotations

from app.desk.verification_route import verification_gateway
from app.letters.sending import send as send_letter
from jobs.context import job_session, load_app


def send(letter_id: int) -> None:
    """Send a letter, if it is due."""
    with job_session() as session:
        send_letter(session, letter_id, load_app().config["CARILLON"], verification_gateway)
