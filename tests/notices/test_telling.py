"""One act tells each person once, in their language, and writes to those who want letters."""

from __future__ import annotations

import ast
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import terms_keeping, terms_telling
from app.accounts.clearing import clear_old_rows
from app.clock import now
from app.database import write_transaction
from app.desk import task_acts
from app.desk.audit_log import Actor
from app.language import gettext
from app.models import (
    AccountState,
    Letter,
    Notice,
    NoticeKind,
    Role,
    Task,
    TaskKind,
    TaskState,
    TermsVersion,
    User,
)
from app.notices import choices, reading
from app.notices.telling import Words, tell
from app.sending.settlement import finish_if_over
from tests.factories.accounts import make_account
from tests.factories.messages import DELIVERED, FAILED_LATE, IN_DOUBT
from tests.factories.routes import make_route
from tests.factories.tasks import make_settled_task, make_submitted_task
from tests.factories.users import make_owner, make_staff, make_user
from tests.source import Module, modules

MACHINE = Actor.machine()


def notices(session: Session, user: User | int) -> list[Notice]:
    session.rollback()
    user_id = user if isinstance(user, int) else user.id
    return list(session.scalars(select(Notice).where(Notice.user_id == user_id).order_by(Notice.id)))


def letters(session: Session) -> list[Letter]:
    session.rollback()
    return list(session.scalars(select(Letter).order_by(Letter.id)))


def words(_person: User) -> Words:
    return Words("Something", "It happened.", "/statement")


def test_one_key_is_one_notice_and_one_letter_however_often_it_is_told(
    any_app: Flask, session: Session
) -> None:
    owner = make_owner(session)
    for _ in range(3):
        with write_transaction(session):
            tell(session, [session.merge(owner)], NoticeKind.TOP_UP, words, key="topup:1")
    assert len(notices(session, owner)) == len(letters(session)) == 1


def test_who_wants_no_letters_still_finds_it_on_the_pages_and_the_other_way_round(session: Session) -> None:
    on_pages, by_email = make_owner(session), make_owner(session)
    with write_transaction(session):
        choices.choose(session, session.merge(on_pages), [NoticeKind.TOP_UP], [])
        choices.choose(session, session.merge(by_email), [], [NoticeKind.TOP_UP])
    with write_transaction(session):
        tell(session, [session.merge(on_pages), session.merge(by_email)], NoticeKind.TOP_UP, words)
    assert [letter.user_id for letter in letters(session)] == [by_email.id]
    assert reading.unread_count(session, on_pages.id) == 1
    assert reading.unread_count(session, by_email.id) == 0
    assert not reading.latest_notices(session, by_email.id, 5)


def test_letters_about_safety_cannot_be_switched_off(session: Session) -> None:
    owner = make_owner(session)
    with write_transaction(session):
        choices.choose(session, session.merge(owner), [], [])
        assert choices.stop_letters(session, owner.id, NoticeKind.SECURITY) is None
    with write_transaction(session):
        tell(session, [session.merge(owner)], NoticeKind.SECURITY, words)
    (letter,) = letters(session)
    assert letter.stops is None
    assert "cannot be switched off" in letter.body


