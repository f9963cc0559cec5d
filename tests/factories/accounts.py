"""Accounts, with credit that the ledger knows of. Factories commit: clients and jobs see their rows."""

from __future__ import annotations

from itertools import count

from sqlalchemy.orm import Session

from app.database import write_transaction
from app.ledger import transfers
from app.models import Account

_numbers = count(1)


def make_account(session: Session, *, available: int = 0, **columns: object) -> Account:
    """An account; `available` millicredits come in by a top-up."""
    number = next(_numbers)
    account = Account(**{"name": f"Agency {number}", **columns})
    session.add(account)
    session.commit()
    if available:
        top_up_account(session, account, available)
    return account


def top_up_account(session: Session, account: Account, amount: int) -> None:
    """Give the account credit, in millicredits."""
    account_id = account.id
    with write_transaction(session):
        transfers.top_up(
            session, account_id, amount, f"test:{next(_numbers)}", user_id=None, note="made for a test"
        )
