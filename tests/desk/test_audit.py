"""The audit log and its page."""

from __future__ import annotations

import re

import pytest

from app.database import write_transaction
from app.desk.audit_log import Actor, record
from app.desk.audit_words import value_words, words_of
from app.models import AuditEvent
from tests.factories.accounts import make_account
from tests.factories.users import make_staff


@pytest.fixture
def desk(client, session, sign_in):
    account = make_account(session)
    with write_transaction(session):
        for number in range(60):
            record(session, Actor.machine(), "test.many", f"thing:{number}")
        record(
            session,
            Actor(None, "=cmd()@example.com", "192.0.2.7"),
            "test.one",
            "thing:x",
            account_id=account.id,
        )
    return sign_in(client, make_staff(session))


def test_events_are_found_by_who_what_whom_and_when(desk, session):
    account_id = session.query(AuditEvent).filter_by(action="test.one").one().account_id
    for query, found in {
        "actor=%3Dcmd()@example.com": 1,
        "action=test.one": 1,
        f"account={account_id}": 1,
        "action=test.many": 50,
        "action=test.many&until=2001-01-01": 0,
        "action=test.many&since=2001-01-01": 50,
        "since=nonsense&account=nonsense&action=test.one": 1,
    }.items():
        page = desk.get(f"/staff/audit/?{query}").text
        assert page.count('<span class="cell-note">No. ') == found, query


def test_pages_go_by_key(desk, session):
    first = desk.get("/staff/audit/?action=test.many").text
    assert "thing:59" in first
    oldest = session.query(AuditEvent.id).filter_by(action="test.many").order_by(AuditEvent.id).first()[0]
    second = desk.get(f"/staff/audit/?action=test.many&before={oldest + 10}").text
    assert "thing:9" in second
    assert "thing:59" not in second


def test_no_code_changes_or_deletes_an_event():
    from tests.source import modules

    spoilers = ("delete(AuditEvent", "update(AuditEvent", "delete(LedgerEntry", "update(LedgerEntry")
    code = modules("app", "jobs", "operations")
    assert [name for name, module in code.items() if any(each in module.text for each in spoilers)] == []


def test_every_act_on_the_record_has_plain_words():
    from tests.source import modules

    verbs = {
        "account": "suspend restore close",
        "adjustment": "post refuse",
        "route": "open close",
        "sender_id": "approve reject",
    }
    acts = {f"{noun}.{verb}" for noun, each in verbs.items() for verb in each.split()}
    for name, module in modules("app").items():
        if "audit_log" in module.text and not name.startswith(("app.blueprints", "app.models", "app.web_")):
            acts |= {each for each in module.strings() if re.fullmatch(r"[a-z_]+\.[a-z_]+", each)}
    not_acts = {"noun.verb", "content_rules.lock"}
    assert {act for act in acts - not_acts if words_of(act) == act} == set()


def test_amounts_on_the_record_are_read_as_credits_and_lists_without_brackets():
    assert value_words(5_000_000, "amount") == "5,000"
    assert value_words({"61": 900}, "prices") == "61: 0.9"
    assert value_words(["86", "91"], "blocked_prefixes") == "86, 91"
    assert value_words(50_000, "daily_cap") == "50000"
