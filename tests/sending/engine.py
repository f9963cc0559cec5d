"""Short ways to a checked draft, a submitted task and a pumped route, and a gateway that plays a script."""

from __future__ import annotations

import asyncio
import io
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Barrier

from flask import Flask
from sqlalchemy import NullPool, create_engine, func, select
from sqlalchemy.orm import Session

from app.database import configure_engine, write_transaction
from app.extensions import db
from app.gateways.base import (
    Accepted,
    Callback,
    Capabilities,
    DeliveryReport,
    Gateway,
    OnReports,
    Outcome,
    OutgoingMessage,
)
from app.models import Account, Message, Route, Task, User
from app.sending import steering, submission
from app.sending.dispatch.claims import Spans
from app.sending.dispatch.pump import Pump, Turn
from app.sending.drafting import drafts
from app.sending.drafting.checking import check
from app.sending.drafting.drafts import DraftRequest
from app.stored_files import store_upload
from config import Settings
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.users import make_owner

CONTENT = "Your parcel is at the counter."
SPANS = Spans(lease=timedelta(seconds=5), margin=timedelta(seconds=10))

Answer = Callable[[OutgoingMessage], Outcome | Awaitable[Outcome]]


@dataclass
class House:
    """An agency with credit, and a route at one credit a segment."""

    session: Session
    settings: Settings
    owner: User
    route: Route
    account_id: int
    route_id: int

    def request(self, **fields: object) -> DraftRequest:
        defaults: dict[str, object] = {
            "route_id": self.route_id,
            "name": "A test",
            "content": CONTENT,
            "sender_id": "BISTRO",
            "scheduled_at": None,
            "submission_key": secrets.token_hex(8),
        }
        return DraftRequest(**{**defaults, **fields})  # type: ignore[arg-type]

    def quick(self, typed: str, **fields: object) -> Task:
        """A draft to typed recipients, not yet checked."""
        with write_transaction(self.session):
            return drafts.create_quick(self.session, self.owner, self.request(**fields), typed)

    def bulk(self, stored: bytes, name: str, **fields: object) -> Task:
        """A draft to a file, stored and not yet checked."""
        limit = self.settings.limits.upload_bytes
        upload = store_upload(self.settings.uploads_url, io.BytesIO(stored), name, limit)
        with write_transaction(self.session):
            return drafts.create_bulk(self.session, self.owner, self.request(**fields), upload)

    def check(self, task: Task) -> Task:
        check(self.session, task.id, self.settings)
        return self.now(task)

    def ready(self, *numbers: str, **fields: object) -> Task:
        """A checked draft."""
        return self.check(self.quick(", ".join(numbers), **fields))

    def submit(self, task: Task, check_run: int | None = None) -> Task:
        run = task.check_run if check_run is None else check_run
        with write_transaction(self.session):
            return submission.submit(
                self.session, self.account_id, task.public_id,
                user_id=self.owner.id, check_run=run, terms_version="1", ip="127.0.0.1",
            )  # fmt: skip

    def cancel(self, task: Task) -> Task:
        with write_transaction(self.session):
            return steering.cancel(self.session, self.account_id, task.public_id)

    def now(self, task: Task) -> Task:
        """The task as the database has it now."""
        self.session.rollback()
        return self.session.get_one(Task, task.id, populate_existing=True)

    def messages(self, task: Task) -> list[Message]:
        self.session.rollback()
        return list(
            self.session.scalars(
                select(Message)
                .where(Message.task_id == task.id)
                .order_by(Message.row)
                .execution_options(populate_existing=True)
            )
        )

    def statuses(self, task: Task) -> Counter[str]:
        return Counter(message.status for message in self.messages(task))

    def balance(self) -> tuple[int, int]:
        """(available, held), in millicredits."""
        self.session.rollback()
        account = self.session.get_one(Account, self.account_id, populate_existing=True)
        return account.available, account.held


def make_house(app: Flask, session: Session, *, credit: int = 10_000_000, **route_columns: object) -> House:
    owner = make_owner(session, make_account(session, available=credit))
    route = make_route(session, **route_columns)
    assert owner.account_id is not None
    return House(session, app.config["CARILLON"], owner, route, owner.account_id, route.id)


def accept(message: OutgoingMessage) -> Outcome:
    return Accepted(f"g-{message.reference}")


@dataclass
class ScriptedGateway:
    """Answers as its script says, and keeps what it was asked to send, with the time."""

    answer: Answer = accept
    dedupes: bool = False
    concurrency: int = 32
    answer_timeout: float = 5.0
    sent: list[tuple[float, OutgoingMessage]] = field(default_factory=list)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            dedupes_reference=self.dedupes,
            can_be_asked=False,
            receipts=True,
            concurrency=self.concurrency,
            long_text=True,
            answer_timeout=self.answer_timeout,
        )

    @property
    def references(self) -> list[str]:
        return [message.reference for _, message in self.sent]

    async def open(self, on_reports: OnReports | None = None) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def send(self, message: OutgoingMessage) -> Outcome:
        self.sent.append((time.monotonic(), message))
        answer = self.answer(message)
        return await answer if isinstance(answer, Awaitable) else answer

    def read_receipts(self, callback: Callback, now: datetime) -> list[DeliveryReport]:
        return []


def make_pump(
    app: Flask, route_id: int, gateway: Gateway, *, rate: float = 1000, spans: Spans = SPANS
) -> Pump:
    with app.app_context():
        engine = db.engine
        carrier_since = db.session.scalar(select(Route.carrier_since).where(Route.id == route_id))
    return Pump(
        engine, route_id, gateway, rate,
        holder=secrets.token_hex(8), slice_seconds=0.0, spans=spans, should_yield=lambda: False,
        context=app.app_context, carrier_since=carrier_since,
    )  # fmt: skip


def pump(app: Flask, route_id: int, gateway: Gateway, **options: object) -> Turn:
    """Pump until nothing is due."""
    return asyncio.run(make_pump(app, route_id, gateway, **options).run())  # type: ignore[arg-type]


def at_once(app: Flask, acts: Sequence[Callable[[Session], str]]) -> Counter[str]:
    """Run the acts in threads that start together, each with a connection of its own; count what they return."""
    barrier = Barrier(len(acts))
    with app.app_context():
        engine = create_engine(db.engine.url, poolclass=NullPool)
    configure_engine(engine)

    def run(act: Callable[[Session], str]) -> str:
        with app.app_context(), Session(engine) as session:
            barrier.wait()
            return act(session)

    with ThreadPoolExecutor(len(acts)) as pool:
        return Counter(pool.map(run, acts))


def count(session: Session, model: type, *conditions: object) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0  # type: ignore[arg-type]
