"""What is compared: items of two sides with their fields and their amounts by measure, and what comes of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ledger.domain.records import NO_COUNTRY, NO_FUND, NO_THEME
from ledger.domain.stages import Basis, Stage

#: A field of an item by its name in a list, and where the attributes of a record (and of a version) keep it.
FIELDS: dict[str, str] = {
    "title": "title",
    "beneficiary": "beneficiary",
    "beneficiary_country": "beneficiary_country",
    "country": "country_code",
    "location": "location",
    "nuts": "nuts",
    "postcode": "postcode",
    "city": "city",
    "start_date": "start_date",
    "end_date": "end_date",
    "decision_date": "decision_date",
    "status": "status",
    "unit": "unit",
    "fund": "fund_code",
    "programme": "programme",
    "eu_rate": "eu_rate",
    "priority": "priority",
    "specific_objective": "specific_objective",
    "intervention_type": "intervention_type",
    "theme": "theme_text",
    "call": "call",
    "year": "year",
    "managing_authority": "managing_authority",
    "summary": "summary",
    "url": "url",
    "period_start": "period_start",
    "period_end": "period_end",
    "role": "role",
    "vintage": "vintage",
    "legal_reference": "legal_reference",
}
#: What a code list says for "the source does not say".
UNSTATED = frozenset((NO_COUNTRY, NO_FUND, NO_THEME))
_BASIS_FIELDS = {
    Basis.EU: "eu_contribution",
    Basis.NATIONAL_PUBLIC: "national_public",
    Basis.PUBLIC: "public_contribution",
    Basis.PRIVATE: "private",
    Basis.OTHER: "other_contribution",
}
#: The column whose remainder over the shares is booked as other money, and its measure within a row.
TOTAL: Final = "total_cost"
_GENERATED = re.compile(r"gen-[0-9a-f]{12}(-\d+)?")


class Measure(NamedTuple):
    """What an amount is: amounts of two measures are never held against each other in silence."""

    stage: str
    basis: str
    currency: str
    price_basis: str
    #: of an envelope: 2021-01-01/2027-12-31
    period: str = ""

    @property
    def account(self) -> tuple[str, str, str, str]:
        """What a ledger's account knows of it: all but the period."""
        return self[:4]

    @property
    def field(self) -> str:
        """The column of a list that states it: `eu_contribution`, `paid`; a basis of a later stage as `paid/private`."""
        if self.stage == Stage.ALLOCATED:
            return "amount"
        if self.stage == Stage.COMMITTED:
            return _BASIS_FIELDS[Basis(self.basis)]
        return self.stage if self.basis == Basis.EU else f"{self.stage}/{self.basis}"


class Place(NamedTuple):
    """Where a row stands; `batch` where the ledger holds it."""

    file: str
    sheet: str
    row: int
    batch: int | None = None


@dataclass(slots=True)
class Item:
    """A row of a list, or a project, programme or envelope of a ledger.

    `amounts` are minor units by measure, and within it by country; `nested` names those measures that lie inside a
    parent of the same side, and so are not added up. `digest` is the row's, where the item is one row of a file; `total` is
    the currency and minor units of its total cost, where it states one.
    """

    ref: str
    source: str
    fields: dict[str, str]
    amounts: dict[Measure, dict[str, int]]
    places: tuple[Place, ...]
    digest: str = ""
    total: tuple[str, int] | None = None
    parent: str | None = None
    nested: frozenset[Measure] = frozenset()
    kind: str = "projects"

    def minor(self, measure: Measure) -> int:
        """The whole amount that it states."""
        return sum(self.amounts.get(measure, {}).values())

    def counted(self, measure: Measure) -> int:
        """The amount as it counts to the total: nil inside a parent."""
        return 0 if measure in self.nested else self.minor(measure)

    @property
    def key(self) -> tuple[str, bool]:
        """Its reference, and whether that was made by us: made ones of rows alike in name differ by a number alone."""
        made = _GENERATED.fullmatch(self.ref)
        return (self.ref[:16], True) if made else (self.ref, False)


@dataclass(slots=True)
class Side:
    """One of the two lists. `stated` names the fields that it has a column for; `is_ledger` that each item is there once."""

    items: list[Item]
    stated: frozenset[str]
    is_ledger: bool = False

    def measures(self) -> set[Measure]:
        """Every measure that an item of it states."""
        return {measure for item in self.items for measure in item.amounts}

    def states(self, measure: Measure) -> bool:
        """Whether it has a place for such amounts, though no row may hold one; a ledger has one for each stage and basis.

        A currency or price basis that no row of it has is another matter.
        """
        held = self.measures()
        if held and (measure.currency, measure.price_basis) not in {(m.currency, m.price_basis) for m in held}:
            return False
        by_difference = measure.basis == Basis.OTHER and TOTAL in self.stated
        return self.is_ledger or measure in held or measure.field in self.stated or by_difference


@dataclass(frozen=True, slots=True)
class Change:
    """A field of a pair that differs; texts, or minor units where `currency` is given."""

    field: str
    left: str | int | None
    right: str | int | None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Items that are the same by `by`: key, key-folded, rows (several rows of one key), likeness."""

    left: tuple[Item, ...]
    right: tuple[Item, ...]
    by: str
    changes: tuple[Change, ...] = ()

    def effect(self, measure: Measure) -> int:
        """Left less right, as it counts to the totals."""
        return counted(self.left, measure) - counted(self.right, measure)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two items without a common key that look alike: `score` of 100, the reasons, and whether another is as good."""

    left: Item
    right: Item
    score: int
    reasons: tuple[str, ...]
    is_tied: bool = False


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Rows of one side that seem to state the same money twice: `kind` as for the causes of a difference."""

    side: str
    kind: str
    items: tuple[Item, ...]
    measure: Measure
    minor: int
    why: str


@dataclass(frozen=True, slots=True)
class Balance:
    """One measure: left - right = extra - missing + changed, to the minor unit; `field` is the column that states it."""

    measure: Measure
    field: str
    right_measure: Measure
    left: int
    right: int
    extra: int
    missing: int
    changed: int

    @property
    def difference(self) -> int:
        """Left less right."""
        return self.left - self.right


@dataclass(slots=True)
class Comparison:
    """What two sides have in common, and what not."""

    pairs: list[Pair] = field(default_factory=list)
    extra: list[Item] = field(default_factory=list)
    missing: list[Item] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    suspicions: list[Suspicion] = field(default_factory=list)
    balances: list[Balance] = field(default_factory=list)
    #: measures that one side alone has a place for, with its total
    apart: list[tuple[str, Measure, int]] = field(default_factory=list)
    #: fields that one side alone has a column for
    fields_apart: dict[str, list[str]] = field(default_factory=dict)

    @property
    def changed(self) -> list[Pair]:
        """The pairs that differ in something."""
        return [pair for pair in self.pairs if pair.changes]


def column_of(measure: Measure, sides: Iterable[Side]) -> str:
    """The name of its column; the total cost where lists state that alone, and no share of it."""
    shares = set(_BASIS_FIELDS.values())
    alone = all(TOTAL in side.stated and not side.stated & shares for side in sides if not side.is_ledger)
    return TOTAL if alone and measure.basis == Basis.OTHER and measure.field in shares else measure.field


def counted(items: Iterable[Item], measure: Measure) -> int:
    """What the items add to a total."""
    return sum(item.counted(measure) for item in items)
