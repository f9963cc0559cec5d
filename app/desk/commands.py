"""`flask secrets …`: keys on the command line."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from app.desk import key_rotation
from app.extensions import db
from app.secrets import Vault

secrets_commands = AppGroup("secrets", help="Gateways' secrets and second factors, as they are stored.")


@secrets_commands.command("rotate")
def rotate() -> None:
    """Encrypt all of them with the newest of ENCRYPTION_KEYS. Run it again whenever it was interrupted.

    Ends with status 1 when some do not open with any of the keys; those are left as they are.
    """
    done = key_rotation.rotate(db.session(), Vault(current_app.config["CARILLON"].encryption_keys))
    for name in done.unreadable:
        click.echo(f"{name}: does not open with the present ENCRYPTION_KEYS")
    click.echo(
        f"secrets rotate: {done.rotated} encrypted anew, {done.newest} had the newest key already, "
        f"{len(done.unreadable)} unreadable"
    )
    if done.unreadable:
        raise SystemExit(1)
