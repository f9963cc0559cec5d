"""The help pages: their names in addresses, their titles, and in which order they are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.language import mark


@dataclass(frozen=True, slots=True)
class Topic:
    """A page. `title` and `lead` are to be translated where they are shown."""

    slug: str
    title: str
    lead: str


GROUPS: Final[tuple[tuple[str, tuple[Topic, ...]], ...]] = (
    (
        mark("Registration and sign-in"),
        (
            Topic("registering", mark("Registering"), mark("An account, its members, and what each may do.")),
            Topic("signing-in", mark("Signing in"), mark("The steps, and why a sign-in may fail.")),
        ),
    ),
    (
        mark("Credit"),
        (
            Topic("topping-up", mark("Topping up"), mark("Transfer, receipt, approval.")),
            Topic(
                "credit",
                mark("Where the credit shows"),
                mark("Available, held, charged, and every movement."),
            ),
            Topic(
                "price", mark("How the price comes about"), mark("Segments times price, with a calculator.")
            ),
        ),
    ),
    (
        mark("Sending"),
        (
            Topic("quick-message", mark("Quick message"), mark("A few typed numbers, step by step.")),
            Topic(
                "bulk-message", mark("Bulk message"), mark("One text to a file of recipients, step by step.")
            ),
            Topic("file-rules", mark("The recipient file"), mark("Types, columns, numbers, and a sample.")),
            Topic(
                "content-rules",
                mark("What a message may say"),
                mark("What is refused, and what staff look at."),
            ),
            Topic("sender-ids", mark("Sender IDs"), mark("What recipients see as the sender.")),
            Topic(
                "templates",
                mark("Saved texts and templates"),
                mark("Texts to use again; WhatsApp’s templates."),
            ),
            Topic("countries", mark("Countries"), mark("Where can be sent to.")),
            Topic(
                "scheduling", mark("Time and calendar"), mark("Set times, nights, pausing and cancelling.")
            ),
        ),
    ),
    (
        mark("Records"),
        (
            Topic("overview", mark("The overview"), mark("What each figure means.")),
            Topic("records", mark("The records"), mark("Tasks, sending, messages, top-ups.")),
            Topic("statuses", mark("Statuses"), mark("What each word and each reason means.")),
            Topic(
                "not-received", mark("Why was a message not received?"), mark("What to look at, in order.")
            ),
            Topic("exports", mark("Exports"), mark("Lists as files, and how long they are kept.")),
        ),
    ),
    (
        mark("Your account"),
        (
            Topic("notices", mark("Notices"), mark("What you are told, and how to choose.")),
            Topic("opt-outs", mark("Opt-outs and suppression"), mark("Numbers that are never written to.")),
            Topic(
                "support", mark("Asking staff"), mark("Tickets, your data, and what is kept for how long.")
            ),
        ),
    ),
)
TOPICS: Final = {topic.slug: topic for _, topics in GROUPS for topic in topics}
