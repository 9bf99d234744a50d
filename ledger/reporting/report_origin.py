"""What a workbook remembers of the ledger it came from: the report's question, and what each column counts.

It stands as JSON on a hidden sheet, in cells of text, which every spreadsheet program keeps on saving.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ledger
from ledger.domain.marks import ORIGIN_MARKER, ORIGIN_SHEET
from ledger.reporting.model import Field, ReportModel
from ledger.reporting.workbook import Book


@dataclass(frozen=True, slots=True)
class Region:
    """Where figures stand on a sheet: 1-based rows of the headings, of the first and last row, and of the totals.

    `fields` says by column letter what is counted there, `keys` in which column the row says what it is.
    """

    sheet: str
    kind: str
    header: int
    first: int
    last: int
    fields: Mapping[str, Field]
    keys: Mapping[str, str]
    totals: tuple[int, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The region in JSON's own types."""
        return {
            "sheet": self.sheet,
            "kind": self.kind,
            "header": self.header,
            "first": self.first,
            "last": self.last,
            "totals": list(self.totals),
            "columns": {
                letter: {
                    "name": each.name,
                    "heading": each.heading,
                    **({"asks": dict(each.asks)} if each.asks else {}),
                    **({"made": str(each.made), "of": list(each.of)} if each.made else {}),
                }
                for letter, each in self.fields.items()
            },
            "keys": dict(self.keys),
        }


def write(book: Book, model: ReportModel, regions: Sequence[Region]) -> None:
    """The hidden sheet: a line for the report, and one for each sheet."""
    about = {
        "report": model.declaration.name,
        "declaration_sha256": model.declaration.sha256,
        "title": model.title,
        "lang": model.words.lang,
        "program": f"eu-funding-ledger {ledger.__version__}",
        "batch": model.head.batch if model.head else 0,
        "recorded_at": model.head.recorded_at if model.head else "",
        "finest": model.finest,
        "has_shares": model.has_shares,
        "base": model.base,
    }
    rows = [(ORIGIN_MARKER, about), *((region.sheet, region.as_json()) for region in regions)]
    book.hidden(ORIGIN_SHEET, [(name, json.dumps(said, ensure_ascii=False)) for name, said in rows])
