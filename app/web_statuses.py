"""How every status is shown: its word, the shape that says the same, and the tone that agrees with both.

A person who sees no colour, or hears the page, loses nothing: colour only repeats what word and shape tell.
"""

from __future__ import annotations

from typing import NamedTuple

from flask import Flask
from flask_login import current_user

from app.language import gettext, mark


class Look(NamedTuple):
    """`shape` names an icon of components/icons.html; `tone` a colour of the stylesheet."""

    words: str
    shape: str
    tone: str


_LOOKS = {
    # Tasks.
    "draft": Look(mark("Draft"), "dashes", "quiet"),
    "checking": Look(mark("Checking"), "half", "busy"),
    "ready": Look(mark("Ready to send"), "diamond", "busy"),
    "rejected": Look(mark("Rejected"), "cross", "bad"),
    "discarded": Look(mark("Discarded"), "minus", "quiet"),
    "scheduled": Look(mark("Scheduled"), "clock", "wait"),
    "running": Look(mark("Sending"), "play", "busy"),
    "paused": Look(mark("Paused"), "pause", "wait"),
    "done": Look(mark("Done"), "check", "good"),
    "settling": Look(mark("Sent, waiting for receipts"), "half", "busy"),
    "cancelled": Look(mark("Cancelled"), "slash", "quiet"),
    "held": Look(mark("With staff"), "question", "wait"),
    # Messages.
    "queued": Look(mark("Waiting"), "ring", "quiet"),
    "sending": Look(mark("On its way"), "plane", "busy"),
    "accepted": Look(mark("Accepted"), "check", "good"),
    "delivered": Look(mark("Delivered"), "double", "good"),
    "failed": Look(mark("Failed"), "cross", "bad"),
    "in_doubt": Look(mark("In doubt"), "question", "wait"),
    # Routes.
    "open": Look(mark("Open"), "play", "good"),
    "closed": Look(mark("Closed"), "minus", "quiet"),
    "breaker": Look(mark("Resting after errors"), "alert", "bad"),
    # Sums at the desk.
    "agrees": Look(mark("Sums match"), "check", "good"),
    "differs": Look(mark("Sums do not match"), "alert", "bad"),
    # Top-ups, requests, accounts, tickets, terms.
    "waiting": Look(mark("Waiting for staff"), "clock", "wait"),
    "submitted": Look(mark("Submitted"), "clock", "wait"),
    "confirming": Look(mark("Being confirmed"), "half", "busy"),
    "approved": Look(mark("Approved"), "check", "good"),
    "posted": Look(mark("Posted"), "check", "good"),
    "refused": Look(mark("Dropped"), "minus", "quiet"),
    "active": Look(mark("Active"), "check", "good"),
    "suspended": Look(mark("Suspended"), "pause", "bad"),
    "answered": Look(mark("Answered"), "check", "good"),
    "overdue": Look(mark("Overdue"), "alert", "bad"),
    "in_force": Look(mark("In force"), "check", "good"),
    "past": Look(mark("Past"), "minus", "quiet"),
    # Exports.
    "export_waiting": Look(mark("Waiting"), "ring", "quiet"),
    "export_making": Look(mark("Being made"), "half", "busy"),
    "export_ready": Look(mark("Ready"), "check", "good"),
    "export_expired": Look(mark("Expired"), "minus", "quiet"),
    # What goes wrong, and what a content rule does.
    "stopped": Look(mark("Stopped"), "alert", "bad"),
    "block": Look(mark("Block"), "cross", "bad"),
    "hold": Look(mark("Hold"), "pause", "wait"),
    "alert": Look(mark("Alert"), "info", "busy"),
}

# What a client waits for is what staff have to do.
_AT_THE_DESK = {
    "held": mark("To review"),
    "waiting": mark("Waiting for us"),
    "submitted": mark("Waiting for us"),
}

# Roles, kinds of ledger entries, ends of sign-ins and the like are shown by their own word, with a capital letter.
_BY_THEIR_OWN_WORD = (
    mark("Wrong"),
    mark("Second factor wrong"),
    mark("Limited"),
    mark("Unconfirmed"),
    mark("Password only"),
    mark("Signed in"),
    mark("Hold"),
    mark("Charge"),
    mark("Release"),
    mark("Refund"),
    mark("Top-up"),
    mark("Adjustment"),
    mark("Status"),
    mark("State"),
    mark("Owner"),
    mark("Sender"),
    mark("Viewer"),
    mark("Billing"),
    mark("Support"),
    mark("Finance"),
    mark("Operator"),
    mark("Admin"),
    mark("Marketing"),
    mark("Utility"),
    mark("Image"),
    mark("Document"),
)


def init_app(app: Flask) -> None:
    """Let every template ask for a status's look."""
    app.add_template_global(look_of, "look_of")


def look_of(status: str) -> Look:
    """The look of a status, its word for who reads, in the language spoken now; an unknown one is its own word."""
    found = _LOOKS.get(str(status))
    if found is None:
        return Look(str(status).capitalize(), "ring", "quiet")
    words = _AT_THE_DESK.get(status) if getattr(current_user, "is_staff", False) else None
    return found._replace(words=gettext(words or found.words))
