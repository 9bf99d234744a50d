"""From booked amounts to the rows of a case: which amounts the figure counts, and what keeps each other one out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from ledger.reconcile.explanation.model import CaseRow, RowPlace

#: 100 % in parts per billion.
_WHOLE = 1_000_000_000
_NOTHING: frozenset[str] = frozenset()
_ELSEWHERE = frozenset(("stage", "basis"))


class Account(NamedTuple):
    """Where money stands, as far as a scope looks at it."""

    holder: int | str | None
    stage: str
    basis: str
    currency: str
    price_basis: str
    fund: str
    country: str
    theme: str


@dataclass(frozen=True, slots=True)
class Holder:
    """A project as its newest version states it. `earmarks` are shares in parts per billion."""

    ref: str
    source: str = ""
    title: str = ""
    beneficiary: str = ""
    unit: str = ""
    fund: str = ""
    country: str = ""
    parent: str | None = None
    programme: str | None = None
    rate: Fraction | None = None
    earmarks: Mapping[str, int] | None = None
    #: its reference or title is a word for a total
    says_total: bool = False


class Piece(NamedTuple):
    """One booked amount: what arrived at an account, from which cell; `drawn_on` where it came from the same stage."""

    row: int
    minor: int
    account: Account
    day: date | None
    column: int | None
    rule: str
    drawn_on: Account | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a figure counts; empty means no limit. Dates are inclusive."""

    stage: str
    basis: str
    currency: str
    funds: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    earmark: str | None = None
    programme: str | None = None
    project: str | None = None
    start: date | None = None
    end: date | None = None
    as_of: date | None = None

    @property
    def limits(self) -> frozenset[str]:
        """Which of fund, country, theme, earmark and period it limits."""
        limited = {
            "fund": self.funds,
            "country": self.countries,
            "theme": self.themes,
            "earmark": self.earmark,
            "programme": self.programme or self.project,
            "period": self.start or self.end,
        }
        return frozenset(name for name, limit in limited.items() if limit)

    def misses(self, account: Account, holder: Holder | None, day: date | None) -> frozenset[str]:
        """What keeps an amount out of the figure, empty where it counts."""
        found = []
        if account.stage != self.stage:
            found.append("stage")
        if self.basis and account.basis != self.basis:
            found.append("basis")
        if account.currency != self.currency:
            found.append("currency")
        if account.price_basis != "current":
            found.append("prices")
        if self.funds and account.fund not in self.funds:
            found.append("fund")
        if self.countries and account.country not in self.countries:
            found.append("country")
        if self.themes and account.theme not in self.themes:
            found.append("theme")
        if self.earmark or self.programme or self.project:
            found += self._not_of(holder)
        if day is None:
            if self.start is not None or self.end is not None:
                found.append("undated")
            return frozenset(found) if found else _NOTHING
        if (self.start is not None and day < self.start) or (self.end is not None and day > self.end):
            found.append("period")
        if self.as_of is not None and day > self.as_of:
            found.append("as_of")
        return frozenset(found) if found else _NOTHING

    def _not_of(self, holder: Holder | None) -> Iterator[str]:
        """Which of earmark, programme and project its project does not have."""
        if self.earmark and (holder is None or self.earmark not in (holder.earmarks or {})):
            yield "earmark"
        if self.programme and (holder is None or holder.programme != self.programme):
            yield "programme"
        if self.project and (holder is None or holder.ref != self.project):
            yield "project"

    def is_level(self, account: Account) -> bool:
        """Whether an account stands at the figure's stage and basis."""
        return account.stage == self.stage and (not self.basis or account.basis == self.basis)


@dataclass(frozen=True, slots=True)
class Stated:
    """What a list states beside its booked amounts: by row, the total cost (minor units), where it has such a column.

    `vanished`: rows that a newer list of their source does not repeat, with the batch of that list.
    """

    places: Mapping[int, tuple[str, str, int, int | None, str]]
    has_total: Callable[[int], bool]
    totals: Mapping[int, int]
    vanished: Mapping[int, int] = field(default_factory=dict)


