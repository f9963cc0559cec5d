"""The session: binding, staying, breaking and coming back, and receipts stored before they are acknowledged."""

from __future__ import annotations

import asyncio
import datetime
import socket
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.gateways.base import (
    Accepted,
    Callback,
    Deferred,
    DeliveryReport,
    ForgedReceipt,
    InDoubt,
    Outcome,
    ReportStatus,
    SettingsRefused,
)
from app.gateways.registry import make_gateway, validate
from tests.gateways.smpp.carrier import PASSWORD, SYSTEM_ID, Carrier, running_carrier
from tests.gateways.smpp.driving import Driver, drive, told

GOOD: dict[str, object] = {"host": "127.0.0.1", "system_id": SYSTEM_ID, "password": PASSWORD}
RECEIPT = {"esm_class": 4, "short_message": "id:7 stat:DELIVRD err:000 text:"}
DELIVERED = DeliveryReport("7", ReportStatus.DELIVERED)


def test_it_binds_as_transceiver_and_takes_its_leave(carrier: Carrier) -> None:
    drive(carrier.gateway(system_type="bulk"), lambda driver: driver.send())
    bind = carrier.wait("bind")
    carrier.wait("unbind")
    assert (bind["kind"], bind["version"], bind["system_type"]) == ("bind_transceiver", 0x34, "bulk")


def test_with_nobody_to_take_receipts_it_leaves_them_with_the_carrier(carrier: Carrier) -> None:
    drive(carrier.gateway(), lambda driver: driver.send(), reports=False)
    assert carrier.wait("bind")["kind"] == "bind_transmitter"


def test_wrong_credentials_are_the_settings_fault(carrier: Carrier) -> None:
    outcome, _ = drive(carrier.gateway(password="guessed"), lambda driver: driver.send())
    assert outcome == Deferred("gateway_settings")


def test_nobody_there_is_surely_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    gateway = make_gateway("smpp", {**GOOD, "port": port}, callback_url="")
    assert drive(gateway, lambda driver: driver.send())[0] == Deferred("unreachable")


def test_somebody_who_never_answers_the_bind_is_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        given = {**GOOD, "port": listener.getsockname()[1], "answer_timeout": 0.4}
        gateway = make_gateway("smpp", given, callback_url="")
        assert drive(gateway, lambda driver: driver.send())[0] == Deferred("unreachable")


def test_it_comes_back_after_the_connection_broke(carrier: Carrier) -> None:
    async def act(driver: Driver) -> list[Outcome]:
        first = await driver.send()
        await told(carrier.order, "drop")
        await driver.until(lambda: len(carrier.told("bind")) == 2)
        return [first, await driver.send()]

    assert drive(carrier.gateway(), act)[0] == [Accepted("1"), Accepted("2")]


def test_it_comes_back_with_growing_gaps(carrier: Carrier) -> None:
    carrier.order("bind_status", value=0x08)

    async def act(driver: Driver) -> None:
        await driver.until(lambda: len(carrier.told("bind")) >= 4)

    drive(carrier.gateway(), act)
    at = [bind["at"] for bind in carrier.heard("bind")]
    gaps = [later - earlier for earlier, later in pairwise(at)]
    # A quarter of a second, a half, a whole one: each give or take a fifth.
    assert all(gap >= least for gap, least in zip(gaps, (190, 390, 790), strict=True)), gaps


def test_what_was_on_the_wire_when_it_broke_is_in_doubt(carrier: Carrier) -> None:
    carrier.order("usual", how={"silent": True})

    async def act(driver: Driver) -> list[Outcome]:
        sending = asyncio.create_task(driver.send_many(5))
        await driver.until(lambda: len(carrier.told("submit")) == 5)
        await told(carrier.order, "drop")
        return await sending

    assert drive(carrier.gateway(), act)[0] == [InDoubt("connection_lost")] * 5


def test_a_carrier_that_says_goodbye_is_answered_and_bound_again(carrier: Carrier) -> None:
    async def act(driver: Driver) -> Outcome:
        await driver.send()
        await told(carrier.order, "unbind")
        await driver.until(lambda: len(carrier.told("bind")) == 2)
        return await driver.send()

    assert isinstance(drive(carrier.gateway(), act)[0], Accepted)
    carrier.wait("unbind_resp")


