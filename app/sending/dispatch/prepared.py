"""Statements that are built once and run many times a second: building one anew takes longer than running it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, bindparam

from app.models.base import UtcDateTime


class Moment:
    """Stands for the present in the conditions of `app.sending.dispatch.due` while a statement is built.

    What is a time a while later is a parameter of its own: databases add spans in different ways. `given` says what
    the statement wants to be told when it runs.
    """

    def __init__(self) -> None:
        self._later: dict[str, timedelta] = {}

    def __clause_element__(self) -> BindParameter[Any]:
        return bindparam("moment", type_=UtcDateTime())

    def __add__(self, span: timedelta) -> BindParameter[Any]:
        name = f"moment_{round(span.total_seconds())}"
        self._later[name] = span
        return bindparam(name, type_=UtcDateTime())

    def given(self, moment: datetime) -> dict[str, datetime]:
        """The parameters of a statement that runs at `moment`."""
        return {"moment": moment} | {name: moment + span for name, span in self._later.items()}
