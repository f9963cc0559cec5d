"""Files built to break a reader, and honest ones gone wrong: more than 300, made on the spot.

Each has a name and the codes that it may be refused with; no codes means that it may also be read, as long as
reading ends in a sheet or a refusal.
"""

from tests.recipients.hostile_archives import archive_attacks
from tests.recipients.hostile_parts import Hostile
from tests.recipients.hostile_text import broken_text, disguises
from tests.recipients.hostile_workbooks import (
    cell_attacks,
    damaged_workbooks,
    legacy_attacks,
    oversized_sheets,
    xml_attacks,
)

MAKERS = (
    disguises,
    broken_text,
    xml_attacks,
    cell_attacks,
    oversized_sheets,
    archive_attacks,
    damaged_workbooks,
    legacy_attacks,
)


def hostile_files() -> list[Hostile]:
    """All of them."""
    return [made for maker in MAKERS for made in maker()]
