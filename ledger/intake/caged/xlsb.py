"""An xlsb by its own records ([MS-XLSB] 2.1.4): error cells, hidden rows and the weight of each sheet.

calamine reads the values. It leaves out cells in compact records without a word; those are met here, and refused.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ledger.intake.caged.refusal import Refused
from ledger.intake.caged.weight import Scales, Weight

_ROW, _RK, _ERROR, _BOOL, _REAL, _TEXT, _SHARED = 0, 2, 3, 4, 5, 6, 7
_F_TEXT, _F_NUMBER, _F_BOOL, _F_ERROR = 8, 9, 10, 11
_RICH_TEXT, _TEXT_ITEM, _PROPERTIES, _BUNDLE = 62, 19, 153, 156
#: BrtShortBlank to BrtShortIsst: a cell without its column, which follows the cell before it.
_COMPACT = range(12, 19)
_CODES = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
          0x2B: "#GETTING_DATA"}  # fmt: skip
_DOUBLE, _WORD = struct.Struct("<d"), struct.Struct("<I")


class RecordSheet(NamedTuple):
    """One sheet as its records tell it."""

    weight: Weight
    #: row -> column -> error value, counted from 0
    errors: dict[int, dict[int, str]]
    facts: dict[str, Any]


class Records:
    """The parts of an xlsb, by the path of its workbook part."""

    def __init__(self, path: str, main: str, max_area: int) -> None:
        self._zip = zipfile.ZipFile(path)
        self._names = {name.replace("\\", "/").casefold(): name for name in self._zip.namelist()}
        self._max_area = max_area
        self._parts: list[str] = []
        self.date1904 = False
        targets, self._texts = self._relations(main)
        for kind, content in records(self._part(main)):
            if kind == _PROPERTIES and content:
                self.date1904 = bool(content[0] & 1)
            elif kind == _BUNDLE:
                self._parts.append(targets.get(_wide(content, 8), ""))

    def _part(self, path: str) -> bytes:
        name = self._names.get(path.lstrip("/").casefold())
        if name is None:
            raise Refused("file-unreadable", f"the package lacks its part {path!r}")
        return self._zip.read(name)

    def _relations(self, main: str) -> tuple[dict[str, str], list[bool]]:
        """Id -> path of the parts of the workbook; and of each shared text whether it is empty."""
        from defusedxml import ElementTree

        folder, name = posixpath.split(main)
        targets, texts = {}, ""
        for relation in ElementTree.fromstring(self._part(f"{folder}/_rels/{name}.rels"), forbid_dtd=True):
            path = posixpath.normpath(posixpath.join("/" + folder, relation.get("Target") or "")).lstrip("/")
            targets[relation.get("Id") or ""] = path
            if (relation.get("Type") or "").endswith("/sharedStrings"):
                texts = path
        items = records(self._part(texts)) if texts else ()
        return targets, [not _WORD.unpack_from(content, 1)[0] for kind, content in items if kind == _TEXT_ITEM]

    def sheet(self, index: int) -> RecordSheet:
        """The sheet at that place in the workbook."""
        return _Sheet(self._texts, date1904=self.date1904).read(self._part(self._parts[index]), self._max_area)


def _wide(content: bytes, at: int) -> str:
    (length,) = _WORD.unpack_from(content, at)
    return "" if length == 0xFFFFFFFF else content[at + 4 : at + 4 + 2 * length].decode("utf-16-le", "replace")


def _rk(content: bytes) -> float:
    """A number in 30 bits: the upper half of a double or an integer, perhaps times a hundred."""
    (word,) = _WORD.unpack_from(content, 8)
    if word & 2:
        number = float((word - 2**32 if word & 0x80000000 else word) >> 2)
    else:
        number = float(_DOUBLE.unpack(b"\0\0\0\0" + _WORD.pack(word & 0xFFFFFFFC))[0])
    return number / 100 if word & 1 else number


class _Sheet:
    def __init__(self, empty: list[bool], *, date1904: bool) -> None:
        self._empty = empty
        self._scales = Scales(date1904=date1904)
        self._errors: dict[int, dict[int, str]] = {}
        self._hidden: list[int] = []
        self._rows: list[int] = []
        self._columns: list[int] = []

    def read(self, part: bytes, max_area: int) -> RecordSheet:
        row = 0
        cells: list[Any] = []
        for kind, content in records(part):
            if kind == _ROW:
                self._scales.row(cells)
                cells = []
                (row,) = _WORD.unpack_from(content, 0)
                if len(content) > 11 and content[11] & 0x10:
                    self._hidden.append(row + 1)
            elif kind in _COMPACT:
                message = "the workbook keeps cells in compact records, which can not be read"
                raise Refused("file-unreadable", message)
            elif kind in _VALUES:
                value = self._value(kind, content)
                if value is not None:
                    (column,) = _WORD.unpack_from(content, 0)
                    self._reach(row, column, max_area)
                    if isinstance(value, dict):
                        self._errors.setdefault(row, {})[column] = value["e"]
                    cells.append(value)
        self._scales.row(cells)
        return RecordSheet(self._scales.weight(), self._errors, {"hidden_rows": self._hidden})

    def _value(self, kind: int, content: bytes) -> Any:
        """What the cell holds, as far as its weight asks; None where it is empty."""
        if kind == _SHARED:
            (index,) = _WORD.unpack_from(content, 8)
            return None if self._empty[index] else "text"
        return _VALUES[kind](content)

    def _reach(self, row: int, column: int, max_area: int) -> None:
        """Refuse a sheet whose corners lie so far apart that laying it out would take all memory."""
        self._rows = [min(row, *self._rows), max(row, *self._rows)] if self._rows else [row, row]
        self._columns = [min(column, *self._columns), max(column, *self._columns)] if self._columns else [column] * 2
        height, width = self._rows[1] - self._rows[0] + 1, self._columns[1] - self._columns[0] + 1
        if height * width > max_area:
            message = f"a cell in row {row + 1:,} and column {column + 1:,} lies far outside the table"
            raise Refused("file-too-large", message)


def _error(content: bytes) -> dict[str, str]:
    return {"e": _CODES.get(content[8], "#N/A")}


def _text(content: bytes) -> str | None:
    return "text" if _WORD.unpack_from(content, 8)[0] else None


def _rich(content: bytes) -> str | None:
    return "text" if _WORD.unpack_from(content, 9)[0] else None


_VALUES: dict[int, Callable[[bytes], Any]] = {
    _RK: _rk, _ERROR: _error, _BOOL: lambda _: True, _REAL: lambda content: _DOUBLE.unpack_from(content, 8)[0],
    _TEXT: _text, _SHARED: _text, _F_TEXT: _text, _F_NUMBER: lambda content: _DOUBLE.unpack_from(content, 8)[0],
    _F_BOOL: lambda _: True, _F_ERROR: _error, _RICH_TEXT: _rich,
}  # fmt: skip


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
