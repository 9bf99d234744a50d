"""A published figure as the ledger holds it: the wording, the number, and what it is a number of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from ledger.domain.records import NO_FUND

#: Denominator of a share of something that no ledger of Union funding holds.
EXTERNAL: Final = "EXTERNAL"


class RelationKind(StrEnum):
    """How one figure stands to another."""

    #: Its money lies inside the other's.
    PART_OF = "part-of"
    #: It is a share of the other, or of an envelope.
    SHARE_OF = "share-of"
    #: Both speak of the same projects, say their number and their worth.
    SAME_SET = "same-set"
    #: They overlap, so they are never added up.
    NOT_ADDITIVE = "not-additive"


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation of a figure to another figure (or, of a share, to an envelope) by its name."""

    kind: RelationKind
    other: str


#: How the relations that have no column of their own are written in the column `relations`.
_WRITTEN: Final = {
    RelationKind.PART_OF: "part of",
    RelationKind.SAME_SET: "same set as",
    RelationKind.NOT_ADDITIVE: "not additive with",
}
_RELATION = re.compile(
    rf"(?:R\d+[:,]?\s+)?(?P<kind>{'|'.join(_WRITTEN.values())})\s+(?P<refs>[^(]+?)\s*(?:\(.*)?",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One version of a number that somebody stated; columns of `published_figure_version`, and where it was read.

    `value` is exact decimal text in `unit` (None: no number is stated). Lists stand with a semicolon between.
    """

    ref: str
    version_id: int
    batch: int
    is_illustrative: bool
    origin: str = "stated"
    scope: str | None = None
    kind: str | None = None
    quote: str | None = None
    source: str | None = None
    page: str | None = None
    section: str | None = None
    qualifier: str | None = None
    value: str | None = None
    unit: str | None = None
    measure: str | None = None
    stage: str | None = None
    basis: str | None = None
    fund: str | None = None
    earmark: str | None = None
    country: str | None = None
    theme: str | None = None
    period_start: date | None = None
    period_end: date | None = None
    as_of: date | None = None
    envelope: str | None = None
    scope_of: str | None = None
    programme: str | None = None
    denominator: str | None = None
    part_of: str | None = None
    counting_unit: str | None = None
    rule: str | None = None
    is_target: bool = False
    scope_cells: str | None = None
    cells_value: str | None = None
    note: str | None = None
    relations: str | None = None
    caveat: str | None = None
    file: str = ""
    sheet: str = ""
    row: int | None = None

    @property
    def is_printed_total(self) -> bool:
        """Whether it is a total that an imported sheet prints."""
        return self.origin == "printed-total"

    @property
    def funds(self) -> tuple[str, ...]:
        """The funds it speaks of; empty for all, also where the source names none."""
        return tuple(code for code in listed(self.fund) if code != NO_FUND)

    @property
    def countries(self) -> tuple[str, ...]:
        """Codes of countries, regions and groups as stated; empty for everywhere."""
        return listed(self.country)

    @property
    def themes(self) -> tuple[str, ...]:
        """Codes of themes as stated; empty for all."""
        return listed(self.theme)

    @property
    def counted(self) -> str | None:
        """The unit of records that a count counts: decision, contract, operation or action; None for whatever is on top.

        A "project" is not one of them: sources use the word for each.
        """
        named = (self.counting_unit or self.unit or "").casefold().removesuffix("s")
        return named if named in ("decision", "contract", "operation", "action") else None

    @property
    def related(self) -> tuple[Relation, ...]:
        """Its relations: the columns `part_of` and `denominator`, and what stands in `relations` in the written form.

        "R2 same set as F19; not additive with F14, F16 (both count North Africa)" are three; the rest is remark.
        """
        found = [Relation(RelationKind.PART_OF, ref) for ref in listed(self.part_of)]
        if self.denominator and self.denominator != EXTERNAL:
            found.append(Relation(RelationKind.SHARE_OF, self.denominator))
        for entry in listed(self.relations):
            if (match := _RELATION.fullmatch(entry)) is not None:
                kind = next(kind for kind, words in _WRITTEN.items() if words == match["kind"].casefold())
                refs = (ref.strip() for ref in re.split(r",| and ", match["refs"]))
                found += [Relation(kind, ref) for ref in refs if ref]
        return tuple(dict.fromkeys(found))

    @property
    def last_day(self) -> date | None:
        """The last day that it speaks of: the end of its period or its as-of day, whichever is earlier."""
        return min((day for day in (self.period_end, self.as_of) if day is not None), default=None)


def listed(text: str | None) -> tuple[str, ...]:
    """The codes of a list with semicolons."""
    return tuple(part.strip() for part in (text or "").split(";") if part.strip())


def written(kind: RelationKind, refs: tuple[str, ...]) -> str:
    """A relation as it is written in the column `relations`."""
    return f"{_WRITTEN[kind]} {', '.join(refs)}"
