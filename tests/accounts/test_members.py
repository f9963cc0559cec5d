"""Members of an account: who may do what, invitations, and that an owner always stays."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest

from app.accounts import abuse, members
from app.accounts.members import MemberRefused
from app.accounts.terms_text import SHIPPED_VERSION
from app.clock import now
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.errors import NotFound
from app.extensions import db
from app.models import Invitation, Letter, Role, TermsAcceptance, User
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.users import make_owner, make_user

PASSWORD = "seven lanterns drift over quiet harbours"

# Role by role, what a member opens; a page that is not for the role answers 403.
PAGES = {
    "/": "owner sender viewer billing",
    "/tasks": "owner sender viewer billing",
    "/quick/": "owner sender",
    "/bulk/": "owner sender",
    "/top-up": "owner billing",
    "/members": "owner",
    "/account/leaving": "owner",
    "/staff/": "",
}


@pytest.fixture
def owner(session):
    return make_owner(session, make_account(session, name="Brass & Bell"))


def invitation_link(session) -> str:
    session.rollback()
    body = session.query(Letter).order_by(Letter.id.desc()).first().body
    return re.search(r"/invitations/[\w-]+", body)[0]


@pytest.mark.parametrize("role", [Role.OWNER, Role.SENDER, Role.VIEWER, Role.BILLING])
def test_each_role_opens_its_own_pages_and_no_others(client, session, sign_in, role):
    make_route(session)
    sign_in(client, make_user(session, role=role))
    for address, roles in PAGES.items():
        allowed = role in roles.split()
        status = client.get(address, follow_redirects=address != "/staff/").status_code
        assert status == (200 if allowed else 403), f"{role} at {address}"


def test_somebody_who_is_invited_joins_once_and_signs_in(client, session, sign_in, owner, app):
    sign_in(client, owner)
    answer = client.submit(
        "/members/invite", {"email": " New@Example.com", "role": "viewer"}, page="/members"
    )
    assert answer.status_code == 303
    link = invitation_link(session)
    stranger = app.test_client()
    page = stranger.get(link).text
    assert "Join Brass &amp; Bell" in page
    values = {
        "name": "Nia New",
        "password": PASSWORD,
        "again": PASSWORD,
        "terms_version": SHIPPED_VERSION,
        "accept": "y",
        "role": "owner",
        "account_id": "99",
        "email": "other@example.com",
    }
    assert stranger.submit(link, {**values, "password": "password1", "again": "password1"}).status_code == 422
    assert stranger.submit(link, values).status_code == 303
    session.rollback()
    new = session.query(User).filter_by(email="new@example.com").one()
    assert (new.role, new.account_id, new.email_confirmed_at is not None) == (
        "viewer",
        owner.account_id,
        True,
    )
    assert session.query(TermsAcceptance).filter_by(user_id=new.id).one().occasion == "invitation"
    assert stranger.get(link).status_code == 404


@pytest.mark.parametrize("end", ["revoke", "expire", "resend"])
def test_a_dead_link_leads_nowhere(client, session, sign_in, owner, end):
    sign_in(client, owner)
    client.submit("/members/invite", {"email": "new@example.com", "role": "sender"}, page="/members")
    link = invitation_link(session)
    invitation = session.query(Invitation).one()
    if end == "expire":
        invitation.expires_at = now() - timedelta(seconds=1)
        session.commit()
    else:
        client.submit(f"/members/invitations/{invitation.id}/{end}", page="/members")
    assert client.get(link).status_code == 404


def test_an_address_of_another_account_is_not_given_away(client, session, sign_in, owner):
    make_user(session, email="taken@example.com")
    sign_in(client, owner)
    answer = client.submit(
        "/members/invite",
        {"email": "taken@example.com", "role": "sender"},
        page="/members",
        follow_redirects=True,
    )
    assert "taken@example.com is invited" in answer.text
    session.rollback()
    letter = session.query(Letter).order_by(Letter.id.desc()).first()
    assert "/invitations/" not in letter.body


def test_the_last_owner_stays(client, session, sign_in, owner):
    sign_in(client, owner)
    page = f"/members/{owner.id}"
    answer = client.submit(page, {"role": "viewer"})
    assert answer.status_code == 422
    assert "only owner" in answer.text
    client.submit(f"{page}/remove", page="/members")
    session.rollback()
    assert (owner.role, owner.disabled_at) == ("owner", None)


def test_two_owners_do_not_let_go_of_each_other_at_once(any_app):
    with any_app.app_context():
        session = db.session()
        first = make_owner(session)
        second = make_owner(session, first.account)
        pairs = [(Actor.of(first, None), second.id), (Actor.of(second, None), first.id)]
        account_id = first.account_id
    start, refused = threading.Barrier(2), []

    def remove(actor: Actor, user_id: int) -> None:
        with any_app.app_context():
            start.wait()
            try:
                with write_transaction(db.session()) as own:
                    members.remove(own, actor, account_id, user_id)
            except MemberRefused:
                refused.append(user_id)

    threads = [threading.Thread(target=remove, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1


def test_a_removed_member_is_out_at_once_and_may_be_invited_back(client, session, sign_in, owner, app):
    member = make_user(session, owner.account)
    theirs = sign_in(app.test_client(), member)
    assert theirs.get("/tasks").status_code == 200
    sign_in(client, owner)
    client.submit(f"/members/{member.id}/remove", page="/members")
    assert theirs.get("/tasks").status_code == 302
    client.submit("/members/invite", {"email": member.email, "role": "billing"}, page="/members")
    values = {
        "name": "Back",
        "password": PASSWORD,
        "again": PASSWORD,
        "terms_version": SHIPPED_VERSION,
        "accept": "y",
    }
    assert app.test_client().submit(invitation_link(session), values).status_code == 303
    session.rollback()
    assert (member.disabled_at, member.role, member.name) == (None, "billing", "Back")


def test_an_owner_reaches_nobody_of_another_account(client, session, sign_in, owner):
    stranger = make_user(session)
    with write_transaction(session):
        theirs = members.invite(
            session, Actor.of(stranger, None), stranger.account_id, "x@example.com", "viewer", "http://panel"
        )
        invitation_id = theirs.id
    sign_in(client, owner)
    assert client.get(f"/members/{stranger.id}").status_code == 404
    for address in (f"/members/{stranger.id}/remove", f"/members/invitations/{invitation_id}/revoke"):
        assert client.submit(address, page="/members").status_code == 404
    session.rollback()
    assert stranger.disabled_at is None


def test_a_closed_account_takes_nobody_in(session, owner):
    with write_transaction(session):
        invitation = members.invite(
            session, Actor.of(owner, None), owner.account_id, "x@example.com", "viewer", "http://panel"
        )
        assert invitation.role == "viewer"
    token = invitation_link(session).rpartition("/")[2]
    owner.account.state = "closed"
    session.commit()
    with pytest.raises(NotFound):
        members.open_invitation(session, token)


def test_letters_to_strangers_have_a_limit(client, session, sign_in, owner, monkeypatch):
    small = abuse.Limits(abuse.Limit(99, 60), abuse.Limit(2, 60), abuse.Limit(99, 60))
    monkeypatch.setitem(abuse.LIMITS, abuse.Act.INVITE, small)
    sign_in(client, owner)
    answers = [
        client.submit("/members/invite", {"email": f"{n}@example.com", "role": "sender"}, page="/members")
        for n in range(3)
    ]
    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert session.query(Invitation).count() == 2
