"""The rows of the ledger against the same rows elsewhere: record by record, each difference named for what it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from ledger.domain.money import display
from ledger.reconcile.explanation.model import (
    CaseRow,
    CauseKind,
    Difference,
    Rate,
    RejectedRow,
    RowPlace,
    Source,
)

_FACTORS = (10, 100, 1000, 1_000_000)
#: From this part of the records on, small differences are the rounding of the list and no changes of its rows.
_MOST = Fraction(1, 2)
#: An amount that differs by less than this part of it is no other amount of its row.
_PLAIN = 1000
_MISSED = {
    "period": CauseKind.OUT_OF_PERIOD,
    "as_of": CauseKind.OUT_OF_PERIOD,
    "undated": CauseKind.OUT_OF_PERIOD,
    "currency": CauseKind.CURRENCY_UNCONVERTED,
    "stage": CauseKind.BASIS_MIXED,
    "basis": CauseKind.BASIS_MIXED,
}


@dataclass(slots=True)
class _Record:
    """All rows of one reference, and what they add to the figure together."""

    rows: list[CaseRow] = field(default_factory=list)

    @property
    def minor(self) -> int:
        return sum(row.minor for row in self.rows)

    @property
    def own(self) -> int:
        return sum(row.own for row in self.rows)

    @property
    def stating(self) -> int:
        """How many rows state an amount of it."""
        return sum(1 for row in self.rows if row.own)

    @property
    def stands(self) -> bool:
        return any(row.own for row in self.rows)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another source: its rows under the figure's scope, its name as it is told ("batch 3", "list.xlsx")."""

    name: str
    rows: Sequence[CaseRow]
    is_history: bool = False


def compared(
    now: Sequence[CaseRow],
    other: Elsewhere,
    *,
    rejected: Sequence[RejectedRow] = (),
    rates: Sequence[Rate] = (),
    currency: str = "EUR",
) -> Source:
    """What differs between the ledger and another source; the effects add up to the difference of their totals."""
    comparison = _Comparison(other.name, rejected, rates, currency)
    own, theirs = _records(now), _records(other.rows)
    _pair_renamed(own, theirs)
    differences: list[Difference] = []
    for ref in (*own, *(ref for ref in theirs if ref not in own)):
        here, there = own.get(ref, _Record()), theirs.get(ref, _Record())
        if here.minor != there.minor:
            differences.append(comparison.difference(ref, here, there))
    differences = comparison.with_rounding(differences, sum(1 for record in own.values() if record.minor))
    differences = comparison.with_twins(differences, own)
    differences = comparison.with_families(differences, own, theirs)
    total = sum(row.minor for row in other.rows)
    return Source(other.name, total, tuple(differences), is_history=other.is_history)


def _records(rows: Iterable[CaseRow]) -> dict[str, _Record]:
    found: dict[str, _Record] = {}
    for row in rows:
        found.setdefault(row.place.ref, _Record()).rows.append(row)
    return found


def _pair_renamed(own: dict[str, _Record], theirs: dict[str, _Record]) -> None:
    """Records that only one side has under its reference, and the other under another: same title and amount."""

    def likeness(record: _Record) -> tuple[str, int]:
        return record.rows[0].title.casefold(), record.minor

    left = {likeness(record): ref for ref, record in own.items() if ref not in theirs and record.minor}
    for ref in [ref for ref in theirs if ref not in own and theirs[ref].minor]:
        if ref and (mine := left.pop(likeness(theirs[ref]), None)) is not None:
            theirs[mine] = theirs.pop(ref)


