"""Hostile zips: sizes that lie, parts that overlap or repeat, targets that lead elsewhere."""

import io
import struct
import zipfile
from collections.abc import Iterator

from tests.recipients.hostile_parts import ROWS, Hostile, hostile, sheet_part
from tests.recipients.sheet_files import DOC_NS, MAIN_NS, cells_xml, csv_bytes, workbook_parts, zipped


def archive_attacks() -> Iterator[Hostile]:
    """Zips that lie, overlap, repeat or explode."""
    parts = workbook_parts(cells_xml(ROWS))
    bomb = b"<worksheet>" + b" " * 150_000_000 + b"</worksheet>"
    yield hostile("150 MB of spaces", zipped({**parts, **sheet_part(bomb)}), "too_big")
    yield hostile("60 MB of spaces", zipped({**parts, **sheet_part(bomb[:60_000_000])}), "too_big")
    honest = zipped(parts)
    yield hostile("says a part is 4 GB", _with_size(honest, "sheet1.xml", 0xFFFFFFF0), "too_big", "damaged")
    yield hostile("says a part is 1 byte", _with_size(honest, "sheet1.xml", 1), "damaged")
    yield hostile("says all is empty", _with_size(zipped({**parts, **sheet_part(bomb[:60_000_000])}), "sheet1.xml", 0),
                  "damaged", "too_big", "no_rows")  # fmt: skip
    yield hostile("3,000 parts", zipped({**parts, **{f"x/{i}": "" for i in range(3_000)}}), "too_complex")
    yield hostile("parts that overlap", _overlapping(honest), "unsafe")
    yield hostile("a part twice", _twice(parts), "unsafe")
    yield hostile("password on a part", _flagged(honest, 0x1), "encrypted")
    yield hostile("bzip2 inside", zipped(parts, zipfile.ZIP_BZIP2))
    yield hostile("lzma inside", zipped(parts, zipfile.ZIP_LZMA))
    yield hostile(
        "names that climb out", zipped({**parts, "../../etc/passwd": "x", "/abs": "x", "c:\\x": "x"})
    )
    yield hostile(
        "no workbook part", zipped({k: v for k, v in parts.items() if k != "xl/workbook.xml"}), "damaged"
    )
    yield hostile("no sheet part", zipped({k: v for k, v in parts.items() if "sheet1" not in k}), "no_rows")
    loop = parts["xl/_rels/workbook.xml.rels"]
    assert isinstance(loop, str)
    for target in ("workbook.xml", "../_rels/.rels", "../../../../x", "", "/", "//x", "sharedStrings.xml"):
        changed = loop.replace("worksheets/sheet1.xml", target)
        yield hostile(f"the sheet is {target!r}", zipped({**parts, "xl/_rels/workbook.xml.rels": changed}))
    macros = {"xl/vbaProject.bin": b"x", "xl/macrosheets/sheet1.xml": "<x/>", "XL/VBAPROJECT.BIN": b"x"}
    for name, content in macros.items():
        yield hostile(f"macros in {name}", zipped({**parts, name: content}), "macros")
    sheets = "".join(f'<sheet name="s{i}" r:id="s1"/>' for i in range(20_000))
    many = f'<workbook xmlns="{MAIN_NS}" xmlns:r="{DOC_NS}"><sheets>{sheets}</sheets></workbook>'
    yield hostile("20,000 sheets", zipped({**parts, "xl/workbook.xml": many}))
    yield hostile("a zip in front of a csv", honest[:40] + csv_bytes(ROWS), "damaged")
    yield hostile("an empty zip", zipped({}), "unknown_type")
    yield hostile("bytes before and after", honest + b"x" * 5_000)


def _entries(data: bytes) -> Iterator[int]:
    """Where the entries of a zip's central directory begin."""
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        yield at
        at = data.find(b"PK\x01\x02", at + 4)


def _with_size(data: bytes, name: str, size: int) -> bytes:
    """The zip with another unpacked size declared for a part."""
    changed = bytearray(data)
    for at in _entries(data):
        length = struct.unpack_from("<H", data, at + 28)[0]
        if data[at + 46 : at + 46 + length].endswith(name.encode()):
            struct.pack_into("<I", changed, at + 24, size)
    return bytes(changed)


def _overlapping(data: bytes) -> bytes:
    """The zip with its last part beginning where the first does."""
    changed = bytearray(data)
    struct.pack_into("<I", changed, list(_entries(data))[-1] + 42, 0)
    return bytes(changed)


def _flagged(data: bytes, flag: int) -> bytes:
    changed = bytearray(data)
    for at in _entries(data):
        changed[at + 8] |= flag
    return bytes(changed)


def _twice(parts: dict[str, str | bytes]) -> bytes:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        archive.writestr("XL/worksheets/SHEET1.xml", "<worksheet/>")
    return stored.getvalue()
