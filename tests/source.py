"""Reads our own code: its modules, what they import, the strings they hold. Nothing is imported for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Module:
    """One file of Python; `name` is how others import it."""

    name: str
    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, str(self.path))

    @property
    def package(self) -> str:
        """The room it belongs to: `app.sending`, `app.queues`, `jobs`; `app` for the factory."""
        top, *rest = self.name.split(".")
        return f"app.{rest[0]}" if top == "app" and rest else top

    def strings(self) -> Iterator[str]:
        """Every string literal."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value

    def imports(self, ours: dict[str, Module]) -> Iterator[str]:
        """The name of every module that it imports, wherever the import stands, but not for types only.

        `from package import name` is an import of `package.name` where that is one of our modules.
        """
        for node in _outside_type_checking(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    yield inner if inner in ours else node.module


def modules(*folders: str) -> dict[str, Module]:
    """Every module under these folders of the project, by its name."""
    found = {}
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = Module(name, path)
    return found


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The groups of nodes that reach each other (Tarjan's strongly connected components of two or more)."""
    found: list[list[str]] = []
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []

    def visit(node: str) -> None:
        number[node] = lowest[node] = len(number)
        path.append(node)
        for neighbour in sorted(graph.get(node, ())):
            if neighbour not in number:
                visit(neighbour)
                lowest[node] = min(lowest[node], lowest[neighbour])
            elif neighbour in path:
                lowest[node] = min(lowest[node], number[neighbour])
        if lowest[node] == number[node]:
            start = path.index(node)
            group = path[start:]
            del path[start:]
            if len(group) > 1:
                found.append(sorted(group))

    for node in sorted(graph):
        if node not in number:
            visit(node)
    return found


def _outside_type_checking(node: ast.AST) -> Iterator[ast.AST]:
    """The tree's nodes, without what stands under `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from _outside_type_checking(child)
