"""What docs/operating.md promises to tell."""

from __future__ import annotations

import re

from tests.source import ROOT


def test_every_setting_of_the_environment_is_told_of() -> None:
    read = re.findall(
        r'(?:env\.get\(|env\[|_(?:whole|choice)\(env, )"([A-Z_]+)"', (ROOT / "config.py").read_text()
    )
    told = set(re.findall(r"`([A-Z][A-Z_]+)`", (ROOT / "docs" / "operating.md").read_text()))
    assert len(read) > 20
    assert set(read) - told == set()
