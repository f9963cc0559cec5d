"""The kinds of notices: in which words they are chosen, whom they concern, and which letters nobody can stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.language import mark
from app.models import CLIENT_ROLES, STAFF_ROLES, NoticeKind, Role

_ALL: Final = CLIENT_ROLES | STAFF_ROLES
_SENDERS: Final = frozenset({Role.OWNER, Role.SENDER})
_BILLERS: Final = frozenset({Role.OWNER, Role.BILLING})


@dataclass(frozen=True, slots=True)
class Kind:
    """`words` and `hint` are to be translated where they are shown. `always_written`: its letters cannot be stopped."""

    kind: NoticeKind
    words: str
    hint: str
    roles: frozenset[Role]
    always_written: bool = False


KINDS: Final = {
    each.kind: each
    for each in (
        Kind(
            NoticeKind.TASK_FINISHED,
            mark("A task is finished"),
            mark("For what you submitted. By e-mail for bulk messages only."),
            _SENDERS,
        ),
        Kind(
            NoticeKind.TASK_PAUSED,
            mark("A task was paused or cancelled"),
            mark(
                "When staff or the panel itself did it: too many of the first messages failed, or its time had passed."
            ),
            _SENDERS,
        ),
        Kind(
            NoticeKind.TASK_REVIEW,
            mark("Staff look at a task"),
            mark("That it is held, and what they decided."),
            _SENDERS,
        ),
        Kind(
            NoticeKind.TOP_UP,
            mark("Top-ups and corrections of the credit"),
            mark("Approved, not accepted, corrected by staff."),
            _BILLERS | _SENDERS,
        ),
        Kind(
            NoticeKind.LOW_BALANCE,
            mark("The credit is low"),
            mark("When it falls below the level that is set on the page Statement."),
            _BILLERS,
        ),
        Kind(
            NoticeKind.SENDER_ID, mark("A sender ID is decided"), mark("Approved or not, by staff."), _SENDERS
        ),
        Kind(
            NoticeKind.TEMPLATE,
            mark("A WhatsApp template is decided"),
            mark("Approved, rejected or paused by WhatsApp."),
            _SENDERS,
        ),
        Kind(
            NoticeKind.TICKET,
            mark("A support ticket"),
            mark("Somebody has answered, or written into it."),
            CLIENT_ROLES | frozenset({Role.SUPPORT, Role.OPERATOR, Role.ADMIN}),
        ),
        Kind(
            NoticeKind.TERMS,
            mark("New terms"),
            mark("A new version of the terms is in force."),
            CLIENT_ROLES,
        ),
        Kind(
            NoticeKind.SIGN_IN,
            mark("A sign-in from a new device"),
            mark("From a browser that has not signed in as you before."),
            _ALL,
            always_written=True,
        ),
        Kind(
            NoticeKind.SECURITY,
            mark("Changes to a sign-in"),
            mark("Password, second factor, e-mail address, phone, and tries to guess a code."),
            _ALL,
            always_written=True,
        ),
        Kind(
            NoticeKind.ACCOUNT,
            mark("The account itself"),
            mark("Suspended, restored or closed; an export of its data is ready."),
            CLIENT_ROLES,
            always_written=True,
        ),
    )
}


def kinds_for(role: str) -> list[Kind]:
    """What concerns people of this role, in the order of the settings page."""
    return [each for each in KINDS.values() if role in each.roles]
