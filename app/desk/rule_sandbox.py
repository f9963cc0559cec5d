"""A proposed rule, tried on what went out lately before anybody saves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.clock import now
from app.content.findings import Finding
from app.content.marking import Piece, mark
from app.content.rules import BannedWord, Rulebook, Switches
from app.desk.content_rules import Rule, tidy_word
from app.models import Task
from app.sending.drafting.compose import check_content

LOOKS_BACK: Final = timedelta(days=30)
MOST_TASKS: Final = 10_000
MOST_TEXTS: Final = 3_000
SHOWN: Final = 50
_LONGEST: Final = 3.0  # seconds

_OFF: Final = Switches(
    greeting=None,
    link=None,
    shortener=None,
    bare_domain=None,
    chinese=None,
    emoji=None,
    alphabet=None,
    personal_data=None,
    call_back=None,
)


@dataclass(frozen=True, slots=True)
class Stopped:
    """A task that the rule would have met, its text cut where the word stands."""

    task: Task
    findings: Sequence[Finding]
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have done. `whole` tells whether all of the 30 days were read, or only the newest of them."""

    tasks_read: int
    texts_read: int
    whole: bool
    tasks_met: int
    accounts_met: int
    shown: Sequence[Stopped]


def try_rule(session: Session, rule: Rule) -> Trial:
    """Ask the one rule about the contents submitted in the last 30 days, the newest first; nothing is stored.

    Each text is judged once however many tasks have it, at most MOST_TEXTS of them and for three seconds. Merged
    rows are not read: their values are not kept with the task. Raises TaskRefused for a word that cannot be kept.
    """
    book = Rulebook.of(
        [BannedWord(tidy_word(rule.word), rule.category, rule.severity, rule.instead)], switches=_OFF
    )
    rows = session.execute(
        select(Task.id, Task.account_id, Task.content, Task.created_at, Task.submitted_at)
        .order_by(Task.id.desc())
        .limit(MOST_TASKS)
    )
    begin, stop_at = now() - LOOKS_BACK, monotonic() + _LONGEST
    met: dict[str, bool] = {}
    tasks: list[int] = []
    accounts: set[int] = set()
    read, whole = 0, True
    for looked_at, (task_id, account_id, content, created_at, submitted_at) in enumerate(rows, 1):
        if created_at < begin:
            break
        whole = looked_at < MOST_TASKS
        if submitted_at is None:
            continue
        if content not in met:
            if len(met) >= MOST_TEXTS or monotonic() > stop_at:
                whole = False
                break
            met[content] = bool(_found(book, content))
        read += 1
        if met[content]:
            tasks.append(task_id)
            accounts.add(account_id)
    return Trial(read, len(met), whole, len(tasks), len(accounts), _shown(session, book, tasks[:SHOWN]))


def _found(book: Rulebook, content: str) -> list[Finding]:
    return [finding for finding in check_content(content, book, ()) if finding.rule == "banned_word"]


def _shown(session: Session, book: Rulebook, task_ids: Sequence[int]) -> list[Stopped]:
    tasks = session.scalars(
        select(Task).where(Task.id.in_(task_ids)).options(joinedload(Task.account)).order_by(Task.id.desc())
    )
    shown = []
    for task in tasks:
        findings = _found(book, task.content)
        shown.append(Stopped(task, findings, mark(task.content, findings)))
    return shown
