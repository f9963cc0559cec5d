"""The zip around an xlsx: everything that can be checked before anything is unpacked, is.

A zip says in its central directory how large its parts will be, so a bomb is refused unread; the sizes can
lie, so the bytes are counted again on the way out.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator

from app.language import gettext, thousands
from app.recipients.errors import FileRefused
from app.recipients.limits import MEBIBYTE, FileLimits

_DIRECTORY_ENTRY = b"PK\x01\x02"
_LOCAL_HEADER = 30
_ENCRYPTED_FLAG = 0x1
_CHUNK = 64 * 1024
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)


class Archive:
    """The parts of a workbook by name, each readable in chunks, within the limits."""

    def __init__(self, data: bytes, limits: FileLimits) -> None:
        """Raises ``FileRefused`` for what the archive's own directory shows to be broken or hostile."""
        if data.count(_DIRECTORY_ENTRY) > limits.max_entries:
            raise _too_many_parts(limits)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            infos = self._zip.infolist()
        except _BROKEN as error:
            raise damaged() from error
        self._limits = limits
        self._unpacked = 0
        self._parts = {info.filename.lstrip("/").lower(): info for info in infos}
        _check_directory(infos, len(self._parts), limits)
        _check_sizes(infos, limits)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._parts

    def names(self) -> list[str]:
        """All parts' names, in lower case: programs differ in the case, and Excel ignores it."""
        return list(self._parts)

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a part. Raises ``FileRefused`` where they are broken or more than was declared."""
        info = self._parts.get(name.lower())
        if info is None:
            raise damaged()
        try:
            with self._zip.open(info) as part:
                while chunk := part.read(_CHUNK):
                    self._unpacked += len(chunk)
                    # A part is read once; shared parts read for a second sheet stay within twice the limit.
                    if self._unpacked > 2 * self._limits.max_unpacked:
                        raise _unpacks_to(self._unpacked, self._limits)
                    yield chunk
        except _BROKEN as error:
            raise damaged() from error

    def read(self, name: str, at_most: int = MEBIBYTE) -> bytes:
        """A small part whole. Raises ``FileRefused`` where it is larger than ``at_most`` bytes."""
        content = bytearray()
        for chunk in self.chunks(name):
            content += chunk
            if len(content) > at_most:
                raise damaged()
        return bytes(content)


def damaged() -> FileRefused:
    """The refusal of a workbook that is broken or cut short."""
    return FileRefused(
        "damaged",
        gettext(
            "The workbook is damaged or was cut short on the way. Open it in a spreadsheet "
            "program, save it again as .xlsx, and upload that."
        ),
    )


def _check_directory(infos: list[zipfile.ZipInfo], distinct: int, limits: FileLimits) -> None:
    if len(infos) > limits.max_entries:
        raise _too_many_parts(limits)
    if distinct != len(infos):
        raise FileRefused(
            "unsafe",
            gettext(
                "The workbook holds two parts of the same name, which no spreadsheet program writes. "
                "Save it again as .xlsx, and upload that."
            ),
        )
    if any(info.flag_bits & _ENCRYPTED_FLAG for info in infos):
        raise FileRefused(
            "encrypted",
            gettext(
                "The file is protected by a password. Save a copy without the password, and upload that."
            ),
        )
    _refuse_overlaps(infos)


def _refuse_overlaps(infos: list[zipfile.ZipInfo]) -> None:
    """Parts that share bytes are how a small zip unpacks to a huge one without nesting.

    Source: D. Fifield, "A better zip bomb", WOOT 2019.
    """
    end = 0
    for info in sorted(infos, key=lambda part: part.header_offset):
        if info.header_offset < end:
            raise FileRefused(
                "unsafe",
                gettext(
                    "Parts of the workbook overlap, which no spreadsheet program writes. Save it again "
                    "as .xlsx, and upload that."
                ),
            )
        end = (
            info.header_offset + _LOCAL_HEADER + len(info.orig_filename.encode("utf-8")) + info.compress_size
        )


def _check_sizes(infos: list[zipfile.ZipInfo], limits: FileLimits) -> None:
    unpacked = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if unpacked > limits.max_unpacked:
        raise _unpacks_to(unpacked, limits)
    if unpacked > limits.ratio_from and unpacked > packed * limits.max_ratio:
        raise FileRefused(
            "too_big",
            gettext(
                "The workbook unpacks to %(unpacked)s times its size; at most %(max_ratio)s times is "
                "read. Remove empty formatted rows, or save it as .csv.",
                unpacked=thousands(unpacked // max(packed, 1)),
                max_ratio=thousands(limits.max_ratio),
            ),
        )


def _unpacks_to(size: int, limits: FileLimits) -> FileRefused:
    return FileRefused(
        "too_big",
        gettext(
            "The workbook unpacks to %(size)s MB; at most %(max_unpacked)s MB are read. Remove "
            "other sheets, or save it as .csv.",
            size=f"{size / MEBIBYTE:,.0f}",
            max_unpacked=f"{limits.max_unpacked / MEBIBYTE:,.0f}",
        ),
    )


def _too_many_parts(limits: FileLimits) -> FileRefused:
    return FileRefused(
        "too_complex",
        gettext(
            "The workbook has more than %(max_entries)s parts. Save the sheet alone as .xlsx or .csv.",
            max_entries=thousands(limits.max_entries),
        ),
    )
