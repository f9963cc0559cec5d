"""What is posted beside a form's own fields changes nothing: the database ends up as it does without it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.access.world import ANONYMOUS, STRANGER, World
from tests.factories.top_ups import picture
from tests.factories.users import PASSWORD

NEW_PASSWORD: Final = "seventeen mild lanterns drift"

# Whatever somebody may try: the columns that only the panel itself sets.
EXTRAS: Final[dict[str, Any]] = {
    "is_staff": "1",
    "is_admin": "1",
    "admin": "1",
    "role": "admin",
    "available": "999000000",
    "held": "0",
    "balance": "999000000",
    "price": "1",
    "paid": "1",
    "currency": "XTS",
    "amount": "999000000",
    "approved_amount": "999000000",
    "state": "approved",
    "status": "approved",
    "decided_by": "1",
    "confirmed_by": "1",
    "total": "1",
    "user_id": "1",
    "account": "1",
    "plan_id": "1",
    "low_balance": "1",
    "daily_cap": "1",
    "stopped_reason": "x",
    "id": "999",
    "public_id": "chosen",
    "email_confirmed_at": "2020-01-01T00:00:00",
    "phone_confirmed_at": "2020-01-01T00:00:00",
    "totp_confirmed_at": "2020-01-01T00:00:00",
    "totp_secret": "x",
    "password_hash": "x",
    "session_version": "99",
    "must_change_password": "",
    "disabled_at": "",
    "created_at": "2020-01-01T00:00:00",
    "submitted_at": "2020-01-01T00:00:00",
    "receipt_key": "chosen",
    "upload_key": "chosen",
    "paused_by_staff": "1",
    "send_before": "2020-01-01T00:00:00",
    "charge_when": "delivered",
    "refund_failed_receipt": "1",
    "price_per_segment": "0",
    "request_key": "chosen",
    "token_hash": "chosen",
    "invited_by": "1",
    "due_at": "2020-01-01T00:00:00",
    "list_id": "1",
    "header_key": "chosen",
    "open": "1",
    "everyone": "1",
}
# Different at every try, whatever is posted.
CHANCE: Final = frozenset(
    {
        "public_id",
        "token_hash",
        "code_hash",
        "password_hash",
        "body",
        "reference",
        "upload_key",
        "receipt_key",
    }
)
# They hold a reference, a random key, a ticket's public id.
NAMES_CHANCE: Final = frozenset(
    {"audit_event.after", "chore.name", "ledger_entry.key", "notice.key", "notice.path"}
)
QUICK: Final = {
    "name": "Offer",
    "recipients": "+61412345678",
    "content": "We open at nine.",
    "sender_id": "Harbour",
    "when": "now",
    "submission_key": "a-filling",
}
REGISTER: Final = {
    "name": "Ana Example",
    "company": "Example Pty",
    "email": "ana@example.org",
    "phone": "+61412345678",
    "password": NEW_PASSWORD,
}

# Every form that a client or a stranger fills in: who, where, with what. Callables are asked anew for each try.
Values = dict[str, Any] | Callable[[World], dict[str, Any]]
FORMS: Final[dict[str, tuple[str, Values]]] = {
    "auth.register": (ANONYMOUS, REGISTER),
    "auth.forgot": (ANONYMOUS, {"email": "nobody@example.org"}),
    "auth.reset": (ANONYMOUS, {"password": NEW_PASSWORD}),
    "auth.confirm_email": (ANONYMOUS, {"password": PASSWORD}),
    "auth.start_over": (
        ANONYMOUS,
        {key: value for key, value in REGISTER.items() if key != "email"},
    ),
    "members.join": (
        ANONYMOUS,
        lambda world: {
            "name": "Jo Example",
            "password": NEW_PASSWORD,
            "again": NEW_PASSWORD,
            "terms_version": world.terms,
            "accept": "y",
        },
    ),
    "opt_out.stop": (ANONYMOUS, {"number": "+61412345678"}),
    "account.email": ("sender", {"present": PASSWORD, "email": "elsewhere@example.org"}),
    "account.phone": ("sender", {"present": PASSWORD, "phone": "+61412345678"}),
    "account.password": ("sender", {"present": PASSWORD, "password": NEW_PASSWORD}),
    "account.confirm_email": ("sender", {}),
    "account.time_zone": ("owner", {"zone": "Australia/Perth"}),
    "members.invite": ("owner", {"email": "jo@example.org", "role": "viewer"}),
    "members.member": ("owner", {"role": "viewer"}),
    "members.resend": ("owner", {}),
    "quick.new": ("sender", lambda world: {**QUICK, "route_id": world.route_id}),
    "quick.edit": ("sender", lambda world: {**QUICK, "route_id": world.route_id}),
    "bulk.new": (
        "sender",
        lambda world: {
            **QUICK,
            "route_id": world.route_id,
            "file": (io.BytesIO(b"phone\n+61412345678\n"), "list.csv"),
        },
    ),
    "review.submit": (
        "sender",
        lambda world: {"check_run": "1", "terms_version": world.terms, "accept": "y"},
    ),
    "review.discard": ("sender", {}),
    "tasks.cancel": ("sender", {}),
    "tasks.resume": ("sender", {}),
    "topup.start": (
        "billing",
        lambda world: {
            "credits": "5000",
            "plan": world.things["desk_topups", "plan_id"],
            "shown_total": "45000",
        },
    ),
    "topup.upload": (
        "billing",
        lambda world: {"receipt": (io.BytesIO(picture(words="One")), "receipt.png"), "bank_reference": "77"},
    ),
    "topup.cancel": ("billing", {}),
    "topup.alert": ("billing", {"low_balance": "100"}),
    "exports.ask": ("viewer", {"file_type": "csv", "number": "+61412345678", "state": "", "status": ""}),
    "exports.cancel": ("viewer", {}),
    "sender_ids.ask": ("sender", {"name": "Harbour", "purpose": "Our shop's name."}),
    "notices.settings": ("viewer", {"on_page": "ticket"}),
    "notices.stop": (ANONYMOUS, {}),
    "support.new": ("viewer", {"subject": "Where is it", "text": "Nothing came."}),
    "support.close": ("viewer", {}),
    "suppression.add": ("sender", {"numbers": "+61412345678", "note": "asked"}),
    "lists.rename": ("sender", {"name": "Another name"}),
    "lists.upload": (
        "sender",
        lambda world: {"name": "Fresh", "file": (io.BytesIO(b"phone\n+61412345678\n"), "list.csv")},
    ),
    "whatsapp.new": ("sender", {"name": "greeting", "language": "en", "body": "We open at nine."}),
    "whatsapp.submit": ("sender", {}),
}


@pytest.mark.parametrize("endpoint", FORMS)
def test_fields_that_a_form_does_not_have_change_nothing(world: World, endpoint: str) -> None:
    who, values = FORMS[endpoint]
    plain = posted(world, endpoint, who, values, {})
    assert plain != untouched(world), f"{endpoint} did nothing, so this proves nothing"
    extras = {"account_id": world.account_ids["other"], **EXTRAS}
    assert posted(world, endpoint, who, values, extras) == plain


def posted(world: World, endpoint: str, who: str, values: Values, extras: dict[str, Any]) -> dict[str, Any]:
    """The database after the form was sent, with `extras` beside its own fields."""
    world.restore()
    own = values(world) if callable(values) else values
    response = world.ask(who, "POST", world.address(endpoint, who), {**extras, **own})
    assert response.status_code in (200, 302, 303), f"{endpoint} as {who}: {response.status}"
    return world.rows(is_chance)


def untouched(world: World) -> dict[str, Any]:
    world.restore()
    return world.rows(is_chance)


def is_chance(table: str, column: str) -> bool:
    if column in CHANCE or f"{table}.{column}" in NAMES_CHANCE:
        return True
    return column.endswith("_at") or column == "at" or table == "limit_hit"


@pytest.mark.parametrize("role", ["admin", "support", "finance", "operator", "root", ""])
def test_an_owner_makes_nobody_staff(world: World, role: str) -> None:
    for endpoint, values in (("members.invite", {"email": "jo@example.org"}), ("members.member", {})):
        response = world.ask("owner", "POST", world.address(endpoint, "owner"), {**values, "role": role})
        assert response.status_code == 422
        assert not world.changed()


def test_a_top_up_costs_what_its_plan_says_whatever_was_shown(world: World) -> None:
    plan = world.things["desk_topups", "plan_id"]
    for total in ("1", "0", "-45000", "44999"):
        response = world.ask(
            "billing", "POST", "/top-up", {"credits": "5000", "plan": plan, "shown_total": total}
        )
        assert response.status_code == 303
        assert not world.changed()


@pytest.mark.parametrize("credits", ["-5000", "0", "0.5", "1e9", "999999999999"])
def test_nobody_tops_up_by_an_amount_that_is_none(world: World, credits: str) -> None:
    plan = world.things["desk_topups", "plan_id"]
    response = world.ask("billing", "POST", "/top-up", {"credits": credits, "plan": plan, "shown_total": "1"})
    assert response.status_code in (303, 422)
    assert not world.changed()


def test_things_of_another_account_are_not_taken_when_a_form_names_them(world: World) -> None:
    """Another account's list, task, template and file, where a form lets one choose among one's own."""
    saved, task = world.things["lists", "public_id"], world.things["tasks", "public_id"]
    quick, by_whatsapp = {**QUICK, "route_id": world.route_id}, {**QUICK, "route_id": world.whatsapp_route_id}
    template = {"template_id": world.things["approved", "template_id"], "sender_id": ""}
    asked: list[tuple[str, dict[str, Any]]] = [
        ("/lists/merge", {"name": "Mine now", "lists": [saved, saved]}),
        ("/support/new", {"subject": "Where", "text": "Nothing came.", "task": task}),
        ("/support/new", {"subject": "Where", "text": "Nothing came.", "numbers": "+61400000000"}),
        ("/bulk/", {**quick, "list": saved}),
        ("/quick/", {**by_whatsapp, **template}),
    ]
    for address, values in asked:
        response = world.ask(STRANGER, "POST", address, values)
        assert response.status_code in (404, 422), f"{address}: {response.status}"
        assert "Zephyrine" not in response.text
        assert not world.changed(), address
    theirs = world.ask("sender", "POST", "/quick/", {**by_whatsapp, **template})
    assert theirs.status_code in (200, 303)  # the same form, from whom it belongs to


def test_a_route_that_the_account_may_not_use_is_not_to_be_chosen(world: World) -> None:
    for address, values in (
        ("/quick/", {**QUICK, "route_id": world.closed_route_id}),
        (
            "/bulk/",
            {
                **QUICK,
                "route_id": world.closed_route_id,
                "file": (io.BytesIO(b"phone\n+61412345678\n"), "a.csv"),
            },
        ),
    ):
        response = world.ask(STRANGER, "POST", address, values)
        assert response.status_code in (404, 422)
        assert not world.changed()
