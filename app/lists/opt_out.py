"""Public pages where people stop an account's messages themselves."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import NotFound
from app.language import gettext
from app.lists.suppression import suppress_numbers
from app.models import OptOutPage, SuppressionSource
from app.recipients.numbers import NumberRules, read_number


def page_of(session: Session, account_id: int) -> OptOutPage | None:
    """The account's page, where it has one."""
    return session.get(OptOutPage, account_id)


def open_page(session: Session, actor: Actor, account_id: int) -> OptOutPage:
    """The account's page, made when there is none yet."""
    page = session.get(OptOutPage, account_id, with_for_update=True)
    if page is None:
        page = OptOutPage(account_id=account_id)
        session.add(page)
        session.flush()
        audit_log.record(session, actor, "opt_out_page.open", f"account:{account_id}", account_id=account_id)
    return page


def require_page(session: Session, public_id: str) -> None:
    """Raises NotFound where no account has a page of that name."""
    _account_of(session, public_id)


def opt_out(session: Session, public_id: str, number: str) -> None:
    """Suppress the number for the page's account. The answer is the same whether it was on the list or not.

    Raises NotFound for a page that there is not, NumberRejected for what is no number.
    """
    account_id = _account_of(session, public_id)
    e164 = read_number(number, NumberRules()).e164
    suppress_numbers(session, account_id, [e164], SuppressionSource.OPT_OUT, "asked on the opt-out page")


def _account_of(session: Session, public_id: str) -> int:
    account_id = session.scalar(select(OptOutPage.account_id).where(OptOutPage.public_id == public_id))
    if account_id is None:
        raise NotFound(gettext("This address is not complete. Open it again from where you found it."))
    return account_id
