"""`python -m tests.sending.impatient worker|ticker`: Carillon's own processes, with leases and claims of seconds."""

from __future__ import annotations

import dataclasses
import sys
from datetime import timedelta

from app import create_app
from config import Settings
from jobs import context


def main(role: str) -> None:
    settings = dataclasses.replace(
        Settings.from_env(),
        pump_lease=timedelta(seconds=1),
        claim_life=timedelta(seconds=2),
        claim_margin=timedelta(seconds=1),
        ticker_interval=timedelta(seconds=0.2),
    )
    app = create_app(settings)
    context.load_app = lambda: app  # type: ignore[assignment]
    if role == "ticker":
        from jobs import ticker

        ticker.main()
    else:
        from jobs import worker

        worker.work(["dispatch"], settings.redis_url)


if __name__ == "__main__":
    main(sys.argv[1])
