"""The operator's commands: `flask --app wsgi …`."""

from __future__ import annotations

import click
from flask import Flask, current_app

from app import demo, load
from app.accounts.commands import staff_commands
from app.accounts.passwords import hash_password, hasher_of
from app.database import write_transaction
from app.desk.commands import secrets_commands
from app.extensions import db
from app.ledger.commands import ledger_commands
from app.secrets import Vault


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(ledger_commands)
    app.cli.add_command(staff_commands)
    app.cli.add_command(secrets_commands)
    app.cli.add_command(seed_demo)
    app.cli.add_command(seed_load)


@click.command("seed-demo")
def seed_demo() -> None:
    """Put demo data into an empty database, and print the demo sign-ins while they exist."""
    settings = current_app.config["CARILLON"]
    if settings.is_production:
        raise click.ClickException("Demo data has known passwords: never in production.")
    hasher = hasher_of(settings)
    with write_transaction(db.session()) as session:
        demo.seed(session, hasher, Vault(settings.encryption_keys).lock)
    for person in demo.SIGN_INS:
        code = ", then the code shown in the outbox" if person.totp_secret else ""
        click.echo(f"{person.who}: {person.email} / {person.password}{code}")
    click.echo(f"outbox, with e-mails and codes: {settings.public_url}/dev/outbox")


@click.command("seed-load")
@click.option("--messages", type=click.IntRange(1, 100_000_000), required=True, help="How many to make.")
@click.password_option(help="What its owner signs in with.")
def seed_load(messages: int, password: str) -> None:
    """Make an account with very many messages, to measure with. Never in production."""
    settings = current_app.config["CARILLON"]
    if settings.is_production:
        raise click.ClickException(
            "This fills the database with rows that mean nothing: never in production."
        )
    hasher = hasher_of(settings)
    made = load.seed(db.session(), messages, hash_password(password, hasher))
    with click.progressbar(made, length=-(-messages // load.PER_TASK), label="Tasks") as tasks:
        for _ in tasks:
            pass
    click.echo(f"{messages:,} messages: sign in as {load.EMAIL}")