def case_rows(
    pieces: Iterable[Piece], holders: Mapping[int | str, Holder], scope: Scope, stated: Stated
) -> list[CaseRow]:
    """One case row for each source row, with what it adds to the figure and what it states besides."""
    by_row: dict[int, list[Piece]] = {}
    for piece in pieces:
        by_row.setdefault(piece.row, []).append(piece)
    made = []
    for row, own_pieces in by_row.items():
        if row not in stated.places:
            continue
        made.append(_case_row(row, own_pieces, holders, scope, stated))
    standing = {(row.source, row.place.ref) for row in made if row.own and not row.misses & _ELSEWHERE}
    for each in made:
        # Its project has an amount at the figure's stage and basis, from another row: this one is not out of place.
        if each.misses & _ELSEWHERE and (each.source, each.place.ref) in standing:
            each.own, each.misses = 0, _NOTHING
    made.sort(key=lambda each: (each.place.batch or 0, each.place.file, each.place.sheet, each.place.row))
    return made


@dataclass(slots=True)
class _Added:
    """What the pieces of one row come to: counted, at the figure's stage and basis, committed in all, elsewhere."""

    minor: int = 0
    own: int = 0
    whole: int = 0
    best: Piece | None = None
    missed: frozenset[str] | None = None
    others: dict[tuple[str, str], int] = field(default_factory=dict)


def _case_row(
    row: int, pieces: list[Piece], holders: Mapping[int | str, Holder], scope: Scope, stated: Stated
) -> CaseRow:
    file, sheet, number, batch, digest = stated.places[row]
    holder = holders.get(pieces[0].account.holder or "") or Holder("")
    added = _added(pieces, holder, holders, scope)
    best, missed, own = added.best, added.missed, added.own
    if best is None:
        best = max(pieces, key=lambda piece: piece.minor)
        missed = scope.misses(best.account, holder, best.day)
        own = best.minor if len(missed) == 1 else 0
    column = best.column if own else None
    return CaseRow(
        place=RowPlace(holder.ref, file, sheet, number, batch, f"{_letter(column)}{number}" if column else ""),
        minor=added.minor,
        own=own,
        currency=best.account.currency,
        others=added.others,
        total=_total(row, scope, stated, added.whole, added.others),
        rate=holder.rate if scope.stage == "committed" else None,
        source=holder.source,
        digest=digest,
        title=holder.title,
        beneficiary=holder.beneficiary,
        unit=holder.unit,
        fund=best.account.fund,
        country=best.account.country,
        parent=holder.parent,
        day=best.day,
        misses=missed if missed and not added.minor else _NOTHING,
        says_total=holder.says_total,
        vanished=stated.vanished.get(row),
    )


def _added(pieces: list[Piece], holder: Holder, holders: Mapping[int | str, Holder], scope: Scope) -> _Added:
    added = _Added()
    for piece in pieces:
        account, minor = piece.account, piece.minor
        if account.stage == "committed":
            added.whole += minor
        if scope.is_level(account):
            misses = scope.misses(account, holder, piece.day)
            added.minor += _counted(piece, holder, holders, scope, is_missed=bool(misses))
            added.own += minor
            added.best = piece
            if misses and (added.missed is None or len(misses) < len(added.missed)):
                added.missed = misses
        elif account.currency == scope.currency:
            key = (account.stage, account.basis)
            added.others[key] = added.others.get(key, 0) + minor
    return added


def _counted(
    piece: Piece, holder: Holder, holders: Mapping[int | str, Holder], scope: Scope, *, is_missed: bool
) -> int:
    """What an amount at the figure's stage and basis adds to it, less what it takes from the project above it."""
    counted = 0 if is_missed else piece.minor
    above = piece.drawn_on
    if above is not None and not scope.misses(above, holders.get(above.holder or ""), piece.day):
        counted -= piece.minor
    if scope.earmark and counted:
        share = (holder.earmarks or {}).get(scope.earmark, 0)
        counted = (counted * share * 2 + _WHOLE) // (2 * _WHOLE)
    return counted


def _total(row: int, scope: Scope, stated: Stated, whole: int, others: Mapping[tuple[str, str], int]) -> int | None:
    """What the row's amount is a share of: the total cost of a commitment, else the commitment."""
    if scope.stage == "committed":
        return (stated.totals.get(row) or whole) if stated.has_total(row) else None
    return others.get(("committed", "eu"))


def _letter(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
