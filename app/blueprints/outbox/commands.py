"""`flask outbox code`: what a person's authenticator app shows now. Not registered in production."""

from __future__ import annotations

import click
from flask import current_app

from app import demo
from app.accounts import second_factor
from app.accounts.people import person_of
from app.blueprints.outbox import blueprint
from app.clock import now
from app.extensions import db
from app.secrets import Vault


@blueprint.cli.command("code")
@click.argument("email", default=demo.SIGN_INS[1].email)
def code(email: str) -> None:
    """Print the present code of a person's second factor; by default the demo staff's."""
    user = person_of(db.session(), email)
    vault = Vault(current_app.config["CARILLON"].encryption_keys)
    secret = second_factor.secret_of(user, vault) if user else None
    if secret is None:
        raise click.ClickException(f"{email} has no second factor.")
    moment = now()
    left = second_factor.STEP_SECONDS - int(moment.timestamp()) % second_factor.STEP_SECONDS
    click.echo(f"{second_factor.code_at(secret, moment)} (for {left} more seconds)")
