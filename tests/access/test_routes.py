"""Every page, asked for by everybody, does what the table says."""

from __future__ import annotations

import re

import pytest
from werkzeug.test import TestResponse

from tests.access.table import ANYBODY, CLIENTS, ENDPOINTS, GATEWAYS, OF_AN_ACCOUNT, ROLES, STAFF, STEPS
from tests.access.world import (
    AGENCY,
    ANONYMOUS,
    EVERYBODY,
    HALF_WAY,
    NOBODY,
    SECRET,
    STRANGER,
    SUSPENDED,
    World,
)

# Refusals of any kind. An empty form is answered with 422, an act that comes too late with 409: both are let in.
REFUSALS = frozenset({400, 401, 403, 404, 405, 429})


def sent_to_sign_in(response: TestResponse) -> bool:
    return response.status_code in (302, 303) and (response.location or "").startswith("/sign-in?next=")


def let_in(response: TestResponse) -> bool:
    return (
        response.status_code < 500 and response.status_code not in REFUSALS and not sent_to_sign_in(response)
    )


def test_every_page_is_in_the_table_and_the_table_names_no_other(world: World) -> None:
    pages = {rule.endpoint for rule in world.app.url_map.iter_rules()}
    missing, gone = pages - set(ENDPOINTS), set(ENDPOINTS) - pages
    assert not missing, f"Decide who may open these, and say so in tests/access/table.py: {sorted(missing)}"
    assert not gone, f"The table names pages that are not there: {sorted(gone)}"


def test_nothing_stands_in_the_table_twice() -> None:
    groups = [ANYBODY, GATEWAYS, STEPS, set(ROLES)]
    assert sum(map(len, groups)) == len(set().union(*groups))
    assert {role for roles in ROLES.values() for role in roles.split()} == {*CLIENTS, *STAFF}


@pytest.mark.parametrize("endpoint", sorted(ROLES))
def test_a_page_opens_to_its_roles_and_to_nobody_else(world: World, endpoint: str) -> None:
    welcome = set(ROLES[endpoint].split())
    for method in world.methods(endpoint):
        for who in (*NOBODY, *CLIENTS, *STAFF):
            response = world.ask(who, method, world.address(endpoint, who))
            said = f"{method} {response.request.path} as {who}: {response.status}, {response.location}"
            if who in welcome:
                assert let_in(response), said
            else:
                assert sent_to_sign_in(response) if who in NOBODY else response.status_code == 403, said
                assert SECRET not in response.text, said
                assert not world.changed(), f"{said}, and yet: {world.changed()}"
            if method != "GET":
                world.restore()


@pytest.mark.parametrize("endpoint", sorted(OF_AN_ACCOUNT))
def test_another_account_finds_nothing_and_changes_nothing(world: World, endpoint: str) -> None:
    address = world.address(endpoint, "owner")
    typed = {"name": "Anything", "number": "+61412345678"}  # the least that some forms want before they look
    names_a_thing = bool(next(world.app.url_map.iter_rules(endpoint)).arguments - {"kind"})
    for method in world.methods(endpoint):
        sent = typed if method != "GET" else None
        response = world.ask(STRANGER, method, address, sent)
        said = f"{method} {address} as {STRANGER}: {response.status}"
        assert SECRET not in response.text, said
        assert AGENCY not in response.text, said
        if names_a_thing:
            assert response.status_code == 404, said
            assert not world.changed(), f"{said}, and yet: {world.changed()}"
            assert told(response) == told(world.ask(STRANGER, method, nowhere(world, endpoint), sent)), said
        else:
            assert let_in(response), said
            world.restore()


def nowhere(world: World, endpoint: str) -> str:
    """The same page's address for something that nobody has."""
    rule = next(world.app.url_map.iter_rules(endpoint))
    return world.address(endpoint, STRANGER, **dict.fromkeys(rule.arguments, 987654321))


def told(response: TestResponse) -> str:
    """What the page says, but for the tokens of its forms and its own address."""
    said = r'(name="csrf_token" value|name="csrf-token" content|name="next" value)="[^"]*"'
    return re.sub(said, "", response.text)


@pytest.mark.parametrize("endpoint", sorted(ANYBODY))
def test_anybody_opens_what_is_public(world: World, endpoint: str) -> None:
    for method in world.methods(endpoint):
        for who in EVERYBODY:
            response = world.ask(who, method, world.address(endpoint, who))
            said = f"{method} {endpoint} as {who}: {response.status}, {response.location}"
            if (endpoint, who) == ("dashboard.home", SUSPENDED):  # whose session has ended is no stranger
                assert sent_to_sign_in(response), said
            else:
                assert let_in(response), said
            if method != "GET":
                world.restore()


@pytest.mark.parametrize("endpoint", sorted(STEPS))
def test_the_steps_of_signing_in_open_only_to_who_is_on_the_way(world: World, endpoint: str) -> None:
    for method in world.methods(endpoint):
        for who in EVERYBODY:
            response = world.ask(who, method, world.address(endpoint, who))
            said = f"{method} {endpoint} as {who}: {response.status}, {response.location}"
            if who == HALF_WAY:
                is_own = endpoint == "auth.second_factor_code"
                assert response.status_code in ((200, 422) if is_own else (302, 303)), said
                assert response.location != "/", said
            else:
                assert response.status_code == 302, said
                assert response.location == "/sign-in", said
                assert not world.changed(), said


@pytest.mark.parametrize("who", EVERYBODY)
def test_a_gateway_that_proves_nothing_is_refused_whoever_is_signed_in(world: World, who: str) -> None:
    for endpoint in GATEWAYS:
        for method in world.methods(endpoint):
            response = world.ask(who, method, world.address(endpoint, who))
            assert response.status_code == 403, f"{method} as {who}: {response.status}"
            assert not world.changed()


def test_a_device_of_somebody_else_is_not_to_be_ended(world: World) -> None:
    for who in (STRANGER, "sender", "admin"):
        response = world.ask(who, "POST", world.address("account.end_device", "owner"))
        assert response.status_code == 404
        assert not world.changed()


def test_a_link_for_another_person_changes_no_address(world: World) -> None:
    response = world.ask(STRANGER, "POST", world.address("account.confirm_email", "owner"))
    assert response.status_code == 403
    assert not world.changed()


def test_a_stranger_sees_the_sign_in_page_and_nothing_of_where_they_wanted_to(world: World) -> None:
    address = world.address("topup.one", "owner")
    response = world.ask(ANONYMOUS, "GET", address)
    assert sent_to_sign_in(response)
    page = world.ask(ANONYMOUS, "GET", response.location or "").text
    assert SECRET not in page
    assert AGENCY not in page
