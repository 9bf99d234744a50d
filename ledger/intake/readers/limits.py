"""How much of a file is read before it is refused: one place for every limit that a hostile file meets.

The sizes of packages refused none of 2,975 real workbooks. All others stand well beyond what a spreadsheet program
writes; what passes them is read in memory that does not grow with the file.
"""

from __future__ import annotations

from typing import Final

MIB: Final = 1024 * 1024

# --- the grid of a spreadsheet program -----------------------------------------------------------------------------
MAX_ROW: Final = 1_048_576
MAX_COLUMN: Final = 16_384
MAX_SHEETS: Final = 1_000
MAX_FORMULAS: Final = 200_000
#: Characters of a formula, which are Excel's own limit, and of all that are kept of a sheet.
MAX_FORMULA: Final = 8_192
MAX_FORMULA_TEXT: Final = 4_000_000
MAX_STYLES: Final = 200_000
#: Rows without a filled cell between two that have some: a cell further down was left there by accident, or to do harm.
MAX_GAP: Final = 100_000
#: Merged ranges and comments of a sheet; programs become unusable long before.
MAX_MERGED: Final = 200_000
#: Cells between the first corner and the last that are laid out in full, where a reader does so (xls, xlsb, ods).
MAX_AREA: Final = 20_000_000

# --- a zip package ---------------------------------------------------------------------------------------------------
MAX_ENTRIES: Final = 10_000
#: The list of entries at the end of the package, in bytes.
MAX_DIRECTORY: Final = 16 * MIB
#: What a package may unpack to; a large file may unpack to this many times its size, for a sheet of a million rows
#: unpacks to 900 MB, and streams.
MAX_EXPANSION: Final = 512 * MIB
MAX_GROWTH: Final = 16
#: An entry may unpack to this many times its size; a small one may well be all blanks, so it counts from here on.
MAX_RATIO: Final = 200
RATIO_FLOOR: Final = MIB
#: The whole package is held to the same ratio from here on.
WHOLE_RATIO_FLOOR: Final = 32 * MIB

# --- XML ---------------------------------------------------------------------------------------------------------------
#: A part that is parsed whole: the workbook, its relations, its properties.
MAX_PART: Final = 16 * MIB
#: A sheet that only the XML parser reads takes ten times as long as others.
MAX_CAREFUL: Final = 160 * MIB
#: The XML of one row, and of what stands before the rows.
MAX_ROW_TEXT: Final = 8 * MIB
#: Elements of one row.
MAX_ROW_ELEMENTS: Final = 8 * MAX_COLUMN
#: Cells of a sheet that must be held because its rows stand in no order.
MAX_UNORDERED: Final = 5_000_000
#: The table of texts: their number, and their length in characters.
MAX_TEXTS: Final = 5_000_000
MAX_TEXT_LENGTH: Final = 256 * MIB

# --- text, pages and IATI ----------------------------------------------------------------------------------------------
#: One line of a text file, one cell of it, and all lines of one record.
MAX_LINE: Final = 16 * MIB
MAX_RECORD: Final = 32 * MIB
MAX_PAGE: Final = 64 * MIB
