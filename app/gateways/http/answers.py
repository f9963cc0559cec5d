"""What a carrier's answers mean, by rules that the operator writes. What no rule names is in doubt."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from app.gateways.base import Accepted, Deferred, InDoubt, Outcome, Refused, SettingsRefused
from app.gateways.described import Form, Setting
from app.gateways.errors import ErrorCode
from app.gateways.given import Given
from app.gateways.http.paths import (
    checked_path,
    checked_pattern,
    json_in,
    searched,
    text_at,
    value_at,
    written,
)
from app.language import gettext

T = TypeVar("T")

_LONGEST_ID: Final = 100
_MOST_RULES: Final = 50
_LONGEST_WAIT: Final = 3600.0
_OF_RULE: Final = (
    *(Setting(name) for name in ("status", "path", "values", "pattern", "means", "code")),
    Setting("retry_after", form=Form.SECONDS, default=0.0, least=0.0, most=_LONGEST_WAIT),
)
_USUAL: Final = {
    "accepted": None,
    "refused": ErrorCode.REJECTED_REQUEST,
    "deferred": ErrorCode.CARRIER_BUSY,
    "in_doubt": ErrorCode.GATEWAY_FAILURE,
}
_CLASSES: Final = tuple(f"{first}xx" for first in range(1, 6))


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the operator's table: an answer with one of `statuses` whose value or text fits means `means`."""

    statuses: frozenset[int]
    path: str | None
    values: frozenset[str]
    pattern: re.Pattern[str] | None
    means: str
    code: ErrorCode | None
    retry_after: float | None

    def fits(self, status: int, content: Any, text: str) -> bool:
        if status not in self.statuses:
            return False
        if self.pattern is not None and searched(self.pattern, text) is None:
            return False
        if self.path is None:
            return True
        if not self.values:
            return value_at(content, self.path) is not None
        return text_at(content, self.path) in self.values


@dataclass(frozen=True, slots=True)
class Answers:
    """The whole table, and where the id stands; with neither path nor pattern, our reference is the id."""

    rules: tuple[Rule, ...]
    id_path: str | None
    id_pattern: re.Pattern[str] | None

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> Answers:
        """Check `answers`, `id_path` and `id_pattern`. Raises SettingsRefused."""
        listed = settings.get("answers")
        if not isinstance(listed, list) or not 0 < len(listed) <= _MOST_RULES:
            raise SettingsRefused(
                "answers", gettext("Give a list of 1 to %(most_rules)s rules.", most_rules=_MOST_RULES)
            )
        rules = tuple(_rule(f"answers.{place}", rule) for place, rule in enumerate(listed))
        if not any(rule.means == "accepted" for rule in rules):
            raise SettingsRefused("answers", gettext("No rule says which answer means accepted."))
        path, pattern = settings.get("id_path") or None, settings.get("id_pattern") or None
        if path is not None and pattern is not None:
            raise SettingsRefused("id_pattern", gettext("Give either id_path or id_pattern."))
        return cls(
            rules,
            checked_path("id_path", path) if path is not None else None,
            checked_pattern("id_pattern", pattern, groups=1) if pattern is not None else None,
        )

    def outcome(self, status: int, headers: Mapping[str, str], body: bytes, reference: str) -> Outcome:
        """What an answer means: the first rule that fits, else in doubt."""
        content, text = json_in(body), body.decode("utf-8", "replace")
        rule = next((rule for rule in self.rules if rule.fits(status, content, text)), None)
        if rule is None:
            return InDoubt(ErrorCode.GATEWAY_FAILURE)
        if rule.means == "accepted":
            gateway_id = self._id(content, text, reference)
            return Accepted(gateway_id) if gateway_id else InDoubt(ErrorCode.UNREADABLE_ANSWER)
        code = rule.code or ErrorCode.GATEWAY_FAILURE
        if rule.means == "refused":
            return Refused(code)
        if rule.means == "deferred":
            named = _seconds(headers.get("Retry-After"))
            return Deferred(code, named if named is not None else rule.retry_after)
        return InDoubt(code)

    def _id(self, content: Any, text: str, reference: str) -> str | None:
        if self.id_path is not None:
            found = text_at(content, self.id_path)
        elif self.id_pattern is not None:
            match = searched(self.id_pattern, text)
            found = match[1] if match else None
        else:
            found = reference
        return found if found and len(found) <= _LONGEST_ID else None


