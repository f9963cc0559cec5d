"""What a list is asked for, as its address says it."""

from __future__ import annotations

from flask import request

from app.blueprints.records.period import chosen_period, period_words
from app.records.asked import Asked
from app.records.history import tidy_number
from app.records.messages import STATUS_FILTERS


def asked_of_request() -> Asked:
    """What this request's address asks a list for; what it cannot mean is passed over."""
    words = {name: _word(name) for name in ("task", "sid", "route")}
    status = request.args.get("status")
    return Asked(
        period=chosen_period(),
        number=tidy_number(request.args.get("number")),
        task=words["task"],
        sender_id=words["sid"],
        route=words["route"],
        status=status if status in STATUS_FILTERS else None,
        oldest_first=request.args.get("sort") == "oldest",
    )


def _word(name: str) -> str | None:
    """What the address says there, without anything that cannot be seen."""
    said = "".join(letter for letter in request.args.get(name, "") if letter.isprintable())
    return said.strip()[:100] or None


def asked_words(asked: Asked) -> dict[str, str]:
    """What is asked for besides the days, as an address says it."""
    words = {
        "number": asked.number,
        "task": asked.task,
        "sid": asked.sender_id,
        "route": asked.route,
        "status": asked.status,
        "sort": "oldest" if asked.oldest_first else None,
    }
    return {name: value for name, value in words.items() if value}


def all_words(asked: Asked) -> dict[str, str]:
    """All that is asked for, for links that keep it."""
    return asked_words(asked) | period_words(asked.period)
