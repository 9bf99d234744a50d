"""A second reading of a worksheet's XML, over its bytes, while the package is looked over: filled cells, sum of numbers.

It shares nothing with the reader: no decoding, no styles, no rows, no table of texts. What it takes for a number is any
`<v>` whose cell says no other type in its last attribute, as the common writers put it. Where a sheet is written
otherwise the two counts differ, and slower readings settle it (`second_reading`); nothing is parked on this one's word.
"""

from __future__ import annotations

import codecs
import re
from functools import cache
from typing import NamedTuple

from ledger.intake.caged.weight import ExactSum

_ROOT = re.compile(rb"<(?:([A-Za-z_][\w.-]*):)?worksheet[\s>]")
_DIGITS = b"0123456789+-.eE"
#: A cell's content longer than this is cut in two by the pieces, and its number missed.
_LONGEST = 64 * 1024


class _Signs(NamedTuple):
    """What is looked for, with the prefix of the sheet's names."""

    cell: bytes
    value: bytes
    no_value: bytes
    inline: bytes
    number: re.Pattern[bytes]
    computed: re.Pattern[bytes]
    formula: bytes
    row: re.Pattern[bytes]


@cache
def _signs(prefix: bytes) -> _Signs:
    p = prefix
    typed = b"".join(b'(?<!t="%b">%b)' % (kind, b"%b") for kind in (b"s", b"str", b"b", b"e"))
    number = b'"><%bv>' % p + typed % ((b"<%bv>" % p,) * 4) + b"([^<]+)<"
    computed = b'"><%bf' % p + typed % ((b"<%bf" % p,) * 4) + b"[^<]*(?:</%bf>)?<%bv>([^<]+)<" % (p, p)
    return _Signs(
        cell=b"<%bc " % p,
        value=b"</%bv>" % p,
        no_value=b"<%bv></%bv>" % (p, p),
        inline=b"</%bis>" % p,
        number=re.compile(number),
        computed=re.compile(computed),
        formula=b"</%bf>" % p,
        row=re.compile(rb'<%brow [^<>]*?\br="([0-9]{1,9})"' % p),
    )  # fmt: skip


class SheetScan:
    """Counts a worksheet part that goes by in pieces. `numbers` and `filled` hold once `end` was called."""

    __slots__ = (
        "_carried",
        "_computed",
        "_decoder",
        "_last_row",
        "_signs",
        "filled",
        "numbers",
        "prefix",
        "rising",
        "sure",
    )

    @classmethod
    def of(cls, first: bytes) -> SheetScan | None:
        """A scan for a part that begins like a worksheet in UTF-8 or UTF-16; None for any other."""
        decoder = None
        head = first[:4096]
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            decoder = codecs.getincrementaldecoder("utf-16")("replace")
            head = head.decode("utf-16", "replace").encode()
        root = _ROOT.search(head)
        return cls(root[1] + b":" if root[1] else b"", decoder) if root else None

    def __init__(self, prefix: bytes, decoder: codecs.IncrementalDecoder | None = None) -> None:
        self.prefix = prefix
        self._decoder = decoder
        self._signs = _signs(prefix)
        self._carried = b""
        self._last_row = 0
        #: True from the first formula on
        self._computed = False
        self.filled = 0
        self.numbers = ExactSum()
        #: False where the numbers of the rows do not rise
        self.rising = True
        #: False where something went by that is no number, or a comment in which anything may stand
        self.sure = True

    def see(self, piece: bytes) -> None:
        """Count what is whole in this piece and what was left of the one before."""
        if self._decoder:
            piece = self._decoder.decode(piece).encode()
        data = self._carried + piece
        cut = data.rfind(self._signs.cell)
        if cut < 0:
            cut = max(len(data) - _LONGEST, 0)
        self._count(data[:cut])
        self._carried = data[cut:]

    def end(self) -> None:
        """Count the rest."""
        self._count(self._carried)
        self._carried = b""

    def _count(self, data: bytes) -> None:
        signs = self._signs
        if b"!" in data and b"<!" in data:  # one byte is found ten times as fast as two, the first of which abounds
            self.sure = False
        self.filled += data.count(signs.value) - data.count(signs.no_value) + data.count(signs.inline)
        numbers = signs.number.findall(data)
        self._computed = self._computed or signs.formula in data
        if self._computed:
            numbers += signs.computed.findall(data)
        if numbers:
            self._add(numbers)
        if self.rising:
            for digits in signs.row.findall(data):
                row = int(digits)
                if row <= self._last_row:
                    self.rising = False
                self._last_row = row

    def _add(self, numbers: list[bytes]) -> None:
        if b"".join(numbers).translate(None, _DIGITS):
            self.sure = False
            return
        try:
            self.numbers.add(list(map(float, numbers)))
        except ValueError:
            self.sure = False
