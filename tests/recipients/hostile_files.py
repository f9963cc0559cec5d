"""Files built to break a reader, and honest ones gone wrong: more than 200, made on the spot.

Each has a name and the codes that it may be refused with; no codes means that it may also be read, as long as
reading ends in a sheet or a refusal.
"""

import gzip
import io
import random
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from tests.recipients.sheet_files import (
    DOC_NS,
    MAIN_NS,
    cells_xml,
    csv_bytes,
    mobile,
    workbook_parts,
    xls_bytes,
    xlsx_bytes,
    zipped,
)

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


def disguises() -> Iterator[Hostile]:
    """Other kinds of files under a spreadsheet's name."""
    contents = {
        "elf": b"\x7fELF\x02\x01\x01" + bytes(200),
        "exe": b"MZ\x90\x00" + bytes(200),
        "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        "png": b"\x89PNG\r\n\x1a\n" + bytes(50),
        "jpeg": b"\xff\xd8\xff\xe0" + bytes(50),
        "gif": b"GIF89a" + bytes(50),
        "gzip": gzip.compress(csv_bytes(ROWS)),
        "bzip2": b"BZh91AY&SY" + bytes(50),
        "rar": b"Rar!\x1a\x07\x01\x00" + bytes(50),
        "7z": b"7z\xbc\xaf\x27\x1c" + bytes(50),
        "rtf": b"{\\rtf1\\ansi 61412345678}",
        "sqlite": b"SQLite format 3\x00" + bytes(100),
        "html": b"<html><table><tr><td>phone</td></tr></table></html>",
        "html with a mark": b"\xef\xbb\xbf\r\n<!DOCTYPE html><html></html>",
        "html in utf-16": "<html><body>x</body></html>".encode("utf-16"),
        "html table alone": b"<table><tr><td>61412345678</td></tr></table>",
        "xml spreadsheet": b'<?xml version="1.0"?><Workbook xmlns="urn:x"></Workbook>',
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"></svg>',
        "json": b'[{"phone": "61412345678"}]',
        "script": b"#!/bin/sh\nrm -rf x\n",
        "vcard": b"BEGIN:VCARD\nTEL:+61412345678\nEND:VCARD\n",
        "excel 2": b"\x09\x00\x04\x00\x02\x00\x10\x00" + bytes(50),
        "excel 4": b"\x09\x04\x06\x00\x00\x00\x10\x00" + bytes(50),
        "zip of a csv": zipped({"list.csv": csv_bytes(ROWS)}),
        "word": zipped({"word/document.xml": "<w/>"}),
        "powerpoint": zipped({"ppt/presentation.xml": "<p/>"}),
        "opendocument": zipped(
            {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "META-INF/manifest.xml": "<m/>"}
        ),
        "numbers": zipped({"Index/Document.iwa": b"\x00"}),
        "binary workbook": zipped({"xl/workbook.bin": b"\x83\x01\x00"}),
        "jar": zipped({"META-INF/MANIFEST.MF": "x", "META-INF/manifest.xml": "x"}),
        "word 97": OLE + bytes(600) + "WordDocument".encode("utf-16-le") + bytes(600),
        "random bytes": random.Random(1).randbytes(5_000),
        "nul bytes": bytes(5_000),
        "control characters": bytes(range(1, 32)) * 20,
    }
    for name, data in contents.items():
        yield hostile(f"disguise: {name}", data, "unknown_type", "encoding", "damaged")


