"""Settings that cannot work are refused by name, and secrets have their own place."""

from __future__ import annotations

from typing import Any

import pytest

from app.gateways.base import SettingsRefused
from app.gateways.http.settings import HttpSettings
from app.gateways.registry import make_gateway, validate
from tests.gateways.http.carrier import API_KEY, CALLBACK_URL, GOOD, RECEIPT_SECRET

ANSWER: dict[str, Any] = {"status": [200], "means": "accepted"}
TEXT = {"to": "{to}", "text": "{text}"}


def test_the_documented_example_works() -> None:
    validate("http", GOOD)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://api.carrier.example/"}, "url"),
        ({"url": "https://user:pass@api.carrier.example/"}, "url"),
        ({"url": "carrier"}, "url"),
        ({"method": "DELETE"}, "method"),
        ({"method": "GET"}, "format"),
        ({"format": "xml"}, "format"),
        ({"headers": ["Accept"]}, "headers"),
        ({"headers": {"Host": "elsewhere"}}, "headers"),
        ({"headers": {"Bad name": "x"}}, "headers"),
        ({"headers": {"X": "a\nb"}}, "headers"),
        ({"headers": {"Authorization": "App open-to-all"}}, "headers"),
        ({"headers": {"X-Api-Key": "open-to-all"}}, "headers"),
        ({"body": None}, "body"),
        ({"body": "{to} {text}"}, "body"),
        ({"body": {"to": "{to}"}}, "body"),
        ({"body": {"text": "{text}"}}, "body"),
        ({"body": {**TEXT, "x": "{colour}"}}, "body"),
        ({"body": {**TEXT, "password": "open-to-all"}}, "body"),
        ({"body": {**TEXT, "auth": {"secret": "open-to-all"}}}, "body"),
        ({"body": {"a": [[[[[[[[[["{to}", "{text}"]]]]]]]]]]}}, "body"),
        ({"format": "form"}, "body"),
        ({"answers": []}, "answers"),
        ({"answers": [{"status": [400], "means": "refused"}]}, "answers"),
        ({"answers": [ANSWER, 7]}, "answers.1"),
        ({"answers": [{**ANSWER, "colour": "red"}]}, "answers.0.colour"),
        ({"answers": [{**ANSWER, "means": "fine"}]}, "answers.0.means"),
        ({"answers": [{**ANSWER, "status": [99]}]}, "answers.0.status"),
        ({"answers": [{**ANSWER, "status": ["4xx"]}]}, "answers.0.status"),
        ({"answers": [{"status": [302], "means": "accepted"}]}, "answers.0.status"),
        ({"answers": [{**ANSWER, "path": "a b"}]}, "answers.0.path"),
        ({"answers": [{**ANSWER, "values": ["x"]}]}, "answers.0.values"),
        ({"answers": [{**ANSWER, "path": "a", "values": [["x"]]}]}, "answers.0.values"),
        ({"answers": [{**ANSWER, "pattern": "(a+)+$"}]}, "answers.0.pattern"),
        ({"answers": [ANSWER, {"status": [429], "means": "deferred", "code": "tired"}]}, "answers.1.code"),
        ({"answers": [{**ANSWER, "retry_after": "soon"}]}, "answers.0.retry_after"),
        ({"id_path": "messages..id"}, "id_path"),
        ({"reply_sender": ""}, "reply_sender"),
        ({"reply_sender": "a b"}, "reply_sender"),
        ({"reply_text": ""}, "reply_text"),
        ({"reply_path": "event"}, "reply_values"),
        ({"reply_values": ["received"]}, "reply_values"),
        ({"reply_path": "event", "reply_values": "received"}, "reply_values"),
        ({"reply_path": "event", "reply_values": [7]}, "reply_values"),
        ({"id_pattern": "id=(.*)"}, "id_pattern"),
        ({"id_path": "", "id_pattern": "id=.*"}, "id_pattern"),
        ({"id_path": "", "id_pattern": "(a*)(b*)"}, "id_pattern"),
        ({"id_path": "", "id_pattern": ".*.*.*(x)"}, "id_pattern"),
        ({"id_path": "", "id_pattern": "a?a?a?(x)"}, "id_pattern"),
        ({"id_path": "", "id_pattern": r"\\(x)+"}, "id_pattern"),
        ({"id_path": "", "id_pattern": "(x"}, "id_pattern"),
        ({"id_path": "", "id_pattern": "(?=x)(x)"}, "id_pattern"),
        ({"api_key": ""}, "api_key"),
        ({"api_key": "schlüssel"}, "api_key"),
        ({"headers": {"Authorization": "Basic {basic}"}}, "api_secret"),
        ({"receipt_status": ""}, "receipt_status"),
        ({"receipt_statuses": {}}, "receipt_statuses"),
        ({"receipt_statuses": {"DELIVERED": "fine"}}, "receipt_statuses"),
        ({"receipt_id": ""}, "receipt_id"),
        ({"receipt_errors": {"E": "tired"}}, "receipt_errors"),
        ({"receipt_format": "form"}, "receipt_list"),
        ({"receipt_proof": "trust"}, "receipt_proof"),
        ({"receipt_proof": "signature"}, "receipt_signature_header"),
        ({"receipt_proof": "signature", "receipt_method": "GET", "receipt_list": ""}, "receipt_proof"),
        ({"receipt_networks": []}, "receipt_networks"),
        ({"receipt_networks": ["everywhere"]}, "receipt_networks"),
        ({"receipt_secret": "short"}, "receipt_secret"),
        ({"receipt_secret": ""}, "receipt_secret"),
        ({"dedupes_reference": "yes"}, "dedupes_reference"),
        ({"dedupes_reference": True, "body": TEXT}, "dedupes_reference"),
        ({"receipt_id": "", "receipt_reference": "ref", "body": TEXT}, "receipt_reference"),
        ({"concurrency": 0}, "concurrency"),
        ({"answer_timeout": 61}, "answer_timeout"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_setting_that_cannot_work_is_named(change: dict[str, object], field: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        validate("http", GOOD | change)
    assert refused.value.field == field
    assert refused.value.message
    assert API_KEY not in str(refused.value)
    assert RECEIPT_SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "pattern", [r"^OK (\S+)$", r"id=(.+?)&", r"cost: 1\.5\+ \(id ([0-9]+)\)\?", "<id>([^<]*)</id>"]
)
def test_a_plain_pattern_is_taken(pattern: str) -> None:
    validate("http", GOOD | {"id_path": "", "id_pattern": pattern})


def test_a_request_for_receipts_needs_them_described() -> None:
    bare = {name: value for name, value in GOOD.items() if not name.startswith(("receipt", "reply"))}
    with pytest.raises(SettingsRefused, match="receipt_status"):
        validate("http", bare)
    gateway = make_gateway("http", bare | {"body": TEXT}, callback_url=CALLBACK_URL)
    assert not gateway.capabilities.receipts


def test_secrets_are_not_in_what_is_printed() -> None:
    printed = repr(HttpSettings.read(GOOD | {"api_secret": "the-second-one"}))
    assert not any(secret in printed for secret in (API_KEY, RECEIPT_SECRET, "the-second-one"))
