"""Content that staff look at: tasks kept back for a review, tasks that go out with staff told, texts refused.

A finding of severity HOLD keeps a submitted task in `held`: its credits are held and its messages queued, but only
running tasks are pumped. Staff release it, or reject it and the hold comes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.clock import now
from app.content.findings import Finding, Severity, blocking
from app.content.sender_id import GSM_LIMIT
from app.database import insert_new
from app.errors import Conflict, TaskRefused
from app.language import day_words, gettext, ngettext
from app.models import Account, AccountState, RefusedContent, Task, TaskState
from app.queues import enqueue_after_commit
from app.sending import out_of_date, route_rules
from app.sending.alerts import raise_alert
from app.sending.drafting.compose import RowFindings, check_content
from app.sending.lookup import lock_task
from app.sending.settlement import cancel_unsent, finish_if_over
from app.sending.states import move_task
from app.sending.suppressed import leave_out_suppressed

REPORTED_ROWS: Final = 10  # of each severity
REFUSALS_A_DAY: Final = 10
_EXCERPT: Final = 60
_NAMED: Final = 3

# Refused for these, a text was meant to be what it is; a greeting or an emoji is a slip.
DECEITFUL: Final = frozenset(
    {"banned_word", "link", "shortener", "personal_data", "call_back", "sid_protected"}
)


@dataclass(frozen=True, slots=True)
class Concern:
    """A text that staff should see (the content, the sender ID, a merged row), and what was found in it."""

    where: str
    text: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules say of a task at its submission. `findings` are the content's own."""

    findings: list[Finding]
    concerns: list[Concern]

    @property
    def held(self) -> bool:
        """Whether staff look at the task before it goes out."""
        return any(finding.severity is Severity.HOLD for finding in self._found)

    @property
    def words(self) -> str | None:
        """Told to the client while the task is held."""
        if not self.held:
            return None
        return held_words(finding for finding in self._found if finding.severity is Severity.HOLD)

    @property
    def _found(self) -> list[Finding]:
        return [finding for concern in self.concerns for finding in concern.findings]

    def tell_staff(self, session: Session, task: Task) -> None:
        """Raise an alert for a task that goes out with something in it that staff should know."""
        if self._found and not self.held:
            places, more = _named(self._found)
            named = {"name": task.name, "client": task.account.name, "places": places}
            text = (
                ngettext(
                    "“%(name)s” of %(client)s went out with %(places)s, and one thing more to look at.",
                    "“%(name)s” of %(client)s went out with %(places)s, and %(num)s things more to look at.",
                    more,
                    **named,
                )
                if more
                else gettext("“%(name)s” of %(client)s went out with %(places)s.", **named)
            )
            raise_alert(session, f"content:{task.id}", text, account_id=task.account_id)


def held_words(findings: Iterable[Finding]) -> str:
    """What the client is told of a task while staff look at it, because of these."""
    places, more = _named(findings)
    if not more:
        return gettext(
            "Staff look at this task before it goes out, because of %(places)s. Its credits are held "
            "meanwhile. You are told as soon as it is decided.",
            places=places,
        )
    return ngettext(
        "Staff look at this task before it goes out, because of %(places)s, and for one reason more. Its credits "
        "are held meanwhile. You are told as soon as it is decided.",
        "Staff look at this task before it goes out, because of %(places)s, and for %(num)s reasons more. Its "
        "credits are held meanwhile. You are told as soon as it is decided.",
        more,
        places=places,
    )


def judge(session: Session, task: Task) -> Judgement:
    """Ask the rules once more, as they stand now: a draft may be older than a word on the list.

    Merged rows keep what their check found, by rules that have not changed since (`out_of_date`). Raises TaskRefused
    when the task may not go out any more.
    """
    report = task.report or {}
    checked = check_content(
        task.content, route_rules.rulebook(session, task.route), report.get("field_names", ())
    )
    content = [finding for finding in checked if finding.rule != "unknown_field"]
    sender_id = (
        route_rules.sender_id_findings(session, task.route, task.account_id, task.sender_id, GSM_LIMIT)
        if task.sender_id
        else []
    )
    for finding in (*content, *sender_id):
        if finding.severity is Severity.BLOCK:
            raise TaskRefused(
                gettext(
                    "The rules have changed since this was checked. %(message)s %(advice)s Edit the task "
                    "to have it checked again.",
                    message=finding.message,
                    advice=finding.advice,
                )
            )
    return Judgement(content, _concerns(task, content, sender_id))


def concerns(task: Task) -> list[Concern]:
    """What staff should see of a submitted task: its content, its sender ID and rows, where something was found."""
    report = task.report or {}
    content = [Finding.from_json(stored) for stored in task.findings or []]
    sender_id = [Finding.from_json(stored) for stored in report.get("sender_id_findings", [])]
    return _concerns(task, content, sender_id)


