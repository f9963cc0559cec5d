"""People who steer while a storm rages: a client and one of the staff at their browsers, over real connections.

Who gets no answer, because the web was killed, clicks again. What became of a click they read in the database, as its
page would say it; what they were told, and when, is what the verdict holds Carillon to.
"""

from __future__ import annotations

import contextlib
import http.client
import random
import time
import urllib.error
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from sqlalchemy import Engine, Row, exists, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.clock import now
from app.models import Message, MessageStatus, Route, Task, TaskState, TopUp, TopUpState, User
from app.pricing import credits
from tests.chaos.browser import Browser
from tests.chaos.carrier import PATIENCE
from tests.chaos.plan import Event
from tests.factories.top_ups import make_top_up
from tests.factories.users import make_staff

_EVER = datetime.max.replace(tzinfo=UTC)
_CREDITED = 50_000  # millicredits: few enough for one of the staff to approve many alone


@dataclass(frozen=True)
class Stillness:
    """Nothing of a task, or with None of all, was to leave from the answer that said so until they asked to go on."""

    task_id: int | None
    since: datetime
    until: datetime


@dataclass
class Wishes:
    """What people wanted, as far as they were told that it was done."""

    cancelled: set[int] = field(default_factory=set)
    suppressed: dict[str, datetime] = field(default_factory=dict)
    still: list[Stillness] = field(default_factory=list)
    credited: int = 0


class People:
    def __init__(self, app: Flask, session: Session, owner: User, engine: Engine, seed: int) -> None:
        self.wishes = Wishes()
        self._app = app
        self._session = session
        self._owner = owner
        self._engine = engine
        self._dice = random.Random(f"people {seed}")
        self._paused: tuple[Row[Any], datetime] | None = None

    def come(self, address: str, top_ups: int) -> None:
        """Sign in at the web process; so many top-ups wait for approval."""
        staff = make_staff(self._session)
        for _ in range(top_ups):
            make_top_up(self._session, self._owner, amount=_CREDITED)
        emails = (self._owner.email, staff.email)
        self._session.rollback()
        self._client, self._staff = (Browser(self._app, address) for _ in emails)
        for browser, email in zip((self._client, self._staff), emails, strict=True):
            browser.sign_in(email)

    def act(self, event: Event) -> bool:
        """Do it; whether there was anything to do it to."""
        match event:
            case Event.PAUSE_OR_RESUME:
                return self._resume() or self._pause()
            case Event.CANCEL:
                return self._cancel()
            case Event.PAUSE_ROUTE:
                return self._pause_route()
            case Event.SUPPRESS:
                return self._suppress()
            case Event.TOP_UP:
                return self._approve()
        raise ValueError(f"{event} is none of theirs.")

    def let_go_on(self) -> None:
        """Nothing stays paused."""
        self._resume()

    def _pause(self) -> bool:
        if (task := self._under_way()) is None:
            return False
        self._steer(task, "pause")
        if self._state(task.id) == TaskState.PAUSED:
            self._paused = task, now()
        return True

    def _resume(self) -> bool:
        if self._paused is None:
            return False
        task, since = self._paused
        self.wishes.still.append(Stillness(task.id, since, now()))
        self._steer(task, "resume")
        self._paused = None
        return True

    def _cancel(self) -> bool:
        if (task := self._under_way()) is None:
            return False
        self._steer(task, "cancel")
        if self._state(task.id) == TaskState.CANCELLED:
            self.wishes.cancelled.add(task.id)
            self.wishes.still.append(Stillness(task.id, now(), _EVER))
        return True

    def _pause_route(self) -> bool:
        route_id = self._read(lambda session: session.scalars(select(Route.id)).one())
        page = self._staff.path("desk_routes.page", route_id=route_id)
        self._click(self._staff, page, f"{page}/pause", reason="A storm")
        since = now()
        time.sleep(self._dice.uniform(0.2, 1.0))
        self.wishes.still.append(Stillness(None, since, now()))
        self._click(self._staff, page, f"{page}/resume")
        return True

    def _suppress(self) -> bool:
        """The number that a task would write to last."""
        if (task := self._under_way()) is None:
            return False
        queued = select(Message.e164).where(
            Message.task_id == task.id, Message.status == MessageStatus.QUEUED
        )
        number = self._read(lambda session: session.scalar(queued.order_by(Message.id.desc()).limit(1)))
        if number is not None:
            page = self._client.path("suppression.page")
            self._click(self._client, page, page, numbers=number, note="")
            self.wishes.suppressed[number] = now()
        return number is not None

    def _approve(self) -> bool:
        waiting = select(TopUp.public_id).where(TopUp.state == TopUpState.WAITING).order_by(TopUp.id).limit(1)
        public_id = self._read(lambda session: session.scalar(waiting))
        if public_id is None:
            return False
        page = self._staff.path("desk_topups.review", public_id=public_id)
        action = self._staff.path("desk_topups.approve", public_id=public_id)
        self._click(self._staff, page, action, prefix="approve-", amount=credits(_CREDITED), reason="")
        self.wishes.credited += _CREDITED
        return True

    def _steer(self, task: Row[Any], verb: str) -> None:
        page = self._client.path(f"tasks.{verb}", public_id=task.public_id)
        self._click(self._client, page, page)

    def _click(self, browser: Browser, page: str, action: str, prefix: str = "", **typed: str) -> None:
        """Open the page, fill in its form and send it, until something answers. "Too late" is an answer as well."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                own = {prefix + name for name in ("csrf_token", "seen")}
                hidden = {name: value for name, value in browser.hidden(page).items() if name in own}
                browser.open(action, hidden | {prefix + name: value for name, value in typed.items()})
                return
            except urllib.error.HTTPError as error:
                error.close()
                if error.code == http.client.CONFLICT:
                    return
                if error.code < 500 or time.monotonic() > deadline:
                    raise
            except (OSError, http.client.HTTPException):
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.05)

    def _under_way(self) -> Row[Any] | None:
        """A task of which some has left and some waits, as soon as there is one; None when nothing waits any more."""
        of_task = Message.task_id == Task.id
        waiting = exists().where(of_task, Message.status == MessageStatus.QUEUED)
        running = select(Task.id, Task.public_id).where(Task.state == TaskState.RUNNING, waiting)
        begun = running.where(exists().where(of_task, Message.attempt > 0)).order_by(Task.id)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := self._read(lambda session: session.execute(begun).all()):
                return self._dice.choice(found)
            if not self._read(lambda session: session.execute(running).all()):
                return None
            time.sleep(0.05)
        return None

    def _state(self, task_id: int) -> str:
        return self._read(lambda session: session.scalars(select(Task.state).where(Task.id == task_id)).one())

    def _read(self, what: Callable[[Session], Any]) -> Any:
        """What the database says, once it can be asked."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(DBAPIError), Session(self._engine) as session:
                return what(session)
            time.sleep(0.05)
        raise TimeoutError("The database cannot be asked.")
