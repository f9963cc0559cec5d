"""The list of banned words: searched, added to, changed, pasted into, each change on the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import now
from app.content.findings import Severity
from app.content.letters import pattern_key
from app.content.normalise import fold
from app.database import insert_new
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import Conflict, NotFound, TaskRefused
from app.language import gettext, thousands
from app.models import BannedWordEntry, DeskSetting
from app.records.pages import Page, page_by_key

CATEGORIES: Final = (
    "fraud",
    "misleading",
    "gambling",
    "adult",
    "vulgar",
    "hate",
    "racist",
    "abusive",
    "harassment",
    "other",
)
LONGEST_WORD: Final = 100
MOST_PASTED: Final = 5_000
_EVENT_WORDS: Final = 200  # a pasted list is told in the audit log in pieces of so many words
_LOCK: Final = "content_rules.lock"


@dataclass(frozen=True, slots=True)
class Rule:
    """A word as staff write it down: `instead` is what the client is told to write."""

    word: str
    category: str
    severity: Severity
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Pasted:
    """What became of a pasted list: how many words were new, and the lines that were not taken, with the reason."""

    added: int
    known: int
    refused: Sequence[tuple[int, str, str]]


def tidy_word(word: str) -> str:
    """The word as it is kept: small letters, single spaces. Raises TaskRefused for one that would match anything."""
    tidied = " ".join(word.split()).casefold()
    if len(tidied) > LONGEST_WORD:
        raise TaskRefused(
            gettext("A word or phrase has at most %(longest)s characters.", longest=LONGEST_WORD)
        )
    if len(pattern_key(fold(tidied).text)) < 2:
        raise TaskRefused(gettext("A word needs two letters or more, or it would be found in every text."))
    return tidied


def word_page(
    session: Session,
    *,
    search: str = "",
    category: str = "",
    severity: str = "",
    before: int | None = None,
    after: int | None = None,
) -> Page[BannedWordEntry]:
    """A page of the list, newest first: the words that contain `search`, of one category and severity where given."""
    statement = select(BannedWordEntry)
    if wanted := " ".join(search.split()).casefold():
        statement = statement.where(BannedWordEntry.word.contains(wanted, autoescape=True))
    if category:
        statement = statement.where(BannedWordEntry.category == category)
    if severity:
        statement = statement.where(BannedWordEntry.severity == severity)
    return page_by_key(session, statement, BannedWordEntry.id, before=before, after=after)


def word_count(session: Session) -> int:
    """How many words are on the list."""
    return session.scalar(select(func.count()).select_from(BannedWordEntry)) or 0


def word_of(session: Session, word_id: int) -> BannedWordEntry:
    """One entry of the list. Raises NotFound once it has been removed."""
    entry = session.get(BannedWordEntry, word_id, populate_existing=True)
    if entry is None:
        raise NotFound(gettext("This word is not on the list any more."))
    return entry


def add_word(session: Session, actor: Actor, rule: Rule) -> BannedWordEntry:
    """Put a word on the list. Raises TaskRefused for one that cannot be kept, Conflict when it is there already."""
    _lock(session)
    word = tidy_word(rule.word)
    _refuse_known(session, word)
    entry = BannedWordEntry(word=word, category=rule.category, severity=rule.severity, instead=rule.instead)
    entry.changed_at = now()
    session.add(entry)
    session.flush()
    audit_log.record(session, actor, "word.add", f"word:{entry.id}", after=_told(entry))
    return entry


def change_word(session: Session, actor: Actor, word_id: int, rule: Rule) -> BannedWordEntry:
    """Change an entry. Raises NotFound, TaskRefused, and Conflict when the new word is there already."""
    _lock(session)
    entry, word = word_of(session, word_id), tidy_word(rule.word)
    if word != entry.word:
        _refuse_known(session, word)
    before = _told(entry)
    entry.word, entry.category, entry.severity, entry.instead = (
        word,
        rule.category,
        rule.severity,
        rule.instead,
    )
    after = _told(entry)
    if before != after:
        entry.changed_at = now()
        session.flush()
        changed = {name for name in after if before[name] != after[name]} | {"word"}
        audit_log.record(
            session,
            actor,
            "word.change",
            f"word:{entry.id}",
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
    return entry


def remove_word(session: Session, actor: Actor, word_id: int) -> str:
    """Take a word off the list; returns it. Raises NotFound when it is gone already."""
    _lock(session)
    entry = word_of(session, word_id)
    audit_log.record(session, actor, "word.remove", f"word:{entry.id}", before=_told(entry))
    session.delete(entry)
    # The state of the list is told by its count and its newest change; a removal with an addition must show too.
    newest = session.scalar(
        select(BannedWordEntry)
        .where(BannedWordEntry.id != entry.id)
        .order_by(BannedWordEntry.id.desc())
        .limit(1)
    )
    if newest is not None:
        newest.changed_at = now()
    session.flush()
    return entry.word


def paste_words(session: Session, actor: Actor, text: str, category: str, severity: Severity) -> Pasted:
    """Add many words, one on each line, or `word, category, severity` where a line differs from the others.

    Words that are on the list stay as they are. Raises TaskRefused for more than MOST_PASTED lines, or for none.
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise TaskRefused(gettext("Nothing is pasted. Write one word or phrase on each line."))
    if len(lines) > MOST_PASTED:
        raise TaskRefused(
            gettext(
                "%(lines)s lines are pasted; at most %(most)s are taken at once.",
                lines=thousands(len(lines)),
                most=thousands(MOST_PASTED),
            )
        )
    _lock(session)
    there = set(session.scalars(select(BannedWordEntry.word)))
    fresh: dict[str, BannedWordEntry] = {}
    refused: list[tuple[int, str, str]] = []
    known = 0
    for number, line in lines:
        try:
            rule = _rule_of(line, category, severity)
        except TaskRefused as refusal:
            refused.append((number, line[:60], refusal.message))
            continue
        if rule.word in there or rule.word in fresh:
            known += 1
        else:
            fresh[rule.word] = BannedWordEntry(
                word=rule.word, category=rule.category, severity=rule.severity, changed_at=now()
            )
    session.add_all(fresh.values())
    session.flush()
    _record_pasted(session, actor, list(fresh.values()))
    return Pasted(len(fresh), known, refused)