def test_it_is_written_in_its_readers_language(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    from babel.support import NullTranslations

    from app import language

    class Malay(NullTranslations):
        def gettext(self, message: str) -> str:
            return f"[ms] {message}"

    monkeypatch.setattr(language, "catalogue", lambda code: Malay() if code == "ms" else NullTranslations())
    account = make_account(session)
    english, malay = make_owner(session, account), make_owner(session, account, language="ms")

    def said(_person: User) -> Words:
        return Words(gettext("Decided"), "", "/statement")

    with write_transaction(session):
        tell(session, [session.merge(english), session.merge(malay)], NoticeKind.TOP_UP, said)
    assert [notices(session, person)[0].title for person in (english, malay)] == ["Decided", "[ms] Decided"]
    assert "[ms] Hello" in letters(session)[1].body


def test_a_finished_task_is_told_once_also_when_a_doubt_takes_it_up_again(
    any_app: Flask, session: Session
) -> None:
    owner = make_owner(session, make_account(session, available=10_000))
    route = make_route(session)
    task_id = make_settled_task(
        session, owner, route, [DELIVERED, FAILED_LATE, IN_DOUBT], kind=TaskKind.BULK, name="Autumn"
    ).id
    for _ in range(3):
        with write_transaction(session):
            task = session.get_one(Task, task_id)
            task.state = TaskState.RUNNING
            session.flush()
            finish_if_over(session, task)
            finish_if_over(session, task)
    (notice,) = notices(session, owner)
    (letter,) = letters(session)
    assert notice.title == letter.subject == "“Autumn” is finished"
    assert "Of 3 messages, 1 were sent and 1 failed. 1 is in doubt" in notice.text
    assert notice.path == f"/tasks/{session.get_one(Task, task_id).public_id}"


def test_a_quick_message_that_is_finished_writes_no_letter(session: Session) -> None:
    owner = make_owner(session, make_account(session, available=10_000))
    task = make_settled_task(session, owner, make_route(session), [DELIVERED])
    with write_transaction(session):
        finish_if_over(session, session.merge(task))
    assert len(notices(session, owner)) == 1
    assert letters(session) == []


def test_a_repeated_tick_tells_a_late_start_once(app: Flask, session: Session) -> None:
    from jobs.ticker import tick

    owner = make_owner(session, make_account(session, available=10_000))
    long_ago = now() - timedelta(days=2)
    make_submitted_task(
        session, owner, make_route(session), state=TaskState.SCHEDULED, scheduled_at=long_ago, name="Late"
    )
    for _ in range(3):
        tick(session, app.config["CARILLON"])
    (notice,) = notices(session, owner)
    assert (notice.kind, notice.title) == (NoticeKind.TASK_PAUSED, "“Late” is paused")
    assert "set time passed" in notice.text


def test_what_staff_do_to_a_task_is_told_to_who_submitted_it_and_what_they_do_themselves_is_not(
    session: Session,
) -> None:
    account = make_account(session, available=100_000)
    owner, sender = make_owner(session, account), make_user(session, account)
    route = make_route(session)
    by_staff, by_client = (make_submitted_task(session, sender, route) for _ in range(2))
    account_id, ids = account.id, (by_staff.public_id, by_client.public_id)
    with write_transaction(session):
        task_acts.pause(session, MACHINE, account_id, ids[1])
        task_acts.cancel(session, MACHINE, account_id, ids[1])
    assert notices(session, sender) == []
    with write_transaction(session):
        task_acts.pause(session, MACHINE, account_id, ids[0], by_staff=True, reason="Complaints")
    with write_transaction(session):
        task_acts.pause(session, MACHINE, account_id, ids[0], by_staff=True, reason="Complaints")
        task_acts.cancel(session, MACHINE, account_id, ids[0], by_staff=True)
    told = notices(session, sender)
    assert [notice.title.split()[-1] for notice in told] == ["paused", "cancelled"]
    assert "Complaints" in told[0].text
    assert notices(session, owner) == []
    assert len(letters(session)) == 2


def test_once_who_submitted_is_gone_the_owners_hear_of_it(session: Session) -> None:
    account = make_account(session, available=100_000)
    owner, sender = make_owner(session, account), make_user(session, account)
    task = make_settled_task(session, sender, make_route(session), [DELIVERED])
    sender.disabled_at = now()
    session.commit()
    with write_transaction(session):
        finish_if_over(session, session.merge(task))
    assert notices(session, sender) == []
    assert len(notices(session, owner)) == 1


def test_new_terms_are_told_to_every_client_once_and_written_to_those_who_submit(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, closed = make_account(session), make_account(session, state=AccountState.CLOSED)
    owner, viewer = make_owner(session, account), make_user(session, account, role=Role.VIEWER)
    gone, admin = make_owner(session, closed), make_staff(session)
    draft = TermsVersion(version="2027-01", text="Words.", created_by=admin.id)
    session.add(draft)
    session.commit()
    draft_id = draft.id
    with write_transaction(session):
        terms_keeping.publish(session, MACHINE, draft_id)
    make_owner(session, account)  # came later, and accepted it on the way in
    monkeypatch.setattr(terms_telling, "_AT_ONCE", 1)
    told = []
    for _ in range(4):
        with write_transaction(session):
            told.append(terms_telling.tell_of_new_terms(session))
    assert told == [1, 1, 0, 0]
    assert [len(notices(session, person)) for person in (owner, viewer, gone, admin)] == [1, 1, 0, 0]
    assert [letter.user_id for letter in letters(session)] == [owner.id]


def test_notices_go_ninety_days_after_they_were_read_and_unread_ones_after_thirteen_months(
    session: Session,
) -> None:
    owner = make_owner(session)
    for created, read in ((200, 91), (200, 89), (395, None), (397, None)):
        session.add(
            Notice(
                user_id=owner.id,
                kind=NoticeKind.TOP_UP,
                key=f"{created}-{read}",
                title="x",
                text="",
                path="/",
                created_at=now() - timedelta(days=created),
                read_at=now() - timedelta(days=read) if read else None,
            )
        )
    session.commit()
    clear_old_rows(session)
    assert [notice.key for notice in notices(session, owner)] == ["200-89", "395-None"]


def test_nothing_else_writes_letters_but_what_is_a_step_of_something() -> None:
    """Links to confirm an address, codes, invitations; all the rest is told, so that people may choose."""
    code = modules("app", "jobs")
    writers = {
        name for name, module in code.items() if {"write_to", "write_email", "write_sms"} & names_in(module)
    }
    assert writers - {"app.letters.writing"} == {
        "app.notices.telling",
        "app.accounts.notices",
        "app.accounts.verification",
        "app.accounts.members",
    }


def names_in(module: Module) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(module.text)) if isinstance(node, ast.Name)}
