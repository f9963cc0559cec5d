"""How a worker's interpreter is set up for its jobs, a pump's above all."""

from __future__ import annotations

import gc
import sys
from typing import Final

# A pump makes thousands of objects a second that end when nobody refers to them any more. Looking for circles among
# those that wait for the wire took an eighth of its time.
_OBJECTS_BETWEEN_LOOKS: Final = 10_000

# Of the threads that write a pump's books, each waits for that long for the one that serves the wire, after every word
# with the database.
_SWITCH_SECONDS: Final = 0.0005


def prepare() -> None:
    """Call it once, when everything is loaded, before the fork."""
    gc.collect()
    gc.freeze()  # what is there for good is never gone through again: in a pump, half of the time of its books
    gc.set_threshold(_OBJECTS_BETWEEN_LOOKS)
    sys.setswitchinterval(_SWITCH_SECONDS)
