"""Accepted, the usual answer: a batch is written and summed up by the database, without a look at each message.

Where a message is not as its fence left it (it was swept into doubt meanwhile, or is another pump's by now), nothing
is written here; the caller judges those one by one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import BigInteger, Integer, String, TextClause, bindparam, text
from sqlalchemy.orm import Session

from app.clock import now
from app.gateways.base import Accepted
from app.ledger import rollups, route_hours
from app.models import MessageStatus, Money, Task
from app.models.base import UtcDateTime
from app.sending.dispatch.claims import Claimed
from app.sending.settlement import book, money_after

_STOOD: Final = route_hours.Stand(MessageStatus.SENDING, None, None)
_STANDS: Final = route_hours.Stand(MessageStatus.ACCEPTED, None, None)

# The answers as the database reads them from one JSON text, and the messages that are as their fences left them.
_GIVEN: Final = {
    "sqlite": """(SELECT value ->> 0 AS id, value ->> 1 AS attempt, value ->> 2 AS claim, value ->> 3 AS gateway_id
        FROM json_each(:answers)) AS given""",
    "postgresql": """(SELECT CAST(value ->> 0 AS bigint) AS id, CAST(value ->> 1 AS int) AS attempt,
        value ->> 2 AS claim, value ->> 3 AS gateway_id
        FROM json_array_elements(CAST(:answers AS json)) WHERE json_typeof(value) = 'array') AS given""",
}
_STILL_OURS: Final = """message.id = given.id AND message.claim = given.claim AND message.attempt = given.attempt
    AND message.status || '' = 'sending' AND message.money = 'held'"""
_SUMS: Final = "SELECT region, route_id, sent_at, count(*) AS messages, sum(price) AS price FROM"
_BY: Final = "GROUP BY region, route_id, sent_at"


# Each message is looked up by its id: a planner would rather go through all that are being sent, for each of them. So
# SQLite may use no other index. PostgreSQL's knows the status of none, since it is hidden above, and takes the answers
# for one, since it knows nothing of their types; which plan it makes of good or of bad figures is then the same.
_MESSAGES: Final = {"sqlite": "message NOT INDEXED", "postgresql": "message"}


def _update(dialect: str) -> str:
    return f"""UPDATE {_MESSAGES[dialect]} SET status = 'accepted', money = :money, gateway_id = given.gateway_id,
        error_code = NULL, not_before = NULL, answered_at = :moment, claim = NULL, claim_expires_at = NULL
        FROM {_GIVEN[dialect]} WHERE {_STILL_OURS}"""  # noqa: S608


def _summing(statement: str) -> Any:
    return text(statement).columns(
        region=String, route_id=BigInteger, sent_at=UtcDateTime, messages=Integer, price=BigInteger
    )


def _writing(statement: str) -> TextClause:
    return text(statement).bindparams(bindparam("moment", type_=UtcDateTime))


# SQLite has no UPDATE inside a query: it sums up first, and only one transaction writes.
_SUM_ON_SQLITE: Final = _summing(
    f"{_SUMS} {_GIVEN['sqlite']} CROSS JOIN {_MESSAGES['sqlite']} WHERE {_STILL_OURS} {_BY}"
)
_WRITE_ON_SQLITE: Final = _writing(_update("sqlite"))
_WRITE_AND_SUM: Final = _summing(
    f"WITH written AS ({_update('postgresql')} RETURNING region, route_id, sent_at, price) {_SUMS} written {_BY}"
).bindparams(bindparam("moment", type_=UtcDateTime))


def accept(session: Session, task: Task, answers: Iterable[tuple[Claimed, Accepted]]) -> int:
    """Write that the gateway accepted these messages of the task, and settle what that means. Returns how many.

    The caller holds the task's lock. Only messages that still carry the claim and the attempt are written.
    """
    moment = now()
    money = money_after(task, MessageStatus.ACCEPTED, Money.HELD)
    given = [
        (claimed.message_id, claimed.attempt, claimed.claim, answer.gateway_id) for claimed, answer in answers
    ]
    values = {"answers": json.dumps(given), "money": money.value, "moment": moment}
    if session.get_bind().dialect.name == "sqlite":
        sums = session.execute(_SUM_ON_SQLITE, {"answers": values["answers"]}).all()
        session.execute(_WRITE_ON_SQLITE, values)
    else:
        sums = session.execute(_WRITE_AND_SUM, values).all()
    for row in sums:
        route_hours.count_move(
            session, row.route_id, row.region, row.sent_at, _STOOD, _STANDS, moment, row.messages
        )
    book(
        session,
        task,
        [
            rollups.Moved(
                row.region, int(row.price), _STOOD.status, _STANDS.status, Money.HELD, money, row.messages
            )
            for row in sums
        ],
    )
    return sum(row.messages for row in sums)
