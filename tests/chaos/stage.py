"""What a storm goes over: an agency, a route to a carrier that misbehaves, the processes and the servers below them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from app.sending.gateways import lock_secrets
from config import Settings
from tests import servers
from tests.chaos.carrier import ChaosCarrier, settings_of
from tests.chaos.crew import Crew
from tests.chaos.storm import full_disk
from tests.sending.engine import House, make_house

CREDIT = 100_000_000


class Stage:
    """One Carillon for one test. `disk` is a small file system that holds a SQLite database, where there is one."""

    def __init__(self, app: Flask, valkey: servers.Valkey, disk: Path | None, folder: Path) -> None:
        self.app = app
        self.settings: Settings = app.config["CARILLON"]
        self._valkey = valkey
        self._disk = disk
        self._folder = folder

    @property
    def database_url(self) -> str:
        return self.settings.database_url

    @property
    def can_fill_disk(self) -> bool:
        return self._disk is not None

    def house(
        self, session: Session, carrier: ChaosCarrier, kind: str, rate: int, answer_timeout: float = 2.0
    ) -> House:
        openly, secret = settings_of(carrier.url, kind, answer_timeout)
        return make_house(
            self.app, session, credit=CREDIT, rate=rate, gateway="http", gateway_settings=openly,
            gateway_secrets=lock_secrets(secret, self.settings),
        )  # fmt: skip

    @contextlib.contextmanager
    def crew(self, **options: Any) -> Iterator[Crew]:
        crew = Crew(self._folder, self.settings, **options)
        try:
            yield crew
        finally:
            crew.close()

    def stop_redis(self) -> None:
        self._valkey.stop()

    def start_redis(self) -> None:
        self._valkey.start()

    def restart_database(self) -> None:
        servers.restart_postgresql(self.settings.database_url)

    def fill_disk(self) -> contextlib.AbstractContextManager[None]:
        return full_disk(self._disk) if self._disk is not None else contextlib.nullcontext()
