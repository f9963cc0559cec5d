"""Sums of entries by blocks of their ids: kept with every posting, exact for any stretch, proved by the audit."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from app.database import write_transaction
from app.ledger import blocks
from app.ledger.audit import audit
from app.ledger.transfers import adjust, top_up
from app.models import LedgerBlock
from tests.factories.users import make_owner


@pytest.fixture
def account_id(any_app, session, monkeypatch):
    """Fourteen entries over five blocks of three, another account's among them."""
    monkeypatch.setattr(blocks, "ENTRIES_IN_BLOCK", 3)
    account, other = make_owner(session).account_id, make_owner(session).account_id
    with write_transaction(session):
        for number in range(1, 8):
            top_up(session, account, number * 1_000, f"in:{number}", user_id=None, note=None)
            top_up(session, other, 1, f"other:{number}", user_id=None, note=None)
            if number % 3 == 0:
                adjust(session, account, -number, f"out:{number}", user_id=None, note=None)
    return account


@pytest.mark.books_broken_on_purpose  # the audit afterwards knows only the real size of a block
def test_a_stretch_is_the_sum_of_its_entries_wherever_it_begins_and_ends(session, account_id):
    for first in range(1, 17):
        for last in range(first, 17):
            assert blocks.moved_between(session, account_id, first, last) == blocks._of_entries(
                session, account_id, first, last
            )


@pytest.mark.books_broken_on_purpose
def test_the_audit_finds_a_block_that_strayed(session, account_id):
    assert audit(session).ok
    with write_transaction(session):
        session.execute(
            update(LedgerBlock)
            .where(LedgerBlock.account_id == account_id, LedgerBlock.block == 1)
            .values(came_in=LedgerBlock.came_in + 5)
        )
    (difference,) = audit(session).differences
    assert difference.found == difference.expected + 5
    assert "came_in" in difference.what
