from __future__ import annotations

import asyncio

import pytest

from app.gateways.base import SettingsRefused
from app.gateways.registry import kinds, make_gateway, validate
from tests.gateways.peers import gateway_to, message

GOOD = {"url": "http://127.0.0.1:8790", "secret": "s"}


def test_the_sandbox_is_a_kind_with_a_name_for_people() -> None:
    assert kinds()["sandbox"].startswith("Sandbox")


def test_capabilities_follow_the_settings() -> None:
    settings = GOOD | {"concurrency": 7, "answer_timeout": 3}
    gateway = make_gateway("sandbox", settings, callback_url="http://127.0.0.1/c")

    assert gateway.capabilities.concurrency == 7
    assert gateway.capabilities.answer_timeout == 3.0
    assert gateway.capabilities.receipts
    assert not gateway.capabilities.dedupes_reference


def test_an_unknown_gateway_is_refused_with_the_choice() -> None:
    with pytest.raises(SettingsRefused, match="sandbox") as refused:
        make_gateway("pigeon", {}, callback_url="http://127.0.0.1/c")
    assert refused.value.field == "gateway"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": None}, "url"),
        ({"url": ""}, "url"),
        ({"url": "127.0.0.1:8790"}, "url"),
        ({"url": "http://[::1"}, "url"),
        ({"url": "ftp://127.0.0.1"}, "url"),
        ({"secret": ""}, "secret"),
        ({"secret": None}, "secret"),
        ({"concurrency": 0}, "concurrency"),
        ({"concurrency": 501}, "concurrency"),
        ({"concurrency": "8"}, "concurrency"),
        ({"concurrency": True}, "concurrency"),
        ({"answer_timeout": 0}, "answer_timeout"),
        ({"answer_timeout": float("nan")}, "answer_timeout"),
        ({"answer_timeout": 61}, "answer_timeout"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_setting_that_cannot_work_is_named(change: dict[str, object], field: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        validate("sandbox", GOOD | change)
    assert refused.value.field == field


def test_a_gateway_that_was_never_opened_says_so() -> None:
    with pytest.raises(RuntimeError, match="not open"):
        asyncio.run(gateway_to("http://127.0.0.1:9").send(message("+60123456701")))
