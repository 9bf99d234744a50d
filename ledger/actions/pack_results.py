"""The results in an audit pack: what the ledger says, together with what it takes to compute it anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ledger.actions.reconcile import reconcile
from ledger.domain.money import Money
from ledger.reconcile.verdicts import FigureResult
from ledger.reporting.exact_json import plain
from ledger.store import envelopes, figures, postings
from ledger.store.database import Connection, Database
from ledger.store.envelopes import EnvelopeState
from ledger.store.figures import FoundFigure
from ledger.store.totals import Filter, totals

#: What the totals are taken by; currency, price basis and kind of data follow, and the minor units come last.
TOTALS_BY = ("stage", "basis", "fund", "country", "theme", "year")
_DEFINITION = (
    "Minor units that came in to accounts of the stage from an earlier or the same stage, less what went back; without "
    "the outside world, and of envelopes those alone that are nodes of a tree. Year: of the value date, null without one."
)


def balances(connection: Connection) -> Iterator[list[int]]:
    """Every kept balance: account, year (0: undated), to date, passed on."""
    return (list(row) for row in postings.balances(connection))


def all_totals(connection: Connection, *, with_illustrative: bool) -> dict[str, Any]:
    """Every total of the ledger at the finest grain that a summary has, with its definition."""
    rows = [
        [
            *found.keys[:-1],
            int(found.keys[-1]) or None,
            found.currency,
            found.price_basis,
            found.is_illustrative,
            found.minor,
        ]
        for found in totals(connection, Filter(with_illustrative=with_illustrative), TOTALS_BY)
    ]
    return {
        "definition": _DEFINITION,
        "by": [*TOTALS_BY, "currency", "prices", "illustrative", "minor"],
        "with_illustrative": with_illustrative,
        "rows": sorted(rows, key=lambda row: [str(value) for value in row]),
    }


def all_figures(database: Database, connection: Connection, head: int, *, with_illustrative: bool) -> dict[str, Any]:
    """The verdict on every published figure, and where a sum is behind it, the question that the sum answers."""
    done = reconcile(database, with_illustrative=with_illustrative, known_at=head)
    known = {figure.ref: figure for figure in figures.current(connection, head)}
    states = {state.ref: state for state in envelopes.states(connection, head)}
    told = []
    for result in done.results:
        found = FoundFigure(known[result.figure], None)
        asked = [
            wanted
            for _, wanted in figures.filters(connection, found, with_illustrative=with_illustrative, known_at=head)
        ]
        told.append({**plain(result), "sum": _behind(connection, result, asked, states)})
    return {"with_illustrative": with_illustrative, "known_at": head, "figures": told}


def _behind(
    connection: Connection, result: FigureResult, asked: Sequence[Filter], states: dict[str, EnvelopeState]
) -> dict[str, Any] | None:
    """The questions whose sums add up to what the verdict has of the ledger; None where it is no such sum."""
    if not isinstance(result.ledger, Money) or not asked:
        return None
    currency, minor = result.ledger.currency, result.ledger.minor
    if asked[0].envelope is not None:
        meant = [states[wanted.envelope] for wanted in asked if wanted.envelope in states]
        prices = {state.price_basis for state in meant if state.currency == currency}
        if len(meant) < len(asked) or len(prices) != 1 or sum(state.stated_minor for state in meant) != minor:
            return None
        return {"prices": prices.pop(), "questions": [_question(wanted, "given") for wanted in asked]}
    for wanted in asked:
        found = totals(connection, wanted)
        if sum(each.minor for each in found if (each.currency, each.price_basis) == (currency, "current")) == minor:
            return {"prices": "current", "questions": [_question(wanted, "to_date")]}
    return None


def _question(wanted: Filter, kind: str) -> dict[str, Any]:
    """A filter as data: lists are alternatives and empty ones no limit; `given` is what was stated for an envelope."""
    return {
        "sum": kind,
        "stages": [wanted.stage] if wanted.stage else [],
        "bases": list(wanted.bases),
        "funds": list(wanted.funds),
        "countries": list(wanted.countries),
        "themes": list(wanted.themes),
        "units": list(wanted.units),
        "earmark": wanted.earmark,
        "programme": wanted.programme,
        "project": wanted.project,
        "envelope": wanted.envelope,
        **{name: plain(getattr(wanted, name)) for name in ("period_start", "period_end", "as_of")},
    }
