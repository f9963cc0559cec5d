"""`flask staff …`: the first admin, and the way back in for one who lost everything."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from app.accounts import staffing
from app.accounts.passwords import hash_password, hasher_of
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.errors import CarillonError
from app.extensions import db
from app.models import STAFF_ROLES, User

staff_commands = AppGroup("staff", help="Our own people.")


@staff_commands.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice(sorted(role.value for role in STAFF_ROLES)), required=True)
@click.option("--name", default="", help="The person's name; by default what stands before the @.")
def create(email: str, role: str, name: str) -> None:
    """Add a member of staff. They set their own password, and a second factor, at the first sign-in."""
    password = staffing.one_time_password()
    password_hash = _hash(password)
    try:
        with write_transaction(db.session()) as session:
            staffing.create(session, Actor.machine(), email, name, role, password_hash)
    except CarillonError as refusal:
        raise click.ClickException(refusal.message) from None
    _tell(email, role, password)


@staff_commands.command("reset")
@click.argument("email")
def reset(email: str) -> None:
    """Give a member of staff a new one-time password, and take their second factor off."""
    password = staffing.one_time_password()
    password_hash = _hash(password)
    try:
        with write_transaction(db.session()) as session:
            user = session.scalars(select(User).where(User.email == email.strip().lower())).one_or_none()
            if user is None or not user.is_staff:
                raise staffing.StaffRefused(f"{email} is nobody of our staff.")
            role = user.role
            staffing.start_over(session, Actor.machine(), user.id, password_hash)
    except CarillonError as refusal:
        raise click.ClickException(refusal.message) from None
    _tell(email, role, password)


def _hash(password: str) -> str:
    return hash_password(password, hasher_of(current_app.config["CARILLON"]))


def _tell(email: str, role: str, password: str) -> None:
    click.echo(f"{email} may sign in as {role}, and sets a password of their own then.")
    click.echo(f"One-time password (shown only now): {password}")
