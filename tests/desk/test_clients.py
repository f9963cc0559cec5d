"""What staff do to a client: find, suspend, restore, close, adjust, note, price."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from app.accounts import standing
from app.database import write_transaction
from app.desk import clients
from app.desk.audit_log import Actor
from app.desk.settings import change_settings
from app.errors import Conflict, NotAllowed
from app.extensions import db
from app.ledger import transfers
from app.models import Account, AccountRoute, Adjustment, AuditEvent, LedgerEntry, Letter, Role, Task, User
from app.sending import steering, sweep
from app.sending.dispatch import claims
from app.sending.drafting.checking import check
from app.sending.lookup import open_routes, own_prices
from app.topups import adjustments
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft, make_submitted_task
from tests.factories.users import make_owner, make_staff, make_user

MACHINE = Actor.machine()


@pytest.mark.parametrize("words", ["brass", "BELL", "no.1@brass", "412 345 678", "Olga", "#{id}", "{id}"])
def test_clients_are_found_by_what_one_knows_of_them(session, words):
    account = make_account(session, name="Brass & Bell")
    make_owner(session, account, email="no.1@brass.example", name="Olga Finch", phone="+61412345678")
    make_account(session, name="Somebody else")
    found = clients.search(session, words.format(id=account.id)).rows
    assert [each.name for each in found] == ["Brass & Bell"]


def test_signs_that_the_database_understands_are_looked_for_as_they_stand(session):
    make_account(session, name="Other_100%")
    make_account(session, name="Another")
    assert len(clients.search(session, "%").rows) == 1
    assert len(clients.search(session, "_1").rows) == 1


def test_suspending_pauses_signs_out_tells_and_stops_new_work(session):
    owner = make_owner(session, make_account(session, available=10_000))
    route = make_route(session)
    task = make_submitted_task(session, owner, route)
    version, account_id = owner.session_version, owner.account_id
    with write_transaction(session):
        standing.suspend(session, MACHINE, account_id, "Complaints")
    session.rollback()
    assert (task.state, "suspended" in task.state_reason) == ("paused", True)
    assert session.get(User, owner.id).session_version == version + 1
    assert "Complaints" in standing.refusal_of(owner)
    assert "Complaints" in session.scalars(select(Letter.body)).one()
    with pytest.raises(NotAllowed), write_transaction(session):
        transfers.hold(session, task.id, account_id, 1_000, "again")
    with pytest.raises(NotAllowed), write_transaction(session):
        steering.resume(session, account_id, task.public_id)
    with pytest.raises(Conflict), write_transaction(session):
        standing.suspend(session, MACHINE, account_id, "Again")


def test_a_restored_account_resumes_by_its_owners_hand(client, session, sign_in):
    owner = make_owner(session, make_account(session, available=10_000))
    task = make_submitted_task(session, owner, make_route(session))
    account_id, public_id = owner.account_id, task.public_id
    with write_transaction(session):
        standing.suspend(session, MACHINE, account_id, "Complaints")
    with write_transaction(session):
        standing.restore(session, MACHINE, account_id, "Settled")
    session.rollback()
    assert task.state == "paused"
    assert standing.refusal_of(owner) is None
    sign_in(client, owner)
    page = f"/tasks/{public_id}"
    assert "Resume this task" in client.get(page).text
    client.submit(f"{page}/resume", page=page)
    session.rollback()
    assert session.get(Task, task.id).state == "running"


def test_nothing_of_a_suspended_account_is_claimed_even_if_it_runs(session):
    owner = make_owner(session, make_account(session, available=10_000))
    route = make_route(session)
    make_submitted_task(session, owner, route)
    owner.account.state = "suspended"
    session.commit()
    with write_transaction(session):
        lease = claims.acquire_lease(session, route.id, "test")
        assert claims.take(session, lease, 10, 5.0, lease.taking(0)) == []
    assert claims.routes_with_work(session) == []


def test_a_scheduled_task_that_falls_due_meanwhile_pauses(session, monkeypatch):
    from datetime import timedelta

    from app.clock import now

    owner = make_owner(session, make_account(session, available=10_000))
    task = make_submitted_task(
        session, owner, make_route(session), state="scheduled", scheduled_at=now() - timedelta(seconds=5)
    )
    with write_transaction(session):
        standing.suspend(session, MACHINE, owner.account_id, "Complaints")
    assert session.get(Task, task.id).state == "scheduled"
    with write_transaction(session):
        sweep.start_due(session, timedelta(hours=1))
    session.rollback()
    assert task.state == "paused"


def test_closing_cancels_what_is_unsent_and_gives_its_credit_back(session):
    owner = make_owner(session, make_account(session, available=10_000))
    route = make_route(session)
    tasks = [
        make_submitted_task(session, owner, route),
        make_submitted_task(session, owner, route, state="scheduled"),
    ]
    account_id = owner.account_id
    with write_transaction(session):
        standing.close(session, MACHINE, account_id, "Asked to leave")
    session.rollback()
    assert [task.state for task in tasks] == ["cancelled", "cancelled"]
    account = session.get(Account, account_id)
    assert (account.state, account.available, account.held) == ("closed", 10_000, 0)
    assert standing.refusal_of(owner) == "This account is closed."


def test_closing_wants_the_name_typed(client, session, sign_in):
    account = make_account(session, name="Brass & Bell")
    sign_in(client, make_staff(session))
    address = f"/staff/clients/{account.id}/close"
    wrong = client.submit(address, {"reason": "Asked to leave", "typed_name": "Brass"})
    assert wrong.status_code == 422
    session.rollback()
    assert account.state == "active"
    assert (
        client.submit(address, {"reason": "Asked to leave", "typed_name": "brass & bell"}).status_code == 303
    )
    session.rollback()
    assert (account.state, account.state_reason) == ("closed", "Asked to leave")


def test_an_adjustment_is_posted_once_however_often_its_form_comes(client, session, sign_in):
    account = make_account(session, available=1_000)
    sign_in(client, make_staff(session, role=Role.FINANCE))
    address = f"/staff/clients/{account.id}/adjust"
    values = {"direction": "add", "amount": "2.5", "reason": "Goodwill", "request_key": "k" * 20}
    for _ in range(3):
        assert client.submit(address, values).status_code == 303
    session.rollback()
    assert account.available == 3_500
    assert session.query(Adjustment).count() == 1
    assert "Goodwill" in client.get(f"/staff/clients/{account.id}").text


def test_no_adjustment_takes_more_than_there_is(client, session, sign_in):
    account = make_account(session, available=1_000)
    sign_in(client, make_staff(session, role=Role.FINANCE))
    values = {"direction": "take", "amount": "2", "reason": "Mistake", "request_key": "k" * 20}
    answer = client.submit(f"/staff/clients/{account.id}/adjust", values)
    assert answer.status_code == 422
    assert "Only 1 credits are available" in answer.text
    session.rollback()
    assert (account.available, session.query(Adjustment).count()) == (1_000, 0)


def test_above_the_limit_somebody_else_confirms(client, session, sign_in, app):
    account = make_account(session, available=1_000)
    first, second = (make_staff(session, role=Role.FINANCE) for _ in range(2))
    with write_transaction(session):
        change_settings(session, MACHINE, adjustment_second_person_above=5_000)
    sign_in(client, first)
    values = {"direction": "add", "amount": "6", "reason": "Goodwill", "request_key": "k" * 20}
    client.submit(f"/staff/clients/{account.id}/adjust", values)
    session.rollback()
    assert account.available == 1_000
    made = session.query(Adjustment).one()
    confirm = f"/staff/clients/adjustments/{made.id}/confirm"
    client.submit(confirm, page="/staff/clients/adjustments")
    session.rollback()
    assert (account.available, made.state) == (1_000, "waiting")
    other = sign_in(app.test_client(), second)
    other.submit(confirm, page="/staff/clients/adjustments")
    session.rollback()
    assert (account.available, made.state, made.decided_by) == (7_000, "posted", second.id)
    assert other.submit(confirm, page="/staff/clients/adjustments").status_code == 409
    session.rollback()
    assert account.available == 7_000


def test_two_who_confirm_at_once_move_the_balance_once(any_app):
    with any_app.app_context():
        session = db.session()
        account = make_account(session)
        asker, *others = [make_staff(session, role=Role.FINANCE) for _ in range(5)]
        with write_transaction(session):
            change_settings(session, MACHINE, adjustment_second_person_above=1)
        with write_transaction(session):
            made = adjustments.request(
                session, Actor.of(asker, None), account.id, 9_000, "Goodwill", "k" * 20
            )
            adjustment_id = made.id
        account_id, actors = account.id, [Actor.of(other, None) for other in others]
    start, refused = threading.Barrier(len(actors)), []

    def confirm(actor: Actor) -> None:
        with any_app.app_context():
            start.wait()
            try:
                with write_transaction(db.session()) as own:
                    adjustments.confirm(own, actor, adjustment_id)
            except Conflict:
                refused.append(actor)

    threads = [threading.Thread(target=confirm, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with any_app.app_context():
        session = db.session()
        assert session.get(Account, account_id).available == 9_000
        assert len(session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "adjustment")).all()) == 1
    assert len(refused) == len(actors) - 1


def test_a_required_password_change_signs_out_and_is_kept(client, session, sign_in):
    member = make_user(session)
    version = member.session_version
    sign_in(client, make_staff(session, role=Role.OPERATOR))
    page = f"/staff/clients/{member.account_id}"
    client.submit(f"{page}/members/{member.id}/require-password-change", page=page)
    session.rollback()
    assert (member.must_change_password, member.session_version) == (True, version + 1)
    elsewhere = make_account(session)
    answer = client.submit(
        f"/staff/clients/{elsewhere.id}/members/{member.id}/require-password-change", page=page
    )
    assert answer.status_code == 404


def test_routes_and_prices_of_an_accounts_own(client, session, sign_in):
    account, other = make_account(session), make_account(session)
    public, private = make_route(session, name="Public"), make_route(session, name="Private", everyone=False)
    sign_in(client, make_staff(session, role=Role.OPERATOR))
    page = f"/staff/clients/{account.id}/routes"
    for route, access, price in ((public, "no", ""), (private, "yes", "0.5")):
        prefix = f"r{route.id}-"
        answer = client.submit(
            f"{page}/{route.id}", {f"{prefix}access": access, f"{prefix}price": price}, page=page
        )
        assert answer.status_code == 303
    session.rollback()
    assert [route.name for route in open_routes(session, account.id)] == ["Private"]
    assert [route.name for route in open_routes(session, other.id)] == ["Public"]
    assert own_prices(session, account.id) == {private.id: 500}
    prefix = f"r{public.id}-"
    client.submit(f"{page}/{public.id}", {f"{prefix}access": "route", f"{prefix}price": ""}, page=page)
    session.rollback()
    assert session.get(AccountRoute, (account.id, public.id)) is None


def test_forms_set_nothing_but_their_own_fields(client, session, sign_in):
    account = make_account(session, available=1_000)
    sign_in(client, make_staff(session, role=Role.FINANCE))
    page = f"/staff/clients/{account.id}"
    extra = {"available": "999999", "state": "closed", "user_id": "1", "account_id": "2", "role": "admin"}
    client.submit(f"{page}/notes", {"text": "Hello", **extra}, page=page)
    client.submit(f"{page}/plan", {"plan_id": "0", **extra}, page=page)
    session.rollback()
    assert (account.available, account.state) == (1_000, "active")
    assert all(event.account_id in (None, account.id) for event in session.query(AuditEvent))


def test_an_own_price_is_what_the_composer_and_the_check_quote(client, session, sign_in, app):
    user = make_owner(session, make_account(session, available=10_000))
    route = make_route(session, name="Direct", price_per_segment=1_000, prices={"61": 1_500})
    make_route(session, name="Hidden", everyone=False)
    with write_transaction(session):
        clients.set_route(session, MACHINE, user.account_id, route.id, None, 400)
    task = make_draft(session, user, route, state="checking", typed_recipients="+61412345678", check_run=1)
    check(session, task.id, app.config["CARILLON"])
    session.rollback()
    assert task.quote["total"] == 400
    sign_in(client, user)
    page = client.get("/quick/").text
    assert "0.4" in page
    assert "Hidden" not in page
