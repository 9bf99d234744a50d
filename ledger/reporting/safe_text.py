"""Text from imported files on its way out: it must neither break a file nor act as a formula in it.

Each rule is told in exports/SOURCES.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256

from ledger.domain.findings import Finding

#: What no XML document may hold: control characters but TAB, LF and CR, halves of surrogate pairs, non-characters.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
#: A spreadsheet program takes a text cell of a csv file that starts so for a formula, or drops the sign. The wide ones
#: are what Chinese and Japanese keyboards write for them.
_SIGNS = "=+\\-@'\uff1d\uff0b\uff0d\uff20"
_ACTIVE = re.compile(rf'[\t\r\n]|[\s"\ufeff]*[{_SIGNS}]')
#: The same inside a text, where a program that divides cells at semicolons, tabs or line ends begins another cell.
_DIVIDED = re.compile(rf'([;\t\r\n][\s"\ufeff]*)(?=[{_SIGNS}])')
_DIVIDED_SAFELY = re.compile(r"""([;\t\r\n][\s"\ufeff]*)'""")
#: What a terminal acts upon: control characters but TAB and LF, and signs that turn the direction of what follows.
_MOVES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_PLAIN = re.compile("[a-z0-9](?:[a-z0-9 .-]{0,38}[a-z0-9])?")
_NOT_PLAIN = re.compile("[^a-z0-9 .-]")
#: Characters (UTF-16 units) that a cell of Excel holds.
_CELL_LIMIT = 32_767
_CUT = " … [cut]"
_FROM_PICTURES = {0x2400 + code: code for code in range(0x20)} | {0x2421: 0x7F}


def printable(text: str) -> str:
    """`text` with control characters as their visible pictures (U+2400 on) and halves of surrogates as U+FFFD."""
    return _FORBIDDEN.sub(lambda found: _picture(ord(found[0])), text)


def _picture(code: int) -> str:
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def csv_text(text: str) -> str:
    """`text` as a csv cell that no spreadsheet program runs, whichever sign it divides cells at.

    An apostrophe stands before = + - @ and apostrophe (wide ones too, and behind blanks and quotation marks), TAB, CR and
    LF at the beginning, and before those signs where a semicolon, TAB or line end comes before them.
    """
    text = _DIVIDED.sub(r"\1'", printable(text))
    return f"'{text}" if _ACTIVE.match(text) else text


def from_csv_text(cell: str) -> str:
    """The text that `csv_text` wrote: its apostrophes are taken off."""
    return _DIVIDED_SAFELY.sub(r"\1", cell.removeprefix("'"))


def terminal_text(text: str) -> str:
    """`text` as a terminal shows it: what would move, colour, rename or turn something is written as its code."""
    if text.isprintable():
        return text
    return _MOVES.sub(
        lambda found: f"\\x{ord(found[0]):02x}" if ord(found[0]) < 0x100 else f"\\u{ord(found[0]):04x}", text
    )


def name_text(text: str) -> str:
    """A short name for `text` that may stand in a formula: letters, digits and a few signs, no two texts alike.

    Formulas take `*`, `?` and `>5` in a text for patterns and know no capital letters, so whatever is not plain already
    gets the first eight digits of its SHA-256.
    """
    if _PLAIN.fullmatch(text):
        return text
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{' '.join(_NOT_PLAIN.sub(' ', text.lower()).split())[:40]} #{digest}".strip()


def cuts(text: str) -> bool:
    """Whether `cell_text` cuts this text."""
    return len(text) >= _CELL_LIMIT // 2 and len(printable(text).encode("utf-16-le")) > 2 * _CELL_LIMIT


def cut_findings(file: str, places: Sequence[str]) -> list[Finding]:
    """What there is to say of the places (`Sheet!B2`) in a workbook where a text was cut."""
    if not places:
        return []
    named = ", ".join(places[:3]) + (f" and {len(places) - 3} more" if len(places) > 3 else "")
    return [Finding("text-cut", f"too long for a cell and cut: {named}", file, values={"cells": list(places)})]


def cell_text(text: str) -> str:
    """`text` as a cell of a workbook holds it: printable, and cut with a sign where Excel would refuse its length."""
    if text.isprintable() and len(text) < _CELL_LIMIT // 2 and not text.startswith("<"):
        return text  # nearly every cell; two thirds quicker
    text = printable(text)
    if len(text.encode("utf-16-le")) > 2 * _CELL_LIMIT:
        kept = text.encode("utf-16-le")[: 2 * (_CELL_LIMIT - len(_CUT))].decode("utf-16-le", errors="ignore")
        text = kept + _CUT
    # XlsxWriter takes such a text for its own markup and would write it into the file as it stands.
    return f"{text} " if text.startswith("<r>") and text.endswith("</r>") else text


def original_text(cell: str) -> str:
    """The text that `cell_text` put into a cell, but for what was cut or had no picture."""
    if cell.startswith("<r>") and cell.endswith("</r> "):
        cell = cell[:-1]
    return cell.translate(_FROM_PICTURES)


def markdown_text(text: str) -> str:
    """`text` as one cell of a Markdown table: on one line, with nothing in it that Markdown or HTML acts upon.

    Addresses are no links either: their `://` and `www.` are escaped.
    """
    one_line = " ".join(printable(text).split())
    escaped = re.sub(r"([\\`*_\[\]|~#]|:(?=//)|(?<=www)\.)", r"\\\1", one_line, flags=re.IGNORECASE)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
