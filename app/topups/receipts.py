"""Receipts: strangers' files that staff open all day, so nothing of a stranger's reaches a browser.

The type is told by content, never by name. A picture is decoded under limits in a process of its own and drawn
anew; only that drawing is kept. A PDF is kept as it is and only ever handed out as a download
(`app/blueprints/topup/receipt_file.py`). A file's name is display text and never part of a path.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import fsspec
import structlog

from app.errors import NotFound, TopUpRefused
from app.language import gettext, mark
from app.stored_files import shown_name

MOST_BYTES: Final = 5 * 1024 * 1024
PICTURE: Final = "image/jpeg"  # whatever was uploaded, what is kept is our own drawing of it
PDF: Final = "application/pdf"

_CHILD: Final = Path(__file__).with_name("receipt_child.py")
_WALL_SECONDS: Final = 20
_TAKEN: Final = mark("Upload the receipt as a jpg, png or webp picture, or as a PDF.")
_ACTIVE: Final = re.compile(rb"/(JavaScript|Launch|EmbeddedFile|RichMedia)\b")
_HEX_NAME: Final = re.compile(rb"#([0-9a-fA-F]{2})")
_STRANGERS: Final = (
    (b"PK\x03\x04", mark("This is a zip or office file")),
    (b"PK\x05\x06", mark("This is a zip file")),
    (b"\x1f\x8b", mark("This is a compressed file")),
    (b"Rar!", mark("This is a compressed file")),
    (b"7z\xbc\xaf", mark("This is a compressed file")),
    (b"GIF8", mark("This is a GIF")),
    (b"BM", mark("This is a bitmap")),
    (b"II*\x00", mark("This is a TIFF")),
    (b"MM\x00*", mark("This is a TIFF")),
    (b"\xd0\xcf\x11\xe0", mark("This is an office file")),
)
_REFUSALS: Final = {
    "pixels": mark(
        "The picture has too many pixels to be opened safely. Take a screenshot of it, and upload that."
    ),
    "damaged": mark(
        "The picture is damaged or cut off. Open it, save it again as jpg or png, and upload that."
    ),
}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt that was kept. `type` is PICTURE or PDF, `name` the client's own, for showing.

    `hash` is the SHA-256 of what it shows: a picture's pixels, a PDF's bytes.
    """

    key: str
    type: str
    name: str
    hash: str


def take_receipt(uploads_url: str, stream: IO[bytes], name: str) -> Receipt:
    """Look at the uploaded bytes, and keep what may be kept. Raises TopUpRefused with what to do instead."""
    data = stream.read(MOST_BYTES + 1)
    if not data:
        raise TopUpRefused(gettext("The file is empty. %(taken)s", taken=gettext(_TAKEN)))
    if len(data) > MOST_BYTES:
        raise TopUpRefused(
            gettext(
                "The file is larger than 5 MB. Take a screenshot of the receipt, and upload that picture."
            )
        )
    kind = _kind_of(data)
    if kind == PDF:
        _require_plain_pdf(data)
        shown, kept = hashlib.sha256(data).hexdigest(), data
    else:
        shown, kept = _redrawn(data)
    key = secrets.token_hex(16)
    filesystem, root = _store(uploads_url)
    filesystem.makedirs(root, exist_ok=True)
    with filesystem.open(f"{root}/{key}", "wb") as target:
        target.write(kept)
    return Receipt(key, kind, shown_name(name) or "receipt", shown)


def stored_bytes(uploads_url: str, key: str) -> bytes:
    """A kept receipt. Raises NotFound where the store has lost it."""
    filesystem, root = _store(uploads_url)
    try:
        with filesystem.open(f"{root}/{key}", "rb") as source:
            data: bytes = source.read()
    except FileNotFoundError:
        raise NotFound(
            gettext("The receipt's file is not in the store any more. Ask the client to upload it again.")
        ) from None
    return data


def forget_receipt(uploads_url: str, key: str) -> None:
    """Remove a file that no top-up came to use; one that is gone already is no error."""
    filesystem, root = _store(uploads_url)
    path = f"{root}/{key}"
    if filesystem.exists(path):
        filesystem.rm(path)


def _store(uploads_url: str) -> tuple[fsspec.AbstractFileSystem, str]:
    filesystem, root = fsspec.core.url_to_fs(uploads_url)
    return filesystem, f"{root}/receipts"


def _kind_of(data: bytes) -> str:
    """PICTURE or PDF, by the first bytes. Raises TopUpRefused for anything else, by name where it is a usual one."""
    if data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return PICTURE
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return PICTURE
    if data.startswith(b"%PDF-"):
        return PDF
    if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif"):
        raise TopUpRefused(
            gettext(
                "This is a HEIC picture, which not every computer opens. Share it as jpg, or take a "
                "screenshot of it."
            )
        )
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise TopUpRefused(
            gettext(
                "This is a web page or a drawing in text form, whatever its name says. %(taken)s",
                taken=gettext(_TAKEN),
            )
        )
    for start, words in _STRANGERS:
        if data.startswith(start):
            raise TopUpRefused(
                gettext(
                    "%(words)s, whatever its name says. %(taken)s",
                    words=gettext(words),
                    taken=gettext(_TAKEN),
                )
            )
    raise TopUpRefused(
        gettext("This is no picture and no PDF, whatever its name says. %(taken)s", taken=gettext(_TAKEN))
    )


def _require_plain_pdf(data: bytes) -> None:
    """Raises TopUpRefused for a PDF that is cut off, or that openly carries programs or files.

    Programs may hide in compressed parts, so this catches the careless only; that PDFs are never shown in the page
    is what protects.
    """
    if b"%%EOF" not in data[-2_048:]:
        raise TopUpRefused(gettext("The PDF is cut off. Download it from your bank again, and upload that."))
    names = _HEX_NAME.sub(lambda match: bytes([int(match[1], 16)]), data)
    if _ACTIVE.search(names):
        raise TopUpRefused(
            gettext(
                "The PDF carries programs or other files. Print it to a new PDF, or take a screenshot of it."
            )
        )


def _redrawn(data: bytes) -> tuple[str, bytes]:
    """The SHA-256 of the picture's pixels, and our drawing of it. Raises TopUpRefused."""
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-B", str(_CHILD)],
            input=data,
            capture_output=True,
            timeout=_WALL_SECONDS,
            env={"LANG": "C.UTF-8"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TopUpRefused(gettext(_REFUSALS["pixels"])) from None
    word, _, rest = child.stdout.partition(b"\n")
    shown, _, picture = rest.partition(b"\n")
    if word == b"ok" and picture.startswith(b"\xff\xd8\xff"):
        return shown.decode("ascii"), picture
    reason = word.decode("ascii", "replace")
    if reason not in _REFUSALS:
        log.error("receipt_child_failed", status=child.returncode, said=child.stderr[-500:])
    raise TopUpRefused(_REFUSALS.get(reason, _REFUSALS["damaged"]))
