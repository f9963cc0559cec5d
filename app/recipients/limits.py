"""How much of a recipient file is read, and at what cost."""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileLimits:
    """Caps on one recipient file; over any of them the file is refused whole, never cut off.

    The first two are promises to the client. The others are far above what a file within the promises needs;
    they stop files that were built to exhaust the reader.
    """

    max_recipients: int = 5_000
    """Rows with any content below the heading."""
    max_bytes: int = 10 * MEBIBYTE
    """Of the stored file."""

    memory: int = 512 * MEBIBYTE
    """Address space of the process that parses, in bytes (RLIMIT_AS)."""
    cpu_seconds: int = 10
    """Processor time of the process that parses (RLIMIT_CPU)."""
    wall_seconds: int = 60
    """From the start of that process to its answer."""

    max_unpacked: int = 100 * MEBIBYTE
    """Sum of the sizes of a workbook's parts, in bytes."""
    max_ratio: int = 200
    """Unpacked to packed, looked at only above ``ratio_from`` since small repetitive sheets pack well."""
    ratio_from: int = 5 * MEBIBYTE
    max_entries: int = 2_000
    """Parts in a workbook's archive."""
    max_strings: int = 500_000
    """Entries in a workbook's shared string table."""
    max_columns: int = 256
    """The rightmost column that may hold a value (IV, the edge of an xls sheet)."""
    max_cell: int = 32_767
    """Characters in a cell; the limit of Excel itself."""
    max_text: int = 20_000_000
    """Characters in all cells of the rows together."""
    max_cells: int = 500_000
    """Cells of the rows together, up to each row's last value."""
    max_line: int = 1_000_000
    """Characters in a line of a text file."""
    max_cell_lines: int = 100
    """Lines that a quoted cell of a text file may run over before it counts as a quote left open."""
