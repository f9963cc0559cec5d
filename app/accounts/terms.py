"""Which terms are in force. Their text is in templates/help/_terms_text.html."""

from __future__ import annotations

from typing import Final

TERMS_VERSION: Final = "2026-11"
