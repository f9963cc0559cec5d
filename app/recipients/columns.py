"""Which column holds the numbers, and which are merge fields."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import Final

from app.language import gettext
from app.recipients.errors import FileRefused
from app.recipients.sheet import Row, Sheet, column_letters
from app.recipients.writing import looks_like_number

# Names that say "telephone number", and names that may as well be a person's; the first kind wins.
_NUMBER_NAMES: Final = """
    phone phones mobile mobiles number numbers msisdn cell cellular telephone tel gsm hp handphone e164
    phonenumber phonenumbers phoneno phonenum mobilephone mobilephonenumber mobilenumber mobilenumbers
    mobileno mobilenum cellphone cellphonenumber cellnumber cellno telephonenumber telephoneno telnumber
    telno handphonenumber handphoneno hpno contactnumber contactno contactphone recipientnumber
    recipientphone recipientsnumber destinationnumber destinationaddress smsnumber smsphone whatsapp
    whatsappnumber internationalnumber fullnumber customerphone customermobile phone1 mobile1
    handy telefon telefono telefone celular movil portable
"""
_LOOSE_NAMES: Final = """
    recipient recipients contact contacts to destination receiver subscriber
"""
_NOISE = re.compile(r"[\W_]+")
_SPACES = re.compile(r"\s+")
_PROBED_ROWS: Final = 20


@dataclass(frozen=True, slots=True)
class Columns:
    """How a sheet's columns are used.

    ``number_name`` is the heading of the number column, None where the sheet has no heading for it.
    ``fields`` maps a column's index to the name of its merge field, as written in the heading.
    """

    number: int
    number_name: str | None
    fields: dict[int, str]
    heading_looks_like_number: bool
    notes: tuple[str, ...]


def find_columns(sheet: Sheet) -> Columns:
    """The number column by its name, else the only or the first one; other named columns are merge fields.

    Raises ``FileRefused`` (``ambiguous_columns``, ``no_number_column``).
    """
    heading = sheet.heading.cells if sheet.heading else ()
    named = _by_name(heading)
    if named is not None:
        fields, notes = _fields(sheet, named)
        return Columns(named, heading[named], fields, False, notes)
    numeric = [index for index, text in enumerate(heading) if looks_like_number(text)]
    if numeric:
        number = numeric[0] if len(numeric) == 1 else _first_column(sheet)
        fields = {i: f"column {column_letters(i)}" for i in range(_width(sheet)) if i != number}
        return Columns(number, None, _used(sheet, fields), looks_like_number(heading[number]), ())
    number = _first_column(sheet)
    _refuse_wrong_first(sheet, number, heading)
    fields, notes = _fields(sheet, number)
    name = heading[number] if number < len(heading) and heading[number] else None
    return Columns(number, name, fields, False, notes)


def _key(text: str) -> str:
    """A heading without case, spaces, accents and signs: ``Móvil No.`` and ``movilno`` are the same."""
    plain = unicodedata.normalize("NFKD", text)
    return _NOISE.sub("", "".join(sign for sign in plain if not unicodedata.combining(sign))).casefold()


def _by_name(heading: tuple[str, ...]) -> int | None:
    for names in (_NUMBER_NAMES.split(), _LOOSE_NAMES.split()):
        found = [index for index, text in enumerate(heading) if _key(text) in names]
        if len(found) == 1:
            return found[0]
        if found:
            listed = " and ".join(f"“{heading[index]}” (column {column_letters(index)})" for index in found)
            raise FileRefused(
                "ambiguous_columns",
                gettext(
                    "Several columns could hold the numbers: %(listed)s. Rename all but one of them in "
                    "row 1, or remove those that are not to be sent to.",
                    listed=listed,
                ),
            )
    return None


def _width(sheet: Sheet) -> int:
    widest = max((len(row.cells) for row in sheet.rows), default=0)
    return max(widest, len(sheet.heading.cells) if sheet.heading else 0)


def _first_column(sheet: Sheet) -> int:
    """The first column that is not empty from top to bottom, as hidden ones are here."""
    for index in range(_width(sheet)):
        if sheet.heading is not None and sheet.heading.cell(index):
            return index
        if any(row.cell(index) for row in sheet.rows):
            return index
    return 0


def _refuse_wrong_first(sheet: Sheet, first: int, heading: tuple[str, ...]) -> None:
    """Raises ``FileRefused`` where the first column holds no number, but another, unnamed one does."""
    probed = sheet.rows[:_PROBED_ROWS]
    if any(_numberish(row, first) for row in probed):
        return
    others = [i for i in range(_width(sheet)) if i != first and _mostly_numbers(probed, i)]
    if not others:
        return
    listed = " or ".join(_described(index, heading) for index in others[:3])
    raise FileRefused(
        "no_number_column",
        gettext(
            "No heading names the number column, and the first column (%(described)s) holds no "
            "numbers. Name %(listed)s “phone” in row 1, and upload again.",
            described=_described(first, heading),
            listed=listed,
        ),
    )


def _described(index: int, heading: tuple[str, ...]) -> str:
    text = heading[index] if index < len(heading) else ""
    return f"“{text}” (column {column_letters(index)})" if text else f"column {column_letters(index)}"


def _numberish(row: Row, index: int) -> bool:
    return index in row.marks or any(sign.isdigit() for sign in row.cell(index))


def _mostly_numbers(rows: list[Row], index: int) -> bool:
    filled = [row.cell(index) for row in rows if row.cell(index) and index not in row.marks]
    return bool(filled) and sum(map(looks_like_number, filled)) * 2 > len(filled)


def _fields(sheet: Sheet, number: int) -> tuple[dict[int, str], tuple[str, ...]]:
    """The merge fields, and notes on columns that cannot be: without a heading, or with a repeated one."""
    heading = sheet.heading.cells if sheet.heading else ()
    names = {i: _SPACES.sub(" ", heading[i]) for i in range(len(heading)) if i != number and heading[i]}
    counts = Counter(name.casefold() for name in names.values())
    notes = []
    for folded in [name for name, count in counts.items() if count > 1]:
        same = [index for index, name in names.items() if name.casefold() == folded]
        letters = " and ".join(column_letters(index) for index in same)
        notes.append(
            gettext(
                "Columns %(letters)s are both named “%(names)s”, so neither can be used in the text. "
                "Rename one.",
                letters=letters,
                names=names[same[0]],
            )
        )
        for index in same:
            del names[index]
    nameless = {i: "" for i in range(_width(sheet)) if i != number and not (i < len(heading) and heading[i])}
    for index in _used(sheet, nameless):
        notes.append(
            gettext(
                "Column %(column_letters)s has no heading in row 1, so it cannot be used in the text.",
                column_letters=column_letters(index),
            )
        )
    return names, tuple(notes[:10])


def _used(sheet: Sheet, columns: dict[int, str]) -> dict[int, str]:
    """Those of the columns that hold anything below the heading."""
    filled: set[int] = set()
    for row in sheet.rows:
        filled.update(index for index, text in enumerate(row.cells) if text)
    return {index: name for index, name in columns.items() if index in filled}