def _rule_of(line: str, category: str, severity: Severity) -> Rule:
    word, *rest = (part.strip() for part in line.split(","))
    for part in (part.casefold() for part in rest if part):
        if part in CATEGORIES:
            category = part
        elif part in set(Severity):
            severity = Severity(part)
        else:
            raise TaskRefused(gettext("“%(part)s” is neither a category nor a severity.", part=part[:30]))
    return Rule(tidy_word(word), category, severity)


def _record_pasted(session: Session, actor: Actor, entries: Sequence[BannedWordEntry]) -> None:
    for start in range(0, len(entries), _EVENT_WORDS):
        told = [[each.word, each.category, each.severity] for each in entries[start : start + _EVENT_WORDS]]
        audit_log.record(session, actor, "word.paste", "words", after={"words": told})


def _lock(session: Session) -> None:
    """One change of the list at a time, so that its newest `changed_at` always belongs to its newest state."""
    insert_new(session, DeskSetting.__table__, [{"name": _LOCK, "value": 0}])  # type: ignore[arg-type]
    session.execute(select(DeskSetting.name).where(DeskSetting.name == _LOCK).with_for_update())


def _refuse_known(session: Session, word: str) -> None:
    if session.scalar(select(BannedWordEntry.id).where(BannedWordEntry.word == word)) is not None:
        raise Conflict(gettext("“%(word)s” is on the list already. Search for it to change it.", word=word))


def _told(entry: BannedWordEntry) -> dict[str, str]:
    return {
        "word": entry.word,
        "category": entry.category,
        "severity": str(entry.severity),
        "instead": entry.instead,
    }
