"""What leaves for WhatsApp, and what each of Meta's answers means."""

from __future__ import annotations

import socket

import pytest

from app.gateways.base import Accepted, Deferred, InDoubt, Outcome, OutgoingMessage, Refused, SettingsRefused
from app.gateways.base import TemplateHeader as Header
from app.gateways.errors import ERROR_WORDS, ErrorCode
from app.gateways.registry import validate
from tests.gateways.peers import send
from tests.gateways.whatsapp.graph import GOOD, TOKEN, Graph, template_message, whatsapp


def test_a_template_leaves_with_its_values_and_our_reference(graph: Graph) -> None:
    assert send(graph.gateway(), template_message("Ann", "20 %")) == [Accepted("wamid.16505551234.1")]
    assert graph.requests == [
        {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": "+16505551234",
            "type": "template",
            "template": {
                "name": "spring_sale",
                "language": {"code": "en_US"},
                "components": [
                    {
                        "type": "body",
                        "parameters": [{"type": "text", "text": "Ann"}, {"type": "text", "text": "20 %"}],
                    }
                ],
            },
            "biz_opaque_callback_data": "ref-1",
        }
    ]


@pytest.mark.parametrize(
    ("header", "written"),
    [
        (
            Header("image", "a.png", media_id="1013859600285441"),
            {"type": "image", "image": {"id": "1013859600285441"}},
        ),
        (
            Header("image", link="https://files.example/a.jpg"),
            {"type": "image", "image": {"link": "https://files.example/a.jpg"}},
        ),
        (
            Header("document", "menu.pdf", path="media/t1"),
            {
                "type": "document",
                "document": {"link": "https://panel.example/callbacks/r/media/t1", "filename": "menu.pdf"},
            },
        ),
    ],
)
def test_a_header_says_where_its_file_is(graph: Graph, header: Header, written: dict[str, object]) -> None:
    send(graph.gateway(), template_message(header=header))
    assert graph.requests[0]["template"]["components"] == [{"type": "header", "parameters": [written]}]


def test_a_template_without_values_has_no_components(graph: Graph) -> None:
    send(graph.gateway(), template_message())
    assert "components" not in graph.requests[0]["template"]


def test_a_text_without_a_template_never_leaves(graph: Graph) -> None:
    assert send(graph.gateway(), OutgoingMessage("r", "+16505551234", "Hello", None)) == [
        Refused("template_wanted")
    ]
    assert graph.requests == []


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (400, 130429, Deferred("throttled")),
        (429, 80007, Deferred("throttled", 60.0)),
        (400, 131048, Deferred("sending_restricted", 300.0)),
        (400, 131056, Deferred("pair_rate", 10.0)),
        (500, 131057, Deferred("carrier_busy", 60.0)),
        (400, 131049, Refused("marketing_cap")),
        (400, 130472, Refused("experiment")),
        (400, 131050, Refused("opted_out")),
        (400, 131026, Refused("whatsapp_undeliverable")),
        (400, 131047, Refused("outside_window")),
        (404, 132001, Refused("template_missing")),
        (400, 132000, Refused("template_mismatch")),
        (400, 132015, Refused("template_paused")),
        (400, 132016, Refused("template_disabled")),
        (400, 131053, Refused("header_unusable")),
        (403, 130497, Refused("blocked_by_carrier")),
        (401, 190, Deferred("gateway_settings")),
        (403, 10, Deferred("gateway_settings")),
        (403, 200, Deferred("gateway_settings")),
        (400, 131042, Deferred("gateway_settings")),
        (400, 100, Refused("rejected_request")),
        (400, 131009, Refused("rejected_request")),
        (500, 131000, InDoubt("gateway_failure")),
        (503, 2, InDoubt("gateway_failure")),
    ],
)
def test_every_class_of_error_has_its_outcome(graph: Graph, status: int, code: int, outcome: Outcome) -> None:
    graph.error = (status, code, None)
    assert send(graph.gateway(), template_message()) == [outcome]


def test_every_code_has_words_for_people() -> None:
    assert set(ErrorCode) == set(ERROR_WORDS)


def test_wrong_credentials_and_a_wrong_number_are_for_staff(graph: Graph) -> None:
    wrong_token = graph.gateway(access_token="x" * 30)
    wrong_number = graph.gateway(phone_number_id="99999999")
    assert send(wrong_token, template_message()) == [Deferred("gateway_settings")]
    assert send(wrong_number, template_message()) == [Deferred("gateway_settings")]


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b"", InDoubt("unreadable_answer")),
        (200, b'{"messages": []}', InDoubt("unreadable_answer")),
        (200, b'{"messages": [{"id": 7}]}', InDoubt("unreadable_answer")),
        (200, b"[" * 50_000, InDoubt("unreadable_answer")),
        (200, b"x" * 100_000, InDoubt("unreadable_answer")),
        (302, b"", InDoubt("gateway_failure")),
        (502, b"<html>", InDoubt("gateway_failure")),
        (400, b'{"error": {"code": "190"}}', Refused("rejected_request")),
        (403, b"<html>", Deferred("gateway_settings")),
    ],
)
def test_an_answer_of_no_documented_shape_is_not_guessed_at(
    graph: Graph, status: int, body: bytes, outcome: Outcome
) -> None:
    graph.raw = (status, body)
    assert send(graph.gateway(), template_message()) == [outcome]
    assert len(graph.requests) == 1


def test_silence_and_a_lost_connection_leave_doubt(graph: Graph) -> None:
    graph.delay = 30.0
    assert send(graph.gateway(answer_timeout=2), template_message()) == [InDoubt("timeout")]
    graph.delay, graph.hang_up = 0.0, True
    assert send(graph.gateway(), template_message()) == [InDoubt("connection_lost")]


def test_nobody_there_is_surely_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert send(whatsapp(url=f"http://127.0.0.1:{port}"), template_message()) == [Deferred("unreachable")]


def test_what_is_no_character_does_not_raise(graph: Graph) -> None:
    assert isinstance(send(graph.gateway(), template_message("\ud800"))[0], Accepted)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"phone_number_id": None}, "phone_number_id"),
        ({"phone_number_id": "../me"}, "phone_number_id"),
        ({"version": "23"}, "version"),
        ({"url": "http://graph.example"}, "url"),
        ({"url": "https://u:p@graph.example"}, "url"),
        ({"access_token": "short"}, "access_token"),
        ({"access_token": "x" * 30 + " y"}, "access_token"),
        ({"app_secret": ""}, "app_secret"),
        ({"verify_token": "guess"}, "verify_token"),
        ({"recipients_per_day": -1}, "recipients_per_day"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_setting_that_cannot_work_is_named(change: dict[str, object], field: str) -> None:
    validate("whatsapp", GOOD)
    with pytest.raises(SettingsRefused) as refused:
        validate("whatsapp", GOOD | change)
    assert refused.value.field == field
    assert TOKEN not in str(refused.value)


def test_the_portfolios_limit_is_declared() -> None:
    assert whatsapp().capabilities.recipients_per_day == 250
    assert whatsapp(recipients_per_day=10_000).capabilities.recipients_per_day == 10_000
    assert whatsapp(recipients_per_day=0).capabilities.recipients_per_day is None