def broken_text() -> Iterator[Hostile]:
    """Text files gone wrong."""
    yield hostile("one line of 10 MB", b"6" * (10 * 1024 * 1024 - 10), "cell_too_long")
    yield hostile("one cell of 9 MB in quotes", b'phone\n"' + b"y\n" * 4_500_000 + b'"\n', "damaged")
    yield hostile("over 10 MB", b"phone\n" + b"61412345678\n" * 900_000, "too_big")
    yield hostile("9 MB of one-digit rows", b"1\n" * 4_500_000, "too_many_rows")
    yield hostile("9 MB of blank lines", b"\n" * 9_000_000, "no_rows")
    yield hostile("9 MB of commas in lines", (b"," * 900 + b"\n") * 9_000, "no_rows")
    yield hostile(
        "a million delimiters in a line",
        b"phone\n" + b"," * 900_000 + b"1\n",
        "too_many_columns",
        "cell_too_long",
    )
    yield hostile("9 MB of quotes", b'"' * 900_000 + b"\n")
    yield hostile("quotes in every cell", b"phone,x\n" + b'"""",""""\n' * 1_000)
    yield hostile(
        "5,001 rows", csv_bytes([("phone",), *((mobile(i),) for i in range(5_001))]), "too_many_rows"
    )
    yield hostile("heading only", b"phone,name\n", "no_rows")
    yield hostile("empty", b"", "no_rows")
    yield hostile("a mark only", b"\xff\xfe", "no_rows")
    yield hostile("nul inside a number", b"phone\n614123\x0045678\n", "unknown_type")
    yield hostile("nul at the end", csv_bytes(ROWS) + bytes(50))
    yield hostile("odd utf-16", "phone\n61412345678\n".encode("utf-16") + b"\x00", "encoding")
    yield hostile("half a surrogate", b"\xff\xfep\x00\x00\xd8\n\x00", "encoding")
    yield hostile("utf-16 twice marked", b"\xff\xfe" + "phone\n61412345678\n".encode("utf-16"))
    yield hostile("broken utf-8 with a mark", b"\xef\xbb\xbfphone\n6141234\xff5678\n", "encoding")
    yield hostile("undefined cp1252", b"phone,n\n61412345678,\x81\x8d\n", "encoding")
    yield hostile("the same heading 200 times", b",".join([b"phone"] * 200) + b"\n1\n", "ambiguous_columns")
    yield hostile("right-to-left marks", "phone\n\u202e87654321416\u202c\n".encode())
    yield hostile("combining avalanche", ("phone,x\n61412345678," + "a\u0301\u0302" * 9_000 + "\n").encode())
    yield hostile("ligatures that expand", ("phone\n" + "\ufdfa" * 240 + "\n").encode())
    yield hostile("formulas", b"phone,x\n=cmd|' /C calc'!A0,@SUM(1)\n")
    yield hostile("digits of all scripts", "phone\n٦١٤١٢٣٤٥٦٧٨\n६१४१२३४५६७८\n".encode())
    for separator in ("sep=", "sep=\n", "sep=,,\n", 'sep="\n', "sep=6\n", "sep= \n"):
        yield hostile(f"declares {separator!r}", f"{separator}phone\n61412345678\n".encode())
    for size in (1, 2, 3, 7):
        yield hostile(f"{size} bytes", b"\xe9" * size, "no_rows", "damaged", "encoding")


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


def sheet_attacks() -> Iterator[Hostile]:
    """Well-formed worksheets that no program writes."""
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
    for number in ("nan", "inf", "-inf", "1e999", "1_000", "0x10", "9" * 400, "١٢٣", "--1"):
        for style in ("0", "1", "99999", "-1", "x"):
            cell = f'<row r="3"><c r="A3" s="{style}"><v>{number}</v></c></row>'
            styles = '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
            if style in ("0", "1") or number == "nan":
                yield hostile(
                    f"number {number[:8]} style {style}", workbook(start + cell, **{"xl/styles.xml": styles})
                )
    for serial in ("-1", "0", "0.99999999", "59", "60", "61", "2958465.9999999", "2958466", "1e300"):
        cell = f'<row r="3"><c r="A3" s="1"><v>{serial}</v></c></row>'
        styles = '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
        yield hostile(f"date {serial}", workbook(start + cell, **{"xl/styles.xml": styles}))
    hidden = f'<worksheet><cols><col min="1" max="16384" hidden="1"/></cols><sheetData>{start}</sheetData></worksheet>'
    yield hostile("all columns hidden", workbook(**sheet_part(hidden)), "no_rows")
    for edge in ('min="x" max="3"', 'min="0" max="-1"', 'min="1" max="99999999999"', ""):
        odd = f'<worksheet><cols><col {edge} hidden="1"/></cols><sheetData>{start}</sheetData></worksheet>'
        yield hostile(f"hidden columns {edge}", workbook(**sheet_part(odd)))
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


def hostile_files() -> list[Hostile]:
    """All of them."""
    makers = (
        disguises,
        broken_text,
        xml_attacks,
        sheet_attacks,
        archive_attacks,
        damaged_workbooks,
        legacy_attacks,
    )
    return [made for maker in makers for made in maker()]


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


def _with_filepass(data: bytes) -> bytes:
    """The xls with its second record turned into FILEPASS, which says that the rest is encrypted."""
    changed = bytearray(data)
    start = data.find(b"\x09\x08\x10\x00\x00\x06\x05\x00")
    following = start + 4 + 16
    changed[following : following + 2] = struct.pack("<H", 0x2F)
    return bytes(changed)
