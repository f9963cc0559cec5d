"""How answers travel: compressed text, and static files that a browser may keep."""

from __future__ import annotations

import gzip
import re

from flask import url_for

from tests.factories.users import make_owner

ZIPPED = {"Accept-Encoding": "gzip"}
SECRETS = {"environment": "production", "secret_key": "x" * 40}


def stylesheet_address(app):
    with app.test_request_context():
        return url_for("static", filename="css/carillon.css")


def test_a_static_address_changes_with_its_file(app):
    assert re.fullmatch(r"/static/css/carillon\.css\?v=[0-9a-f]{12}", stylesheet_address(app))
    with app.test_request_context():
        assert "?v=" in url_for("bootstrap.static", filename="css/bootstrap.min.css")
        assert "?v=" not in url_for("static", filename="css/never-there.css")


def test_a_first_visit_stays_under_200_kb_and_a_repeat_under_30(client, session, sign_in):
    sign_in(client, make_owner(session))
    page = client.get("/", headers=ZIPPED)
    assert page.content_encoding == "gzip"
    addresses = re.findall(r'(?:href|src)="(/[^"]*static[^"]*)"', gzip.decompress(page.data).decode())
    assert len(addresses) >= 4
    parts = [client.get(address, headers=ZIPPED, buffered=True) for address in addresses]
    assert all(part.status_code == 200 for part in parts)
    assert len(page.data) + sum(len(part.data) for part in parts) < 200_000
    assert len(page.data) < 30_000


def test_a_compressed_file_is_the_file(app, client):
    address = stylesheet_address(app)
    whole, zipped = client.get(address, buffered=True), client.get(address, headers=ZIPPED, buffered=True)
    assert "Content-Encoding" not in whole.headers
    assert gzip.decompress(zipped.data) == whole.data
    assert len(zipped.data) < len(whole.data) / 2
    for answer in (whole, zipped):
        assert "Accept-Encoding" in answer.headers["Vary"]


def test_a_browser_that_has_the_file_is_told_so(app, client):
    address = stylesheet_address(app)
    etag = client.get(address, headers=ZIPPED, buffered=True).headers["ETag"]
    again = client.get(address, headers={**ZIPPED, "If-None-Match": etag}, buffered=True)
    assert again.status_code == 304
    assert again.data == b""


def test_only_production_keeps_versioned_files_and_only_those(app_on):
    client = app_on(**SECRETS).test_client()
    address = stylesheet_address(client.application)
    assert "immutable" in client.get(address, buffered=True).headers["Cache-Control"]
    assert client.get(address.partition("?")[0], buffered=True).headers["Cache-Control"] == "no-cache"


def test_development_asks_each_time(app, client):
    assert client.get(stylesheet_address(app), buffered=True).headers["Cache-Control"] == "no-cache"


def test_what_a_shared_cache_may_keep_carries_nobodys_cookie(client, session, sign_in):
    sign_in(client, make_owner(session))
    for address in (stylesheet_address(client.application), "/help/sample.csv"):
        assert "Set-Cookie" not in client.get(address, buffered=True).headers


def test_pages_are_not_kept(client, session, sign_in):
    sign_in(client, make_owner(session))
    assert client.get("/", headers=ZIPPED).headers["Cache-Control"] == "no-store"
