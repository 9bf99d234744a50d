"""References of rows: as stated, or a stable key made from the row's own text where the list has no such column."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from ledger.intake.cells import Value

#: What a generated key is made of: what a newer list of the same operations would not change.
_KEY_FIELDS = ("title", "beneficiary", "start_date", "end_date", "decision_date", "location", "postcode", "city")

_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212_ ", "-"))


class ReferenceMaker:
    """Gives every row its reference and keeps count of what was given."""

    def __init__(self, at: int | None, *, generated: bool) -> None:
        self._at = at
        #: the list has no reference column and the profile builds none
        self.generated = generated
        self._rows: dict[str, int] = {}
        self._likenesses: dict[str, str] = {}
        self._occurrences: dict[str, int] = {}
        #: references that stand on several rows, and the rows that repeat one
        self.repeated: dict[str, int] = {}
        #: (row, reference, the earlier one that differs only in case or dash)
        self.alike: list[tuple[int, str, str]] = []

    def reference(self, row: int, values: list[Value], attributes: Mapping[str, Any]) -> str:
        """The reference of a row; "" where its cell is empty."""
        if self.generated:
            return self._generate(attributes)
        assert self._at is not None
        value = values[self._at]
        ref = "" if value is None else str(value).strip()
        if ref:
            self.count(row, ref)
        return ref

    def count(self, row: int, ref: str) -> None:
        """Note that a row has this reference."""
        if ref in self._rows:
            self.repeated[ref] = self.repeated.get(ref, 0) + 1
            return
        self._rows[ref] = row
        likeness = ref.casefold()
        likeness = likeness.replace("_", "-").replace(" ", "-") if ref.isascii() else likeness.translate(_DASHES)
        other = self._likenesses.setdefault(likeness, ref)
        if other != ref:
            self.alike.append((row, ref, other))

    def row_of(self, ref: str) -> int:
        """The first row that has this reference."""
        return self._rows[ref]

    def _generate(self, attributes: Mapping[str, Any]) -> str:
        """SHA-256 of title, beneficiary, dates and place (first 12 digits); rows alike in these are numbered."""
        text = "\x1f".join(str(attributes.get(name) or "").casefold() for name in _KEY_FIELDS)
        key = hashlib.sha256(text.encode()).hexdigest()[:12]
        number = self._occurrences[key] = self._occurrences.get(key, 0) + 1
        return f"gen-{key}" if number == 1 else f"gen-{key}-{number}"
