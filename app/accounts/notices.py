"""What Carillon writes to people about their sign-in: plain text, one thing to do, and what if it was not them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.accounts.links import Links, Purpose
from app.letters.writing import write_email, write_sms, write_to
from app.models import User

_NOT_YOU = (
    "If this was not you, somebody may know your password: choose a new one with “I forgot my password” on the "
    "sign-in page, and tell support."
)


def confirm_email(session: Session, links: Links, user: User) -> None:
    """The link that confirms a new person's address. By no name: whoever typed it may not be who reads it."""
    write_to(
        session,
        user,
        "Confirm your e-mail address",
        "Hello,\n\nopen this link to confirm your e-mail address and go on with your registration at "
        f"Carillon. It works for two days:\n\n{links.link(Purpose.CONFIRM_EMAIL, user)}\n\n"
        "If you did not register, do nothing: without you, nobody can use this address.",
    )


def already_registered(session: Session, links: Links, user: User) -> None:
    """Somebody registered with an address that has a sign-in."""
    write_to(
        session,
        user,
        "You have a Carillon sign-in already",
        "Somebody, probably you, has just registered at Carillon with this e-mail address. It has a sign-in "
        f"already, so nothing was changed.\n\nSign in: {links.page('/sign-in')}\n"
        f"Forgot the password: {links.page('/forgot')}\n\nIf it was not you, there is nothing to do.",
    )


def reset_link(session: Session, links: Links, user: User) -> None:
    """The link that lets its holder choose a new password."""
    write_to(
        session,
        user,
        "Choose a new password",
        f"Hello {user.name},\n\nopen this link to choose a new password. It works once, within the next hour:\n\n"
        f"{links.link(Purpose.RESET, user)}\n\nIf you did not ask for it, do nothing: your password stays as it is.",
    )


def nobody_to_reset(session: Session, links: Links, email: str) -> None:
    """Somebody wants to reset the password of an address that has no sign-in."""
    write_email(
        session,
        email,
        "No Carillon sign-in with this address",
        "Somebody, probably you, has asked for a new Carillon password for this e-mail address. There is no "
        "sign-in with it: perhaps you registered with another address.\n\n"
        f"Register: {links.page('/register')}\n\nIf it was not you, there is nothing to do.",
    )


def password_changed(session: Session, user: User) -> None:
    write_to(
        session,
        user,
        "Your password was changed",
        f"Hello {user.name},\n\nyour Carillon password was changed just now, and your other devices were signed "
        f"out.\n\n{_NOT_YOU}",
    )


def second_factor_changed(session: Session, user: User, what: str) -> None:
    """`what` is a whole sentence about the second factor."""
    write_to(session, user, "Your second factor", f"Hello {user.name},\n\n{what}\n\n{_NOT_YOU}")


def codes_being_guessed(session: Session, user: User) -> None:
    write_to(
        session,
        user,
        "Somebody enters wrong codes for your sign-in",
        f"Hello {user.name},\n\nsomebody gave your right password and then several wrong codes. They were not let "
        f"in, and have to wait.\n\n{_NOT_YOU}",
    )


def email_change_asked(session: Session, links: Links, user: User, new: str) -> None:
    """To the new address, to confirm it; and to the old one, to know of it."""
    write_email(
        session,
        new,
        "Confirm your new e-mail address",
        "Hello,\n\nsign in and open this link to use this address for your Carillon sign-in from now "
        f"on. It works for two hours:\n\n{links.link(Purpose.CHANGE_EMAIL, user)}\n\n"
        "If you did not ask for it, do nothing.",
        user_id=user.id,
    )
    write_to(
        session,
        user,
        "Your e-mail address is about to change",
        f"Hello {user.name},\n\nsomebody asked for your Carillon sign-in to use another address: {_masked(new)}. "
        f"It changes once that address is confirmed.\n\n{_NOT_YOU}",
    )


def address_in_use(session: Session, user: User) -> None:
    """Somebody wants to change their address to that of `user`."""
    write_to(
        session,
        user,
        "Somebody wanted to use your e-mail address",
        "Another person of Carillon asked to change their sign-in to this e-mail address. It belongs to your "
        "sign-in, so nothing was changed. There is nothing to do.",
    )


def email_changed(session: Session, user: User, old: str) -> None:
    """To the old address, once the new one is in use."""
    write_email(
        session,
        old,
        "Your e-mail address was changed",
        f"Hello {user.name},\n\nyour Carillon sign-in now uses another address: {_masked(user.email)}. This one is "
        "no longer used.\n\nIf this was not you, tell support at once.",
        user_id=user.id,
    )


def phone_change_asked(session: Session, user: User, new: str) -> None:
    write_to(
        session,
        user,
        "Your phone number is about to change",
        f"Hello {user.name},\n\nsomebody asked for your Carillon sign-in to use the phone number ending in "
        f"{new[-3:]}. It changes once its code is entered.\n\n{_NOT_YOU}",
    )


def phone_changed(session: Session, user: User, old: str | None) -> None:
    """By e-mail, and to the old number."""
    words = f"Your Carillon sign-in now uses the phone number ending in {(user.phone or '')[-3:]}."
    write_to(session, user, "Your phone number was changed", f"Hello {user.name},\n\n{words}\n\n{_NOT_YOU}")
    if old is not None:
        write_sms(session, old, f"{words} If this was not you, tell support.", user_id=user.id)


def _masked(email: str) -> str:
    """Enough to recognise one's own address, too little to learn another's."""
    name, _, host = email.partition("@")
    return f"{name[:1]}…@{host}"
