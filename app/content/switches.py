"""Which rules are on and how severe each is: data that staff, routes and countries set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from app.content.findings import Severity

_ORDER = (None, Severity.ALERT, Severity.HOLD, Severity.BLOCK)
WHATSAPP_LONGEST = 1024


@dataclass(frozen=True, slots=True)
class Switches:
    """A severity for each rule by its name, or None where it is off.

    The defaults are the panel's own rules for SMS. `link` is http and https however disguised, `www.` and
    other schemes; `shortener` and `bare_domain` are names without a scheme. `alphabet` None allows Unicode.
    `longest` is a limit in characters; None means six segments, the usual cap of the networks.
    """

    greeting: Severity | None = Severity.BLOCK
    link: Severity | None = Severity.BLOCK
    shortener: Severity | None = Severity.BLOCK
    bare_domain: Severity | None = None
    chinese: Severity | None = Severity.BLOCK
    emoji: Severity | None = Severity.BLOCK
    alphabet: Severity | None = Severity.BLOCK
    personal_data: Severity | None = None
    call_back: Severity | None = None
    longest: int | None = None

    @classmethod
    def whatsapp(cls) -> Switches:
        """For WhatsApp: no GSM alphabet, emoji allowed, at most the 1,024 characters of a template body."""
        return cls(alphabet=None, emoji=None, longest=WHATSAPP_LONGEST)

    @property
    def allows_unicode(self) -> bool:
        """Whether a text beyond the GSM alphabet may leave, counted by 70 and 67 UTF-16 units."""
        return self.alphabet is not Severity.BLOCK

    def stricter(self, rules: Mapping[str, Severity]) -> Switches:
        """With each named rule at least as severe as given. Raises ValueError for an unknown rule."""
        unknown = set(rules) - rule_names()
        if unknown:
            raise ValueError(f"No such content rule: {', '.join(sorted(unknown))}.")
        changed = {name: max(getattr(self, name), rules[name], key=_ORDER.index) for name in rules}
        return replace(self, **changed)

    def to_json(self) -> dict[str, str | int | None]:
        """The switches as plain JSON values."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_json(cls, stored: Mapping[str, str | int | None]) -> Switches:
        """The switches that `to_json` stored; a rule that is not named keeps its default.

        Raises ValueError for a rule or a severity that does not exist.
        """
        longest = stored.get("longest")
        severities = {name: value for name, value in stored.items() if name != "longest"}
        if set(severities) - rule_names():
            raise ValueError(f"No such content rule among {', '.join(severities)}.")
        chosen: dict[str, Any] = {
            name: None if value is None else Severity(str(value)) for name, value in severities.items()
        }
        return replace(cls(longest=None if longest is None else int(longest)), **chosen)


def rule_names() -> frozenset[str]:
    """The rules that can be switched."""
    return frozenset(field.name for field in fields(Switches)) - {"longest"}
