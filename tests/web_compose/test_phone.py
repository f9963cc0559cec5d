"""The message on a phone, filled from real rows: with a script's request and without any script."""

from __future__ import annotations

import html
import io
import re

from app.models import Channel, TemplateState, WhatsAppTemplate
from tests.factories.routes import make_route
from tests.web_compose.conftest import Desk

ROWS = b"phone,name\n+61412345678,Ada\n+61412345679,Grace Hopper of the compilers\n+61412345670,J\n"


def bubble(page: str) -> str:
    """What the phone shows."""
    return html.unescape(re.search(r'<p class="bubble-text"[^>]*>(.*?)</p>', page, re.DOTALL)[1])  # type: ignore[index]


def take(desk: Desk, file: bytes = ROWS, name: str = "list.csv") -> dict[str, str]:
    values = {"csrf_token": desk.client.csrf_token("/bulk/"), "route_id": desk.direct_id}
    answer = desk.client.post("/compose/file", data={**values, "file": (io.BytesIO(file), name)})
    assert answer.status_code == 200
    return answer.json


def test_a_chosen_file_tells_its_rows_and_fills_the_phone(desk: Desk) -> None:
    taken = take(desk)
    assert "3 rows" in taken["said"]
    assert "{name}" in taken["said"]
    values = {**desk.values(content="For {name}."), "kept_file": taken["kept"], "list": ""}
    del values["recipients"]
    token = desk.client.csrf_token("/bulk/")
    seen = {}
    for look in ("", "second", "longest", "nonsense"):
        answer = desk.client.post("/compose/preview", data={"csrf_token": token, **values, "look": look})
        seen[look] = bubble(answer.text)
    assert seen == {
        "": "For Ada.",
        "second": "For Grace Hopper of the compilers.",
        "longest": "For Grace Hopper of the compilers.",
        "nonsense": "For Ada.",
    }
    assert "Shortest text" in answer.text
    assert "row 4, 1 segment" in answer.text


def test_a_file_that_cannot_be_read_says_so_at_once(desk: Desk) -> None:
    assert "alert" in take(desk, b"\x00\x01", "list.xlsx")["said"]


def test_a_file_without_numbers_in_its_place_says_so_at_once(desk: Desk) -> None:
    assert "“Ada” stands where a phone number is expected" in take(desk, b"Name,Town\nAda,Perth\n")["said"]
    assert "is expected" not in take(desk)["said"]


def test_anothers_kept_file_shows_nothing(desk: Desk) -> None:
    token = desk.client.csrf_token("/bulk/")
    values = {
        **desk.values(content="For {name}."),
        "kept_file": "WyJhIl0.forged",
        "list": "",
        "csrf_token": token,
    }
    del values["recipients"]
    answer = desk.client.post("/compose/preview", data=values)
    assert (answer.status_code, bubble(answer.text)) == (200, "For {name}.")


def test_without_a_script_the_button_keeps_the_file_and_shows_the_row(desk: Desk) -> None:
    page = desk.bulk(
        ROWS, content="For {name}.", only_check="1", look="second", recipients="", sender_id=""
    ).text
    assert bubble(page) == "For Grace Hopper of the compilers."
    assert "list.csv" in page
    assert "error-summary" not in page  # looking asks for nothing that is not there yet
    assert desk.tasks() == []


def test_a_draft_shows_the_rows_of_its_own_file(desk: Desk) -> None:
    desk.bulk(ROWS, content="For {name}.")
    assert bubble(desk.page(f"/bulk/{desk.task().public_id}/edit")) == "For Ada."


def test_direction_emoji_and_long_words_are_shown_as_written(desk: Desk) -> None:
    text = "مرحبا 👩‍👩‍👧 " + "w" * 300 + "\n<b>next</b>"
    page = desk.quick(content=text, only_check="1").text
    assert 'class="bubble-text" dir="auto"' in page
    assert bubble(page) == text
    assert "not in the GSM alphabet" in page


def test_whatsapp_shows_the_templates_picture_and_its_values(desk: Desk) -> None:
    route = make_route(desk.session, name="By WhatsApp", channel=Channel.WHATSAPP)
    template = WhatsAppTemplate(
        account_id=desk.account_id, user_id=desk.user_id, name="spring", language="en", variables=1,
        body="Ready, {{1}}.", state=TemplateState.APPROVED, header_kind="image", header_key="k", header_name="a.png",
    )  # fmt: skip
    desk.session.add(template)
    desk.session.commit()
    page = desk.quick(route_id=route.id, template_id=template.id, template_values="Ada", only_check="1").text
    assert bubble(page) == "Ready, Ada."
    assert f"/{route.public_id}/media/{template.public_id}" in page
