"""Files that the panel keeps: uploads until they have served, exports until they expire.

They lie in a local folder or an object store, by its address; what an account uploads, in a folder of its own there,
so that it can be told how much that is. A file's name is display text and never part of a path.
"""

from __future__ import annotations

import secrets
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import fsspec

from app.errors import TaskRefused
from app.language import gettext

_CHUNK = 64 * 1024


@dataclass(frozen=True)
class StoredUpload:
    """`size` is in bytes; `name` is the client's own, for showing."""

    key: str
    name: str
    size: int


def store_upload(
    uploads_url: str, stream: IO[bytes], name: str, max_bytes: int, account_id: int | None = None
) -> StoredUpload:
    """Keep the stream's bytes under a fresh key. Raises TaskRefused when there are none, or too many."""
    key = secrets.token_hex(16)
    if account_id is not None:
        key = f"{account_folder(account_id)}/{key}"
    size = 0
    filesystem, root = fsspec.core.url_to_fs(uploads_url)
    path = f"{root}/{key}"
    filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)
    with filesystem.open(path, "wb") as target:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > max_bytes:
                break
            target.write(chunk)
    if 0 < size <= max_bytes:
        return StoredUpload(key, shown_name(name), size)
    filesystem.rm(path)
    if size == 0:
        raise TaskRefused(
            gettext("The file is empty. Choose a file with a heading row and one recipient per row.")
        )
    raise TaskRefused(
        gettext(
            "The file is larger than %(max_bytes)s MB. Split it and send it in parts.",
            max_bytes=max_bytes // (1024 * 1024),
        )
    )


def account_folder(account_id: int) -> str:
    """Where an account's uploads lie, below the folder of all."""
    return f"account-{account_id}"


def shown_name(name: str) -> str:
    """A file's name as it may be shown: no control characters, none that turn the direction of text, not too long."""
    plain = "".join(sign for sign in " ".join(name.split()) if unicodedata.category(sign)[0] != "C")
    return plain.strip()[:255]


@contextmanager
def local_copy(uploads_url: str, key: str) -> Iterator[Path]:
    """A private copy of a stored file on this machine's disk, removed at the end. Raises FileNotFoundError."""
    filesystem, root = fsspec.core.url_to_fs(uploads_url)
    with tempfile.TemporaryDirectory(prefix="carillon-") as folder:
        path = Path(folder) / "upload"
        filesystem.get_file(f"{root}/{key}", str(path))
        yield path


def keep_export(uploads_url: str, path: Path) -> str:
    """Keep a file that was made, under a fresh key, which is returned."""
    key = f"export-{secrets.token_hex(16)}"
    filesystem, root = fsspec.core.url_to_fs(uploads_url)
    filesystem.makedirs(root, exist_ok=True)
    filesystem.put_file(str(path), f"{root}/{key}")
    return key


def chunks_of(uploads_url: str, key: str) -> Iterator[bytes]:
    """A stored file, piece by piece. Raises FileNotFoundError with the first piece."""
    filesystem, root = fsspec.core.url_to_fs(uploads_url)
    with filesystem.open(f"{root}/{key}", "rb") as source:
        while chunk := source.read(_CHUNK):
            yield chunk


def beside(key: str) -> str:
    """The name of what was read of an upload, kept beside it to look at while the text is written."""
    folder, slash, name = key.rpartition("/")
    return f"{folder}{slash}rows-{name}"


def remove_file(uploads_url: str, key: str) -> None:
    """Forget a stored file, and what was read of it; one that is gone already is no error."""
    filesystem, root = fsspec.core.url_to_fs(uploads_url)
    for path in (f"{root}/{key}", f"{root}/{beside(key)}"):
        with suppress(FileNotFoundError):
            filesystem.rm(path)
