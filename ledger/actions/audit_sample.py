"""Draw an audit sample from the ledger, keep it, and write its checklist."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from ledger.actions import scope
from ledger.actions.audit_population import STRATA, Population, cells_of, draw_units, population_of, scope_told
from ledger.actions.audit_terms import Request, Sample
from ledger.audit import sampling
from ledger.audit.sampling import StratumSample
from ledger.domain.money import Money, display
from ledger.reporting.safe_text import cut_findings
from ledger.reporting.samples import Item, write_checklist
from ledger.store import batches, samples, schema
from ledger.store.database import Connection, Database
from ledger.store.rehearsal import ledger_for
from ledger.store.totals import Filter


def draw(
    database: Database,
    request: Request,
    *,
    seed: str | None = None,
    stratify_by: str | None = None,
    negative: bool = False,
    dry_run: bool = False,
    **filters: Any,
) -> Sample:
    """Draw from what the projects hold in the scope, and keep the sample. Raises UsageProblem for what does not go.

    The population is pinned to the last batch, so that it can be drawn again whatever is booked later.
    """
    if stratify_by is not None and stratify_by not in STRATA:
        raise scope.UsageProblem(f"{stratify_by!r} makes no strata; these do: {', '.join(STRATA)}")
    schema.require_current(database)
    with ledger_for(database, dry_run=dry_run) as ledger, ledger.write() as connection:
        known_at = filters.pop("known_at", None)
        head = batches.last(connection) if known_at is None else known_at
        wanted = scope.build(connection, known_at=head, currency=request.currency, **filters)
        population = population_of(connection, wanted, stratify_by, negative=negative)
        seed = seed or secrets.token_hex(8)
        done, drawn = draw_units(request, population.units, seed)
        done.seed, done.population_sha256 = seed, sampling.population_hash(population.units)
        done.filters = scope_told(wanted, stratify_by, negative=negative)
        done.negative_units, done.negative_book_value = population.negative
        done.items = _items(connection, wanted, population, drawn, request.currency)
        done.findings = population.findings
        kept = samples.NewSample(
            method=str(request.method),
            parameters=_parameters(request, done),
            seed=seed,
            population_sha256=done.population_sha256,
            units=len(population.units),
            book_minor=done.book_value.minor,
            currency=request.currency,
            sample_size=done.sample_size,
            items=[(i.unit, i.source, i.ref, i.stratum, i.exhaustive, i.book_value.minor) for i in done.items],
        )
        done.sample, done.batch = samples.keep(connection, kept)
    return done


def checklist(done: Sample, path: Path) -> None:
    """Write the sample as a workbook to fill in; `evaluate` reads it back. Only .xlsx. What was cut is told in `done`."""
    if path.suffix.lower() != ".xlsx":
        raise scope.UsageProblem(f"{path.name}: the checklist is a workbook, its ending must be .xlsx")
    book, tolerable = (display(each.minor, done.currency) for each in (done.book_value, done.tolerable_error))
    share = f"{done.confidence.normalize():f}"
    lines = [
        f"{done.method}, confidence {share}: {len(done.items)} of {done.population} units, book value {book}",
        f"Tolerable error {tolerable}. Seed {done.seed}, population {done.population_sha256}",
        "Fill in the audited value of each unit, then: euledger audit evaluate FILE --sample " + str(done.sample),
    ]
    cut = write_checklist(path, f"Audit sample {done.sample}", lines, done.items)
    done.findings += cut_findings(path.name, cut)


def _items(
    connection: Connection, wanted: Filter, population: Population, drawn: list[StratumSample], currency: str
) -> list[Item]:
    items: list[Item] = []
    for one in (one for each in drawn for one in each.drawn):
        source, ref = population.holders[one.unit.name]
        items.append(
            Item(
                position=len(items) + 1,
                unit=one.unit.name,
                source=source,
                ref=ref,
                title=population.titles.get((source, ref), ""),
                stratum=one.unit.stratum,
                exhaustive=one.exhaustive,
                book_value=Money(one.unit.book, currency),
                cells=cells_of(connection, wanted, source, ref, currency),
            )
        )
    return items


def _parameters(request: Request, done: Sample) -> dict[str, Any]:
    return {
        "confidence": str(request.confidence),
        "materiality": str(request.materiality),
        "anticipated_error": str(request.anticipated_error),
        "std_dev": {name: str(value) for name, value in request.deviations.items()},
        "sample_size": request.sample_size,
        "reliability": None if request.reliability is None else str(request.reliability),
        "finite": request.finite,
        "rules": request.rules,
        "filters": done.filters,
        "strata": [
            {
                "stratum": each.stratum,
                "units": each.units,
                "book_minor": each.book_value.minor,
                "sample_size": each.sample_size,
            }
            for each in done.strata
        ],
    }
