"""Runs of `reconcile` that were kept: keep one, list them, show one again, hold two beside each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from ledger.actions import reconcile as reconciling
from ledger.actions.kept_runs import SAME, verdicts_of
from ledger.domain.findings import Finding
from ledger.reconcile.quantities import Quantity, quantity
from ledger.reconcile.since import Since, Verdicted, since
from ledger.store import runs, schema
from ledger.store.database import Connection, Database
from ledger.store.runs import KeptRun


@dataclass(frozen=True, slots=True)
class KeptVerdict:
    """The verdict on a figure in a run."""

    figure: str
    verdict: str
    rule: str
    stated: Quantity | None
    low: Quantity | None
    high: Quantity | None
    low_inclusive: bool
    high_inclusive: bool
    ledger: Quantity | None
    complete: bool
    waiver: int | None


@dataclass(frozen=True, slots=True)
class RunView:
    """A run with its verdicts; `same` says whether the ledger still gives them for the batch that it knew."""

    run: KeptRun
    verdicts: tuple[KeptVerdict, ...]
    same: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A figure in two runs; None where it is in one of them only."""

    figure: str
    before: str | None
    after: str | None
    since: Since | None


@dataclass(slots=True)
class Compared:
    """Two runs: how many figures stand alike, and what became of the others."""

    earlier: int | None = None
    later: int | None = None
    alike: int = 0
    changes: list[Change] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def list_runs(database: Database) -> list[KeptRun]:
    """Every kept run, oldest first."""
    schema.require_current(database)
    with database.read() as connection:
        return runs.listing(connection)


def show_run(database: Database, number: int) -> tuple[RunView | None, list[Finding]]:
    """One run, judged again for the batch that it knew: a verdict that comes out differently is a finding."""
    schema.require_current(database)
    with database.read() as connection:
        run = _find(connection, number)
        if run is None:
            return None, [_unknown(number)]
        kept = verdicts_of(connection, number)
        asked = run.question
        again = reconciling.judge_all(
            connection,
            [each.figure for each in kept],
            with_illustrative=asked["with_illustrative"],
            as_of=None if asked["as_of"] is None else date.fromisoformat(asked["as_of"]),
            known_at=run.known_at,
        )
    now = {each.figure: each for each in again.verdicts}
    findings = []
    for each in kept:
        found = now.get(each.figure)
        # Whether a waiver held was a matter of the day.
        differs = [] if found is None else [name for name in since(number, each, found).changed if name != "waiver"]
        if found is None or differs:
            what = "it is not judged any more" if found is None else f"another {', '.join(differs)} comes out"
            findings.append(Finding("run-differs", f"run {number}: {each.figure}: {what}"))
    return RunView(run, tuple(map(_shown, kept)), same=not findings), findings


def compare_runs(database: Database, later: int, earlier: int | None = None) -> Compared:
    """A run beside an earlier one: that of the number given, else the last before it on the same question."""
    schema.require_current(database)
    done = Compared()
    with database.read() as connection:
        known = {run.number: run for run in runs.listing(connection)}
        for number in (later, earlier):
            if number is not None and number not in known:
                done.findings.append(_unknown(number))
        if done.findings:
            return done
        if earlier is None:
            same = [
                n
                for n, run in known.items()
                if n < later and all(run.question[k] == known[later].question[k] for k in SAME)
            ]
            if not same:
                done.findings.append(Finding("run-alone", f"no run before {later} asked the same"))
                return done
            earlier = max(same)
        done.earlier, done.later = earlier, later
        before = {each.figure: each for each in verdicts_of(connection, earlier)}
        after = {each.figure: each for each in verdicts_of(connection, later)}
    for ref in dict.fromkeys([*before, *after]):
        one, other = before.get(ref), after.get(ref)
        step = since(earlier, one, other) if one is not None and other is not None else None
        if step is not None and not step.changed:
            done.alike += 1
            continue
        then, now = (None if each is None else each.verdict for each in (one, other))
        done.changes.append(Change(ref, then, now, step))
    return done


def _shown(kept: Verdicted) -> KeptVerdict:
    stated, low, high, ledger = (
        quantity(each, kept.unit) for each in (kept.stated, kept.low, kept.high, kept.recorded)
    )
    return KeptVerdict(
        figure=kept.figure,
        verdict=kept.verdict,
        rule=kept.rule,
        stated=stated,
        low=low,
        high=high,
        low_inclusive=kept.low_inclusive,
        high_inclusive=kept.high_inclusive,
        ledger=ledger,
        complete=kept.is_complete,
        waiver=kept.waiver_id,
    )


def _find(connection: Connection, number: int) -> KeptRun | None:
    return next((run for run in runs.listing(connection) if run.number == number), None)


def _unknown(number: int) -> Finding:
    return Finding("run-unknown", f"there is no run {number}")
