"""IATI 2.0x activity files as two sheets, `activities` and `transactions`, with columns named by their IATI paths.

Elements that may repeat (participating organisations, countries, sectors) share one cell, joined by `; ` in the order
of the file, so that the n-th code belongs to the n-th percentage. Amounts and percentages are exact numbers where
they are written as plain ones, else text; dates are dates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING

from ledger.intake.cells import Row, SheetFacts, Value
from ledger.intake.readers import markup
from ledger.intake.readers.book import Book, held_sheet, unreadable
from ledger.intake.readers.numbers import from_iso, from_text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

#: Column heading -> path of the element, and of the attribute after `@`; `narrative` text where there is none.
_ACTIVITY = (
    "iati-identifier", "title/narrative", "description/narrative", "reporting-org/@ref", "reporting-org/narrative",
    "participating-org[@role=1]/@ref", "participating-org[@role=1]/narrative", "participating-org[@role=2]/@ref",
    "participating-org[@role=2]/narrative", "participating-org[@role=3]/@ref", "participating-org[@role=3]/narrative",
    "participating-org[@role=4]/@ref", "participating-org[@role=4]/narrative", "activity-status/@code",
    "activity-date[@type=1]/@iso-date", "activity-date[@type=2]/@iso-date", "activity-date[@type=3]/@iso-date",
    "activity-date[@type=4]/@iso-date", "recipient-country/@code", "recipient-country/@percentage",
    "recipient-region/@code", "recipient-region/@percentage", "sector/@vocabulary", "sector/@code",
    "sector/@percentage", "@default-currency", "@hierarchy", "related-activity/@type", "related-activity/@ref",
)  # fmt: skip
_TRANSACTION = (
    "transaction/@ref", "transaction-type/@code", "transaction-date/@iso-date", "value", "value/@currency",
    "value/@value-date", "description/narrative", "provider-org/@ref", "provider-org/@provider-activity-id",
    "provider-org/narrative", "receiver-org/@ref", "receiver-org/@receiver-activity-id", "receiver-org/narrative",
    "recipient-country/@code", "recipient-region/@code", "sector/@code",
)  # fmt: skip
#: Place of the amount among the cells of a transaction, whose first is the activity's identifier.
VALUE = 1 + _TRANSACTION.index("value")
_STEP = re.compile(r"([\w-]+)(?:\[@([\w-]+)=(\w+)\])?")


def _texts(element: Element, path: str) -> Iterator[str]:
    """The texts that a path leads to; an absent attribute of a present element counts as empty."""
    step, _, rest = path.partition("/")
    if step.startswith("@"):
        yield markup.attribute(element, step[1:]) or ""
    elif match := _STEP.fullmatch(step):
        name, key, wanted = match.groups()
        for child in markup.children(element, name):
            if key and (markup.attribute(child, key) or "") != wanted:
                continue
            if name == "narrative":
                yield (child.text or "").strip()
                return  # the first language stands for the rest
            yield from _texts(child, rest) if rest else ((child.text or "").strip(),)


def _cell(element: Element, path: str) -> Value:
    texts = list(_texts(element, path))
    joined = "; ".join(texts)
    if not joined.strip("; "):
        return None
    if len(texts) == 1:
        if path == "value" or path.endswith("@percentage"):
            return from_text(joined)
        if path.endswith(("-date", "date]")) and re.match(r"\d{4}-\d{2}-\d{2}", joined):
            return from_iso(joined[:10])
    return joined


def _collect(opener: Callable[[], IO[bytes]]) -> tuple[list[Row], list[Row]]:
    activities: list[Row] = [Row(1, list(_ACTIVITY))]
    transactions: list[Row] = [Row(1, ["iati-identifier", *_TRANSACTION])]
    root: Element | None = None
    with opener() as stream:
        for event, element in markup.walk(stream):
            name = markup.local(element.tag)
            if root is None:
                root = element
                if name not in ("iati-activities", "iati-activity"):
                    raise ValueError(f"it begins with <{name}>")
            if event == "start" or name != "iati-activity":
                continue
            activities.append(Row(len(activities) + 1, [_cell(element, path) for path in _ACTIVITY]))
            identifier = _cell(element, "iati-identifier")
            currency = markup.attribute(element, "default-currency")
            for transaction in markup.children(element, "transaction"):
                values = [_cell(transaction, path.removeprefix("transaction/")) for path in _TRANSACTION]
                at = _TRANSACTION.index("value/@currency")
                values[at] = values[at] or currency
                transactions.append(Row(len(transactions) + 1, [identifier, *values]))
            if element is not root:
                root.clear()
    return activities, transactions


def open_iati(opener: Callable[[], IO[bytes]], file: str) -> Book:
    """The activities and transactions of an IATI file; a transaction without a currency has the activity's default."""
    try:
        activities, transactions = _collect(opener)
    except markup.MARKUP_ERRORS as error:
        raise unreadable(file, f"it is no well-formed IATI activity file ({error})") from error
    sheets = (("activities", activities), ("transactions", transactions))
    return Book("iati", encoding="utf-8", sheets=[held_sheet(name, rows, SheetFacts()) for name, rows in sheets])
