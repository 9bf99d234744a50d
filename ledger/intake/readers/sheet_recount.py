"""A worksheet counted again, cell by cell, where the scan of its bytes and the reader differ: any order of attributes.

Still a reading of its own, over text and by one expression, with none of the reader's code; six times as slow as the
scan. Long sheets with comments, and any with CDATA, are left to calamine.
"""

from __future__ import annotations

import codecs
import html
import math
import re
from collections.abc import Collection, Iterator
from datetime import date
from typing import IO

from ledger.intake.caged.weight import Weight
from ledger.intake.readers.limits import MIB

_PIECE = 256 * 1024
#: A part up to this size is taken whole, and its comments are taken out.
_SHORT = 16 * MIB
_EPOCH = {False: date(1899, 12, 30).toordinal(), True: date(1904, 1, 1).toordinal()}


class NotCounted(Exception):
    """Something stands there that only an XML parser should judge."""


def recount(stream: IO[bytes], prefix: bytes, empty_texts: Collection[int], *, date1904: bool) -> Weight:
    """What the worksheet weighs. `empty_texts` are the entries of the table of texts that hold none.

    Raises `NotCounted` where it can not say.
    """
    p = prefix.decode()
    cell = re.compile(rf"<{p}c(\s[^<>]*)?(?:/>|>(.*?)</{p}c\s*>)", re.DOTALL)
    value = re.compile(rf"<{p}v(?:\s[^<>]*)?>([^<]*)</{p}v\s*>")
    texts = re.compile(rf"<{p}t(?:\s[^<>]*)?>([^<]+)</{p}t\s*>")
    kind = re.compile(r"""\st\s*=\s*["'](\w*)["']""")
    weight = Weight()
    numbers: list[float] = []
    for text in _pieces(stream, f"<{p}c"):
        if "<!" in text or "<?" in text:
            raise NotCounted
        for attributes, content in cell.findall(text):
            if not content:
                continue
            typed = kind.search(attributes)
            found = value.search(content)
            stated = html.unescape(found[1]) if found else ""
            if typed and typed[1] == "inlineStr":
                weight.filled += texts.search(content) is not None
            elif typed and typed[1] == "s":
                weight.filled += bool(stated) and int(stated) not in empty_texts
            elif stated:
                weight.filled += 1
                numbers += _number(stated, typed[1] if typed else "n", date1904=date1904)
        if len(numbers) > 4096:
            weight.numbers.add(numbers)
            numbers.clear()
    weight.numbers.add(numbers)
    return weight


def _pieces(stream: IO[bytes], cell: str) -> Iterator[str]:
    """The text of the part in pieces that end before a cell, without its XML declaration and, if short, comments."""
    head = stream.read(_SHORT)
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    decoder = codecs.getincrementaldecoder("utf-16" if wide else "utf-8-sig")("replace")
    carried = re.sub(r"^\s*<\?xml .*?\?>", "", decoder.decode(head), count=1)
    piece = stream.read(_PIECE)
    if not piece:
        yield re.sub(r"<!--.*?-->", "", carried, flags=re.DOTALL)
        return
    while piece:
        text = carried + decoder.decode(piece)
        cut = max(text.rfind(cell), 0)
        yield text[:cut]
        carried = text[cut:]
        piece = stream.read(_PIECE)
    yield carried


def _number(text: str, kind: str, *, date1904: bool) -> list[float]:
    """The number of a cell: one, or none where it is of another type or spelled as none."""
    if kind == "d":
        try:
            return [float(date.fromisoformat(text).toordinal() - _EPOCH[date1904])]
        except ValueError as error:
            raise NotCounted from error
    try:
        number = float(text) if kind in ("n", "") and not text.strip("+-.0123456789eE \t\r\n") else math.nan
    except ValueError:
        return []
    return [number] if math.isfinite(number) else []
