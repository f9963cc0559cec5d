"""Nothing changes without a token, and nothing changes by looking."""

from __future__ import annotations

import pytest

from tests.access.table import ANYBODY, ENDPOINTS, GET_MAY_CHANGE, ROLES, STEPS, WITHOUT_TOKEN
from tests.access.world import ANONYMOUS, HALF_WAY, World


def who_may(endpoint: str) -> str:
    """Somebody who is let in."""
    if endpoint in ROLES:
        return ROLES[endpoint].split()[-1]
    return HALF_WAY if endpoint in STEPS else ANONYMOUS


@pytest.mark.parametrize("endpoint", sorted(set(ENDPOINTS) - WITHOUT_TOKEN))
def test_a_form_without_its_token_is_refused(world: World, endpoint: str) -> None:
    who = who_may(endpoint)
    for method in world.methods(endpoint):
        if method != "GET":
            response = world.ask(who, method, world.address(endpoint, who), with_token=False)
            assert response.status_code == 400, f"{method} {endpoint} as {who}: {response.status}"
            assert "Your session has changed" in response.text
            assert not world.changed()


def test_a_token_of_somebody_else_is_refused(world: World) -> None:
    world.visitors["owner"].token, kept = world.visitors["sender"].token, world.visitors["owner"].token
    try:
        response = world.ask("owner", "POST", world.address("account.end_others", "owner"))
    finally:
        world.visitors["owner"].token = kept
    assert response.status_code == 400
    assert not world.changed()


@pytest.mark.parametrize("who", ["owner", "admin", ANONYMOUS, HALF_WAY])
def test_looking_at_pages_changes_nothing(world: World, who: str) -> None:
    """Every page, and each page of a task or top-up for every state that one can be in."""
    for endpoint in sorted(set(ENDPOINTS) - GET_MAY_CHANGE):
        if "GET" not in world.methods(endpoint):
            continue
        for address in addresses(world, endpoint, who):
            response = world.ask(who, "GET", address)
            assert response.status_code < 500, f"{address} as {who}: {response.status}"
            changed = world.changed()
            assert not changed, f"GET {address} as {who} changed {changed}"


def addresses(world: World, endpoint: str, who: str) -> list[str]:
    room = endpoint.partition(".")[0]
    kind = {"topup": "top_up", "desk_topups": "top_up"}.get(room)
    kind = "task" if room in ("tasks", "review", "quick", "bulk", "desk_review", "desk_tasks") else kind
    (rule, *_) = world.app.url_map.iter_rules(endpoint)
    if kind is None or "public_id" not in rule.arguments:
        return [world.address(endpoint, who)]
    return [world.address(endpoint, who, public_id=thing) for thing in world.things[("every", kind)]]


def test_every_public_form_is_known(world: World) -> None:
    """What a stranger can post to, in full: each has its limit on tries (app/accounts/abuse.py).

    But for a reset and the end of letters, which do nothing without a link that we signed; and for the language, which
    sets a cookie of the stranger's own and touches nothing of anybody's.
    """
    posts = {endpoint for endpoint in ANYBODY if "POST" in world.methods(endpoint)} - {"language.choose"}
    assert posts == {
        "auth.confirm_email",
        "auth.forgot",
        "auth.password_strength",
        "auth.register",
        "auth.reset",
        "auth.sign_in",
        "auth.start_over",
        "members.join",
        "notices.stop",
        "opt_out.stop",
    }
