"""Whether a text that somebody sent back asks for an end of our messages.

The words are those of CTIA's Messaging Principles and the US carriers' short-code rules (STOP, STOPALL, UNSUBSCRIBE,
CANCEL, END, QUIT, REVOKE, OPTOUT), and Malay's HENTI, BERHENTI and BATAL. The word must be all there is: “the end of
May suits me” is an answer, not a wish.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_WORDS: Final = frozenset(
    {
        "stop",
        "stopall",
        "unsubscribe",
        "cancel",
        "end",
        "quit",
        "revoke",
        "optout",
        "henti",
        "berhenti",
        "batal",
    }
)
_LONGEST: Final = 100  # with all the spaces and points that somebody may put around a word


def asks_to_stop(text: str) -> bool:
    """Whether the text is one of the words, whatever its case, its spaces, its punctuation and its width of letters."""
    if len(text) > _LONGEST:
        return False
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in plain if sign.isalnum()) in _WORDS
