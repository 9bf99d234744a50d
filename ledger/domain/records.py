"""What an imported file becomes before it is booked: records with their amounts, row by row, each with its state.

`intake` makes these, `store.posting` books them. Codes (fund, country, theme) are those of the code lists; dates are
dates; amounts are positive minor units, already split by country and theme, each with the cell it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from ledger.domain.findings import Finding

#: Code for "the source does not say", in each code list.
NO_COUNTRY = "ZZ"
NO_FUND = "UNNAMED"
NO_THEME = "unstated"


class Kind(StrEnum):
    """What one row of a table is."""

    ENVELOPES = "envelopes"
    PROGRAMMES = "programmes"
    PROJECTS = "projects"
    FIGURES = "figures"
    RATES = "rates"


class RowState(StrEnum):
    """The one state of a row. Header, title and section rows are notes.

    The store turns POSTED into UNCHANGED where the ledger holds the same already.
    """

    POSTED = "posted"
    UNCHANGED = "unchanged"
    SUBTOTAL = "subtotal"
    BLANK = "blank"
    NOTE = "note"
    REJECTED = "rejected"


class Amount(NamedTuple):
    """One amount to be booked: `minor` > 0 arrives at this stage, basis, country and theme of the record.

    `column` (1-based) is its cell in the row; `rule` says what was done with the cell's value: `cell` (as it stands),
    `split TN 40%`, `remainder of total_cost` …, at most 80 characters.
    """

    stage: str
    basis: str
    country: str
    theme: str
    currency: str
    minor: int
    value_date: date | None
    column: int
    rule: str = "cell"
    price_basis: str = "current"


@dataclass(slots=True)
class Record:
    """An envelope, programme, project or figure as one row states it.

    `attributes` holds the columns of `<kind>_version` by their names there (fund_code, country_code, title, …), only
    those that the row states; `parent` and `programme` are references of the same source. `splits` maps kind
    (`country`, `theme`) to {code: share in parts per billion}; `earmarks` likewise.
    """

    kind: Kind
    ref: str
    attributes: dict[str, str | int | bool | date | None]
    amounts: list[Amount] = field(default_factory=list)
    parent: str | None = None
    programme: str | None = None
    #: envelope that a commitment is drawn on, where the row names one
    envelope: str | None = None
    splits: dict[str, dict[str, int]] = field(default_factory=dict)
    earmarks: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class ReadRow:
    """A row of a sheet in its state; `record` where the state is POSTED.

    `stated` gives the amounts that the row states by field and currency, in minor units, whatever its state
    ({"eu_contribution": ("EUR", 1200)}): from it come the sums over the states. `digest` is the SHA-256 (hexadecimal)
    of the row's raw values.
    """

    number: int
    state: RowState
    digest: str
    record: Record | None = None
    stated: dict[str, tuple[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ColumnRead:
    """How a column was read: `field` is None where it is none of ours."""

    index: int
    letter: str
    header: str
    field: str | None
    number_style: str | None = None
    currency: str | None = None
    unit: int = 1


@dataclass(frozen=True, slots=True)
class PrintedTotal:
    """A total that the sheet prints, and what the cells it is meant to be the sum of do add up to (minor units)."""

    row: int
    column: int
    label: str
    cells: str
    printed_minor: int
    computed_minor: int
    currency: str
    field: str | None


@dataclass(slots=True)
class ReadSheet:
    """A sheet as read. `rows` may be iterated once; `totals` and the reading's findings are complete after that."""

    name: str
    position: int
    kind: Kind
    header_rows: list[int]
    columns: list[ColumnRead]
    rows: Iterator[ReadRow]
    totals: list[PrintedTotal] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CoverageStatement:
    """A profile's statement that its file is the complete list for a scope (None: not limited)."""

    fund: str | None = None
    earmark: str | None = None
    country: str | None = None
    period_start: date | None = None
    period_end: date | None = None


@dataclass(slots=True)
class Reading:
    """A file, read: what it is, how it was read and its sheets. With a STOP finding it has no sheets.

    `findings` grows while the rows of `sheets` are iterated.
    """

    file: str
    sha256: str
    size: int
    format: str
    encoding: str | None = None
    delimiter: str | None = None
    profile: str | None = None
    profile_sha256: str | None = None
    #: namespace of the references: --set source=, else the profile's
    source: str = ""
    as_of: date | None = None
    is_illustrative: bool = False
    #: the file states a situation; else its rows are added to what the ledger holds of them
    is_situation: bool = True
    coverage: list[CoverageStatement] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    sheets: list[ReadSheet] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
