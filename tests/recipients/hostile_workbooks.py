"""Hostile worksheets: xml, cells and sizes that no program writes, and workbooks with damage."""

import random
import struct
import zipfile
from collections.abc import Iterator

from tests.recipients.hostile_parts import OLE, ROWS, Hostile, hostile, sheet_part, workbook
from tests.recipients.sheet_files import cells_xml, mobile, workbook_parts, xls_bytes, xlsx_bytes, zipped

DATE_STYLES = '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'


def xml_attacks() -> Iterator[Hostile]:
    """Entities, external references, and xml that is none."""
    laughs = "".join(
        f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' if i else '<!ENTITY l0 "lol">' for i in range(10)
    )
    attacks = {
        "billion laughs": f"<!DOCTYPE x [{laughs}]><worksheet>&l9;</worksheet>",
        "quadratic blow-up": f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]><worksheet>{"&a;" * 5_000}</worksheet>',
        "external entity": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet>&e;</worksheet>',
        "external dtd": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><worksheet/>',
        "parameter entity": '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/"> %p;]><worksheet/>',
        "empty doctype": "<!DOCTYPE worksheet><worksheet/>",
    }
    for name, xml in attacks.items():
        for part in ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml",
                     "_rels/.rels", "xl/_rels/workbook.xml.rels"):  # fmt: skip
            yield hostile(f"{name} in {part}", workbook(**{part: xml}), "unsafe")
    broken = {
        "not closed": "<worksheet><sheetData><row>",
        "no xml": "phone\n61412345678\n",
        "empty": "",
        "nul": "<worksheet>\x00</worksheet>",
        "two roots": "<worksheet/><worksheet/>",
        "unknown encoding": '<?xml version="1.0" encoding="klingon"?><worksheet/>',
        "undefined entity": "<worksheet>&nbsp;</worksheet>",
        "surrogate reference": "<worksheet>&#xD800;</worksheet>",
    }
    for name, xml in broken.items():
        yield hostile(f"sheet: {name}", workbook(**sheet_part(xml)), "damaged")
        yield hostile(f"strings: {name}", workbook(**{"xl/sharedStrings.xml": xml}), "damaged")
    deep = "<a>" * 200_000 + "</a>" * 200_000
    yield hostile("200,000 elements deep", workbook(**sheet_part(deep)), "no_rows")
    yield hostile("a tag of 1 MB", workbook(**sheet_part(f"<{'a' * 1_000_000}/>")), "no_rows")
    many = " ".join(f'a{i}="1"' for i in range(50_000))
    yield hostile("50,000 attributes", workbook(**sheet_part(f"<worksheet {many}/>")), "no_rows")


def cell_attacks() -> Iterator[Hostile]:
    """Well-formed cells that no program writes."""
    start = cells_xml([("phone",), (mobile(1),)])
    yield hostile(
        "a value in XFD1048576",
        workbook(start + '<row r="9"><c r="XFD9"><v>1</v></c></row>'),
        "too_many_columns",
    )
    yield hostile(
        "row 10 to the 18th", workbook(start + f'<row r="{10**18}"><c><v>{mobile(2)}</v></c></row>')
    )
    yield hostile("negative row", workbook('<row r="-5"><c r="A1"><v>1</v></c></row>' + start))
    for reference in ("A", "1", "AAAA1", "a1", "", "A1B", "Ä1", "A-1", "$A$1"):
        cell = f'<row r="3"><c r="{reference}"><v>1</v></c></row>'
        yield hostile(f"reference {reference!r}", workbook(start + cell))
    for index in ("0", "-1", "99999999999", "x", "1e9", ""):
        cell = f'<row r="3"><c r="A3" t="s"><v>{index}</v></c></row>'
        yield hostile(f"string {index!r} of none", workbook(start + cell))
    styles = {"xl/styles.xml": DATE_STYLES}
    for number in ("nan", "inf", "-inf", "1e999", "1_000", "0x10", "9" * 400, "١٢٣", "--1"):
        for style in ("0", "1", "99999", "-1", "x"):
            cell = f'<row r="3"><c r="A3" s="{style}"><v>{number}</v></c></row>'
            if style in ("0", "1") or number == "nan":
                yield hostile(f"number {number[:8]} style {style}", workbook(start + cell, **styles))
    for serial in ("-1", "0", "0.99999999", "59", "60", "61", "2958465.9999999", "2958466", "1e300"):
        cell = f'<row r="3"><c r="A3" s="1"><v>{serial}</v></c></row>'
        yield hostile(f"date {serial}", workbook(start + cell, **styles))
    hidden = f'<worksheet><cols><col min="1" max="16384" hidden="1"/></cols><sheetData>{start}</sheetData></worksheet>'
    yield hostile("all columns hidden", workbook(**sheet_part(hidden)), "no_rows")
    for edge in ('min="x" max="3"', 'min="0" max="-1"', 'min="1" max="99999999999"', ""):
        odd = f'<worksheet><cols><col {edge} hidden="1"/></cols><sheetData>{start}</sheetData></worksheet>'
        yield hostile(f"hidden columns {edge}", workbook(**sheet_part(odd)))


