"""Web pages and IATI files counted by expressions over their text: the second opinion on what a parser made of them."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from ledger.intake.caged.weight import Weight, digits

_SILENT = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"""<(/?)([a-zA-Z][\w:-]*)((?:"[^"]*"|'[^']*'|[^"'>])*)>|<[!?][^>]*>""")
_BLANK = " \t\r\n\f"


@dataclass(slots=True)
class _Table:
    weight: Weight
    cell: list[str] | None = None
    rows: int = 0

    def close(self) -> None:
        if self.cell is not None:
            text = html.unescape("".join(self.cell)).strip(_BLANK)
            self.weight.filled += bool(text)
            self.weight.numbers.add([float(digits(text))])
            self.rows += 1
        self.cell = None


def weigh_page(text: str) -> list[Weight]:
    """Filled cells and digits of every table with a cell, in the order in which the tables begin."""
    text = _SILENT.sub(" ", text)
    tables: list[_Table] = []
    inside: list[_Table] = []
    at = 0
    for tag in _TAG.finditer(text):
        if inside and inside[-1].cell is not None:
            inside[-1].cell.append(text[at : tag.start()])
        at = tag.end()
        closing, name = tag[1], (tag[2] or "").lower()
        if name == "table" and not closing:
            tables.append(_Table(Weight()))
            inside.append(tables[-1])
        elif not inside:
            continue
        elif name in ("td", "th", "tr", "table"):
            inside[-1].close()
            if name in ("td", "th") and not closing:
                inside[-1].cell = []
            elif name == "table":
                inside.pop()
    for table in inside:
        table.close()
    return [table.weight for table in tables if table.rows]


_APART = re.compile(r"<!--.*?-->", re.DOTALL)
_VERBATIM = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_ACTIVITY = re.compile(r"<(?:[\w.-]+:)?iati-activity[\s>/]")
_TRANSACTION = re.compile(r"<((?:[\w.-]+:)?)transaction(?:\s[^<>]*)?(?:/>|>(.*?)</\1transaction\s*>)", re.DOTALL)
_VALUE = re.compile(r"<(?:[\w.-]+:)?value(?:\s[^<>]*)?>([^<]*)<")


def weigh_activities(text: str) -> tuple[Weight, Weight]:
    """How many activities there are; how many transactions, and the sum of their values."""
    text = _VERBATIM.sub(lambda found: html.escape(found[1]), _APART.sub("", text))
    transactions = Weight()
    for transaction in _TRANSACTION.finditer(text):
        transactions.filled += 1
        for value in _VALUE.findall(transaction[2] or ""):
            number = html.unescape(value).strip()
            if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", number, re.ASCII):
                transactions.numbers.add([float(number)])
    return Weight(len(_ACTIVITY.findall(text))), transactions
