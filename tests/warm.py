"""What every application of a run would work out for itself, and always the same: kept from the first for all others.

The addresses of five hundred rules and the text of every statement were more than half of what a test of one page cost.
"""

from __future__ import annotations

from typing import Any, ClassVar

from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.engine import Dialect
from werkzeug.routing import Rule


class KnownRule(Rule):
    """A rule that is compiled once in a process, whichever application it belongs to."""

    _compiled: ClassVar[dict[tuple[str, ...], dict[str, Any]]] = {}

    def compile(self) -> None:
        assert self.map is not None
        key = (self.rule, str(self.subdomain), repr(self.defaults), repr(self.map.converters))
        if key not in self._compiled:
            before = dict(vars(self))
            super().compile()
            made = {name: value for name, value in vars(self).items() if value is not before.get(name)}
            self._compiled[key] = made | {"arguments": self.arguments}
        vars(self).update(self._compiled[key])


class _Statements(dict[tuple[Any, ...], Any]):
    """Compiled SQL of one kind of database, found whichever engine compiled it."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(_without_dialect(key), default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__(_without_dialect(key), compiled)


_STATEMENTS: dict[str, _Statements] = {}


def share_rules() -> None:
    """Have every application of this process take its rules from the first."""
    Flask.url_rule_class = KnownRule


def share_statements(engine: Engine) -> None:
    """Have the engine take its SQL from all others of its kind."""
    statements = _STATEMENTS.setdefault(engine.dialect.name, _Statements())
    engine.update_execution_options(compiled_cache=statements)


def wait_for_no_disk(engine: Engine) -> None:
    """Have SQLite not wait for the disk, as PostgreSQL is told not to either: no test here cuts the power."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))


def _without_dialect(key: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(part for part in key if not isinstance(part, Dialect))
