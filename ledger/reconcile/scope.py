"""Whether what the ledger holds completely covers what a figure speaks of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ledger.domain.periods import Period


@dataclass(frozen=True, slots=True)
class Scope:
    """What a figure speaks of: codes of funds and countries (empty: all), an earmark, and its days."""

    funds: tuple[str, ...] = ()
    earmark: str | None = None
    countries: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Covered:
    """A statement that everything of a scope is recorded. None and an empty tuple mean: not limited."""

    fund: str | None = None
    earmark: str | None = None
    countries: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    is_illustrative: bool = False


def is_covered(scope: Scope, statements: Iterable[Covered]) -> bool:
    """Whether statements, taken together, cover the scope: each of its funds in each of its countries, all its days.

    Days are not pieced together: one statement has to span them. A figure that is open at one side needs a statement
    that is open there too.
    """
    days = Period(scope.start, scope.end) if _in_order(scope) else None
    if days is None:
        return False
    usable = [
        statement
        for statement in statements
        if statement.earmark in (None, scope.earmark) and Period(statement.start, statement.end).contains(days)
    ]
    return all(
        any(
            statement.fund in (None, fund) and (not statement.countries or country in statement.countries)
            for statement in usable
        )
        for fund in scope.funds or (None,)
        for country in scope.countries or (None,)
    )


def _in_order(scope: Scope) -> bool:
    return scope.start is None or scope.end is None or scope.start <= scope.end
