from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.ledger.balances import balance, statement
from tests.factories.accounts import make_account, top_up_account


def test_an_unknown_account_has_no_balance(session: Session) -> None:
    with pytest.raises(NotFound):
        balance(session, 1)


def test_the_statement_pages_from_the_newest_to_the_oldest_without_strangers(session: Session) -> None:
    account, stranger = make_account(session), make_account(session)
    for amount in range(1, 6):
        top_up_account(session, account, amount)
        top_up_account(session, stranger, 1_000)

    pages, before = [], None
    while True:
        page = statement(session, account.id, before=before, limit=2)
        pages.append([entry.available for entry in page.entries])
        before = page.older
        if before is None:
            break

    assert pages == [[5, 4], [3, 2], [1]]


def test_a_full_last_page_promises_no_other(session: Session) -> None:
    account = make_account(session, available=1)
    top_up_account(session, account, 2)
    page = statement(session, account.id, limit=2)
    assert [entry.available for entry in page.entries] == [2, 1]
    assert page.older is None
