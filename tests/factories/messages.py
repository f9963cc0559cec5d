"""Messages of a submitted task."""

from __future__ import annotations

import secrets

from app.clock import now
from app.models import Message, Task


def queued_messages(task: Task, count: int, price: int) -> list[Message]:
    """New messages for the task, not yet in any session: rows 2, 3, …, each to its own Australian number."""
    return [
        Message(
            task_id=task.id,
            account_id=task.account_id,
            route_id=task.route_id,
            row=number + 2,
            e164=f"+614{number:08d}",
            region="AU",
            segments=1,
            price=price,
            reference=secrets.token_hex(12),
            queued_at=now(),
        )
        for number in range(count)
    ]
