"""The one error that a recipient file as a whole can cause."""


class FileRefused(Exception):
    """A file that is refused whole; nothing of it is used.

    ``code`` is stable and safe to store or to branch on; ``message`` is a plain sentence for the person
    who uploaded the file: what happened, where, and what to do next. The codes are listed in ``CODES``.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __reduce__(self) -> tuple[type["FileRefused"], tuple[str, str]]:
        return FileRefused, (self.code, self.message)


CODES = {
    "too_big": "the stored file is larger than the limit, or unpacks to more than the limit",
    "too_many_rows": "more recipients than one task may have",
    "too_many_columns": "a value lies further right than any honest sheet goes",
    "cell_too_long": "one cell or one line is longer than the limit",
    "too_complex": "reading needed more memory, time or parts than the limits allow",
    "no_rows": "empty, or a heading without recipients",
    "no_number_column": "no column is named as the number column, and the first holds no numbers",
    "ambiguous_columns": "several columns could be the number column",
    "encrypted": "protected by a password",
    "macros": "the workbook carries macros",
    "damaged": "the type is known, but the content is broken or cut short",
    "unsafe": "built to deceive a reader: entities, overlapping parts, repeated names",
    "unknown_type": "neither csv, txt, xlsx nor xls",
    "encoding": "text in an encoding that cannot be told",
}
