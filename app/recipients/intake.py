"""A sheet → who will be sent to, and why the others will not."""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from app.language import gettext, thousands
from app.recipients.columns import Columns, find_columns
from app.recipients.gathering import over_the_cap
from app.recipients.limits import FileLimits
from app.recipients.numbers import Number, NumberRejected, NumberRules, read_number
from app.recipients.sheet import Row, Sheet
from app.recipients.writing import LONGEST_WRITTEN

Suppressed = Collection[str] | Callable[[Sequence[str]], Collection[str]]
"""Suppressed numbers in E.164, or a function from all candidates at once to those that are suppressed."""

_PROGRESS_EVERY = 250
_NO_FIELDS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Recipient:
    """A number that will be sent to, as written in the sheet's own row, with the row's merge fields.

    ``network`` and ``tidied`` are those of ``numbers.Number``.
    """

    row: int
    written: str
    e164: str
    region: str
    country_code: int
    fields: Mapping[str, str] = field(default_factory=lambda: _NO_FIELDS)
    network: str = "mobile"
    tidied: bool = False


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that will not be sent to. ``reason`` is a key of ``writing.REASONS``; ``message`` tells the fix.

    ``fields`` are kept so that a row which is fixed in the page loses nothing.
    """

    row: int
    written: str
    reason: str
    message: str
    fields: Mapping[str, str] = field(default_factory=lambda: _NO_FIELDS)


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of a file or a typed list. Every non-empty row is in ``recipients`` or in ``rejections``.

    ``tidied`` counts recipients whose number needed more than a ``+``; ``heading_number`` is row 1's number
    in E.164 where row 1 could itself be sent to (and is in ``recipients`` if it was asked to be included).
    """

    recipients: list[Recipient]
    rejections: list[Rejection]
    duplicates: int
    tidied: int
    rows_read: int
    kind: str
    number_column: str | None
    field_names: tuple[str, ...]
    heading_looks_like_number: bool
    heading_number: str | None
    notes: tuple[str, ...] = ()

    @property
    def by_reason(self) -> dict[str, int]:
        """Rejections by reason, the commonest first."""
        return dict(Counter(rejection.reason for rejection in self.rejections).most_common())

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the sorted numbers: the same people give the same value, whatever the file."""
        numbers = "\n".join(sorted(found.e164 for found in self.recipients))
        return hashlib.sha256(numbers.encode("ascii")).hexdigest()


def take_in(
    sheet: Sheet,
    rules: NumberRules,
    limits: FileLimits,
    *,
    suppressed: Suppressed = (),
    include_heading: bool = False,
    corrections: Mapping[int, str] = MappingProxyType({}),
    progress: Callable[[int, int], None] | None = None,
) -> Intake:
    """Reads every row's number, rejects repeats of an earlier row, and leaves out suppressed numbers.

    ``include_heading`` takes row 1 for a recipient, for sheets without a heading. ``corrections`` replace
    what is written in the number column, by row number. ``progress`` hears (rows done, rows in all).

    Raises ``FileRefused`` for what makes the sheet as a whole unusable.
    """
    columns = find_columns(sheet)
    rows = _rows(sheet, include_heading and columns.heading_looks_like_number)
    if len(rows) > limits.max_recipients:
        raise over_the_cap(len(rows), limits)
    sorter = _Sorter(rules, columns, corrections)
    for done, row in enumerate(rows, 1):
        sorter.add(row)
        if progress is not None and (done % _PROGRESS_EVERY == 0 or done == len(rows)):
            progress(done, len(rows))
    intake = Intake(
        recipients=sorter.recipients,
        rejections=sorter.rejections,
        duplicates=sorter.duplicates,
        tidied=sum(found.tidied for found in sorter.recipients),
        rows_read=len(rows),
        kind=sheet.kind,
        number_column=columns.number_name,
        field_names=tuple(columns.fields.values()),
        heading_looks_like_number=columns.heading_looks_like_number,
        heading_number=_heading_number(sheet, columns, rules),
        notes=(*sheet.notes, *columns.notes),
    )
    return withhold_suppressed(intake, suppressed)


def _rows(sheet: Sheet, with_heading: bool) -> list[Row]:
    return [sheet.heading, *sheet.rows] if with_heading and sheet.heading is not None else sheet.rows


def withhold_suppressed(intake: Intake, suppressed: Suppressed) -> Intake:
    """The intake with suppressed recipients turned into rejections."""
    numbers = [found.e164 for found in intake.recipients]
    refused = suppressed(numbers) if callable(suppressed) else suppressed
    if not refused:
        return intake
    held = frozenset(refused)
    kept = [found for found in intake.recipients if found.e164 not in held]
    withheld = [_suppressed(found) for found in intake.recipients if found.e164 in held]
    return replace(
        intake,
        recipients=kept,
        rejections=sorted([*intake.rejections, *withheld], key=lambda rejection: rejection.row),
        tidied=sum(found.tidied for found in kept),
    )


def _suppressed(found: Recipient) -> Rejection:
    return Rejection(
        found.row,
        found.written,
        "suppressed",
        gettext(
            "This number is on a suppression list, so it is not sent to and not charged. If its "
            "owner has agreed again, take it off the list first."
        ),
        found.fields,
    )


class _Sorter:
    """Puts each row on one of the two lists, remembering the row in which a number was first seen."""

    def __init__(self, rules: NumberRules, columns: Columns, corrections: Mapping[int, str]) -> None:
        self.recipients: list[Recipient] = []
        self.rejections: list[Rejection] = []
        self.duplicates = 0
        self._rules = rules
        self._columns = columns
        self._corrections = corrections
        self._seen: dict[str, int] = {}

    def add(self, row: Row) -> None:
        """Sorts one row in."""
        columns = self._columns
        written = self._corrections.get(row.number, row.cell(columns.number))
        fields = (
            {name: row.cell(index) for index, name in columns.fields.items()}
            if columns.fields
            else _NO_FIELDS
        )
        try:
            if row.number not in self._corrections:
                _refuse_marked(row, columns.number)
            number = read_number(written, self._rules)
        except NumberRejected as rejected:
            self._reject(row.number, written, rejected.reason, rejected.message, fields)
            return
        first = self._seen.setdefault(number.e164, row.number)
        if first == row.number:
            self._accept(row.number, written, number, fields)
        else:
            self.duplicates += 1
            self._reject(row.number, written, "duplicate", duplicate_message(first), fields)

    def _reject(self, row: int, written: str, reason: str, message: str, fields: Mapping[str, str]) -> None:
        if len(written) > LONGEST_WRITTEN:
            written = written[:LONGEST_WRITTEN] + "…"
        self.rejections.append(Rejection(row, written, reason, message, fields))

    def _accept(self, row: int, written: str, number: Number, fields: Mapping[str, str]) -> None:
        self.recipients.append(
            Recipient(
                row,
                written,
                number.e164,
                number.region,
                number.country_code,
                fields,
                number.network,
                number.tidied,
            )
        )


def duplicate_message(first: int) -> str:
    """Where the number was first seen."""
    return gettext(
        "The same number stands in row %(first)s; it is sent to once. Nothing to do.", first=thousands(first)
    )


def _refuse_marked(row: Row, column: int) -> None:
    """Raises ``NumberRejected`` for cells whose type says that they are no number, whatever their text."""
    mark = row.marks.get(column)
    if mark == "date":
        raise NumberRejected(
            "date",
            gettext(
                "The spreadsheet turned this number into a date. Format the column as text and enter "
                "the number again."
            ),
        )
    if mark == "formula":
        raise NumberRejected(
            "formula",
            gettext(
                "This is a formula whose result was not saved. Open and save the file in a "
                "spreadsheet program, or paste the numbers as values."
            ),
        )
    if mark is not None:
        raise NumberRejected(
            "not_a_number",
            gettext(
                "This cell holds %(cell)s, not a phone number. Enter the number as text.",
                cell=row.cell(column),
            ),
        )


def _heading_number(sheet: Sheet, columns: Columns, rules: NumberRules) -> str | None:
    if sheet.heading is None or not columns.heading_looks_like_number:
        return None
    try:
        return read_number(sheet.heading.cell(columns.number), rules).e164
    except NumberRejected:
        return None
