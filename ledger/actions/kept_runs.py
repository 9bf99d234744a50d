"""Keeping the verdicts of a run, and finding the last ones that were kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from ledger.reconcile.since import Verdicted
from ledger.store import runs, standing
from ledger.store.database import Connection

#: What must be the same for two verdicts on a figure to answer the same question.
SAME: Final = ("as_of", "with_illustrative")


def question(
    figures: Sequence[str], fund: Sequence[str], country: Sequence[str], as_of: date | None, *, with_illustrative: bool
) -> dict[str, Any]:
    """What was asked, as it is kept."""
    return {
        "figures": sorted(figures),
        "fund": sorted(fund),
        "country": sorted(country),
        "as_of": None if as_of is None else as_of.isoformat(),
        "with_illustrative": with_illustrative,
    }


def keep(
    connection: Connection, asked: Mapping[str, Any], known_at: int, verdicts: Sequence[Verdicted]
) -> tuple[int, int]:
    """Keep a run; returns its number and that of its batch. DatabaseProblem for a login that sees a part only."""
    standing.require_writer(connection, "run")
    standing.require_whole_view(connection, "a kept run")
    return runs.keep(connection, dict(asked), known_at, [verdict.row() for verdict in verdicts])


def last_verdicts(
    connection: Connection, asked: Mapping[str, Any], known_at: int | None
) -> dict[str, tuple[int, Verdicted]]:
    """Of each figure the newest kept verdict on the same question, with the number of its run."""
    found: dict[str, tuple[int, Verdicted]] = {}
    for run in runs.listing(connection, known_at):
        if all(run.question.get(key) == asked[key] for key in SAME):
            found |= {each.figure: (run.number, each) for each in verdicts_of(connection, run.number)}
    return found


def verdicts_of(connection: Connection, number: int) -> list[Verdicted]:
    """The verdicts of a run in their order."""
    return [Verdicted.of_row(row) for row in runs.results(connection, number)]
