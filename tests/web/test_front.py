"""What a stranger finds at the panel's own address."""

from __future__ import annotations

import pytest

from config import Seller, SettingsError
from tests.factories.routes import make_route


def test_a_stranger_reads_what_it_is_and_what_it_costs(client, session):
    make_route(session, name="Open to all")
    make_route(session, name="For a few", everyone=False)
    session.commit()
    page = client.get("/")
    assert page.status_code == 200
    assert "Open to all" in page.text
    assert "For a few" not in page.text
    assert 'href="/register"' in page.text


def test_the_seller_is_read_by_line_and_has_a_name():
    env = {
        "SELLER_NAME": " Bells Ltd ",
        "SELLER_ADDRESS": "1 Street; Town\nLand;",
        "SELLER_TAX_NUMBER": "ABN 1",
    }
    assert Seller.from_env(env) == Seller("Bells Ltd", ("1 Street", "Town", "Land"), "ABN 1")
    assert Seller.from_env({}) == Seller()
    with pytest.raises(SettingsError, match="SELLER_NAME"):
        Seller.from_env({"SELLER_TAX_NUMBER": "ABN 1"})
