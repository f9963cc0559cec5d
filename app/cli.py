"""The operator's commands: `flask --app wsgi …`."""

from __future__ import annotations

import click
from flask import Flask, current_app

from app import demo
from app.accounts.commands import staff_commands
from app.accounts.passwords import password_hasher
from app.database import write_transaction
from app.extensions import db
from app.ledger.commands import ledger_commands
from app.secrets import Vault


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(ledger_commands)
    app.cli.add_command(staff_commands)
    app.cli.add_command(seed_demo)


@click.command("seed-demo")
def seed_demo() -> None:
    """Put demo data into an empty database, and print the demo sign-ins while they exist."""
    settings = current_app.config["CARILLON"]
    if settings.is_production:
        raise click.ClickException("Demo data has known passwords: never in production.")
    hasher = password_hasher(time_cost=settings.argon2_time_cost, memory_kib=settings.argon2_memory_kib)
    with write_transaction(db.session()) as session:
        demo.seed(session, hasher, Vault(settings.encryption_keys).lock)
    for person in demo.SIGN_INS:
        code = ", then the code shown in the outbox" if person.totp_secret else ""
        click.echo(f"{person.who}: {person.email} / {person.password}{code}")
    click.echo(f"outbox, with letters and codes: {settings.public_url}/dev/outbox")
