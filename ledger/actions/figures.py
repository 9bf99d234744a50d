"""Published figures: list them, show one with its rule spelled out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from ledger.actions.reconcile import judge_all
from ledger.actions.scope import batch_known_at
from ledger.domain.figures import Figure
from ledger.domain.findings import Finding, place_text
from ledger.domain.intervals import in_words
from ledger.reconcile.quantities import Quantity, quantity
from ledger.reconcile.reading import read
from ledger.reconcile.relations import Related
from ledger.reconcile.verdicts import rule_text
from ledger.store import figures, schema
from ledger.store.database import Connection, Database


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A figure in a list: as stated, and how it is read. `low` and `high` are None where there is no limit."""

    figure: str
    origin: str
    qualifier: str | None
    value: str | None
    unit: str | None
    measure: str | None
    quote: str | None
    source: str | None
    page: str | None
    stated: Quantity | None
    rule: str
    interval: str
    scope: str | None
    kind: str | None
    target: bool
    batch: int
    illustrative: bool


@dataclass(frozen=True, slots=True)
class FigureVersion:
    """What one batch said of a figure."""

    batch: int
    value: str | None
    unit: str | None
    quote: str | None
    withdrawn: bool
    place: str


@dataclass(frozen=True, slots=True)
class FigureView:
    """A figure with its wording, its rule in words, its interval, what it speaks of, and its versions, oldest first.

    `warnings` are the parts of the interval that hold but deserve a look.
    """

    figure: str
    quote: str | None
    source: str | None
    page: str | None
    section: str | None
    origin: str
    qualifier: str | None
    stated: Quantity | None
    unit: str | None
    rule: str
    rule_text: str
    #: The rule applied: what V and g are, and which ends belong.
    in_words: str
    interval: str
    low: Quantity | None
    high: Quantity | None
    low_inclusive: bool
    high_inclusive: bool
    warnings: tuple[str, ...]
    #: What the ledger says of it now, by `reconcile`.
    verdict: str
    ledger: Quantity | None
    room: Quantity | None
    reason: str
    related: tuple[Related, ...]
    measure: str | None
    kind: str | None
    target: bool
    scope: dict[str, str]
    cells: str | None
    note: str | None
    relations: str | None
    caveat: str | None
    place: str
    batch: int
    illustrative: bool
    versions: tuple[FigureVersion, ...] = ()


@dataclass(slots=True)
class FigureShown:
    """The figure asked for, or the finding that there is none."""

    figure: FigureView | None
    findings: list[Finding] = field(default_factory=list)


def list_figures(database: Database, known_at: str | int | datetime | None = None) -> list[FigureLine]:
    """Every figure that is not withdrawn, in the order in which they were entered."""
    schema.require_current(database)
    with database.read() as connection:
        return [_line(figure) for figure in figures.current(connection, batch_known_at(connection, known_at))]


def show_figure(database: Database, ref: str) -> FigureShown:
    """One figure, by its name as written or but for case; a withdrawn one is unknown."""
    schema.require_current(database)
    with database.read() as connection:
        found = figures.find(connection, ref)
        if found is None:
            return FigureShown(None, [Finding("figure-unknown", f"there is no figure {ref!r}")])
        return FigureShown(*view_of(connection, found.figure))


def _line(figure: Figure) -> FigureLine:
    understood = read(figure)
    band = understood.band
    return FigureLine(
        figure=figure.ref,
        origin=figure.origin,
        qualifier=figure.qualifier,
        value=figure.value,
        unit=figure.unit,
        measure=figure.measure,
        quote=figure.quote,
        source=figure.source,
        page=figure.page,
        stated=quantity(understood.number.value if understood.number else None, understood.unit),
        rule="" if band is None else band.rule.id,
        interval="" if band is None or band.number is None else band.accept.text(understood.unit),
        scope=figure.scope,
        kind=figure.kind,
        target=figure.is_target,
        batch=figure.batch,
        illustrative=figure.is_illustrative,
    )


def view_of(connection: Connection, figure: Figure) -> tuple[FigureView, list[Finding]]:
    """A figure as it is shown, with its verdict, and what was found while it was read."""
    versions = figures.versions(connection, figure.ref)
    [result] = judge_all(connection, [figure.ref]).results
    understood, line = read(figure), _line(figure)
    warned = () if understood.band is None else understood.band.warn
    view = FigureView(
        figure=line.figure,
        quote=line.quote,
        source=line.source,
        page=line.page,
        section=figure.section,
        origin=line.origin,
        qualifier=line.qualifier,
        stated=line.stated,
        unit=line.unit,
        rule=line.rule,
        rule_text=rule_text(line.rule),
        in_words="" if understood.band is None else in_words(understood.band),
        interval=line.interval,
        low=result.low,
        high=result.high,
        low_inclusive=result.low_inclusive,
        high_inclusive=result.high_inclusive,
        warnings=tuple(part.text(understood.unit) for part in warned),
        verdict=str(result.verdict),
        ledger=result.ledger,
        room=result.room,
        reason=result.reason,
        related=result.related,
        measure=line.measure,
        kind=line.kind,
        target=line.target,
        scope=_scope(figure),
        cells=figure.scope_cells,
        note=figure.note,
        relations=figure.relations,
        caveat=figure.caveat,
        place=_place(figure),
        batch=line.batch,
        illustrative=line.illustrative,
        versions=tuple(
            FigureVersion(each.batch, each.value, each.unit, each.quote, withdrawn, _place(each))
            for each, withdrawn in versions
        ),
    )
    return view, list(understood.findings)


def _scope(figure: Figure) -> dict[str, str]:
    """What the figure speaks of, only what it says."""
    names = (
        "stage",
        "basis",
        "fund",
        "earmark",
        "country",
        "theme",
        "period_start",
        "period_end",
        "as_of",
        "envelope",
        "scope_of",
        "programme",
        "denominator",
        "part_of",
        "counting_unit",
    )
    said = {name: getattr(figure, name) for name in names}
    return {name: value.isoformat() if isinstance(value, date) else str(value) for name, value in said.items() if value}


def _place(figure: Figure) -> str:
    """Where the figure itself stands."""
    if figure.is_printed_total:
        return figure.ref
    row = "" if figure.row is None else str(figure.row)
    return place_text(figure.file, figure.sheet, row)
