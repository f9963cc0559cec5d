"""Asking carriers about messages in doubt."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from app.database import write_transaction
from app.gateways.base import AnswersQuestions, SettingsRefused
from app.models import Route
from app.sending import asking
from app.sending.gateways import gateway_for
from jobs.context import job_session, job_settings

_SLICE: Final = 60.0  # seconds; a batch may take as long again


def ask(route_id: int) -> None:
    """Ask about what is in doubt on a route, a batch at a time, for a slice; the ticker asks for the next one."""
    with job_session() as session:
        route = session.get(Route, route_id)
        if route is None:
            return
        try:
            gateway = gateway_for(route, job_settings())
        except SettingsRefused:
            return  # the pump tells staff
        if not isinstance(gateway, AnswersQuestions) or not gateway.capabilities.can_be_asked:
            return
        asked, ends = asking.doubts(session, route_id), time.monotonic() + _SLICE
        while asked:
            session.rollback()  # nothing stays open while the carrier is asked
            answers = asyncio.run(asking.ask(gateway, asked))
            with write_transaction(session):
                asking.settle(session, answers)
            more = len(asked) == len(answers) == asking.BATCH and time.monotonic() < ends
            asked = asking.doubts(session, route_id) if more else []