def test_links_are_enquired_both_ways(carrier: Carrier) -> None:
    async def act(driver: Driver) -> None:
        await driver.send()
        await told(carrier.order, "enquire")
        await driver.until(lambda: carrier.told("enquire_link") and carrier.told("enquire_link_resp"))

    drive(carrier.gateway(enquire_link=0.2), act)


def test_a_carrier_that_went_deaf_is_left(carrier: Carrier) -> None:
    carrier.order("usual", how={"deaf": True})

    async def act(driver: Driver) -> None:
        await driver.until(lambda: len(carrier.told("bind")) >= 2)

    drive(carrier.gateway(enquire_link=0.2, answer_timeout=0.3), act)


def test_an_unknown_command_is_answered_and_garbage_ends_the_session(carrier: Carrier) -> None:
    async def act(driver: Driver) -> Outcome:
        await driver.send()
        await told(carrier.order, "unknown")
        await driver.until(lambda: carrier.told("generic_nack"))
        await told(carrier.order, "garbage")
        await driver.until(lambda: len(carrier.told("bind")) == 2)
        return await driver.send()

    assert isinstance(drive(carrier.gateway(), act)[0], Accepted)
    assert carrier.heard("generic_nack")[0]["status"] == 0x03


def test_a_receipt_is_acknowledged_after_it_was_stored(carrier: Carrier) -> None:
    async def act(driver: Driver) -> tuple[int, int]:
        driver.free.clear()
        await driver.send()
        await told(carrier.deliver, RECEIPT)
        await driver.until(lambda: driver.begun)
        early = len(await told(carrier.heard, "deliver_resp"))
        driver.free.set()
        await driver.until(lambda: carrier.told("deliver_resp"))
        return early, carrier.told("deliver_resp")[0]["status"]

    outcome, driver = drive(carrier.gateway(), act)
    assert outcome == (0, 0)
    assert driver.reports == [DELIVERED]


def test_a_receipt_that_could_not_be_stored_stays_with_the_carrier(carrier: Carrier) -> None:
    async def act(driver: Driver) -> list[int]:
        driver.broken = True
        await driver.send()
        await told(carrier.deliver, RECEIPT)
        await driver.until(lambda: len(carrier.told("deliver_resp")) == 1)
        driver.broken = False
        await told(carrier.deliver, RECEIPT)
        await driver.until(lambda: len(carrier.told("deliver_resp")) == 2)
        return [answer["status"] for answer in carrier.told("deliver_resp")]

    statuses, driver = drive(carrier.gateway(), act)
    assert statuses == [0x64, 0]
    assert driver.reports == [DELIVERED]


def test_a_receipt_that_nobody_takes_stays_with_the_carrier(carrier: Carrier) -> None:
    async def act(driver: Driver) -> None:
        await driver.send()
        await told(carrier.deliver, RECEIPT)
        await driver.until(lambda: carrier.told("deliver_resp"))

    drive(carrier.gateway(), act, reports=False)
    assert carrier.heard("deliver_resp")[0]["status"] == 0x64


def test_receipts_that_come_while_others_are_stored_are_stored_together(carrier: Carrier) -> None:
    async def act(driver: Driver) -> None:
        driver.storing = 0.05
        await driver.send()
        receipts = [{"esm_class": 4, "short_message": f"id:{n} stat:DELIVRD err:0"} for n in range(300)]
        await told(carrier.deliver, *receipts, *receipts)
        await driver.until(lambda: len(carrier.told("deliver_resp")) == 600)

    _, driver = drive(carrier.gateway(), act)
    assert len(driver.reports) == 600
    assert len(driver.batches) < 200  # a slow machine delivers few at a time


def test_what_is_being_stored_at_the_end_is_still_acknowledged(carrier: Carrier) -> None:
    async def act(driver: Driver) -> None:
        driver.storing = 0.2
        await driver.send()
        await told(carrier.deliver, RECEIPT)
        await driver.until(lambda: driver.begun)

    _, driver = drive(carrier.gateway(), act)
    assert driver.reports == [DELIVERED]
    assert carrier.wait("deliver_resp")["status"] == 0


