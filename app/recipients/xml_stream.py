"""XML as a stream of events, without document types, and so without entities or external references.

expat is called directly: a workbook's sheet has tens of thousands of elements, and a tree, even one built and
dropped piece by piece, costs several times as much as the events. Refusing every document type declaration is
what ``defusedxml`` calls ``forbid_dtd``; workbooks have none (ECMA-376 part 1, 8.1: no DTD in any part).
"""

from collections.abc import Callable, Iterable
from typing import Protocol
from xml.parsers import expat

from app.language import gettext
from app.recipients.archive import damaged
from app.recipients.errors import FileRefused


class XmlReader(Protocol):
    """Hears the events of a part; names come without their prefix."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...


def stream_xml(chunks: Iterable[bytes], reader: XmlReader) -> None:
    """Feeds a part to a reader. Raises ``FileRefused`` (``unsafe`` for a document type, ``damaged``)."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    local = _LocalNames()
    start, end = reader.start, reader.end
    parser.StartElementHandler = lambda name, attributes: start(local[name], attributes)
    parser.EndElementHandler = lambda name: end(local[name])
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse_document_type
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise damaged() from error


class _LocalNames(dict[str, str]):
    """Element names without prefix, kept, since a sheet has few different ones."""

    def __missing__(self, name: str) -> str:
        local = name.rpartition(":")[2]
        if len(self) < 1_000:
            self[name] = local
        return local


def _refuse_document_type(*_: object) -> None:
    raise FileRefused(
        "unsafe",
        gettext(
            "The workbook declares XML entities, which no spreadsheet program writes. Save it again as .xlsx."
        ),
    )


class Elements:
    """Collects elements that matter by their attributes alone: ``(name, attributes)`` in order."""

    def __init__(self, wanted: Callable[[str], bool]) -> None:
        self.found: list[tuple[str, dict[str, str]]] = []
        self._wanted = wanted

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._wanted(name):
            self.found.append((name, attributes))

    def end(self, name: str) -> None:
        """Nothing hangs on the end of these."""

    def text(self, data: str) -> None:
        """Nor on their text."""
