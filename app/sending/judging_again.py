"""A scheduled task's time has come, or a paused one is to go on: its texts, its sender ID and its countries once more,
by the rules of this day.

It may have been submitted weeks ago, and staff may have banned a word since. What breaks a rule by now is held for
staff, as at a submission. The content is one text. Rows of their own are read only where the rules have changed since
they were judged last, so many in one look of the ticker; the task notes how far they are, and starts a look later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, false, not_, or_, select, update
from sqlalchemy.orm import Session

from app.content.findings import Finding, Severity
from app.content.merge import fields_in
from app.content.rules import Rulebook
from app.content.sender_id import GSM_LIMIT
from app.language import gettext, speaking
from app.models import Message, MessageStatus, Route, Task, TaskState
from app.sending import holding, out_of_date, route_rules, task_notices
from app.sending.drafting.compose import RowFindings
from app.sending.states import move_task

ROWS_A_LOOK: Final = 2_000  # of all tasks together, a tenth of a millisecond each
COUNTRY_CLOSED: Final = "country_closed"

_KEPT: Final = "judged_again"  # where a task's report keeps what came of this
_MAY_LEAVE: Final = (MessageStatus.QUEUED, MessageStatus.SENDING)  # the wire may put off what is on it
Known = set[tuple[str, ...]]  # rule, excerpt, severity


@dataclass
class Look:
    """One look of the ticker at what is due: the rows it may still read, and each route's rules, asked for once.

    Somebody who resumes a task waits for it: then `rows` are all, and `is_watched` that nobody need be written to.
    """

    session: Session
    rows: int = ROWS_A_LOOK
    is_watched: bool = False
    _rules: dict[int, tuple[Rulebook, dict[str, str]]] = field(default_factory=dict)

    def may_start(self, task_id: int) -> bool:
        """Whether the task may go out by today's rules. If not, it is held, or has rows left for the next look.

        The caller holds the task's lock. Raises InvalidMove when it is neither scheduled nor paused any more.
        """
        task = self.session.get_one(Task, task_id, populate_existing=True)
        with speaking(task.user.language):
            return self._may_start(task)

    def _may_start(self, task: Task) -> bool:
        book, stands = self._rules_of(task.route)
        report = task.report or {}
        went_by = report.get("basis", {}) | report.get(_KEPT, {}).get("basis", {})
        known = _known(task)
        content = _new(book.check(task.content, fields_in(task.content)), known)
        sender_id = _new(_sender_id_findings(self.session, task), known)
        begun = report.get(_KEPT, {})
        rows: list[dict[str, Any]] = begun["rows"] if begun.get("reading") == stands["rules"] else []
        reached = None
        if went_by.get("rules") != stands["rules"]:
            found, reached = self._rows(task, book, known, stands["rules"])
            rows = (rows + found)[: 2 * holding.REPORTED_ROWS]
        if reached is not None:
            self._keep(task, {"reading": stands["rules"], "row": reached, "rows": rows})
            return False
        if went_by.get("takes") != stands["takes"]:
            rows = rows + self._closed(task, known)
        if not content and not sender_id and not rows:
            if {**went_by, **stands} != went_by:
                self._keep(task, {"basis": stands})  # the next look need not read the rows again
            return True
        self._hold(task, stands, content, sender_id, rows)
        return False

    def _rules_of(self, route: Route) -> tuple[Rulebook, dict[str, str]]:
        if route.id not in self._rules:
            book = route_rules.rulebook(self.session, route)
            self._rules[route.id] = book, out_of_date.basis(self.session, route)
        return self._rules[route.id]

    def _rows(
        self, task: Task, book: Rulebook, known: Known, rules: str
    ) -> tuple[list[dict[str, Any]], int | None]:
        """What the next rows break, and the last of them; None instead when there are no more."""
        kept = (task.report or {}).get(_KEPT, {})
        begun = kept.get("row", 0) if kept.get("reading") == rules else 0
        rows = self.session.execute(
            select(Message.row, Message.text)
            .where(
                Message.task_id == task.id,
                Message.row > begun,
                Message.text.is_not(None),
                Message.status.in_(_MAY_LEAVE),
            )
            .order_by(Message.row)
            .limit(self.rows + 1)
        ).all()
        more, rows = len(rows) > self.rows, rows[: self.rows]
        self.rows -= len(rows)
        by_text = {row.text: row.row for row in reversed(rows)}  # the first that says it
        found = [
            RowFindings(row, text, tuple(findings))
            for text, row in by_text.items()
            if (findings := _new(book.check(text), known))
        ]
        last = rows[-1].row if rows else begun
        return holding.report_rows(sorted(found, key=lambda each: each.row)), last if more else None

    def _closed(self, task: Task, known: Known) -> list[dict[str, Any]]:
        """The first row to a country that the route does not send to any more."""
        message = self.session.execute(
            select(Message.row, Message.e164, Message.text)
            .where(Message.task_id == task.id, Message.status == MessageStatus.QUEUED, _not_taken(task.route))
            .order_by(Message.row)
            .limit(1)
        ).first()
        if message is None:
            return []
        finding = Finding(
            COUNTRY_CLOSED,
            Severity.HOLD,
            0,
            0,
            message.e164,
            gettext("This route does not send to %(number)s any more.", number=message.e164),
            gettext("Cancel the task, or choose another route."),
        )
        found = _new([finding], known)
        row = RowFindings(message.row, message.text or task.content, tuple(found))
        return holding.report_rows([row]) if found else []

    def _hold(
        self,
        task: Task,
        basis: dict[str, str],
        content: Sequence[Finding],
        sender_id: Sequence[Finding],
        rows: list[dict[str, Any]],
    ) -> None:
        """Keep it for staff, whose page shows what is new; what they passed before stays on the record."""
        found = (*content, *sender_id, *_findings_of(rows))
        passed = _known(task) | {_told_apart(each) for each in found}
        task.findings = [_for_review(each).to_json() for each in content]
        task.report = (task.report or {}) | {
            _KEPT: {"basis": basis, "seen": sorted(map(list, passed))},
            "row_findings": [
                row | {"findings": [_for_review(each).to_json() for each in _findings_of([row])]}
                for row in rows
            ],
            "sender_id_findings": [_for_review(each).to_json() for each in sender_id],
        }
        self.session.flush()
        words = holding.held_words(found)
        waits_in = {TaskState.SCHEDULED, TaskState.PAUSED}
        move_task(self.session, task.id, waits_in, TaskState.HELD, state_reason=words, paused_by_staff=False)
        task_notices.tell_held(self.session, task, at_its_time=not self.is_watched)

    def _keep(self, task: Task, values: dict[str, Any]) -> None:
        report = dict(task.report or {})
        report[_KEPT] = report.get(_KEPT, {}) | values
        self.session.execute(
            update(Task)
            .where(Task.id == task.id)
            .values(report=report)
            .execution_options(synchronize_session=False)
        )


def _sender_id_findings(session: Session, task: Task) -> list[Finding]:
    if not task.sender_id:
        return []
    return route_rules.sender_id_findings(session, task.route, task.account_id, task.sender_id, GSM_LIMIT)


def _known(task: Task) -> Known:
    """What staff have seen of this task and let pass: what a scheduled one was ever held for."""
    report = task.report or {}
    stored = [*(task.findings or []), *report.get("sender_id_findings", [])]
    held = [Finding.from_json(each) for each in stored] + _findings_of(report.get("row_findings", []))
    known = {_told_apart(each) for each in held if each.severity is Severity.HOLD}
    return known | {tuple(each) for each in report.get(_KEPT, {}).get("seen", [])}


def _new(findings: Iterable[Finding], known: Known) -> list[Finding]:
    """The findings that staff are to look at: none that they let pass at this severity, or at a graver one."""
    return [
        each
        for each in findings
        if each.severity is not Severity.ALERT
        and _told_apart(each) not in known
        and _told_apart(replace(each, severity=Severity.BLOCK)) not in known
    ]


def _told_apart(finding: Finding) -> tuple[str, str, str]:
    return finding.rule, finding.excerpt.casefold(), finding.severity.value


def _for_review(finding: Finding) -> Finding:
    """As staff decide about it: what would be refused in a draft is theirs to release or reject in a task."""
    return replace(finding, severity=Severity.HOLD)


def _findings_of(rows: Iterable[dict[str, Any]]) -> list[Finding]:
    return [Finding.from_json(stored) for row in rows for stored in row["findings"]]


def _not_taken(route: Route) -> ColumnElement[bool]:
    """Messages to numbers that the route's rules do not permit."""
    rules = route_rules.number_rules(route)
    closed = _to_any(rules.blocked_prefixes)
    if rules.allowed_prefixes is None:
        return closed
    return or_(closed, not_(_to_any(rules.allowed_prefixes)))


def _to_any(prefixes: Iterable[str]) -> ColumnElement[bool]:
    return or_(false(), *(Message.e164.startswith(f"+{prefix}") for prefix in sorted(prefixes)))