class _Comparison:
    def __init__(self, name: str, rejected: Sequence[RejectedRow], rates: Sequence[Rate], currency: str) -> None:
        self._name, self._rates, self._currency = name, rates, currency
        self._rejected: Mapping[str, RejectedRow] = {row.place.ref: row for row in rejected if row.place.ref}

    def difference(self, ref: str, here: _Record, there: _Record) -> Difference:
        """What one record's difference is."""
        effect = here.minor - there.minor
        if not here.stands:
            return self._missing(ref, there, effect)
        if not there.stands:
            return self._only_here(here, effect)
        return self._changed(here, there, effect)

    def _missing(self, ref: str, there: _Record, effect: int) -> Difference:
        refused = self._rejected.get(ref)
        places = tuple(row.place for row in there.rows)
        if refused is not None:
            kind = CauseKind.SIGN_ERROR if refused.code == "amount-negative" else CauseKind.MISSING_ROW
            told = f"{display(refused.minor, self._currency)} was refused on import [{refused.code}]"
            return Difference(
                kind, (refused.place, *places), effect, f"{told}; {self._name} has {self._money(there.minor)}"
            )
        told = f"{self._money(there.minor)} of {self._name} is not in the ledger"
        return Difference(CauseKind.MISSING_ROW, places, effect, told)

    def _only_here(self, here: _Record, effect: int) -> Difference:
        row = here.rows[0]
        kind = CauseKind.SUBTOTAL_COUNTED if row.says_total else CauseKind.EXTRA_ROW
        told = f"{self._money(here.minor)} is not in {self._name}"
        return Difference(kind, tuple(row.place for row in here.rows), effect, told)

    def _changed(self, here: _Record, there: _Record, effect: int) -> Difference:
        places = tuple(row.place for row in here.rows if row.own)
        row, other = here.rows[0], there.rows[0]
        kind, told = self._reading(here, there)
        if kind is CauseKind.AMOUNT_CHANGED:
            told = f"{self._money(here.minor)} instead of {self._money(there.minor)}"
        elif kind is CauseKind.PARENT_AND_CHILD:
            told = f"{self._money(row.own)} belongs to {other.parent or row.parent}"
        return Difference(kind, places, effect, f"{told}, by {self._name}")

    def _reading(self, here: _Record, there: _Record) -> tuple[CauseKind, str]:
        row = next(row for row in here.rows if row.own)
        other = next(row for row in there.rows if row.own)
        if row.parent != other.parent and here.own == there.own:
            return CauseKind.PARENT_AND_CHILD, ""
        if here.stating > there.stating and here.own % there.own == 0 and here.own > there.own:
            return CauseKind.DUPLICATE_ROW, f"{self._money(row.own)} stands {here.own // there.own} times"
        missed = next((row.misses for row in here.rows if row.misses and not here.minor), frozenset())
        for why in sorted(missed):
            stated = {"fund": row.fund, "country": row.country, "currency": row.currency}.get(why, "")
            day = f"{row.day}" if why in ("period", "as_of") else ""
            told = " ".join(filter(None, (f"{display(row.own, row.currency)} is left out for its {why}", stated, day)))
            return _MISSED.get(why, CauseKind.OUT_OF_SCOPE), told
        return self._amounts(row, other, here.own, there.own)

    def _amounts(self, row: CaseRow, other: CaseRow, here: int, there: int) -> tuple[CauseKind, str]:
        """What makes one amount of the other."""
        told = f"{self._money(here)} instead of {self._money(there)}"
        if here == -there:
            return CauseKind.SIGN_ERROR, told
        for factor in _FACTORS:
            if here == there * factor or abs(there - here * factor) * 2 <= factor:
                return CauseKind.SCALE_ERROR, f"{told}: a factor of {factor:,}"
        if _is_transposed(here, there):
            return CauseKind.DIGIT_TRANSPOSITION, f"{told}: two neighbouring digits are swapped"
        for rate in self._rates:
            if abs(rate.rate - 1) > Fraction(1, 100) and abs(there * rate.rate - here) <= max(Fraction(1), rate.rate):
                return CauseKind.CURRENCY_UNCONVERTED, f"{told}: {rate.currency} at {rate.text}"
        whole = row.total if other.total is None else other.total
        # Where the share is all of the whole, the cents of a rounded amount make no whole of it.
        if abs(here - there) * _PLAIN > here and (whole == here or here in row.others.values()):
            return CauseKind.BASIS_MIXED, f"{told}: it is the whole, not the share"
        return CauseKind.AMOUNT_CHANGED, told

    def with_rounding(self, differences: list[Difference], records: int) -> list[Difference]:
        """Many small differences are one: the list is rounded."""
        for unit in (100, 1000, 10_000, 100_000):
            small = [
                each for each in differences if abs(each.effect) <= unit // 2 and each.kind is CauseKind.AMOUNT_CHANGED
            ]
            if len(small) > 3 and len(small) > _MOST * records:
                rows = tuple(place for each in small for place in each.rows)
                effect = sum(each.effect for each in small)
                told = f"{len(small)} amounts are rounded, each by up to {self._money(unit // 2)}, by {self._name}"
                left = [each for each in differences if not any(each is one for one in small)]
                return [*left, Difference(CauseKind.ROUNDING, rows, effect, told)]
        return differences

    def with_twins(self, differences: list[Difference], own: Mapping[str, _Record]) -> list[Difference]:
        """A record that only the ledger has is a duplicate where another one is the same but for its reference."""
        by_content: dict[tuple[str, str, int], list[RowPlace]] = {}
        for record in own.values():
            for row in record.rows:
                if row.title and row.own:
                    key = (row.title.casefold(), row.beneficiary.casefold(), row.own)
                    by_content.setdefault(key, []).append(row.place)
        made = []
        for each in differences:
            if each.kind is CauseKind.EXTRA_ROW:
                row = own[each.rows[0].ref].rows[0]
                alike = by_content.get((row.title.casefold(), row.beneficiary.casefold(), row.own), [])
                if len(alike) > 1:
                    told = f"{self._money(row.own)} stands under {' and '.join(place.ref for place in alike[:3])}"
                    made.append(Difference(CauseKind.DUPLICATE_ROW, tuple(alike), each.effect, told))
                    continue
            made.append(each)
        return made

    def with_families(
        self, differences: list[Difference], own: Mapping[str, _Record], theirs: Mapping[str, _Record]
    ) -> list[Difference]:
        """The parts of one decision that have lost it are one difference, and it shows the decision."""
        families: dict[str, list[Difference]] = {}
        made = []
        for each in differences:
            other = theirs.get(each.rows[0].ref)
            if each.kind is CauseKind.PARENT_AND_CHILD and other is not None:
                families.setdefault(other.rows[0].parent or "", []).append(each)
            else:
                made.append(each)
        for ref, family in families.items():
            if len(family) == 1 or not ref:
                made += family
                continue
            effect = sum(each.effect for each in family)
            rows = tuple(place for each in family for place in each.rows)
            told = f"{len(rows)} rows, {self._money(effect)}, belong to {ref}, by {self._name}"
            made.append(Difference(CauseKind.PARENT_AND_CHILD, rows, effect, told))
        return [self._with_decision(each, own, theirs) for each in made]

    @staticmethod
    def _with_decision(each: Difference, own: Mapping[str, _Record], theirs: Mapping[str, _Record]) -> Difference:
        other = theirs.get(each.rows[0].ref)
        above = None if other is None else own.get(other.rows[0].parent or "")
        if each.kind is not CauseKind.PARENT_AND_CHILD or above is None:
            return each
        return Difference(each.kind, (*each.rows, above.rows[0].place), each.effect, each.note)

    def _money(self, minor: int) -> str:
        return display(minor, self._currency)


def _is_transposed(one: int, other: int) -> bool:
    first, second = str(one), str(other)
    if len(first) != len(second):
        return False
    apart = [at for at in range(len(first)) if first[at] != second[at]]
    return (
        len(apart) == 2
        and apart[1] == apart[0] + 1
        and first[apart[0]] == second[apart[1]]
        and first[apart[1]] == second[apart[0]]
    )
