"""Hold published figures against the ledger: every figure that is not withdrawn gets a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction

from ledger.actions import kept_runs, rights
from ledger.actions.figure_bench import Bench
from ledger.actions.scope import batch_known_at, build
from ledger.actions.second_source import second_source
from ledger.domain.figures import Figure, listed
from ledger.domain.findings import Finding
from ledger.reconcile.reading import read
from ledger.reconcile.relations import Relations
from ledger.reconcile.since import Verdicted, since
from ledger.reconcile.verdicts import FigureResult, judge_figure, verdicted, waived
from ledger.reconcile.waiving import Accepted
from ledger.store import batches, figures, schema, waivers
from ledger.store.database import Connection, Database
from ledger.store.rehearsal import ledger_for
from ledger.store.totals import Filter


@dataclass(slots=True)
class ReconcileResult:
    """The verdicts in the order in which the figures were entered, and what was found on the way."""

    results: list[FigureResult] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    #: Recorded less stated, exactly, of the figures that have both.
    gaps: dict[str, Fraction] = field(default_factory=dict)
    #: The verdicts as runs keep them.
    verdicts: list[Verdicted] = field(default_factory=list)
    #: The numbers of the run and its batch, where it was kept.
    run: int | None = None
    batch: int | None = None


def reconcile(
    database: Database,
    refs: Sequence[str] = (),
    *,
    with_illustrative: bool = False,
    as_of: date | None = None,
    known_at: str | int | datetime | None = None,
    fund: Sequence[str] = (),
    country: Sequence[str] = (),
    on: date | None = None,
    explain: bool = False,
    against: str | None = None,
    keep: bool = False,
    dry_run: bool = False,
) -> ReconcileResult:
    """Judge the figures named in `refs`, or all; `fund` and `country` choose among them by what they speak of.

    `as_of` leaves out money of later value dates (and so never proves that a figure is broken from below), `known_at`
    what later batches brought. Illustrative data counts only `with_illustrative`, and the results say so. A name that
    no figure has is a finding; so is each broken figure; a waived one is told, if its waiver holds `on` that day (today,
    that of the batch at `known_at`, or a later `as_of`). With `explain`, results carry the
    causes of their difference; `against` (a path, or `batch:N`) gives a second list to seek them in. Raises UsageProblem
    for a fund, country, moment or batch that is none.

    Each result says what changed since the last run that was kept. With `keep` this one is kept too, in a batch of its
    own; a `dry_run` of that keeps nothing. Without it the ledger is only read.
    """
    schema.require_current(database)
    asked = kept_runs.question(refs, fund, country, as_of, with_illustrative=with_illustrative)

    def judged(connection: Connection) -> ReconcileResult:
        known = batch_known_at(connection, known_at)
        head = batches.last(connection) if known is None else known
        done = judge_all(
            connection,
            refs,
            with_illustrative=with_illustrative,
            as_of=as_of,
            known_at=known,
            fund=fund,
            country=country,
            on=on,
            explain=explain,
            against=against,
        )
        last = kept_runs.last_verdicts(connection, asked, known)
        done.results = [
            replace(result, since=since(*last[result.figure], verdict)) if result.figure in last else result
            for result, verdict in zip(done.results, done.verdicts, strict=True)
        ]
        if keep:
            done.run, done.batch = kept_runs.keep(connection, asked, head, done.verdicts)
        return done

    if keep:
        with ledger_for(database, dry_run=dry_run) as ledger, ledger.write() as connection:
            return judged(connection)
    with database.read() as connection:
        return judged(connection)


def judge_all(
    connection: Connection,
    refs: Sequence[str] = (),
    *,
    with_illustrative: bool = False,
    as_of: date | None = None,
    known_at: int | None = None,
    fund: Sequence[str] = (),
    country: Sequence[str] = (),
    on: date | None = None,
    explain: bool = False,
    against: str | None = None,
) -> ReconcileResult:
    """The same of the state that a transaction sees; `known_at` is the number of a batch."""
    done = ReconcileResult()
    done.findings += rights.limited(rights.limit(connection))
    found = figures.current(connection, known_at)
    other = None if against is None else second_source(connection, against)
    if other is not None:
        done.findings += other.findings
    bench = Bench(connection, found, known_at, as_of, with_illustrative=with_illustrative, against=other)
    wanted = build(connection, funds=fund, countries=country)
    kept = _waivers(connection, known_at)
    reads = {figure.ref: read(figure) for figure in found}
    relations = Relations(((figure, reads[figure.ref]) for figure in found), bench.wholes())
    day = on or max(filter(None, (waivers.day_of(connection, known_at), as_of)))
    for figure in _named(found, refs, done.findings):
        if not _speaks_of(figure, wanted, bench.places):
            continue
        understood = reads[figure.ref]
        known = bench.known(figure, understood)
        result, told = judge_figure(figure, understood, known)
        if explain or against:
            result = bench.explained(figure, understood, result)
        if known.recorded is not None and understood.number is not None:
            done.gaps[figure.ref] = known.recorded - understood.number.value
        if figure.ref in kept:
            result, told = waived(result, told, kept[figure.ref], gap=done.gaps.get(figure.ref), on=day)
        related, contradictions = relations.of(figure.ref)
        done.results.append(replace(result, related=related))
        done.verdicts.append(verdicted(figure, understood, known, result))
        done.findings += [*told, *contradictions]
    return done


def _waivers(connection: Connection, known_at: int | None) -> dict[str, list[Accepted]]:
    """The waivers of each figure, oldest first."""
    found: dict[str, list[Accepted]] = {}
    for each in waivers.listing(connection, known_at):
        found.setdefault(each.figure, []).append(accepted_of(each))
    return found


def accepted_of(kept: waivers.KeptWaiver) -> Accepted:
    """A kept waiver as verdicts look at it."""
    return Accepted(
        kept.number,
        kept.batch,
        Fraction(kept.difference),
        kept.reason,
        kept.evidence,
        kept.until,
        kept.recorded_at,
        kept.actor,
        kept.withdrawn_by is not None,
    )


def _named(found: list[Figure], refs: Sequence[str], findings: list[Finding]) -> list[Figure]:
    """The figures of these names, exactly or but for case; all without a name."""
    if not refs:
        return found
    exact = {figure.ref: figure for figure in found}
    folded = {figure.ref.casefold(): figure for figure in found}
    chosen: dict[str, Figure] = {}
    for ref in refs:
        figure = exact.get(ref) or folded.get(ref.casefold())
        if figure is None:
            findings.append(Finding("figure-unknown", f"there is no figure {ref!r}"))
        else:
            chosen[figure.ref] = figure
    return list(chosen.values())


def _speaks_of(figure: Figure, wanted: Filter, places: figures.Places) -> bool:
    """Whether a figure is about one of the funds and one of the countries asked for."""
    if wanted.funds and not set(wanted.funds) & set(listed(figure.fund)):
        return False
    codes = places.scope(figure.countries, figure.period_start, figure.last_day)
    return not wanted.countries or bool(set(wanted.countries) & {*figure.countries, *codes})
