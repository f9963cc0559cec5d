"""Hostile text files, and other files under a spreadsheet's name."""

import gzip
import random
from collections.abc import Iterator

from tests.recipients.hostile_parts import OLE, ROWS, Hostile, hostile
from tests.recipients.sheet_files import csv_bytes, mobile, zipped


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