def oversized_sheets() -> Iterator[Hostile]:
    """Well-formed worksheets of a size that no list of recipients has."""
    start = cells_xml([("phone",), (mobile(1),)])
    yield hostile("300,000 empty rows", workbook(start + "<row/>" * 300_000))
    long_cell = f'<row r="3"><c r="A3" t="str"><v>{"y" * 3_000_000}</v></c></row>'
    yield hostile("a cell of 3 MB", workbook(start + long_cell), "cell_too_long")
    text = f"<sst><si><t>{'y' * 32_000}</t></si></sst>"
    repeated = "".join(f'<row r="{r}">' + '<c t="s"><v>0</v></c>' * 200 + "</row>" for r in range(1, 40))
    yield hostile(
        "one long text 7,800 times", workbook(repeated, **{"xl/sharedStrings.xml": text}), "too_complex"
    )
    cells = "".join(f'<row r="{r}">' + "<c><v>1</v></c>" * 250 + "</row>" for r in range(1, 2_200))
    yield hostile("half a million cells", zipped(workbook_parts(cells), zipfile.ZIP_STORED), "too_complex")
    strings = "<sst>" + "<si><t/></si>" * 600_000 + "</sst>"
    parts = workbook_parts(start, **{"xl/sharedStrings.xml": strings})
    yield hostile("600,000 empty strings", zipped(parts, zipfile.ZIP_STORED), "too_complex")
    yield hostile("600,000 empty strings, packed", zipped(parts), "too_big")
    yield hostile(
        "50,000 rows",
        workbook(cells_xml([("phone",), *((mobile(i),) for i in range(50_000))])),
        "too_many_rows",
    )


def damaged_workbooks() -> Iterator[Hostile]:
    """Cut short, or with a few bytes changed: any outcome is fine that is a sheet or a refusal."""
    chance = random.Random(20_261_121)
    for kind, whole in (("xlsx", xlsx_bytes(ROWS)), ("xls", xls_bytes(ROWS))):
        for part in range(1, 16):
            yield hostile(f"{kind} cut at {part}/16", whole[: len(whole) * part // 16])
        for seed in range(25):
            changed = bytearray(whole)
            for _ in range(chance.choice([1, 3, 20, 200])):
                changed[chance.randrange(8, len(changed))] = chance.randrange(256)
            yield hostile(f"{kind} scratched {seed}", bytes(changed))


def legacy_attacks() -> Iterator[Hostile]:
    """Containers of Excel 97."""
    whole = xls_bytes(ROWS)
    yield hostile(
        "password on an xlsx",
        OLE + bytes(800) + "EncryptedPackage".encode("utf-16-le") + bytes(800),
        "encrypted",
    )
    yield hostile("password on an xls", _with_filepass(whole), "encrypted")
    yield hostile("macros in an xls", whole + "_VBA_PROJECT_CUR".encode("utf-16-le"), "macros")
    yield hostile("a container alone", OLE + bytes(504), "damaged")
    yield hostile("a container of ones", OLE + b"\xff" * 4_088, "damaged")
    loop = bytearray(whole)
    loop[512:1024] = struct.pack("<128I", *range(128))
    yield hostile("a sector table that loops", bytes(loop))
    huge = bytearray(whole)
    huge[44:48] = struct.pack("<I", 0x7FFFFFFF)
    yield hostile("2 billion sectors", bytes(huge))
    yield hostile(
        "70,000 rows of nothing", xls_bytes([("phone",), *(("",) for _ in range(65_000))]), "no_rows"
    )


def _with_filepass(data: bytes) -> bytes:
    """The xls with its second record turned into FILEPASS, which says that the rest is encrypted."""
    changed = bytearray(data)
    start = data.find(b"\x09\x08\x10\x00\x00\x06\x05\x00")
    following = start + 4 + 16
    changed[following : following + 2] = struct.pack("<H", 0x2F)
    return bytes(changed)
