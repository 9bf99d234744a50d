"""The population of a sample in the ledger: its units, the draw from them, and the cells behind each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ledger.actions import scope
from ledger.actions.audit_terms import Request, Sample, StratumPlan, as_money, deviations_of, sample_of, sized
from ledger.audit import plan
from ledger.audit.plan import CannotSample
from ledger.audit.sampling import StratumSample, Unit
from ledger.domain.findings import Finding
from ledger.domain.money import Money, display
from ledger.intake.cells import cell_name
from ledger.reporting.samples import SampleCell
from ledger.store import samples
from ledger.store.database import Connection
from ledger.store.totals import KEYS, Filter

#: Keys that a population can be cut into strata by.
STRATA = tuple(key for key in KEYS if key not in ("project", "title", "source", "stage", "basis"))


@dataclass(slots=True)
class Population:
    """Units by name, their (source, reference), titles, what is set apart below zero, and what is to be told."""

    units: list[Unit]
    holders: dict[str, tuple[str, str]]
    titles: dict[tuple[str, str], str]
    negative: tuple[int, Money]
    findings: list[Finding]


def population_of(connection: Connection, wanted: Filter, stratify_by: str | None, *, negative: bool) -> Population:
    """The units: projects with what they hold. Those below zero are a population of their own, by absolute value.

    A project that holds in several strata is in the one where it holds most.
    """
    assert wanted.currency is not None, "a sample is in one currency"
    held: dict[tuple[str, str], dict[str, int]] = {}
    unassigned = 0
    for holding in samples.holdings(connection, wanted, stratify_by):
        if not holding.ref:
            unassigned += holding.minor
            continue
        parts = held.setdefault((holding.source, holding.ref), {})
        parts[holding.stratum] = parts.get(holding.stratum, 0) + holding.minor
    refs = [ref for _, ref in held]
    several = {ref for ref in refs if refs.count(ref) > 1} if len(set(refs)) < len(refs) else set()
    units: list[Unit] = []
    apart: list[Unit] = []
    holders: dict[str, tuple[str, str]] = {}
    for (source, ref), parts in held.items():
        name = f"{source}/{ref}" if ref in several else ref
        book = sum(parts.values())
        stratum = max(parts, key=lambda part: (abs(parts[part]), part))
        if book:
            holders[name] = (source, ref)
            (apart if (book < 0) != negative else units).append(Unit(name, abs(book), stratum))
    findings = []
    currency = wanted.currency
    if unassigned:
        told = f"{display(unassigned, currency)} of the scope stand on no project, and in no population"
        findings.append(Finding("population-unassigned", told))
    if apart and not negative:
        told = f"{len(apart)} units below zero, {display(-sum(unit.book for unit in apart), currency)}, are set apart"
        findings.append(Finding("units-negative", told))
    if not units:
        raise scope.UsageProblem(
            f"no project holds {'negative ' if negative else ''}money in {currency} there: "
            f"stage {wanted.stage}, basis {', '.join(wanted.bases) or 'total'}. See: euledger summary --by stage,basis"
        )
    below = units if negative else apart
    told_apart = (len(below), Money(-sum(unit.book for unit in below), currency))
    return Population(units, holders, samples.titles(connection, wanted.known_at), told_apart, findings)


def draw_units(request: Request, units: Sequence[Unit], seed: str) -> tuple[Sample, list[StratumSample]]:
    """The sample of these units, and what was drawn in each stratum. Raises UsageProblem where none can be taken."""
    deviations = deviations_of(request)
    book = sum(unit.book for unit in units)
    try:
        strata = plan.strata_of(units, deviations)
        given, size, exact = sized(request, strata, book)
        size = min(size, len(units))
        drawn = plan.draw(given, units, size, seed, deviations)
    except CannotSample as problem:
        raise scope.UsageProblem(str(problem)) from problem
    plans = [_plan_drawn(each, request.currency) for each in drawn]
    return sample_of(request, given, size=size, exact=exact, plans=plans, book=book, population=len(units)), drawn


def _plan_drawn(drawn: StratumSample, currency: str) -> StratumPlan:
    return StratumPlan(
        stratum=drawn.name,
        units=drawn.units,
        book_value=Money(drawn.book, currency),
        sample_size=len(drawn.drawn),
        exhaustive_units=drawn.exhaustive_units,
        exhaustive_book_value=Money(drawn.exhaustive_book, currency),
        interval=as_money(drawn.interval, currency),
        cut_off=as_money(drawn.cut_off, currency),
    )


def cells_of(connection: Connection, wanted: Filter, source: str, ref: str, currency: str) -> list[SampleCell]:
    """The cells that a unit's book value adds up from."""
    found = samples.cells(connection, replace(wanted, source=source, project=ref))
    return [
        SampleCell(place.file, place.sha256, place.sheet, cell_name(place.row, place.column), Money(part, currency))
        for place, part in found
    ]


def scope_told(wanted: Filter, stratify_by: str | None, *, negative: bool) -> dict[str, Any]:
    """The scope of the population, as it is shown and kept."""
    return {
        "stage": wanted.stage,
        "basis": wanted.bases[0] if wanted.bases else "total",
        "funds": list(wanted.funds),
        "countries": list(wanted.countries),
        "as_of": wanted.as_of.isoformat() if wanted.as_of else None,
        "known_at": wanted.known_at,
        "with_illustrative": wanted.with_illustrative,
        "stratify_by": stratify_by,
        "negative": negative,
    }
