"""What the makers of hostile files share: the record of one, and workbooks with a part exchanged."""

from dataclasses import dataclass

from tests.recipients.sheet_files import cells_xml, mobile, workbook_parts, zipped

ROWS = [("phone", "name"), *((mobile(i), f"Name {i}") for i in range(40))]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class Hostile:
    name: str
    data: bytes
    codes: frozenset[str] = frozenset()


def hostile(name: str, data: bytes, *codes: str) -> Hostile:
    return Hostile(name, data, frozenset(codes))


def workbook(data: str | None = None, **changed: str | bytes) -> bytes:
    return zipped(workbook_parts(cells_xml(ROWS) if data is None else data, **changed))


def sheet_part(xml: str | bytes) -> dict[str, str | bytes]:
    return {"xl/worksheets/sheet1.xml": xml}
