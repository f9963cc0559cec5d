"""Any balance to the last millicredit: an account's entries add up, and each leads to what is behind it and back."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from app.database import write_transaction
from app.desk.audit_log import Actor
from app.errors import NotFound
from app.models import Account, LedgerEntry, Role
from app.topups import adjustments, explained
from tests.factories.accounts import make_account
from tests.factories.messages import CANCELLED, DELIVERED, FAILED_LATE, IN_DOUBT, REFUSED, WAITING
from tests.factories.routes import make_route
from tests.factories.tasks import make_settled_task
from tests.factories.users import make_owner, make_staff

OUTCOMES = [DELIVERED, FAILED_LATE, REFUSED, IN_DOUBT, CANCELLED, WAITING, DELIVERED]


@pytest.fixture
def account(session):
    """A client with a top-up, an adjustment, and a task of which everything became."""
    account = make_account(session, name="Brass & Bell", available=50_000)
    owner, finance = make_owner(session, account), make_staff(session, role=Role.FINANCE)
    make_settled_task(session, owner, make_route(session), OUTCOMES, price=1_250, name="Spring sale")
    with write_transaction(session):
        adjustments.request(
            session, Actor.of(finance, None), account.id, -1_001, "A test of ours", "one-form"
        )
    return account


def test_the_entries_of_every_kind_add_up_to_the_balance(client, session, sign_in, account):
    found = explained.sums(session, account.id)
    assert found.agrees
    session.refresh(account)
    assert (found.available, found.held) == (account.available, account.held) == (43_999, 2_500)
    assert {kind.kind: (kind.entries, kind.available, kind.held) for kind in found.kinds} == {
        "top_up": (1, 50_000, 0),
        "adjustment": (1, -1_001, 0),
        "hold": (1, -8_750, 8_750),
        "charge": (3, 0, -3_750),
        "release": (2, 2_500, -2_500),
        "refund": (1, 1_250, 0),
    }
    sign_in(client, make_staff(session, role=Role.SUPPORT))
    page = client.get(f"/staff/clients/{account.id}/ledger").text
    assert "That is the balance of this client" in page
    empty = make_account(session)
    assert explained.sums(session, empty.id).agrees


def test_what_is_held_is_told_by_task_and_a_past_day_by_what_it_left(client, session, sign_in, account):
    held = explained.held_now(session, account.id)
    assert [(each.task.name, each.held) for each in held] == [("Spring sale", 2_500)]
    sign_in(client, make_staff(session, role=Role.SUPPORT))
    ledger = f"/staff/clients/{account.id}/ledger"
    assert "What is held now, and for what" in client.get(ledger).text
    for day, available in (("2030-01-01", "43.999"), ("2001-01-01", "0.00")):
        page = client.get(f"{ledger}?day={day}").text
        told = re.search(r"Available credits</dt><dd>([^<]+)", page)
        assert told is not None
        assert told[1] in (available, available.removesuffix(".00"))
        assert "How the balance comes about" not in page
    assert "is not a date" in client.get(f"{ledger}?day=yesterday").text


def test_a_balance_that_does_not_come_from_its_entries_is_said_to(client, session, sign_in, account):
    session.execute(update(Account).where(Account.id == account.id).values(available=Account.available + 1))
    session.commit()
    sign_in(client, make_staff(session))
    assert "Sums do not match" in client.get(f"/staff/clients/{account.id}/ledger").text
    session.execute(update(Account).where(Account.id == account.id).values(available=Account.available - 1))
    session.commit()


def test_a_long_ledger_is_added_up_only_when_asked(client, session, sign_in, account, monkeypatch):
    monkeypatch.setattr(explained, "AT_ONCE", 8)
    address = f"/staff/clients/{account.id}/ledger"
    outline = explained.outline(session, account.id)
    assert (outline.moved.entries, outline.short, outline.agrees) == (9, False, True)
    assert (outline.moved.came_in, outline.moved.went_out) == (53_750, 9_751)
    sign_in(client, make_staff(session, role=Role.SUPPORT))
    page = client.get(address).text
    assert "What came in less what went out is the available balance" in page
    assert "All entries added up by kind" not in page
    (asked,) = re.findall(r'href="([^"#]+\?sums=all)#sums"', page)
    assert "All entries added up by kind" in client.get(asked).text
    session.execute(update(Account).where(Account.id == account.id).values(available=Account.available + 1))
    session.commit()
    assert "Sums do not match" in client.get(address).text
    session.execute(update(Account).where(Account.id == account.id).values(available=Account.available - 1))
    session.commit()


def test_every_entry_of_a_task_is_the_sum_of_the_messages_behind_it(session, account):
    entries = session.query(LedgerEntry).filter_by(account_id=account.id).order_by(LedgerEntry.id).all()
    told = [explained.explained(session, account.id, entry.id) for entry in entries]
    assert all(each.behind.agrees for each in told if each.line.task)
    assert [each.behind.number for each in told if each.line.entry.kind == "hold"] == [len(OUTCOMES)]
    assert [each.adjustment.reason for each in told if each.adjustment] == ["A test of ours"]
    with pytest.raises(NotFound):
        explained.explained(session, make_account(session).id, entries[0].id)


def test_one_walks_from_the_ledger_to_the_message_and_back(client, session, sign_in, account):
    sign_in(client, make_staff(session, role=Role.SUPPORT))
    refund = session.query(LedgerEntry.id).filter_by(account_id=account.id, kind="refund").scalar()
    entry_address = f"/staff/clients/{account.id}/ledger/{refund}"
    assert entry_address in client.get(f"/staff/clients/{account.id}/ledger").text
    entry = client.get(entry_address).text
    assert "1 message of 1.25 credits together" in entry
    (message,) = re.findall(r'href="(/staff/tasks/[^/"]+/messages/\d+)"', entry)
    assert entry_address in client.get(message).text
    assert client.get(f"/staff/clients/{account.id}/ledger/999999").status_code == 404
