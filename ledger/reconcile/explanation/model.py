"""The case that is to be explained, and what an explanation is. Amounts in minor units of the figure's currency."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction


class CauseKind(StrEnum):
    """The kinds of causes (DESIGN section 9); their names are part of the JSON."""

    DUPLICATE_ROW = "duplicate_row"
    MISSING_ROW = "missing_row"
    EXTRA_ROW = "extra_row"
    SCALE_ERROR = "scale_error"
    SIGN_ERROR = "sign_error"
    DIGIT_TRANSPOSITION = "digit_transposition"
    AMOUNT_CHANGED = "amount_changed"
    SUBTOTAL_COUNTED = "subtotal_counted"
    PARENT_AND_CHILD = "parent_and_child"
    OUT_OF_PERIOD = "out_of_period"
    OUT_OF_SCOPE = "out_of_scope"
    CURRENCY_UNCONVERTED = "currency_unconverted"
    BASIS_MIXED = "basis_mixed"
    ROUNDING = "rounding"


@dataclass(frozen=True, slots=True)
class RowPlace:
    """Where a row stands: 1-based row of a sheet of a file, the batch that entered it, and the cell of the amount."""

    ref: str
    file: str
    sheet: str
    row: int
    batch: int | None = None
    cell: str = ""


@dataclass(slots=True, eq=False)
class CaseRow:
    """A row of a sheet with what the ledger holds of it.

    `minor` is what it adds to the figure. `own` is the amount of its cell at the figure's stage and basis, whether it
    counts or not; `misses` says what keeps a row with an amount out of the figure (`fund`, `period` …). `others` are
    its amounts at other stages and bases, `total` its total cost where the list states one.
    """

    place: RowPlace
    minor: int = 0
    own: int = 0
    currency: str = "EUR"
    others: dict[tuple[str, str], int] = field(default_factory=dict)
    total: int | None = None
    #: Union co-financing as stated, in per cent
    rate: Fraction | None = None
    source: str = ""
    digest: str = ""
    title: str = ""
    beneficiary: str = ""
    unit: str = ""
    fund: str = ""
    country: str = ""
    parent: str | None = None
    day: date | None = None
    misses: frozenset[str] = frozenset()
    #: its reference or title is a word for a total
    says_total: bool = False
    #: the batch of a newer list of its source that does not repeat it
    vanished: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the figure counts the whole cell."""
        return self.minor == self.own != 0

    @property
    def sheet(self) -> tuple[int | None, str, str]:
        """The sheet that it stands on."""
        return self.place.batch, self.place.file, self.place.sheet


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was refused on import, with the amount in the figure's column (as it stands, sign and all)."""

    place: RowPlace
    minor: int
    code: str


@dataclass(frozen=True, slots=True)
class Rate:
    """Units of a currency per unit of the figure's currency, from one day to another."""

    currency: str
    #: as stated, exact decimal
    text: str
    rate: Fraction
    valid_from: date
    valid_to: date
    #: decimals of the currency
    digits: int = 2


@dataclass(frozen=True, slots=True)
class Difference:
    """What one record adds to the figure in the ledger, less what it adds in another source.

    `rows` are those of the ledger, or, for a record that only the source has, of the source.
    """

    kind: CauseKind
    rows: tuple[RowPlace, ...]
    effect: int
    note: str


@dataclass(frozen=True, slots=True)
class Source:
    """Another statement of the same rows: an earlier state of the ledger, a file, a batch. `total` is its own sum."""

    name: str
    total: int
    differences: tuple[Difference, ...]
    #: an earlier state of the ledger: of additions it cannot say that they are wrong
    is_history: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """What has to be taken out of the ledger's sum for the figure to hold: `low` to `high`, both included.

    None: no limit on that side. Zero never lies inside: then there is nothing to explain.
    """

    low: int | None
    high: int | None

    def __contains__(self, effect: int) -> bool:
        return (self.low is None or effect >= self.low) and (self.high is None or effect <= self.high)

    def rest(self, effect: int) -> int:
        """What stays open once `effect` is taken out: 0 inside, else the way to the nearer end, with its sign."""
        if self.high is not None and effect > self.high:
            return self.high - effect
        if self.low is not None and effect < self.low:
            return self.low - effect
        return 0

    def less(self, effect: int) -> Target:
        """The target that is left beside a cause of this effect."""
        low, high = (None if end is None else end - effect for end in (self.low, self.high))
        return Target(low, high)

    @property
    def size(self) -> int | None:
        """How many whole minor units lie inside; None for no limit."""
        return None if self.low is None or self.high is None else self.high - self.low + 1


@dataclass(slots=True)
class Case:
    """A figure that differs from the ledger, with everything that may explain it."""

    target: Target
    #: what the ledger has, in minor units
    ledger: int
    stage: str
    basis: str
    currency: str
    rows: list[CaseRow] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    rates: list[Rate] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    #: what the figure's scope limits: `fund`, `country`, `period` …
    limits: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Cause:
    """One named cause. `effect` is what it adds to the ledger's sum (negative: what it keeps out).

    With `one_of` any single one of the rows accounts for the effect equally well; else they all belong to it.
    """

    kind: CauseKind
    rows: tuple[RowPlace, ...]
    effect: int
    note: str
    one_of: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """Causes that together account for the difference but for `residual`.

    `score` says by how many bits (powers of two) this account beats chance; more is better.
    """

    causes: tuple[Cause, ...]
    residual: int
    score: int
