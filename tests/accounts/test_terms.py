"""The terms: which are in force, who accepted them, how staff keep them."""

from __future__ import annotations

import pytest

from app.accounts import terms, terms_keeping
from app.accounts.terms import SHIPPED_TERMS
from app.accounts.terms_keeping import TermsRefused
from app.accounts.terms_text import SHIPPED_VERSION
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.errors import Conflict
from app.models import TermsAcceptance, TermsVersion
from tests.factories.users import make_owner, make_staff

MACHINE = Actor.machine()

# What the terms have to say, by the words that say it.
COVERED = {
    "prepaid, top up before sending": "top up before you send",
    "one way, no replies shown": "Replies are neither received nor shown",
    "promotional only": "Promotional content only",
    "no transactional or personal messages": "personal messages are not allowed",
    "minimum campaign size by route": "minimum size",
    "never instant or 100 %": "never instant, and never 100 %",
    "which routes report per message": "Some routes report on every message",
    "sign-in IP and time are recorded": "time and IP address of every sign-in are recorded",
    "keep the password, and change it": "Keep your password to yourself, and change it",
    "content is the client's": "You answer for what you send",
    "prohibited": "hate, vulgar, racist, adult or abusive content, misleading claims, fraud and harassment",
    "we check": "We check content by machine",
    "attacks": "end the service at once",
    "test before a campaign": "Run a test message before a campaign",
    "no count or price: discarded": "price cannot be established, for whatever reason, is discarded",
    "one clean number per line": "one clean number on each line",
    "how credits are counted": "A segment holds 160 characters",
    "support": "within 2 to 72 hours",
}


@pytest.mark.parametrize("words", COVERED.values(), ids=list(COVERED))
def test_the_shipped_text_says_it(words):
    told = " ".join(line for block in SHIPPED_TERMS.blocks for line in block.lines)
    assert words in told


def publish(session, version: str, text: str = "## New\n\nNew words.") -> None:
    with write_transaction(session):
        draft = terms_keeping.write_draft(session, MACHINE, version, text)
        terms_keeping.publish(session, MACHINE, draft.id)


def test_a_text_reads_as_headings_paragraphs_and_lists():
    blocks = terms.blocks_of("## One\nfirst\nline\n\n- a\nb\n- c\r\n\r\nlast <b>")
    assert [(block.kind, block.lines) for block in blocks] == [
        ("heading", ("One",)),
        ("paragraph", ("first line",)),
        ("list", ("a b", "c")),
        ("paragraph", ("last <b>",)),
    ]


def test_a_new_version_has_to_be_accepted_again(session):
    user = make_owner(session)
    with write_transaction(session):
        terms.accept(session, user, SHIPPED_VERSION, "sign_in", "192.0.2.1")
        terms.accept(session, user, SHIPPED_VERSION, "submission", "192.0.2.1")
    assert session.query(TermsAcceptance).filter_by(user_id=user.id, version=SHIPPED_VERSION).count() == 1
    publish(session, "2027-01")
    with pytest.raises(Conflict), write_transaction(session):
        terms.accept(session, user, SHIPPED_VERSION, "sign_in", "192.0.2.1")
    with write_transaction(session):
        terms.accept(session, user, "2027-01", "sign_in", "192.0.2.1")
    accepted = session.query(TermsAcceptance).filter_by(user_id=user.id).order_by(TermsAcceptance.id)
    assert [one.version for one in accepted] == [SHIPPED_VERSION, "2027-01"]


def test_a_published_version_is_never_changed(session):
    publish(session, "2027-01")
    row = session.query(TermsVersion).one()
    with pytest.raises(Conflict), write_transaction(session):
        terms_keeping.write_draft(session, MACHINE, "2027-01", "Other words.", row.id)
    with pytest.raises(Conflict), write_transaction(session):
        terms_keeping.publish(session, MACHINE, row.id)
    with pytest.raises(Conflict), write_transaction(session):
        terms_keeping.discard(session, MACHINE, row.id)


@pytest.mark.parametrize(("name", "text"), [(SHIPPED_VERSION, "Text"), ("a b", "Text"), ("2027-01", " \n ")])
def test_what_makes_no_version_is_refused(session, name, text):
    with pytest.raises(TermsRefused), write_transaction(session):
        terms_keeping.write_draft(session, MACHINE, name, text)


def test_staff_write_preview_and_publish(client, session, sign_in):
    sign_in(client, make_staff(session))
    answer = client.submit(
        "/staff/terms/new", {"version": "2027-01", "text": "## Fresh\n\n<b>bold</b> words"}
    )
    page = client.get(answer.location).text
    assert "A draft" in page
    assert "&lt;b&gt;bold" in page
    assert "Fresh" not in client.get("/terms").text
    client.submit(f"{answer.location}/publish", page=answer.location)
    assert "Fresh" in client.get("/terms").text
    listed = client.get("/staff/terms/").text
    assert "2027-01" in listed
    assert SHIPPED_VERSION in listed
