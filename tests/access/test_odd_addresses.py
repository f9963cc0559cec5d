"""Numbers and dates in an address that nobody's browser makes: a page, never a crash."""

from __future__ import annotations

import pytest

from tests.access.table import ENDPOINTS, GATEWAYS, ROLES
from tests.access.world import ANONYMOUS, World


@pytest.fixture(autouse=True)
def crashes_are_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in production, so that one crash does not hide the next."""
    monkeypatch.setitem(world.app.config, "PROPAGATE_EXCEPTIONS", False)


ODD = ("99999999999999999999999", "-1", "9999-12-31%00")
ASKED = (
    *("before", "after", "page", "state", "status", "route", "q", "account", "since", "until", "from", "to"),
    *("days", "period", "plan", "credits", "task", "reference", "actor", "action", "list", "word", "next"),
)


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_an_odd_address_breaks_no_page(world: World, odd: str) -> None:
    broken = []
    for endpoint in sorted(set(ENDPOINTS) - GATEWAYS):
        if "GET" not in world.methods(endpoint):
            continue
        who = ROLES[endpoint].split()[0] if endpoint in ROLES else ANONYMOUS
        query = "&".join(f"{name}={odd}" for name in ASKED)
        response = world.ask(who, "GET", f"{world.address(endpoint, who)}?{query}")
        if response.status_code >= 500:
            broken.append(response.request.path)
    assert not broken


def test_a_number_too_large_for_the_database_names_nothing(world: World) -> None:
    broken = []
    for endpoint in sorted(ROLES):
        rule = next(world.app.url_map.iter_rules(endpoint))
        numbers = {name: 10**30 for name, kind in rule._converters.items() if hasattr(kind, "num_convert")}
        if numbers:
            who = ROLES[endpoint].split()[-1]
            for method in world.methods(endpoint):
                response = world.ask(who, method, world.address(endpoint, who, **numbers))
                if response.status_code >= 500:
                    broken.append((method, endpoint))
    assert not broken
