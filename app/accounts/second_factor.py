"""The second factor: codes from an authenticator app (TOTP, RFC 6238), and recovery codes for when it is lost."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Final

import pyotp
from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.orm import Session

from app.accounts import notices
from app.clock import now
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import Conflict
from app.language import gettext
from app.models import RecoveryCode, User
from app.secrets import Vault

STEP_SECONDS: Final = 30
RECOVERY_CODES: Final = 10
_ISSUER: Final = "Carillon"
_STEPS_OFF: Final = (0, -1, 1)  # clocks differ a little, and typing takes a while


def propose(session: Session, user: User, vault: Vault) -> None:
    """Make the secret that the person will put into their app. It counts once a code proves it is there.

    Raises Conflict when a second factor is in use already.
    """
    if user.totp_confirmed_at is not None:
        raise Conflict(gettext("A second factor is set up already. Turn it off first, to set up another."))
    user.totp_secret = vault.lock(pyotp.random_base32())


def secret_of(user: User, vault: Vault) -> str | None:
    """The secret in base32; None where none was made. Raises SecretUnreadable."""
    return vault.unlock(user.totp_secret) if user.totp_secret else None


def address_of(user: User, secret: str) -> str:
    """The otpauth: address that a QR code carries to an app."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=_ISSUER)


def confirm(session: Session, actor: Actor, user: User, code: str, vault: Vault) -> list[str] | None:
    """Put the proposed secret to use; returns the recovery codes, to be shown once. None for a wrong code."""
    if user.totp_confirmed_at is not None or not spend_app_code(session, user, code, vault):
        return None
    user.totp_confirmed_at = now()
    _record(session, actor, user, "user.second_factor_on")
    notices.second_factor_changed(
        session,
        user,
        gettext("A second factor was set up: from now on, signing in also asks for a code from your app."),
    )
    return _fresh_recovery_codes(session, user)


def renew_recovery_codes(session: Session, actor: Actor, user: User) -> list[str]:
    """New recovery codes in place of the old. Raises Conflict without a second factor."""
    if user.totp_confirmed_at is None:
        raise Conflict(
            gettext("There is no second factor, so there are no recovery codes. Set one up first.")
        )
    _record(session, actor, user, "user.recovery_codes_renewed")
    notices.second_factor_changed(
        session, user, gettext("New recovery codes were made. The old ones no longer work.")
    )
    return _fresh_recovery_codes(session, user)


def turn_off(session: Session, actor: Actor, user: User) -> None:
    """Sign in by password alone from now on. Staff who do this have to set one up again at once."""
    user.totp_secret = user.totp_confirmed_at = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    _record(session, actor, user, "user.second_factor_off")
    notices.second_factor_changed(
        session, user, gettext("The second factor was turned off: the password alone signs in from now on.")
    )


def spend(session: Session, actor: Actor, user: User, code: str, vault: Vault) -> bool:
    """Whether the code is the app's present one, or an unused recovery code. Either works once."""
    typed = "".join(code.split()).replace("-", "").upper()
    if typed.isdecimal():
        return spend_app_code(session, user, typed, vault)
    if not _spend_recovery_code(session, user, typed):
        return False
    left = recovery_codes_left(session, user)
    _record(session, actor, user, "user.recovery_code_used", left=left)
    notices.second_factor_changed(
        session, user, gettext("A recovery code was used to sign in; %(left)s of them are left.", left=left)
    )
    return True


def spend_app_code(session: Session, user: User, code: str, vault: Vault) -> bool:
    """Whether the app shows this code now, or did or will within half a minute. A code works once (RFC 6238, 5.2)."""
    secret = secret_of(user, vault)
    typed = "".join(code.split())
    if secret is None or not (typed.isascii() and typed.isdecimal()):
        return False
    step = _step_of(secret, typed, now())
    if step is None:
        return False
    taken = session.execute(
        update(User)
        .where(User.id == user.id, User.totp_last_step < step)
        .values(totp_last_step=step)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(taken, CursorResult)
    return taken.rowcount == 1


def code_at(secret: str, moment: datetime) -> str:
    """What an app shows at this moment."""
    return pyotp.TOTP(secret).at(moment)


def recovery_codes_left(session: Session, user: User) -> int:
    """How many of the person's recovery codes are unused."""
    return (
        session.scalar(
            select(func.count())
            .select_from(RecoveryCode)
            .where(RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
        )
        or 0
    )


def _step_of(secret: str, typed: str, moment: datetime) -> int | None:
    present = int(moment.timestamp()) // STEP_SECONDS
    app = pyotp.TOTP(secret)
    for off in _STEPS_OFF:
        if hmac.compare_digest(app.generate_otp(present + off), typed):
            return present + off
    return None


def _fresh_recovery_codes(session: Session, user: User) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = [base64.b32encode(secrets.token_bytes(10)).decode() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(user_id=user.id, code_hash=_hashed(user, code)) for code in codes)
    session.flush()
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


def _spend_recovery_code(session: Session, user: User, typed: str) -> bool:
    spent = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.code_hash == _hashed(user, typed),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now())
        .execution_options(synchronize_session=False)
    )
    assert isinstance(spent, CursorResult)
    return spent.rowcount == 1


def _hashed(user: User, code: str) -> str:
    """A code has 80 random bits, so that a plain hash keeps it."""
    return hashlib.sha256(f"carillon:recovery:{user.id}:{code}".encode()).hexdigest()


def _record(session: Session, actor: Actor, user: User, action: str, **after: int) -> None:
    audit_log.record(
        session, actor, action, f"user:{user.id}", account_id=user.account_id, after=after or None
    )
