"""The signs by which a workbook that went back to its sender is known again when it returns."""

from __future__ import annotations

from typing import Final

#: Name of the sheet that lists the findings. A second one in the same workbook never stands: it is replaced.
FINDINGS_SHEET: Final = "euledger findings"
#: Text of the cell A1 of that sheet, in a hidden row: it is known by this even when somebody renames the sheet.
FINDINGS_MARKER: Final = "euledger:findings:1"
#: Line of a comment below which the text is ours.
COMMENT_MARKER: Final = "—— euledger ——"
#: First cell (A1) of a template's sheets that hold no data.
TEMPLATE_MARKER: Final = "euledger:template:1"

#: The hidden sheet of an exported report, and its cell A1: which sheets there are and what their cells count.
ORIGIN_SHEET: Final = "Origin"
ORIGIN_MARKER: Final = "euledger/workbook/1"
#: What the rows of a report's sheet may be that are a list, to be read like anybody's.
LISTS: Final = ("projects", "annex-vii")


def is_own_sheet(name: str | None, first_cell: object) -> bool:
    """Whether a sheet is one that this program wrote for people to read: it holds nothing to import."""
    return (name or "").strip().casefold() == FINDINGS_SHEET or first_cell in (FINDINGS_MARKER, TEMPLATE_MARKER)
