"""The one clock. Every time in Carillon is an aware UTC datetime made here."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, UTC."""
    return datetime.now(UTC)
