"""Bring the translators' files in line with the texts in the code: `make words`.

New texts are added untranslated, texts that are gone are taken out, and nothing is guessed: a text that changed
is a new text. tests/test_languages.py refuses a catalogue that is not complete.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "app" / "translations"
_KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None, "lazy_ngettext": (1, 2), "mark": None}


def texts() -> Catalog:
    """Every text that the code and the templates mark for translation."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file, filename="babel.cfg")  # type: ignore[no-untyped-call]  # Babel leaves it so
    found = Catalog(charset="utf-8")
    for name, line, text, comments, context in extract_from_dir(
        ROOT, methods, options, keywords=_KEYWORDS, comment_tags=("Translators:",)
    ):
        found.add(text, None, [(Path(name).as_posix(), line)], auto_comments=comments, context=context)
    return found


def read(language: str) -> Catalog:
    """The language's catalogue as it stands; an empty one where there is none."""
    path = path_of(language)
    if not path.is_file():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def path_of(language: str) -> Path:
    """Where the language's catalogue is kept."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def update(language: str) -> tuple[int, int]:
    """Write the language's catalogue anew from the texts in the code. How many texts, and how many lack words."""
    catalogue = read(language)
    catalogue.update(texts(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=110, sort_by_file=True, omit_header=False, include_lineno=False)
    wanting = [message for message in catalogue if message.id and not lacks_nothing(message.string)]
    return len(catalogue), len(wanting)


def lacks_nothing(words: str | tuple[str, ...] | list[str] | None) -> bool:
    """Whether a text is translated, in each of its forms."""
    if not words:
        return False
    return isinstance(words, str) or all(words)


def main() -> None:
    """Update every catalogue, and say how it stands."""
    for folder in sorted(FOLDER.iterdir()):
        total, wanting = update(folder.name)
        sys.stdout.write(f"{folder.name}: {total} texts, {wanting} not translated yet\n")


if __name__ == "__main__":
    main()
