"""Read a Procfile: one process a line, `name: command`."""

from __future__ import annotations

import re
from pathlib import Path

_LINE = re.compile(r"(?P<name>[A-Za-z0-9_-]+)\s*:\s*(?P<command>\S.*)")


class ProcfileError(ValueError):
    """A line is no `name: command`, or a name comes twice. The message names the line."""


def read(path: Path) -> dict[str, str]:
    """The commands by process name, in the file's order. Blank lines and # comments count for nothing.

    Raises ProcfileError.
    """
    commands: dict[str, str] = {}
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = _LINE.fullmatch(text)
        if match is None:
            raise ProcfileError(f"{path.name}, line {number}: expected “name: command”, found “{text}”.")
        if match["name"] in commands:
            raise ProcfileError(f"{path.name}, line {number}: a second process named {match['name']}.")
        commands[match["name"]] = match["command"]
    return commands