def report_rows(rows: Sequence[RowFindings]) -> list[dict[str, Any]]:
    """The rows to keep with the task: some with each severity, so that no number of notes hides a hold."""
    kept: dict[int, RowFindings] = {}
    for severity in (Severity.BLOCK, Severity.HOLD, Severity.ALERT):
        having = [row for row in rows if any(finding.severity is severity for finding in row.findings)]
        kept |= {row.row: row for row in having[:REPORTED_ROWS]}
    return [
        {"row": row.row, "text": row.text, "findings": [finding.to_json() for finding in row.findings]}
        for _, row in sorted(kept.items())
    ]


def release(session: Session, task_id: int, late_start: timedelta) -> Task:
    """Let a held task go: at its set time, or at once when that has passed.

    One whose set time passed by more than `late_start` before it began pauses and asks its owner instead, and so does
    one whose WhatsApp template cannot be sent as it was accepted. Raises Conflict when it is not held any more,
    TaskRefused while its account is not active.
    """
    task = _lock_held(session, task_id)
    if session.get_one(Account, task.account_id).state != AccountState.ACTIVE:
        raise TaskRefused(
            gettext("This client is suspended or closed. Restore the client first, or reject the task.")
        )
    moment = now()
    set_time = task.scheduled_at if task.started_at is None else None
    if set_time is not None and set_time > moment:
        move_task(session, task.id, {TaskState.HELD}, TaskState.SCHEDULED)
        return lock_task(session, task.id)
    reason = out_of_date.template_problem(session, task)
    if reason is None and set_time is not None and moment - set_time > late_start:
        reason = gettext("The set time passed while staff looked at this task. Resume it, or cancel it.")
    if reason is not None:
        move_task(session, task.id, {TaskState.HELD}, TaskState.PAUSED, state_reason=reason)
    else:
        move_task(session, task.id, {TaskState.HELD}, TaskState.RUNNING, started_at=task.started_at or moment)
        leave_out_suppressed(session, task.id)
        finish_if_over(session, task)
        enqueue_after_commit(session, "jobs.dispatch.pump", task.route_id)
    return lock_task(session, task.id)


def reject(session: Session, task_id: int, reason: str) -> Task:
    """Cancel a held task and give its whole hold back. `reason` is told to the client.

    Raises Conflict when it is not held any more.
    """
    task = _lock_held(session, task_id)
    words = gettext(
        "Staff did not release this task: %(reason)s The credits of what had not left are available again.",
        reason=reason,
    )
    move_task(session, task.id, {TaskState.HELD}, TaskState.CANCELLED, state_reason=words, finished_at=now())
    cancel_unsent(session, task)
    return lock_task(session, task.id)


def is_deceitful(findings: Iterable[Finding]) -> bool:
    """Whether a text was refused for what no slip of the pen writes."""
    return any(finding.severity is Severity.BLOCK and finding.rule in DECEITFUL for finding in findings)


def note_refusal(session: Session, account_id: int, findings: Iterable[Finding]) -> None:
    """Count a text that was refused for what no slip writes; at so many on one day, staff are told."""
    if not is_deceitful(findings):
        return
    day = now().date()
    insert_new(session, RefusedContent.__table__, [{"account_id": account_id, "day": day, "count": 0}])  # type: ignore[arg-type]
    count = session.scalar(
        update(RefusedContent)
        .where(RefusedContent.account_id == account_id, RefusedContent.day == day)
        .values(count=RefusedContent.count + 1)
        .returning(RefusedContent.count)
        .execution_options(synchronize_session=False)
    )
    if count == REFUSALS_A_DAY:
        name = session.get_one(Account, account_id).name
        text = gettext(
            "%(name)s had %(count)s texts refused by the content rules on %(day)s. Look at what they try.",
            name=name,
            count=count,
            day=day_words(day, "%d %b %Y"),
        )
        raise_alert(session, f"refused_content:{account_id}:{day}", text, account_id=account_id)


def _lock_held(session: Session, task_id: int) -> Task:
    task = lock_task(session, task_id)
    if task.state != TaskState.HELD:
        raise Conflict(gettext("This task is not held any more."))
    return task


def _concerns(task: Task, content: Sequence[Finding], sender_id: Sequence[Finding]) -> list[Concern]:
    found = [
        Concern(gettext("Message"), task.content, tuple(content)),
        Concern(gettext("Sender ID"), task.sender_id or "", tuple(sender_id)),
    ]
    for row in (task.report or {}).get("row_findings", []):
        findings = tuple(Finding.from_json(stored) for stored in row["findings"])
        found.append(Concern(gettext("Row %(row)s", row=row["row"]), row["text"], findings))
    return [concern for concern in found if concern.findings and not blocking(concern.findings)]


def _named(findings: Iterable[Finding]) -> tuple[str, int]:
    """The places in question, a few of them, as a list in quotes, and how many there are besides."""
    places = list(dict.fromkeys(f"“{' '.join(finding.excerpt.split())[:_EXCERPT]}”" for finding in findings))
    return ", ".join(places[:_NAMED]), max(0, len(places) - _NAMED)
