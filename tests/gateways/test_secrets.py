"""No secret of a gateway is ever shown: not in the request that staff read, not in an answer that repeats it."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

import pytest

from app.gateways.base import Gateway, OutgoingMessage, ShowsRequests, TemplateMessage
from app.gateways.redaction import EXCERPT, REMOVED, Redactor
from app.gateways.registry import kinds, make_gateway
from tests.gateways.peers import send

# Long and strange enough to be told from anything else, with letters that every encoding writes differently.
PLANTED = 'pl4nted "s3cret"/+&=%7e-value'
HEADER_SAFE = "pl4nted-s3cret/+=value-qwertzuiop"
CALLBACK_URL = "http://127.0.0.1:9/callbacks/r"
MESSAGE = OutgoingMessage(
    "ref-1", "+60123456701", "Your table is ready.", "BISTRO", TemplateMessage("table", "en", ("eight",))
)


def settings_of(kind: str, url: str) -> tuple[dict[str, Any], list[str]]:
    """Settings of each kind that reach `url`, and the secrets among them. A new gateway is entered here."""
    if kind == "sandbox":
        return {"url": url, "secret": HEADER_SAFE}, [HEADER_SAFE]
    if kind == "kannel":
        given = {"url": f"{url}/sendsms", "username": "carillon", "password": HEADER_SAFE}
        return {**given, "receipt_secret": PLANTED}, [HEADER_SAFE, PLANTED]
    if kind == "smpp":
        return {"host": "127.0.0.1", "port": 9, "system_id": "carillon", "password": "pl4nted!"}, ["pl4nted!"]
    if kind == "whatsapp":
        secrets = {
            "access_token": "EAApl4ntedaccessqwertzuiop",
            "app_secret": "pl4ntedappqwertzuiopabc",
            "verify_token": "pl4ntedverifyqwertzuiop",
        }
        return {"url": url, "phone_number_id": "106540352242922", **secrets}, list(secrets.values())
    assert kind == "http", f"Say here which of {kind}'s settings are secrets, and plant them."
    given = {
        "url": f"{url}/sms?fixed=1",
        "method": "POST",
        "format": "json",
        "headers": {"Authorization": "App {api_key}", "X-Other": "{basic}"},
        "body": {"to": "{to}", "text": "{text}", "notify": "{receipt_url}", "inner": {"k": "{api_secret}"}},
        "answers": [{"status": 200, "means": "accepted"}],
        "id_path": "id",
        "receipt_status": "status",
        "receipt_id": "id",
        "receipt_statuses": {"ok": "delivered"},
        "receipt_proof": "address",
        "receipt_networks": ["127.0.0.1"],
        "receipt_secret": PLANTED,
        "api_key": HEADER_SAFE,
        "api_secret": PLANTED,
    }
    basic = base64.b64encode(f"{HEADER_SAFE}:{PLANTED}".encode()).decode()
    return given, [HEADER_SAFE, PLANTED, basic]


@pytest.fixture(scope="module")
def mirror() -> Iterator[str]:
    """A carrier that answers every request with an error which repeats all of it, over and over, in every writing."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            heard = [self.path, *self.headers.values(), *self.headers.keys(), body]
            words = " ".join(heard)
            written = f"{words}\n{quote(words, safe='')}\n{base64.b64encode(words.encode()).decode()}\n{words.upper()}"
            answer = json.dumps({"error": {"message": written}, "again": [*heard, *heard]}).encode()
            self.send_response(400)
            self.send_header("Content-Length", str(len(answer)))
            self.send_header("Set-Cookie", "session=of-the-carrier")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def gateway(kind: str, url: str) -> tuple[Gateway, list[str]]:
    settings, secrets = settings_of(kind, url)
    return make_gateway(kind, settings, callback_url=CALLBACK_URL), secrets


def pieces_of(secrets: list[str]) -> set[str]:
    """Whatever would give a part of a secret away: eight characters in a row, in any writing of it."""
    forms = {
        form
        for secret in secrets
        for form in (
            secret,
            quote(secret, safe=""),
            json.dumps(secret)[1:-1],
            base64.b64encode(secret.encode()).decode(),
        )
    }
    return {form[at : at + 8].lower() for form in forms for at in range(max(1, len(form) - 7))}


def assert_clean(text: str, secrets: list[str]) -> None:
    low = text.lower()
    found = [piece for piece in pieces_of(secrets) if piece in low]
    assert found == [], text


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_the_request_that_staff_read_has_no_secret(kind: str) -> None:
    made, secrets = gateway(kind, "https://api.carrier.example")
    assert isinstance(made, ShowsRequests)
    shown = made.shown(MESSAGE)
    whole = f"{shown.line} {shown.fields} {shown.body}"
    assert_clean(whole, secrets)
    assert "60123456701" in whole
    if kind in ("sandbox", "kannel", "http", "whatsapp"):
        assert REMOVED in whole


def test_the_address_of_kannels_receipts_is_shown_without_its_token() -> None:
    made, _ = gateway("kannel", "http://127.0.0.1:9")
    assert isinstance(made, ShowsRequests)
    address = dict(made.shown(MESSAGE).fields)["X-Kannel-DLR-Url"]
    assert f"token={REMOVED}&status=%d" in address


@pytest.mark.parametrize("kind", sorted(set(kinds()) - {"smpp"}))
def test_an_answer_that_repeats_the_request_is_kept_without_its_secrets(kind: str, mirror: str) -> None:
    made, secrets = gateway(kind, mirror)
    (outcome,) = send(made, MESSAGE)
    said = getattr(outcome, "said", None)
    assert said is not None, outcome
    assert said.startswith("400 ")
    assert len(said) <= EXCERPT + 10
    assert_clean(said, secrets)
    token = getattr(made, "_token", None)
    if token is not None:
        assert token("ref-1")[:16] not in said


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdef123456\r\nX: 1",
        'Set-Cookie: session="of-the-carrier"; Path=/',
        '{"access_token": "abcdef123456"}',
        "https://x.example/?api_key=abcdef123456&to=1",
        "signature=abcdef123456",
    ],
)
def test_what_looks_like_a_secret_is_taken_out_though_nobody_knows_it(text: str) -> None:
    cleaned = Redactor([]).clean(text)
    assert "abcdef123456" not in cleaned
    assert "of-the-carrier" not in cleaned
    assert REMOVED in cleaned


def test_a_secret_cut_off_at_the_end_is_taken_out_too() -> None:
    body = b"x" * 4_090 + HEADER_SAFE.encode()
    assert "pl4nted" not in (Redactor([HEADER_SAFE]).excerpt(body) or "")
    assert Redactor(["short"]).clean("a short word") == f"a {REMOVED} word"
    assert Redactor([]).excerpt(b"") is None
    assert (
        Redactor([]).clean("Number +60123456701 is not routable.") == "Number +60123456701 is not routable."
    )
