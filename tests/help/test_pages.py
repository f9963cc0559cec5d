"""The help pages: open to strangers, true to the settings, searchable, and where every "?" leads."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.help.topics import TOPICS
from app.models import AccountRoute, Role, User
from config import Limits
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.users import make_owner, make_staff, make_user
from tests.panel_client import PanelClient
from tests.source import ROOT

SignIn = Callable[[PanelClient, User], PanelClient]
TEMPLATES = ROOT / "app" / "templates"
# Both ways in which a template names an answer.
MARKS = re.compile(r"""\bhelp=["']([^"']+)["']|help_mark\(["']([^"']+)["']""")


def marks() -> dict[str, str]:
    """Every answer that a "?" leads to, and a template that it stands in."""
    found = {}
    for path in TEMPLATES.rglob("*.html"):
        for match in MARKS.finditer(path.read_text(encoding="utf-8")):
            found[match.group(1) or match.group(2)] = str(path.relative_to(TEMPLATES))
    found.pop("file-rules#columns", None) if found.get(
        "file-rules#columns"
    ) == "components/forms.html" else None
    return found


def test_every_question_mark_leads_to_an_answer_that_is_there(client: PanelClient) -> None:
    assert len(marks()) > 20
    for target, template in marks().items():
        slug, _, anchor = target.partition("#")
        assert slug in TOPICS, f"{template} names the page {slug}"
        assert f'<section class="help-question" id="{anchor}">' in client.get(f"/help/{slug}").text, (
            f"{template} names {target}"
        )


def test_a_question_mark_says_what_it_is_for_and_keeps_the_form(client: PanelClient) -> None:
    page = client.get("/register").text
    mark = re.search(r'<a class="field-help" href="/help/registering#phone"[^>]*>.*?</a>', page)
    assert mark
    assert 'target="_blank"' in mark.group()
    assert "Help with “Mobile phone”" in mark.group()
    label = re.search(r'<label class="field-label" for="phone">.*?</label>', page, re.DOTALL)
    assert label
    assert "?" not in label.group()


def test_every_question_is_reached_from_the_first_page_and_from_its_own(client: PanelClient) -> None:
    first = client.get("/help").text
    for slug in TOPICS:
        page = client.get(f"/help/{slug}").text
        anchors = re.findall(r'<section class="help-question" id="([^"]+)"', page)
        assert anchors, slug
        assert len(set(anchors)) == len(anchors), slug
        for anchor in anchors:
            assert f'href="/help/{slug}#{anchor}"' in first
            assert f'href="#{anchor}"' in page


@pytest.mark.parametrize("who", ["owner", "viewer", "staff"])
def test_everybody_reads_every_page(session: Session, client: PanelClient, sign_in: SignIn, who: str) -> None:
    account = make_account(session)
    make_route(session, name="Direct", prices={"60": 1500}, allowed_prefixes=["60", "61"])
    people = {
        "owner": lambda: make_owner(session, account),
        "viewer": lambda: make_user(session, account, role=Role.VIEWER),
        "staff": lambda: make_staff(session),
    }
    sign_in(client, people[who]())
    for slug in TOPICS:
        assert client.get(f"/help/{slug}").status_code == 200, slug
    assert "Malaysia (+60), Australia (+61)" in client.get("/help/countries").text
    assert client.get("/help/nothing").status_code == 404


def test_limits_and_times_are_those_of_the_settings(app: Flask, client: PanelClient) -> None:
    assert "at most 10 MB and 5,000 recipients" in client.get("/help/file-rules").text
    app.config["CARILLON"] = dataclasses.replace(
        app.config["CARILLON"],
        limits=Limits(bulk_recipients=777, upload_bytes=3 * 1024 * 1024, quick_recipients=33),
        in_doubt_release=timedelta(hours=11),
        session_idle=timedelta(minutes=17),
    )
    assert "at most 3 MB and 777 recipients" in client.get("/help/file-rules").text
    assert "at most 33," in client.get("/help/quick-message").text
    assert "after 11 hours" in client.get("/help/statuses").text
    assert "After 17 minutes without use" in client.get("/help/signing-in").text
    assert "777" in client.get("/help?q=recipients+file").text  # the index is made anew as well


def test_prices_are_told_to_whom_they_concern_alone(
    session: Session, client: PanelClient, sign_in: SignIn
) -> None:
    account = make_account(session)
    owner = make_owner(session, account)
    route = make_route(session, name="Harbour Direct", price_per_segment=1_234)
    other = make_route(session, name="For others", everyone=False)
    session.add(AccountRoute(account_id=account.id, route_id=route.id, price_per_segment=4_321))
    session.commit()
    for page in (
        "/help/price",
        "/help/countries",
        "/help?q=harbour",
        "/help/sender-ids",
        "/help/price?text=Hi",
    ):
        told = client.get(page).text
        assert "Harbour Direct" not in told
        assert "1.234" not in told
    sign_in(client, owner)
    told = client.get("/help/price").text
    assert "Harbour Direct" in told
    assert "4.321" in told
    assert other.name not in told


def test_the_calculator_counts_as_the_composer_does(client: PanelClient) -> None:
    for text, said in (
        ("a" * 160, "1 segment"),
        ("a" * 161, "2 segments"),
        ("€" * 80, "1 segment"),
        ("日" * 71, "2 segments"),
        ("a" * 310, "on a route that counts every 160"),
    ):
        page = client.get("/help/price", query_string={"text": text, "recipients": "3"}).text
        assert said in page, text


def test_the_calculator_names_what_the_readers_routes_would_cost(
    session: Session, client: PanelClient, sign_in: SignIn
) -> None:
    make_route(session, name="Direct", price_per_segment=1_500)
    sign_in(client, make_owner(session))
    page = client.get("/help/price", query_string={"text": "a" * 161, "recipients": "200"}).text
    assert "Direct: 600" in page
    assert client.get("/help/price?text=x&recipients=minus+one").status_code == 200


def test_the_search_marks_what_it_found_and_advises_when_it_found_nothing(client: PanelClient) -> None:
    page = client.get("/help?q=receipts").text
    assert "<mark>receipt</mark>" in page
    nothing = client.get("/help", query_string={"q": "<b>zebra</b>"}).text
    assert "No answer has these words" in nothing
    assert "Try fewer or other words" in nothing
    assert "<b>zebra" not in nothing
    assert "/help/file-rules#sample" in nothing  # the questions are below, to look through


def test_common_questions_find_their_answer_among_the_first_three(client: PanelClient) -> None:
    for query, answer in (
        ("why not received", "/help/not-received#"),
        ("topping up", "/help/topping-up#how"),
        ("forgot password", "/help/signing-in#forgotten"),
        ("excel", "/help/file-rules#excel"),
        ("unsubscribe STOP", "/help/opt-outs#"),
        ("time zone", "/help/scheduling#"),
        ("segments", "/help/price#segments"),
    ):
        found = re.findall(
            r'<li><a href="(/help/[^"]+)">', client.get("/help", query_string={"q": query}).text
        )
        assert any(link.startswith(answer) for link in found[:3]), (query, found[:3])


def test_the_sample_is_there_for_everybody(client: PanelClient) -> None:
    for kind in ("csv", "xlsx", "txt"):
        answer = client.get(f"/help/sample.{kind}")
        assert answer.status_code == 200
        assert f"sample.{kind}" in answer.headers["Content-Disposition"]
        assert answer.data
    assert client.get("/help/sample.exe").status_code == 404


def test_the_first_steps_are_three_at_most_and_leave_when_told_to(
    session: Session, client: PanelClient, sign_in: SignIn
) -> None:
    owner = make_owner(session)
    sign_in(client, owner)
    page = client.get("/").text
    assert 1 <= page.count('class="first-step"') <= 3
    assert client.submit("/help/first-steps/dismiss", {}, page="/").status_code == 303
    assert "first-steps-title" not in client.get("/").text
    again = client.get("/help/first-steps").text
    assert again.count('class="first-step"') == 3
    client.submit("/help/first-steps/show", {}, page="/help/first-steps")
    assert "first-steps-title" in client.get("/").text


@pytest.mark.parametrize("role", [Role.SENDER, Role.BILLING, Role.VIEWER])
def test_each_step_leads_where_its_reader_may_go(
    session: Session, client: PanelClient, sign_in: SignIn, role: Role
) -> None:
    sign_in(client, make_user(session, role=role))
    page = client.get("/help/first-steps").text
    steps = re.findall(r'class="first-step.*?<a href="([^"]+)"', page, re.DOTALL)
    assert 1 <= len(steps) <= 3
    for address in steps:
        assert client.get(address).status_code == 200, address


def test_one_persons_first_steps_are_not_anothers(
    session: Session, app: Flask, client: PanelClient, sign_in: SignIn
) -> None:
    account = make_account(session)
    owner, sender = make_owner(session, account), make_user(session, account)
    sign_in(client, owner)
    client.submit("/help/first-steps/dismiss", {}, page="/")
    assert "first-steps-title" in sign_in(PanelClient(app), session.merge(sender)).get("/").text
