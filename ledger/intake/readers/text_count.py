"""A second reading of a delimited text: its cells cut by hand and counted, without the csv module.

Lines without quotes, or with quotes around every cell, are split at once; any other goes through a small state machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ledger.intake.caged.weight import Weight
from ledger.intake.readers.dialect import RULE, Dialect

_ENDS = "\r\n"


def count(lines: Iterable[str], dialect: Dialect) -> Weight:
    """Filled cells and their characters. `lines` keep their ends, and the directive of the first one is left out."""
    filled = characters = 0
    for record in _records(lines, dialect):
        cells = record
        if dialect.piped:
            if len(cells) > 2 and RULE.match("|".join(cells)):
                continue
            cells = [cell.strip(" ") for cell in cells[dialect.leading :]]
        filled += len(cells) - cells.count("")
        characters += sum(map(len, cells))
    weight = Weight(filled)
    weight.numbers.add([float(characters)])
    return weight


def _records(lines: Iterable[str], dialect: Dialect) -> Iterator[list[str]]:
    sign = dialect.delimiter
    between = f'"{sign}"'
    machine = _Machine(sign)
    for line in lines:
        if not machine.is_open:
            if not dialect.quoted or '"' not in line:
                yield line.rstrip(_ENDS).split(sign)
                continue
            body = line.rstrip(_ENDS)
            inside = body[1:-1].split(between)
            if body[0] == body[-1] == '"' and len(body) > 1 and body.count('"') == 2 * len(inside):
                yield inside
                continue
        if machine.take(line):
            yield machine.record()
    if machine.is_open:
        yield machine.record()


class _Machine:
    """Cuts a record with quotes in it: they enclose a cell only where they begin it, and two of them stand for one."""

    def __init__(self, sign: str) -> None:
        self._plain = re.compile(f"[^{re.escape(sign)}\r\n]*")
        self._sign = sign
        self._cells: list[str] = []
        self._cell: list[str] = []
        #: True inside of quotes, where the record goes on in the next line
        self.is_open = False

    def record(self) -> list[str]:
        """The cells of the record, which is done with."""
        cells, self._cells = [*self._cells, "".join(self._cell)], []
        self._cell.clear()
        self.is_open = False
        return cells

    def take(self, line: str) -> bool:
        """Take in a line; True if the record ends with it."""
        at = 0
        while True:
            if not self.is_open and line.startswith('"', at):
                self.is_open, at = True, at + 1
            if self.is_open:
                at = self._quoted(line, at)
                if self.is_open:
                    return False
            rest = self._plain.match(line, at)
            assert rest is not None  # it matches the empty text too
            self._cell.append(rest[0])
            at = rest.end()
            if not line.startswith(self._sign, at):
                return True
            self._cells.append("".join(self._cell))
            self._cell.clear()
            at += 1

    def _quoted(self, line: str, at: int) -> int:
        """Go on to the end of the quotes or of the line; returns the place behind it."""
        while (end := line.find('"', at)) >= 0:
            self._cell.append(line[at:end])
            if not line.startswith('"', end + 1):
                self.is_open = False
                return end + 1
            self._cell.append('"')
            at = end + 2
        self._cell.append(line[at:])
        return len(line)
