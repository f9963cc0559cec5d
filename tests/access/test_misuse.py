"""Ways round a rule that somebody would think of: words in a name, slices of an amount, a colleague's sign-in."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from app.blueprints.fields import trimmed
from app.gateways.base import SettingsRefused
from app.gateways.described import Setting
from app.gateways.given import Given
from app.stored_files import store_upload
from tests.access.test_mass_assignment import REGISTER
from tests.access.world import ANONYMOUS, World, sign_in


def letters(world: World) -> list[dict[str, str]]:
    return world.rows(lambda table, column: False)["letter"]


@pytest.mark.parametrize("field", ["name", "company"])
@pytest.mark.parametrize(
    "name", ["Win now: https://evil.example/x", "www.evil.example", "write to me@evil.example"]
)
def test_a_name_carries_no_link_into_letters_to_strangers(world: World, field: str, name: str) -> None:
    response = world.ask(ANONYMOUS, "POST", "/register", {**REGISTER, field: name})
    assert response.status_code == 422
    assert "Leave web and e-mail addresses out" in response.text
    assert not world.changed()


def test_a_name_is_one_line_without_hidden_signs_and_the_first_letter_does_not_tell_it(world: World) -> None:
    name = "Ana\r\n\r\nYour account is locked\u202e now"
    assert world.ask(ANONYMOUS, "POST", "/register", {**REGISTER, "name": name}).status_code == 303
    users = world.rows(lambda table, column: False)["user"]
    assert users[-1]["name"] == "Ana Your account is locked now"
    assert "locked" not in letters(world)[-1]["body"]


@pytest.mark.parametrize(
    "name", ["A/S Nordisk Film", "J.R.R. Smith", "Booking.com B.V.", "李小龙", "O’Brien & Sons"]
)
def test_an_ordinary_name_is_taken_as_it_is(world: World, name: str) -> None:
    response = world.ask(ANONYMOUS, "POST", "/register", {**REGISTER, "company": name})
    assert response.status_code == 303
    assert world.rows(lambda table, column: False)["account"][-1]["name"] == name


def test_the_limit_of_an_adjustment_is_not_to_be_cut_into_slices(world: World) -> None:
    address = world.address("desk_clients.adjust", "finance")
    for slice_ in range(4):
        values = {"direction": "add", "amount": "400", "reason": "Goodwill", "request_key": f"slice-{slice_}"}
        assert world.ask("finance", "POST", address, values).status_code == 303
    made = world.rows(lambda table, column: False)["adjustment"][-4:]
    assert [each["state"] for each in made] == ["posted", "posted", "waiting", "waiting"]


@pytest.mark.parametrize("act", ["start_over", "set_role", "add_person"])
def test_every_admin_hears_of_a_colleagues_sign_in_being_made_or_taken_over(world: World, act: str) -> None:
    values = {"role": "finance", "email": "second@example.com", "name": "Second Self"}
    response = world.ask("admin", "POST", world.address(f"staff.{act}", "admin"), values)
    assert response.status_code in (200, 303)
    admin = world.rows(lambda table, column: False)["user"]
    told = {each["recipient"] for each in letters(world) if "sign-in of our staff" in each["subject"]}
    assert {each["email"] for each in admin if each["role"] == "admin"} <= told


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "[fd00:ec2::254]"])
def test_a_gateway_is_no_door_to_the_keys_of_the_machine(host: str) -> None:
    with pytest.raises(SettingsRefused):
        Given({"url": f"http://{host}/latest/"}, (Setting("url"),), "Kannel").url("url")


def test_a_template_without_a_header_has_no_file(world: World) -> None:
    approved = world.things["approved", "public_id"]
    response = world.ask("admin", "GET", f"/staff/whatsapp/{approved}/header")
    assert response.status_code == 404


def test_a_long_way_back_does_not_keep_anybody_from_signing_in(world: World) -> None:
    sign_in(world, "returning", world.emails["sender"], next="/" + "x" * 8_000)


def test_no_mark_turns_the_direction_of_what_staff_read(tmp_path: Path) -> None:
    assert trimmed(" \u202egnp.exe\u2069\r\nكتاب ") == "gnp.exe\nكتاب"
    assert store_upload(f"file://{tmp_path}", io.BytesIO(b"x"), "\u202evsc.exe\0", 10).name == "vsc.exe"
