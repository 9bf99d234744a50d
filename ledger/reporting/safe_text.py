"""Text from imported files on its way out: it must neither break a file nor act as a formula in it.

Each rule is told in exports/SOURCES.md.
"""

from __future__ import annotations

import re

#: What no XML document may hold: control characters but TAB, LF and CR, halves of surrogate pairs, non-characters.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
#: A spreadsheet program takes a text cell of a csv file that starts so for a formula, or drops the sign.
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "'")
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
    """`text` as a csv cell that no spreadsheet program runs: an apostrophe before = + - @ TAB CR and apostrophe."""
    text = printable(text)
    return f"'{text}" if text.startswith(_ACTIVE) else text


def from_csv_text(cell: str) -> str:
    """The text that `csv_text` wrote: one leading apostrophe is taken off."""
    return cell.removeprefix("'")


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
    """`text` as one cell of a Markdown table: on one line, with nothing in it that Markdown or HTML acts upon."""
    one_line = " ".join(printable(text).split())
    escaped = re.sub(r"([\\`*_\[\]|~#])", r"\\\1", one_line)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