def test_a_receipt_before_its_answer_is_reported_all_the_same(carrier: Carrier) -> None:
    carrier.answers({"receipt_first": "DELIVRD", "hold": True})

    async def act(driver: Driver) -> Outcome:
        sending = asyncio.create_task(driver.send())
        await driver.until(lambda: driver.reports)
        assert not sending.done()
        await told(carrier.order, "release")
        return await sending

    outcome, driver = drive(carrier.gateway(), act)
    assert (outcome, driver.reports) == (Accepted("1"), [DeliveryReport("1", ReportStatus.DELIVERED)])


def test_receipts_in_every_form_and_what_is_none(carrier: Carrier) -> None:
    receipts = [
        RECEIPT,
        {"esm_class": 4, "receipted_message_id": "8", "message_state": 5, "network_error_code": "030001"},
        {"esm_class": 0, "receipted_message_id": "9", "message_state": 2},
        {"esm_class": 4, "message_payload": "id:10 stat:EXPIRED err:000 text:"},
        {"esm_class": 0, "short_message": "STOP"},
        {"esm_class": 4, "short_message": "what is this"},
    ]

    async def act(driver: Driver) -> list[int]:
        await driver.send()
        for number, receipt in enumerate(receipts, start=1):
            await told(carrier.deliver, receipt)
            await driver.until(lambda number=number: len(carrier.told("deliver_resp")) == number)
        return [answer["status"] for answer in carrier.told("deliver_resp")]

    statuses, driver = drive(carrier.gateway(), act)
    assert statuses == [0, 0, 0, 0, 0, 0x65]
    assert driver.reports == [
        DELIVERED,
        DeliveryReport("8", ReportStatus.FAILED, None, "unknown_subscriber"),
        DeliveryReport("9", ReportStatus.DELIVERED),
        DeliveryReport("10", ReportStatus.FAILED, None, "expired"),
    ]


def test_ids_in_hexadecimal_meet_their_receipts_in_decimal(peer: None) -> None:
    with running_carrier(hex=True, first_id=26) as carrier:

        async def act(driver: Driver) -> Outcome:
            outcome = await driver.send()
            await told(carrier.deliver, {"esm_class": 4, "short_message": "id:0026 stat:DELIVRD err:0"})
            await driver.until(lambda: driver.reports)
            return outcome

        outcome, driver = drive(carrier.gateway(message_ids="hex/decimal"), act)
    assert outcome == Accepted(driver.reports[0].gateway_id)


def test_tls_is_spoken_and_the_certificate_is_checked(peer: None, tmp_path: Path) -> None:
    key, certificate = make_certificate(tmp_path)
    with running_carrier(tls={"key": str(key), "cert": str(certificate)}) as carrier:
        trusted = carrier.gateway(tls=True, tls_ca=certificate.read_text())
        assert drive(trusted, lambda driver: driver.send())[0] == Accepted("1")
        assert drive(carrier.gateway(tls=True), lambda driver: driver.send())[0] == Deferred(
            "gateway_settings"
        )


def test_a_callback_is_never_genuine() -> None:
    gateway = make_gateway("smpp", GOOD, callback_url="")
    with pytest.raises(ForgedReceipt):
        gateway.read_receipts(Callback("POST", {}, {}, b"", "127.0.0.1"), datetime.datetime.now(datetime.UTC))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"host": ""}, "host"),
        ({"port": 0}, "port"),
        ({"system_id": "x" * 16}, "system_id"),
        ({"system_id": "ü"}, "system_id"),
        ({"password": None}, "password"),
        ({"window": 0}, "window"),
        ({"tls": "yes"}, "tls"),
        ({"tls_ca": "no certificate"}, "tls_ca"),
        ({"tls_ca": 5}, "tls_ca"),
        ({"long_text": "sar"}, "long_text"),
        ({"message_ids": "octal"}, "message_ids"),
        ({"enquire_link": 0}, "enquire_link"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_setting_that_cannot_work_is_named(change: dict[str, object], field: str) -> None:
    validate("smpp", GOOD)
    with pytest.raises(SettingsRefused) as refused:
        validate("smpp", GOOD | change)
    assert refused.value.field == field


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A key, and a certificate for this machine that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peer")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    key_file, certificate_file = folder / "key.pem", folder / "certificate.pem"
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return key_file, certificate_file
