"""The samples that were drawn: list them, show one and draw it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ledger.actions.audit_population import cells_of, draw_units, population_of
from ledger.actions.audit_terms import Request
from ledger.audit import sampling
from ledger.audit.sampling import Method
from ledger.domain.findings import Finding
from ledger.domain.money import Money
from ledger.reporting.samples import Item
from ledger.store import samples, schema
from ledger.store.database import Database
from ledger.store.totals import Filter


@dataclass(frozen=True, slots=True)
class SampleLine:
    """A sample in a list."""

    sample: int
    batch: int
    recorded_at: str
    actor: str
    method: str
    units: int
    book_value: Money
    drawn: int
    seed: str


@dataclass(slots=True)
class SampleView:
    """A stored sample, and whether the ledger still gives the same population and the same draw."""

    sample: int
    line: SampleLine | None = None
    population_sha256: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    drawn_again: bool = False
    findings: list[Finding] = field(default_factory=list)


def list_samples(database: Database) -> list[SampleLine]:
    """All samples, oldest first."""
    schema.require_current(database)
    with database.read() as connection:
        return [_line(row) for row in samples.listing(connection)]


def show_sample(database: Database, number: int) -> SampleView:
    """One sample, with its population taken and drawn anew: what differs is a finding."""
    schema.require_current(database)
    view = SampleView(number)
    with database.read() as connection:
        row = samples.find(connection, number)
        if row is None:
            view.findings.append(Finding("sample-unknown", f"there is no sample {number}"))
            return view
        view.line, view.population_sha256 = _line(row), row["population_sha256"]
        view.parameters = json.loads(row["parameters"])
        request, wanted, stratify_by, negative = stored_request(row, view.parameters)
        population = population_of(connection, wanted, stratify_by, negative=negative)
        stored = samples.items(connection, number)
        titles = samples.titles(connection, wanted.known_at)
        view.items = [
            Item(
                position=int(item["position"]),
                unit=item["unit"],
                source=item["source"],
                ref=item["ref"],
                title=titles.get((item["source"], item["ref"]), ""),
                stratum=item["stratum"],
                exhaustive=bool(item["is_exhaustive"]),
                book_value=Money(int(item["book_minor"]), row["currency"]),
                cells=cells_of(connection, wanted, item["source"], item["ref"], row["currency"]),
            )
            for item in stored
        ]
        again = [
            (one.unit.name, one.unit.stratum, one.exhaustive, one.unit.book)
            for each in draw_units(request, population.units, row["seed"])[1]
            for one in each.drawn
        ]
    kept = [(i.unit, i.stratum, i.exhaustive, i.book_value.minor) for i in view.items]
    if (found := sampling.population_hash(population.units)) != view.population_sha256:
        told = f"sample {number}: the population's hash is {found} now, it was {view.population_sha256}"
        view.findings.append(Finding("sample-differs", told))
    elif again != kept:
        view.findings.append(
            Finding("sample-differs", f"sample {number}: the draw gives other units than those stored")
        )
    view.drawn_again = not view.findings
    return view


def stored_request(row: Any, kept: Mapping[str, Any]) -> tuple[Request, Filter, str | None, bool]:
    """The request and the scope of a stored sample."""
    filters = kept["filters"]
    request = Request(
        method=Method(row["method"]),
        confidence=Decimal(kept["confidence"]),
        materiality=Decimal(kept["materiality"]),
        anticipated_error=Decimal(kept["anticipated_error"]),
        deviations={name: Decimal(value) for name, value in kept["std_dev"].items()},
        sample_size=kept["sample_size"],
        reliability=None if kept["reliability"] is None else Decimal(kept["reliability"]),
        finite=kept["finite"],
        rules=kept["rules"],
        currency=row["currency"],
    )
    wanted = Filter(
        stage=filters["stage"],
        bases=() if filters["basis"] == "total" else (filters["basis"],),
        funds=tuple(filters["funds"]),
        countries=tuple(filters["countries"]),
        as_of=date.fromisoformat(filters["as_of"]) if filters["as_of"] else None,
        known_at=filters["known_at"],
        currency=row["currency"],
        with_illustrative=filters["with_illustrative"],
    )
    return request, wanted, filters["stratify_by"], filters["negative"]


def _line(row: Any) -> SampleLine:
    recorded = datetime.fromisoformat(row["recorded_at"]).isoformat(timespec="seconds")
    return SampleLine(
        sample=int(row["id"]),
        batch=int(row["batch_id"]),
        recorded_at=recorded,
        actor=row["actor"],
        method=row["method"],
        units=int(row["units"]),
        book_value=Money(int(row["book_minor"]), row["currency"]),
        drawn=int(row["drawn"]),
        seed=row["seed"],
    )
