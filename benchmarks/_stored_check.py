"""The check of a task as a job runs it, from the stored upload to the reviewed task, on both databases."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from app.database import configure_engine
from app.models import Account, Base, Role, Route, Task, TaskKind, TaskState, User
from app.sending.drafting import checking
from app.sending.drafting.examining import examine
from app.stored_files import store_upload
from config import Settings

TEXTS = {
    "one text": "Your order is ready at the counter.",
    "merged": "Dear {first name}, your order is ready.",
}
Steps = dict[str, float]


@contextmanager
def scratch_databases() -> Iterator[dict[str, Engine]]:
    """An empty SQLite file and an empty PostgreSQL, with Carillon's tables."""
    from tests.servers import running_postgresql

    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        urls = {
            "SQLite": f"sqlite:///{folder}/carillon.db",
            "PostgreSQL": stack.enter_context(running_postgresql()),
        }
        engines = {name: create_engine(url) for name, url in urls.items()}
        for engine in engines.values():
            configure_engine(engine)
            Base.metadata.create_all(engine)
            stack.callback(engine.dispose)
        yield engines


def best_steps(engine: Engine, path: Path, text: str, rounds: int) -> Steps:
    """Milliseconds of each step of a check, of the quickest of `rounds` runs after one to warm up."""
    with tempfile.TemporaryDirectory() as folder, Session(engine) as session:
        settings = Settings.from_env({"CARILLON_ENV": "test", "CARILLON_INSTANCE": folder})
        runs = [_steps(session, settings, path, text) for _ in range(rounds + 1)]
    return min(runs[1:], key=lambda steps: sum(steps.values()))


def _steps(session: Session, settings: Settings, path: Path, text: str) -> Steps:
    task_id = draft_of(session, settings, path, text)
    marks = [time.perf_counter()]
    draft = checking._begin(session, task_id)
    assert draft is not None
    marks.append(time.perf_counter())
    examined = examine(session, draft, settings, lambda done, found: None)
    marks.append(time.perf_counter())
    checking._store(session, draft, examined)
    marks.append(time.perf_counter())
    session.rollback()
    assert session.get_one(Task, task_id).state == TaskState.READY
    names = ("begin", "read, judge, merge, count, price", "store")
    return {name: (end - start) * 1e3 for name, start, end in zip(names, marks[:-1], marks[1:], strict=True)}


def draft_of(session: Session, settings: Settings, path: Path, text: str) -> int:
    """A draft to a stored upload, waiting for its check."""
    with path.open("rb") as stream:
        upload = store_upload(settings.uploads_url, stream, path.name, settings.limits.upload_bytes)
    user = session.query(User).first() or _owner(session)
    route = session.query(Route).first() or Route(
        name="Bench", gateway="sandbox", rate=1, price_per_segment=1_000
    )
    session.add(route)
    session.flush()
    task = Task(
        account_id=user.account_id, user_id=user.id, route_id=route.id, kind=TaskKind.BULK, name="Bench",
        state=TaskState.CHECKING, content=text, upload_key=upload.key, upload_name=upload.name, check_run=1,
    )  # fmt: skip
    session.add(task)
    session.commit()
    return task.id


def _owner(session: Session) -> User:
    account = Account(name="Bench")
    session.add(account)
    session.flush()
    user = User(
        account_id=account.id, email="bench@example.com", name="Bench", role=Role.OWNER, password_hash="-"
    )
    session.add(user)
    session.flush()
    return user
