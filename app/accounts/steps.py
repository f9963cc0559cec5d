"""What stands between the right password and a signed-in session, one step at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.models import User

REMIND_BEFORE: Final = timedelta(days=14)


class Step(StrEnum):
    """The steps, in their order."""

    CONFIRM_EMAIL = "confirm_email"
    CONFIRM_PHONE = "confirm_phone"
    SECOND_FACTOR = "second_factor"
    NEW_PASSWORD = "new_password"  # noqa: S105
    SET_UP_FACTOR = "set_up_factor"


def next_step(
    user: User, *, factor_given: bool, password_max_age: timedelta | None, moment: datetime
) -> Step | None:
    """What this person has to do next before they are signed in; None when nothing is left."""
    if user.email_confirmed_at is None:
        return Step.CONFIRM_EMAIL
    if user.phone is not None and user.phone_confirmed_at is None:
        return Step.CONFIRM_PHONE
    if user.totp_confirmed_at is not None and not factor_given:
        return Step.SECOND_FACTOR
    if user.must_change_password or _expires(user, password_max_age, moment, timedelta(0)):
        return Step.NEW_PASSWORD
    return Step.SET_UP_FACTOR if _lacks_factor(user) else None


def owed(user: User) -> bool:
    """Whether a signed-in person has to go back to the steps: staff may ask for that at any time."""
    return user.must_change_password or _lacks_factor(user)


def days_until_expiry(user: User, password_max_age: timedelta | None, moment: datetime) -> int | None:
    """How many days the password is good for, once that is worth a reminder; else None."""
    if password_max_age is None or not _expires(user, password_max_age, moment, REMIND_BEFORE):
        return None
    return max(0, (user.password_changed_at + password_max_age - moment).days)


def _lacks_factor(user: User) -> bool:
    return user.is_staff and user.totp_confirmed_at is None


def _expires(user: User, max_age: timedelta | None, moment: datetime, within: timedelta) -> bool:
    return max_age is not None and user.password_changed_at + max_age <= moment + within
