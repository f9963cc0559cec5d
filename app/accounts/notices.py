"""What Carillon tells people about their sign-in: plain words, one thing to do, and what if it was not them.

Letters with a link or for an address that is nobody's yet are steps of something, and written directly; what tells of
an act is a notice (`app.notices.telling`).
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from app.accounts.links import Links, Purpose
from app.language import gettext
from app.language import gettext as _
from app.letters.writing import write_email, write_sms, write_to
from app.models import NoticeKind, User
from app.notices.telling import Words, tell, tell_one

SECURITY_PAGE = "/account/security"


def confirm_email(session: Session, links: Links, user: User) -> None:
    """The link that confirms a new person's address. By no name: whoever typed it may not be who reads it."""
    write_to(
        session,
        user,
        gettext("Confirm your e-mail address"),
        gettext(
            "Hello,\n\nopen this link to confirm your e-mail address and go on with your "
            "registration at Carillon. It works for two days:\n\n%(link)s\n\nIf you did not "
            "register, do nothing: without you, nobody can use this address.",
            link=links.link(Purpose.CONFIRM_EMAIL, user),
        ),
    )


def already_registered(session: Session, links: Links, user: User) -> None:
    """Somebody registered with an address that has a sign-in."""
    write_to(
        session,
        user,
        gettext("You have a Carillon sign-in already"),
        gettext(
            "Somebody, probably you, has just registered at Carillon with this e-mail address. "
            "It has a sign-in already, so nothing was changed.\n\nSign in: %(page)s\nForgot the "
            "password: %(page2)s\n\nIf it was not you, there is nothing to do.",
            page=links.page("/sign-in"),
            page2=links.page("/forgot"),
        ),
    )


def reset_link(session: Session, links: Links, user: User) -> None:
    """The link that lets its holder choose a new password."""
    write_to(
        session,
        user,
        gettext("Choose a new password"),
        gettext(
            "Hello %(name)s,\n\nopen this link to choose a new password. It works once, within the "
            "next hour:\n\n%(link)s\n\nIf you did not ask for it, do nothing: your password stays as "
            "it is.",
            name=user.name,
            link=links.link(Purpose.RESET, user),
        ),
    )


def nobody_to_reset(session: Session, links: Links, email: str) -> None:
    """Somebody wants to reset the password of an address that has no sign-in."""
    write_email(
        session,
        email,
        gettext("No Carillon sign-in with this address"),
        gettext(
            "Somebody, probably you, has asked for a new Carillon password for this e-mail "
            "address. There is no sign-in with it: perhaps you registered with another address.\n\n"
            "Register: %(page)s\n\nIf it was not you, there is nothing to do.",
            page=links.page("/register"),
        ),
    )


def new_device(session: Session, user: User, device: str, ip: str, moment: str) -> None:
    """Somebody signed in from a browser that had not signed in as this person before. `moment` is in words."""

    def words(_person: User) -> Words:
        text = _(
            "Somebody signed in as you with %(device)s, from the address %(ip)s, on %(moment)s.",
            device=device,
            ip=ip,
            moment=moment,
        )
        more = (_("If it was you, there is nothing to do."), _not_you(), _("Your devices are listed here:"))
        return Words(_("A sign-in from a new device"), text, SECURITY_PAGE, more)

    tell_one(session, user, NoticeKind.SIGN_IN, words)


def password_changed(session: Session, user: User) -> None:
    tell_security(
        session,
        user,
        lambda: _("Your password was changed"),
        lambda: _("Your Carillon password was changed just now, and your other devices were signed out."),
    )


def second_factor_changed(session: Session, user: User, what: str) -> None:
    """`what` is a whole sentence about the second factor."""
    tell_security(session, user, lambda: _("Your second factor"), lambda: what)


def codes_being_guessed(session: Session, user: User) -> None:
    tell_security(
        session,
        user,
        lambda: _("Somebody enters wrong codes for your sign-in"),
        lambda: _(
            "Somebody gave your right password and then several wrong codes. They were not let in, and have to wait."
        ),
    )


def email_change_asked(session: Session, links: Links, user: User, new: str) -> None:
    """To the new address, to confirm it; and to the old one, to know of it."""
    write_email(
        session,
        new,
        gettext("Confirm your new e-mail address"),
        gettext(
            "Hello,\n\nsign in and open this link to use this address for your Carillon sign-in "
            "from now on. It works for two hours:\n\n%(link)s\n\nIf you did not ask for it, do "
            "nothing.",
            link=links.link(Purpose.CHANGE_EMAIL, user),
        ),
        user_id=user.id,
    )
    tell_security(
        session,
        user,
        lambda: _("Your e-mail address is about to change"),
        lambda: _(
            "Somebody asked for your Carillon sign-in to use another address: %(address)s. It changes once that "
            "address is confirmed.",
            address=_masked(new),
        ),
    )


def address_in_use(session: Session, user: User) -> None:
    """Somebody wants to change their address to that of `user`."""
    write_to(
        session,
        user,
        gettext("Somebody wanted to use your e-mail address"),
        gettext(
            "Another person of Carillon asked to change their sign-in to this e-mail address. It "
            "belongs to your sign-in, so nothing was changed. There is nothing to do."
        ),
    )


def email_changed(session: Session, user: User, old: str) -> None:
    """By letter to the old address, once the new one is in use; on the pages too."""
    write_email(
        session,
        old,
        gettext("Your e-mail address was changed"),
        gettext(
            "Hello %(name)s,\n\nyour Carillon sign-in now uses another address: %(masked)s. This "
            "one is no longer used.\n\nIf this was not you, tell support at once.",
            name=user.name,
            masked=_masked(user.email),
        ),
        user_id=user.id,
    )

    def words(_person: User) -> Words:
        text = _("Your sign-in now uses the address %(address)s.", address=user.email)
        return Words(_("Your e-mail address was changed"), text, SECURITY_PAGE)

    tell(session, (user,), NoticeKind.SECURITY, words, by_letter=False)


def phone_change_asked(session: Session, user: User, new: str) -> None:
    tell_security(
        session,
        user,
        lambda: _("Your phone number is about to change"),
        lambda: _(
            "Somebody asked for your Carillon sign-in to use the phone number ending in %(ending)s. It changes once "
            "its code is entered.",
            ending=new[-3:],
        ),
    )


def phone_changed(session: Session, user: User, old: str | None) -> None:
    """By e-mail, and to the old number."""
    ending = (user.phone or "")[-3:]
    tell_security(
        session,
        user,
        lambda: _("Your phone number was changed"),
        lambda: _("Your Carillon sign-in now uses the phone number ending in %(ending)s.", ending=ending),
    )
    if old is not None:
        words = gettext(
            "Your Carillon sign-in now uses the phone number ending in %(ending)s.", ending=ending
        )
        write_sms(
            session,
            old,
            gettext("%(words)s If this was not you, tell support.", words=words),
            user_id=user.id,
        )


def tell_security(session: Session, user: User, title: Callable[[], str], text: Callable[[], str]) -> None:
    """Tell a person of a change of their sign-in; title and text are asked for in the language that they read."""
    tell_one(
        session,
        user,
        NoticeKind.SECURITY,
        lambda _person: Words(title(), text(), SECURITY_PAGE, (_not_you(),)),
    )


def _not_you() -> str:
    return _(
        "If this was not you, somebody may know your password: choose a new one with “I forgot my password” on the "
        "sign-in page, and tell support."
    )


def _masked(email: str) -> str:
    """Enough to recognise one's own address, too little to learn another's."""
    name, _at, host = email.partition("@")
    return f"{name[:1]}…@{host}"
