"""`python -m app.gateways.sandbox_carrier`: the carrier as a program, at SANDBOX_URL, until SIGTERM.

Its file is `sandbox_carrier.db` in CARILLON_INSTANCE, its secret SANDBOX_SECRET, with the defaults
of `config.Settings`. SANDBOX_LATENCY and SANDBOX_RECEIPTS_AFTER (such as `1-3`) are seconds.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sys
from collections.abc import Mapping

from yarl import URL

from app.gateways.sandbox_carrier.carrier import Carrier, Manners, is_loopback
from app.gateways.sandbox_carrier.running import BOOK_NAME
from config import Settings, SettingsError


def main() -> None:
    """Run until told to stop. Ends with one clear line when it cannot start."""
    try:
        settings = Settings.from_env()
        manners = _manners(os.environ)
    except (SettingsError, ValueError) as error:
        sys.exit(f"The sandbox carrier cannot start: {error}")
    if not is_loopback(settings.sandbox_url):
        sys.exit(f"The sandbox carrier listens on this machine only; SANDBOX_URL is {settings.sandbox_url}.")
    url = URL(settings.sandbox_url)
    carrier = Carrier(settings.instance / BOOK_NAME, settings.sandbox_secret, manners)
    try:
        asyncio.run(_serve(carrier, url.host or "127.0.0.1", url.port or 80))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        sys.exit(
            f"The sandbox carrier's port is taken: {url}. Stop what uses it, or choose another with "
            "SANDBOX_URL=http://127.0.0.1:<port>."
        )


async def _serve(carrier: Carrier, host: str, port: int) -> None:
    """Listen until SIGTERM or SIGINT. Raises OSError when the port cannot be had."""
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    try:
        await carrier.start(host, port)
        sys.stdout.write(f"Sandbox carrier at http://{host}:{port}\n")
        sys.stdout.flush()
        await end.wait()
    finally:
        await carrier.stop()


def _manners(environ: Mapping[str, str]) -> Manners:
    """Read the knobs. Raises ValueError, naming the variable."""
    manners = Manners()
    try:
        manners.latency = float(environ.get("SANDBOX_LATENCY", manners.latency))
    except ValueError as error:
        raise ValueError("SANDBOX_LATENCY must be seconds, such as 0.05.") from error
    if "SANDBOX_RECEIPTS_AFTER" in environ:
        try:
            first, last = (float(part) for part in environ["SANDBOX_RECEIPTS_AFTER"].split("-"))
        except ValueError as error:
            raise ValueError("SANDBOX_RECEIPTS_AFTER must be two seconds, such as 1-3.") from error
        manners.receipts_after = (first, last)
    return manners


if __name__ == "__main__":
    main()
