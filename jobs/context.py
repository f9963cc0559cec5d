"""The application that jobs run in: made once per process, before the worker forks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from flask import Flask
from sqlalchemy.orm import Session

from app import create_app
from app.extensions import db
from config import Settings


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
