"""The list of banned words: kept by operators, each change on the record, tried before it is saved."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.clock import now
from app.content.findings import Severity
from app.database import write_transaction
from app.desk import content_rules, rule_sandbox
from app.desk.audit_log import Actor
from app.desk.content_rules import Rule
from app.errors import Conflict, TaskRefused
from app.models import AuditEvent, BannedWordEntry, Role, TaskState
from app.sending import route_rules
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft
from tests.factories.users import make_owner, make_staff

MACHINE = Actor.machine()
WORD = {"word": "Free   Money", "category": "fraud", "severity": "hold", "instead": "a gift"}


@pytest.fixture
def operator(client, session, sign_in):
    return sign_in(client, make_staff(session, role=Role.OPERATOR))


def events(session, action):
    session.rollback()
    return session.scalars(select(AuditEvent).where(AuditEvent.action == action)).all()


def test_a_word_is_added_changed_and_removed_on_the_record(operator, session):
    assert operator.submit("/staff/content/", WORD).status_code == 303
    session.rollback()
    entry = session.scalars(select(BannedWordEntry)).one()
    assert (entry.word, entry.severity, entry.instead) == ("free money", "hold", "a gift")
    operator.submit(f"/staff/content/words/{entry.id}", {**WORD, "severity": "block"})
    (event,) = events(session, "word.change")
    assert event.before == {"word": "free money", "severity": "hold"}
    assert event.after == {"word": "free money", "severity": "block"}
    operator.submit(f"/staff/content/words/{entry.id}/remove", page="/staff/content/")
    session.rollback()
    assert session.scalar(select(func.count()).select_from(BannedWordEntry)) == 0
    assert len(events(session, "word.add")) == len(events(session, "word.remove")) == 1


def test_a_saved_word_counts_in_the_next_check(operator, session):
    assert not route_rules.banned_words(session).check("Get free money here.")
    operator.submit("/staff/content/", WORD)
    session.rollback()
    (finding,) = route_rules.banned_words(session).check("Get fr€e m0ney here.")
    assert finding.severity is Severity.HOLD


@pytest.mark.parametrize("word", ["", "!!!", "x", "w" * 101])
def test_a_word_that_would_match_nothing_or_everything_is_refused(operator, session, word):
    response = operator.submit("/staff/content/", {**WORD, "word": word})
    assert response.status_code == 422
    assert "There is something to correct" in response.text
    assert session.scalar(select(func.count()).select_from(BannedWordEntry)) == 0


def test_a_word_twice_is_told_not_stored(operator, session):
    operator.submit("/staff/content/", WORD)
    assert "on the list already" in operator.submit("/staff/content/", WORD).text


def test_the_list_is_searched_and_filtered(operator, session):
    for word, category in (("casino", "gambling"), ("jackpot", "gambling"), ("viagra", "adult")):
        session.add(BannedWordEntry(word=word, category=category, severity="block"))
    session.commit()
    page = operator.get("/staff/content/?search=CASI").text
    assert "casino" in page
    assert "jackpot" not in page
    page = operator.get("/staff/content/?category=adult&severity=block").text
    assert "viagra" in page
    assert "casino" not in page
    assert "No such word" in operator.get("/staff/content/?search=%25").text


def test_a_pasted_list_takes_what_it_can_and_names_the_rest(operator, session):
    session.add(BannedWordEntry(word="casino", category="gambling", severity="block"))
    session.commit()
    text = "Casino\r\nwin big, gambling, alert\r\n\r\n!!!\r\nrude, nonsense\r\nwin  BIG\r\nnaughty"
    page = operator.submit(
        "/staff/content/paste", {"words": text, "category": "vulgar", "severity": "hold"}
    ).text
    assert "2 added." in page
    assert "neither a category nor a severity" in page
    session.rollback()
    kept = {
        entry.word: (entry.category, entry.severity) for entry in session.scalars(select(BannedWordEntry))
    }
    assert kept == {
        "casino": ("gambling", "block"),
        "win big": ("gambling", "alert"),
        "naughty": ("vulgar", "hold"),
    }
    (event,) = events(session, "word.paste")
    assert ["naughty", "vulgar", "hold"] in event.after["words"]


def test_thousands_pasted_are_stored_and_told_in_pieces(any_app, session):
    text = "\n".join(f"bad word {number}x" for number in range(1_000))
    with write_transaction(session):
        pasted = content_rules.paste_words(session, MACHINE, text, "other", Severity.BLOCK)
    assert pasted.added == 1_000
    assert len(events(session, "word.paste")) == 5
    with pytest.raises(TaskRefused, match="at most"), write_transaction(session):
        content_rules.paste_words(session, MACHINE, "w\n" * 5_001, "other", Severity.BLOCK)


def test_changing_a_word_to_another_of_the_list_is_refused(any_app, session):
    with write_transaction(session):
        content_rules.add_word(session, MACHINE, Rule("casino", "gambling", Severity.BLOCK))
        word_id = content_rules.add_word(session, MACHINE, Rule("poker", "gambling", Severity.BLOCK)).id
    with pytest.raises(Conflict, match="already"), write_transaction(session):
        content_rules.change_word(session, MACHINE, word_id, Rule("Casino", "gambling", Severity.HOLD))


@pytest.fixture
def history(session):
    owner, route = make_owner(session), make_route(session)
    texts = [
        ("Poker night on Friday", 40),
        ("Poker night on Friday", 6),
        ("P.o.k.e.r for {name}", 5),
        ("Fish on Friday", 2),
    ]
    for number, (content, days) in enumerate(texts):
        then = now() - timedelta(days=days)
        make_draft(
            session, owner, route, content=content, name=f"Task {number} of {days} days",
            created_at=then, submitted_at=then, state=TaskState.DONE, total=0,
        )  # fmt: skip
    make_draft(session, owner, route, content="Poker that was never submitted")


def test_the_sandbox_shows_what_a_rule_would_have_met_and_stores_nothing(operator, session, history):
    page = operator.get("/staff/content/sandbox?word=poker&category=gambling&severity=hold").text
    assert 'data-count="met" data-value="2"' in page
    assert 'data-count="read" data-value="3"' in page
    assert "held for review" in page
    assert '<mark class="marked">P.o.k.e.r</mark>' in page
    assert "40 days" not in page
    session.rollback()
    assert session.scalar(select(func.count()).select_from(BannedWordEntry)) == 0
    saved = operator.submit(
        "/staff/content/",
        {"word": "poker", "category": "gambling", "severity": "hold", "instead": ""},
        page="/staff/content/sandbox?word=poker&category=gambling&severity=hold",
    )
    assert saved.status_code == 303


def test_the_sandbox_judges_each_text_once_and_says_when_it_did_not_read_all(session, history, monkeypatch):
    monkeypatch.setattr(rule_sandbox, "MOST_TEXTS", 2)
    trial = rule_sandbox.try_rule(session, Rule("friday", "other", Severity.BLOCK))
    assert (trial.texts_read, trial.whole) == (2, False)


def test_the_sandbox_reads_two_thousand_texts_and_shows_fifty(session):
    owner, route = make_owner(session), make_route(session)
    session.add_all(
        make_task(
            owner, route, f"Offer {number}: fruit and vegetables at the counter, fresh from the farm. " * 3
        )
        for number in range(2_000)
    )
    session.commit()
    trial = rule_sandbox.try_rule(session, Rule("fruit", "other", Severity.BLOCK))
    assert (trial.tasks_met, len(trial.shown), trial.whole) == (2_000, 50, True)


def make_task(owner, route, content):
    from app.models import Task, TaskKind

    return Task(
        account_id=owner.account_id, user_id=owner.id, route_id=route.id, kind=TaskKind.QUICK, name="One",
        content=content, state=TaskState.DONE, submitted_at=now(),
    )  # fmt: skip


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.FINANCE])
def test_other_staff_read_the_rules_and_change_none(client, session, sign_in, role):
    session.add(BannedWordEntry(word="casino", category="gambling", severity="block"))
    session.commit()
    sign_in(client, make_staff(session, role=role))
    page = client.get("/staff/content/")
    assert "casino" in page.text
    assert "Add a word" not in page.text
    for address in (
        "/staff/content/",
        "/staff/content/paste",
        "/staff/content/words/1",
        "/staff/content/words/1/remove",
    ):
        assert client.submit(address, WORD, page="/staff/content/").status_code == 403
    session.rollback()
    assert session.scalars(select(BannedWordEntry.word)).all() == ["casino"]


def test_a_posted_id_or_changed_at_is_passed_over(operator, session):
    operator.submit("/staff/content/", {**WORD, "id": "99", "changed_at": "2001-01-01"})
    session.rollback()
    entry = session.scalars(select(BannedWordEntry)).one()
    assert entry.id != 99
    assert entry.changed_at > now() - timedelta(minutes=1)