def _rule(name: str, rule: object) -> Rule:
    """One rule, checked. Raises SettingsRefused under `name`, which says which."""
    if not isinstance(rule, dict):
        raise SettingsRefused(name, gettext('Give an object such as {"status": [200], "means": "accepted"}.'))
    given = _under(name, lambda: Given(rule, _OF_RULE, gettext("A rule")))
    means = rule.get("means")
    if means not in _USUAL:
        raise SettingsRefused(f"{name}.means", gettext("Choose one of %(join)s.", join=", ".join(_USUAL)))
    statuses = _statuses(f"{name}.status", rule.get("status"))
    if means == "accepted" and not all(200 <= status < 300 for status in statuses):
        raise SettingsRefused(f"{name}.status", gettext("Only an answer of 200 to 299 can mean accepted."))
    path, pattern = rule.get("path"), rule.get("pattern")
    values = rule.get("values", [])
    if not isinstance(values, list) or (values and path is None) or None in map(written, values):
        raise SettingsRefused(
            f"{name}.values", gettext("Give a list of texts or numbers, and the path where they stand.")
        )
    wait = None
    if "retry_after" in rule:
        wait = _under(name, lambda: given.seconds("retry_after"))
    return Rule(
        statuses,
        checked_path(f"{name}.path", path) if path is not None else None,
        frozenset(filter(None, map(written, values))),
        checked_pattern(f"{name}.pattern", pattern, groups=0) if pattern is not None else None,
        means,
        checked_code(f"{name}.code", rule.get("code"), _USUAL[means]),
        wait,
    )


def checked_code(name: str, value: object, usual: ErrorCode | None) -> ErrorCode | None:
    """One of our codes, which people have words for. Raises SettingsRefused."""
    if value is None:
        return usual
    try:
        return ErrorCode(str(value))
    except ValueError as error:
        raise SettingsRefused(name, gettext("Choose one of %(join)s.", join=", ".join(ErrorCode))) from error


def _statuses(name: str, value: object) -> frozenset[int]:
    """Statuses in digits, or whole classes of them such as 4xx."""
    found: set[int] = set()
    for each in value if isinstance(value, list) else [value]:
        if each in _CLASSES:
            first = int(str(each)[0]) * 100
            found.update(range(first, first + 100))
        elif type(each) is int and 100 <= each <= 599:
            found.add(each)
        else:
            raise SettingsRefused(name, gettext('Give a list of statuses, such as [200, 201] or ["4xx"].'))
    return frozenset(found)


def _under(name: str, read: Callable[[], T]) -> T:
    """Read something of a rule; what is refused is named with the rule it stands in."""
    try:
        return read()
    except SettingsRefused as refused:
        raise SettingsRefused(f"{name}.{refused.field}", refused.message) from refused


def _seconds(header: str | None) -> float | None:
    """Retry-After in its form of whole seconds; its form of a date is left to the rule."""
    if header is None or not (header.isascii() and header.isdigit()):
        return None
    return min(float(header), _LONGEST_WAIT)


def codes_by_value(name: str, value: object) -> dict[str, ErrorCode]:
    """The carrier's errors, as it writes them, by our codes. Raises SettingsRefused."""
    if not isinstance(value, dict):
        raise SettingsRefused(
            name, gettext('Give an object such as {"EC_UNKNOWN_SUBSCRIBER": "unknown_subscriber"}.')
        )
    found = {str(key): checked_code(name, code, None) for key, code in value.items()}
    return {key: code for key, code in found.items() if code is not None}
