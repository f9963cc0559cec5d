"""The application that jobs run in: made once per process, before the worker forks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app import create_app
from app.extensions import db
from app.schema import schema_problem
from config import Settings

log = structlog.get_logger()

_LOOK_AGAIN = 10.0  # seconds


@cache
def load_app() -> Flask:
    """This process's application."""
    return create_app()


def job_settings() -> Settings:
    """The application's settings."""
    settings: Settings = load_app().config["CARILLON"]
    return settings


@contextmanager
def job_session() -> Iterator[Session]:
    """A database session inside the application context, closed at the end. Commits are the job's to make."""
    with load_app().app_context():
        yield db.session()


def await_schema(pause: Callable[[float], object] = time.sleep) -> bool:
    """Wait until the database has this code's schema, saying what it waits for, rather than fail at every job.

    False when `pause`, which is given seconds, returned something true: asked to stop meanwhile.
    """
    while (problem := _schema_problem()) is not None:
        log.error("waiting_for_the_database", reason=f"The database {problem}.")
        if pause(_LOOK_AGAIN):
            return False
    return True


def _schema_problem() -> str | None:
    with job_session() as session:
        try:
            return schema_problem(session)
        except SQLAlchemyError:
            return "does not answer"
        finally:
            db.session.remove()
            db.engine.dispose()  # a worker forks: no child may find its parent's connection
