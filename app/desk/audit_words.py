"""What each recorded act is called in plain words; its name, "noun.verb", stays what the log is searched by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from app.language import gettext, mark
from app.pricing import credits

# What is kept in millicredits.
_AMOUNTS: Final = frozenset(
    {
        "adjustment_second_person_above",
        "amount",
        "approved_amount",
        "claimed",
        "credit",
        "low_balance",
        "price",
        "price_per_segment",
        "prices",
        "top_up_second_person_above",
        "top_ups_alone_a_day",
    }
)

_WORDS: Final[dict[str, str]] = {
    "account.ask_deactivation": mark("Asked to close the account"),
    "account.close": mark("Client closed"),
    "account.create": mark("Client created"),
    "account.daily_cap": mark("Daily limit of a client set"),
    "account.demo_credit": mark("Demo credit given"),
    "account.export": mark("Asked for the account’s data"),
    "account.keep": mark("Account kept after all"),
    "account.low_balance": mark("Warning of a low balance set"),
    "account.plan": mark("Plan of a client set"),
    "account.restore": mark("Client restored"),
    "account.route": mark("Route or price of a client set"),
    "account.suspend": mark("Client suspended"),
    "account.time_zone": mark("Time zone set"),
    "adjustment.post": mark("Adjustment posted"),
    "adjustment.refuse": mark("Adjustment dropped"),
    "adjustment.request": mark("Adjustment asked for"),
    "alert.dismiss": mark("Alert dismissed"),
    "desk.export": mark("List of the desk asked for as a file"),
    "member.invite": mark("Member invited"),
    "member.invite_again": mark("Member invited again"),
    "member.join": mark("Member joined"),
    "member.remove": mark("Member removed"),
    "member.revoke": mark("Invitation taken back"),
    "member.role": mark("Role of a member set"),
    "opt_out_page.open": mark("Opt-out page opened"),
    "plan.change": mark("Plan changed"),
    "plan.create": mark("Plan made"),
    "protected_name.add": mark("Protected name added"),
    "protected_name.remove": mark("Protected name removed"),
    "protected_name.starters": mark("Starter list of protected names added"),
    "recipient_list.delete": mark("Recipient list deleted"),
    "records.export": mark("Records asked for as a file"),
    "route.change": mark("Route changed"),
    "route.close": mark("Route closed to clients"),
    "route.content_rules": mark("Content rules of a route set"),
    "route.create": mark("Route made"),
    "route.open": mark("Route opened to clients"),
    "route.pause": mark("Route paused"),
    "route.resume": mark("Route resumed"),
    "route.test": mark("Route tested with a message"),
    "saved_text.delete": mark("Saved text deleted"),
    "secrets.rotate": mark("Secrets locked with a new key"),
    "sender_id.approve": mark("Sender ID approved"),
    "sender_id.ask": mark("Sender ID asked for"),
    "sender_id.reject": mark("Sender ID rejected"),
    "settings.change": mark("Setting of the desk changed"),
    "staff.create": mark("Colleague added"),
    "staff.disable": mark("Colleague removed"),
    "staff.role": mark("Role of a colleague set"),
    "staff.start_over": mark("One-time password given to a colleague"),
    "suppression.add": mark("Numbers suppressed"),
    "suppression.remove": mark("Number taken off the suppression list"),
    "task.cancel": mark("Task cancelled"),
    "task.move": mark("Task moved to another time"),
    "task.pause": mark("Task paused"),
    "task.reject": mark("Held task rejected"),
    "task.release": mark("Held task released"),
    "task.resume": mark("Task resumed"),
    "terms.discard": mark("Draft of the terms thrown away"),
    "terms.publish": mark("Terms published"),
    "terms.write": mark("Draft of the terms written"),
    "ticket.answer": mark("Ticket answered"),
    "ticket.close": mark("Ticket closed"),
    "ticket.open": mark("Ticket opened"),
    "ticket.reply": mark("Client wrote in a ticket"),
    "top_up.approve": mark("Top-up approved and credited"),
    "top_up.cancel": mark("Top-up cancelled"),
    "top_up.first_approve": mark("Top-up approved once"),
    "top_up.receipt": mark("Receipt uploaded"),
    "top_up.reject": mark("Top-up rejected"),
    "top_up.send_back": mark("Top-up sent back to the queue"),
    "top_up.start": mark("Top-up begun"),
    "user.ask_email_change": mark("Change of e-mail asked for"),
    "user.ask_phone_change": mark("Change of phone asked for"),
    "user.ask_reset": mark("New password asked for"),
    "user.change_email": mark("E-mail changed"),
    "user.change_password": mark("Password changed"),
    "user.change_phone": mark("Phone changed"),
    "user.confirm_email": mark("E-mail confirmed"),
    "user.confirm_phone": mark("Phone confirmed"),
    "user.correct_phone": mark("Phone corrected before it was confirmed"),
    "user.end_device": mark("Signed out on one device"),
    "user.end_other_devices": mark("Signed out on all other devices"),
    "user.recovery_code_used": mark("Signed in with a recovery code"),
    "user.recovery_codes_renewed": mark("Recovery codes renewed"),
    "user.register": mark("Registered"),
    "user.require_password_change": mark("New password required of a member"),
    "user.reset_password": mark("Password reset by e-mail"),
    "user.second_factor_off": mark("Second factor turned off"),
    "user.second_factor_on": mark("Second factor turned on"),
    "user.start_over": mark("Registration begun anew"),
    "whatsapp_template.mark": mark("Decision on a WhatsApp template written down"),
    "whatsapp_template.submit": mark("WhatsApp template submitted"),
    "word.add": mark("Banned word added"),
    "word.change": mark("Banned word changed"),
    "word.paste": mark("Banned words pasted"),
    "word.remove": mark("Banned word removed"),
}


def words_of(action: str) -> str:
    """The act in the language spoken now; one that is not known here, by its name."""
    words = _WORDS.get(action)
    return action if words is None else gettext(words)


def choices(actions: Iterable[str]) -> list[tuple[str, str]]:
    """Each action with its words, in the order of the words, for a list to choose from."""
    return sorted(((action, words_of(action)) for action in actions), key=lambda choice: choice[1].casefold())


def value_words(value: Any, name: str) -> str:
    """A value that was recorded under that name, as people write it: amounts in credits, lists without brackets."""
    if value is None or value in ("", [], {}):
        return "–"
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {value_words(each, name)}" for key, each in value.items())
    if isinstance(value, list):
        return ", ".join(value_words(each, name) for each in value)
    return credits(value) if name in _AMOUNTS and isinstance(value, int) else str(value)
