"""The statement adds up to what the header shows, whatever the days."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from app.clock import now
from app.database import write_transaction
from app.errors import TopUpRefused
from app.ledger import transfers
from app.ledger.balances import balance
from app.models import Account, LedgerEntry, TopUpState
from app.records.periods import PRESETS, read_period
from app.topups import documents, paper
from app.topups.statement import all_lines, lines, statement_page, stretch
from app.topups.statement_files import statement_csv, statement_xlsx
from config import Seller
from tests.factories.accounts import make_account, top_up_account
from tests.factories.messages import DELIVERED, IN_DOUBT, REFUSED
from tests.factories.routes import make_route
from tests.factories.tasks import make_settled_task
from tests.factories.top_ups import make_top_up
from tests.factories.users import make_owner

SYDNEY = ZoneInfo("Australia/Sydney")
EVIL = '=HYPERLINK("http://example.com","free")'


def days(first: str | None = None, last: str | None = None, preset: str | None = None):
    return read_period(preset, first, last, SYDNEY, now())


@pytest.fixture
def account_id(session) -> int:
    """An account with history over three days."""
    account = make_account(session, available=50_000, time_zone="Australia/Sydney")
    owner = make_owner(session, account)
    outcomes = [DELIVERED, REFUSED, IN_DOUBT]
    make_settled_task(session, owner, make_route(session), outcomes, name=EVIL)
    top_up_account(session, account, 7_000)
    account_id = account.id
    entries = session.query(LedgerEntry).order_by(LedgerEntry.id).all()
    for entry, day in zip(entries, (1, 2, 2, 3, 3), strict=False):
        entry.created_at = datetime(2026, 11, day, 12, tzinfo=UTC)
    session.commit()
    return account_id


def test_the_statement_adds_up_to_what_the_header_shows(session, account_id):
    entries = stretch(session, account_id, days())
    totals, found = entries.totals, list(all_lines(session, entries, 1_000))
    assert totals.entries == len(found) >= 4
    assert totals.opening == 0
    assert totals.opening + totals.came_in - totals.went_out == totals.closing
    standing = balance(session, account_id)
    assert (totals.closing, totals.held_closing) == (standing.available, standing.held)
    account = session.get_one(Account, account_id)
    assert (account.available, account.held) == (totals.closing, totals.held_closing)
    running = 0
    for line in found:
        running += line.entry.available
        assert line.entry.available_after == running


def test_consecutive_periods_hand_over_their_balance(session, account_id):
    parts = [
        stretch(session, account_id, days(first, last)).totals
        for first, last in ((None, "2026-11-01"), ("2026-11-02", "2026-11-02"), ("2026-11-03", None))
    ]
    for earlier, later in pairwise(parts):
        assert earlier.closing == later.opening
    assert sum(part.came_in - part.went_out for part in parts) == balance(session, account_id).available


def test_days_in_which_nothing_moved_show_the_standing_balance(session, account_id):
    totals = stretch(session, account_id, days("2020-01-01", "2020-01-31")).totals
    assert (totals.opening, totals.closing, totals.entries) == (0, 0, 0)
    after = stretch(session, account_id, days("2100-01-01", "2100-01-31")).totals
    assert after.opening == after.closing == balance(session, account_id).available


def test_pages_by_key_hold_every_entry_once(session, account_id):
    with write_transaction(session):
        for number in range(60):
            transfers.top_up(session, account_id, 1_000, f"test:page:{number}", user_id=None, note=None)
    entries = stretch(session, account_id, days())
    seen, before = [], None
    while True:
        page = statement_page(session, entries, before=before)
        seen += [entry.id for entry in page.rows]
        if not page.has_next:
            break
        before = page.rows[-1].id
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == entries.totals.entries


def test_each_line_says_what_it_was_for(session):
    owner = make_owner(session)
    top_up = make_top_up(session, owner, state=TopUpState.APPROVED, approved_amount=5_000)
    entry = LedgerEntry(account_id=owner.account_id, kind="top_up", key=f"topup:{top_up.id}", note="x")
    (line,) = lines(session, [entry])
    assert line.subject == top_up.reference


def test_exports_are_safe_to_open_and_add_up(session, account_id):
    entries = stretch(session, account_id, days())
    data = statement_csv(all_lines(session, entries, 1_000), SYDNEY)
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert any(cell == "'" + EVIL for row in rows for cell in row)
    came_in, went_out = (sum(float(row[place] or 0) for row in rows[1:]) for place in (3, 4))
    assert round((came_in - went_out) * 1000) == balance(session, account_id).available

    sheet = load_workbook(io.BytesIO(statement_xlsx(all_lines(session, entries, 1_000), SYDNEY))).active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert sheet.max_row == len(rows)


def test_a_file_has_an_end(session, account_id):
    with pytest.raises(TopUpRefused, match="Choose fewer days"):
        list(all_lines(session, stretch(session, account_id, days()), 2))


def test_pdfs_take_any_letters(session, account_id, monkeypatch):
    account = session.get_one(Account, account_id)
    account.name = "客户 Agency Ægir – Ωmega 🎉"
    entries = stretch(session, account_id, days())
    found = list(all_lines(session, entries, 1_000))
    owner = make_owner(session, account, name="Zoë")
    top_up = make_top_up(
        session,
        owner,
        state=TopUpState.APPROVED,
        approved_amount=4_000_000,
        reason="Moins reçu",
        decided_at=now(),
    )
    seller = Seller("Ærlig 公司 Pty Ltd", ("1 Straße", "Sydney"), "ABN 1")
    for font in (None, paper._wide_font()):
        monkeypatch.setattr(paper, "_wide_font", lambda font=font: font)
        for data in (
            documents.statement_pdf(account, days(), entries.totals, found, SYDNEY, now(), seller, 2),
            documents.receipt_pdf(top_up, SYDNEY, seller, 2),
        ):
            assert data.startswith(b"%PDF-")


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_end_today(preset):
    present = datetime(2026, 3, 31, 20, tzinfo=UTC)  # the first of April in Sydney
    period = read_period(preset, None, None, SYDNEY, present)
    today = date(2026, 4, 1)
    expected = {
        "all": (None, None),
        "today": (today, today),
        "7-days": (date(2026, 3, 26), today),
        "30-days": (date(2026, 3, 3), today),
        "this-month": (today, today),
        "last-month": (date(2026, 3, 1), date(2026, 3, 31)),
        "this-year": (date(2026, 1, 1), today),
    }
    assert (period.first, period.last) == expected[preset]


def test_a_day_is_as_long_as_it_is_in_the_readers_zone():
    spring, autumn = days("2026-10-04", "2026-10-04"), days("2026-04-05", "2026-04-05")
    assert spring.until - spring.since == timedelta(hours=23)
    assert autumn.until - autumn.since == timedelta(hours=25)


@pytest.mark.parametrize(
    ("first", "last"), [("x", None), ("2026-13-01", None), ("0001-01-01", None), ("2026-02-02", "2026-02-01")]
)
def test_days_that_cannot_be(first, last):
    with pytest.raises(ValueError):
        days(first, last)
