"""Uploading a bulk message."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest

from app.models import TaskState
from tests.web_compose.conftest import TEXT, Desk

FILE = b"phone,first name\n+61412345678,Ann\n+14155552671,Ben\n"


def kept_token(page: str) -> str:
    found = re.search(r'name="kept_file"[^>]*value="([^"]*)"', page)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("kind", ["csv", "xlsx", "txt"])
def test_each_template_can_be_uploaded_as_it_is(desk: Desk, kind: str) -> None:
    template = desk.client.get(f"/bulk/template.{kind}")
    assert template.headers["Content-Disposition"] == f"attachment; filename=recipients.{kind}"
    assert desk.bulk(template.data, f"recipients.{kind}").status_code == 303
    task = desk.checked()
    assert task.state == TaskState.READY
    assert task.upload_name == f"recipients.{kind}"


def test_there_is_no_template_of_another_type(desk: Desk) -> None:
    assert desk.client.get("/bulk/template.pdf").status_code == 404


def test_the_upload_is_answered_before_it_is_read(desk: Desk) -> None:
    response = desk.bulk(b"this is not even a list of numbers")
    assert response.status_code == 303
    assert desk.task().state == TaskState.CHECKING
    assert "Reading the file" in desk.review()


def test_the_page_tells_the_rules_of_the_file(desk: Desk) -> None:
    page = desk.page("/bulk/")
    assert "numbers from the second row on" in page
    assert "at most 5,000 recipients and 10 MB" in page
    assert 'accept=".csv,.xlsx,.xls,.txt"' in page


def test_without_a_file_the_form_comes_back(desk: Desk) -> None:
    assert "Choose a file with the recipients" in desk.bulk(None).text


def test_an_empty_file_is_refused_at_once(desk: Desk) -> None:
    assert "The file is empty." in desk.bulk(b"").text


def test_a_file_over_the_limit_is_refused_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = desk.client.application.config["CARILLON"]
    small = replace(settings, limits=replace(settings.limits, upload_bytes=1000))
    monkeypatch.setitem(desk.client.application.config, "CARILLON", small)
    response = desk.bulk(b"1" * 1001)
    assert response.status_code == 422
    assert "The file is larger than" in response.text
    assert desk.tasks() == []


def test_a_stored_file_outlives_a_refused_text(desk: Desk) -> None:
    refused = desk.bulk(FILE, content="Hello Ann.")
    assert refused.status_code == 422
    assert "<strong>list.csv</strong> is kept" in refused.text
    assert desk.bulk(None, kept_file=kept_token(refused.text)).status_code == 303
    task = desk.checked()
    assert (task.state, task.upload_name) == (TaskState.READY, "list.csv")


def test_a_file_that_another_account_uploaded_cannot_be_named(desk: Desk) -> None:
    refused = desk.bulk(None, kept_file="WyJhYmMiLCJhLmNzdiIsM10.forged")
    assert "Choose a file with the recipients" in refused.text


def test_editing_keeps_the_stored_file_unless_another_is_chosen(desk: Desk) -> None:
    desk.bulk(FILE)
    task = desk.checked()
    address = f"/bulk/{task.public_id}/edit"
    first_key = task.upload_key
    assert "<strong>list.csv</strong> is kept" in desk.page(address)
    desk.client.submit(address, desk.values(content="Dear {first name}, it is ready."))
    task = desk.checked()
    assert (task.state, task.upload_key) == (TaskState.READY, first_key)
    other = (io.BytesIO(b"phone\n+61412345670\n"), "other.csv")
    desk.client.submit(address, desk.values(content=TEXT, file=other))
    task = desk.checked()
    assert (task.upload_name, task.upload_key != first_key) == ("other.csv", True)
