"""How long chaos lasts: its short form in `make test`, all of it with CHAOS=long (`make chaos`); and its stage."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import servers
from tests.chaos.crew import LONG
from tests.chaos.stage import Stage
from tests.sending.engine import House, make_house


@pytest.fixture(scope="session")
def long() -> bool:
    return LONG


@pytest.fixture(scope="session")
def seed() -> int:
    """CHAOS_SEED gives a storm again; else the short form always has the same one, and the long form a new one."""
    if given := os.environ.get("CHAOS_SEED"):
        return int(given)
    return int.from_bytes(os.urandom(4)) if LONG else 20_261_121


@pytest.fixture
def house(app: Flask, session: Session) -> House:
    return make_house(app, session, credit=100_000_000)


@pytest.fixture
def valkey() -> Iterator[servers.Valkey]:
    """A Valkey of this test alone, which it may stop."""
    valkey = servers.Valkey()
    valkey.start()
    yield valkey
    valkey.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own, where we may mount one; else a folder."""
    folder = Path(tempfile.mkdtemp(prefix="carillon-disk-"))
    folder.chmod(0o755)
    mount = ["mount", "-t", "tmpfs", "-o", "size=256m", "carillon-chaos", str(folder)]
    is_mounted = os.geteuid() == 0 and subprocess.run(mount, check=False, capture_output=True).returncode == 0
    yield folder
    if is_mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)
    with contextlib.suppress(OSError):
        folder.rmdir() if is_mounted else None


@pytest.fixture
def stage_on(
    request: pytest.FixtureRequest,
    disk: Path,  # before the applications: their books are proven when they go, and lie on it
    valkey: servers.Valkey,
    app_on: Callable[..., Flask],
    tmp_path: Path,
) -> Callable[[str], Stage]:
    """A whole Carillon to be ruined, on the named kind of database."""

    def make(database: str) -> Stage:
        fields: dict[str, object] = {"redis_url": valkey.url}
        if database == "sqlite":
            template = request.getfixturevalue("sqlite_template")
            path = disk / "carillon.db"
            path.write_bytes(template.read_bytes())
            fields["database_url"] = f"sqlite:///{path}"
        app = app_on(database, **fields)
        if database == "postgresql":
            servers.shorten_recovery(app.config["CARILLON"].database_url)
        return Stage(app, valkey, disk if os.path.ismount(disk) else None, tmp_path)

    return make
