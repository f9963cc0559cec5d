"""The errors of the domain. `app/web_errors.py` turns them into pages.

Every error carries a sentence for the person who caused it: what happened, where, and what to do next.
"""

from __future__ import annotations

from app.language import gettext


class CarillonError(Exception):
    """Base of every error that a person may see."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(CarillonError):
    """The thing does not exist, or belongs to another account; the caller must not learn which."""


class NotAllowed(CarillonError):
    """This person may not do this."""


class Conflict(CarillonError):
    """The thing has moved on: someone else acted first, or it was already done."""


class InvalidMove(Conflict):
    """A status change that the table of allowed moves does not have, or that lost a race."""


class InsufficientCredit(CarillonError):
    """The account's available credit does not cover the hold. Amounts are integer millicredits."""

    def __init__(self, needed: int, available: int) -> None:
        super().__init__(
            gettext("The available credit does not cover this. Top up, or send to fewer recipients.")
        )
        self.needed = needed
        self.available = available


class LedgerStopped(CarillonError):
    """The ledger audit found a difference in this account; nothing new goes out until staff resolve it."""


class TaskRefused(CarillonError):
    """A task cannot be taken as it stands; the message tells why and what to change."""


class TopUpRefused(CarillonError):
    """A top-up, its receipt or a price list cannot be taken as it stands; the message tells what to change."""
