"""The records of an xlsb sheet, counted: calamine leaves out cells in compact records without a word, so we look."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

#: BrtShortBlank to BrtShortIsst ([MS-XLSB] 2.3.1): a cell without its column, which follows the cell before it.
_COMPACT = range(12, 19)


def has_compact_cells(path: Path) -> bool:
    """Whether any sheet keeps cells in compact records, which calamine does not read."""
    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/") and name.endswith(".bin")]
        return any(kind in _COMPACT for name in sheets for kind, _ in records(archive.read(name)))


def records(part: bytes) -> Iterator[tuple[int, bytes]]:
    """(type, content) of each record: both type and length are numbers of seven bits a byte, low ones first.

    Ends where the part ends, also in mid-record: that calamine tells.
    """
    place = 0
    while place < len(part):
        kind, place = _number(part, place, 2)
        length, place = _number(part, place, 4)
        yield kind, part[place : place + length]
        place += length


def _number(part: bytes, place: int, at_most: int) -> tuple[int, int]:
    value = 0
    for nth in range(at_most):
        if place >= len(part):
            break
        byte = part[place]
        place += 1
        value |= (byte & 0x7F) << (7 * nth)
        if byte < 0x80:
            break
    return value, place
