"""Sheets that list: the projects with what they hold, and the tree of envelopes with what is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ledger.actions.report_asked import Asked
from ledger.actions.report_sums import group_order
from ledger.domain.money import Money
from ledger.reporting.declaration import Sheet
from ledger.reporting.model import Field, FigureSheet, Group, Made, Total
from ledger.reporting.tables import Cell, Indented, Kind
from ledger.store import envelopes, portfolio, totals
from ledger.store.envelopes import EnvelopeState
from ledger.store.portfolio import ProjectRow, Wanted
from ledger.store.totals import Filter

#: Widths of columns that are not twelve characters wide.
_WIDTHS = {
    "project_ref": 24, "source": 22, "parent": 22, "title": 44, "summary": 60, "beneficiary": 34, "programme": 20,
    "theme": 24, "location": 26, "nuts": 12, "intervention_type": 20, "specific_objective": 18, "country": 9,
    "fund": 11, "managing_authority": 34, "priority": 24,
}  # fmt: skip
_PROSE = ("summary",)
_DAYS = ("start_date", "end_date", "decision_date")
#: What a cell of these columns says of its row, to `why`.
_KEYS = {"project_ref": "project", "source": "source"}


@dataclass(frozen=True, slots=True)
class _Projects:
    """The rows of a list of projects, read from the ledger each time they are iterated: a list may be long."""

    asked: Asked
    sheet: Sheet
    with_cells: bool

    def __iter__(self) -> Iterator[list[Cell]]:
        words = self.asked.words
        for row in self.rows():
            cells: list[Cell] = list(row.attributes)
            cells += [Money(minor, row.currency) for minor in row.sums]
            if not self.sheet.plain:
                cells += [row.currency, words.prices(row.price_basis), words.data(row.is_illustrative)]
                cells += [row.file, row.sheet, row.row or None]
            yield cells

    def rows(self) -> Iterator[ProjectRow]:
        """The projects as the store has them."""
        wanted = [
            Wanted(each.stage, None if each.basis == "total" else each.basis, each.earmark or self.asked.base.earmark)
            for each in self.asked.measures(self.sheet)
        ]
        # Pinned or not, the answer is the same inside one transaction; the balances are quicker.
        return portfolio.project_rows(self.asked.connection, self.asked.base, self.sheet.columns, wanted)


def projects_sheet(asked: Asked, sheet: Sheet) -> FigureSheet:
    """A row for each project; its rows are streamed, so that a list of a million passes through little memory."""
    measures = asked.measures(sheet)
    fields = [
        Field(
            name,
            asked.heading(sheet, name, asked.words(f"column.{name}")),
            Kind.PROSE if name in _PROSE else Kind.DAY if name in _DAYS else Kind.TEXT,
            _WIDTHS.get(name, 12),
            key=_KEYS.get(name, ""),
        )
        for name in sheet.columns
    ]
    fields += [asked.money(sheet, measure) for measure in measures]
    if not sheet.plain:
        fields += asked.marks()
        fields += [
            Field("file", asked.words("ui.file"), width=36),
            Field("sheet", asked.words("ui.sheet"), width=16),
            Field("row", asked.words("ui.row"), Kind.NUMBER, 9),
        ]
    rows = _Projects(asked, sheet, with_cells=not sheet.plain)
    return FigureSheet(
        sheet.name,
        asked.words.of(sheet.tab),
        asked.words.of(sheet.title),
        "projects",
        fields,
        rows,
        _totals(asked, sheet, rows),
        [asked.words.of(note) for note in sheet.notes],
        plain=sheet.plain,
        rows_are_checked=False,
    )


def _totals(asked: Asked, sheet: Sheet, rows: _Projects) -> list[Total]:
    """What the rows add up to, and what the ledger keeps of the same projects: two ways to one sum."""
    measures = asked.measures(sheet)
    summed: dict[Group, list[int]] = {}
    counts: dict[Group, int] = {}
    for row in rows.rows():
        group = row.currency, row.price_basis, row.is_illustrative
        together = summed.setdefault(group, [0] * len(measures))
        for place, minor in enumerate(row.sums):
            together[place] += minor
        counts[group] = counts.get(group, 0) + 1
    kept: dict[Group, dict[str, int]] = {group: {} for group in summed}
    for measure in measures:
        wanted = asked.counted(measure, asked.base)
        by = ("source", "project") if wanted.earmark else ("unit",)
        for total in totals.totals(asked.connection, wanted, by):
            if total.keys[-1] is not None:  # money of envelopes and programmes has no project
                group = total.currency, total.price_basis, total.is_illustrative
                sums = kept.setdefault(group, {})
                sums[measure.name] = sums.get(measure.name, 0) + total.minor
    names = [measure.name for measure in measures]
    return [
        Total(group, kept[group], dict(zip(names, summed.get(group, [0] * len(names)), strict=True)), counts.get(group))
        for group in sorted(kept, key=group_order)
    ]


def envelopes_sheet(asked: Asked, sheet: Sheet) -> FigureSheet:
    """The envelopes of the funds and countries asked for, as a tree, with what each gave away and has left."""
    words = asked.words
    states = within(envelopes.states(asked.connection, asked.pinned.known_at), asked.base)
    fields = [
        Field("title", words("envelope.title"), width=58),
        Field("ref", words("envelope.ref"), width=28, key="envelope"),
        Field("fund", words("column.fund"), width=11),
        Field("country", words("column.country"), width=9),
        Field("stated", words("envelope.stated"), Kind.MONEY, 21, asks={"envelope": "stated"}),
        Field("parts", words("envelope.parts"), Kind.MONEY, 21, asks={"envelope": "parts"}),
        Field("drawn", words("envelope.drawn"), Kind.MONEY, 21, asks={"envelope": "drawn"}),
        Field(
            "left",
            words("envelope.left"),
            Kind.MONEY,
            21,
            asks={"envelope": "left"},
            made=Made.DIFFERENCE,
            of=("stated", "parts", "drawn"),
        ),
        *asked.marks(),
        Field("role", words("envelope.role"), width=14),
        Field("status", words("envelope.status"), width=13),
        Field("from", words("envelope.from"), Kind.DAY, 12),
        Field("to", words("envelope.to"), Kind.DAY, 12),
        Field("legal_reference", words("envelope.legal"), width=44),
    ]
    rows: list[list[Cell]] = [
        [
            Indented(state.title or state.ref, level, is_strong=level == 0 and state.children > 0),
            state.ref,
            state.fund,
            state.country,
            Money(state.stated_minor, state.currency),
            Money(state.parts_minor, state.currency),
            Money(state.drawn_minor, state.currency),
            Money(state.left_minor, state.currency),
            state.currency,
            words.prices(state.price_basis),
            words.data(state.is_illustrative),
            state.role,
            state.status,
            state.period_start,
            state.period_end,
            state.legal_reference,
        ]
        for state, level in _in_tree_order(states)
    ]
    return FigureSheet(
        sheet.name,
        words.of(sheet.tab),
        words.of(sheet.title),
        "envelopes",
        fields,
        rows,
        notes=[words.of(note) for note in sheet.notes] + ([words("line.no_as_of")] if asked.base.as_of else []),
        plain=sheet.plain,
        is_illustrative=any(state.is_illustrative for state in states),
    )


def within(states: Sequence[EnvelopeState], wanted: Filter) -> list[EnvelopeState]:
    """The envelopes of the funds and countries asked for, with the whole line above each."""
    by_ref = {state.ref: state for state in states}
    kept: set[str] = set()
    for state in states:
        if (
            (state.fund in wanted.funds or not wanted.funds)
            and (state.country in wanted.countries or not wanted.countries)
            and (wanted.with_illustrative or not state.is_illustrative)
        ):
            above: EnvelopeState | None = state
            while above is not None and above.ref not in kept:
                kept.add(above.ref)
                above = by_ref.get(above.parent) if above.parent else None
    return [state for state in states if state.ref in kept]


def _in_tree_order(states: Sequence[EnvelopeState]) -> Iterator[tuple[EnvelopeState, int]]:
    """Each envelope after its parent with its depth; larger ones first among brothers, trees before what feeds them."""
    known = {state.ref for state in states}
    children: dict[str | None, list[EnvelopeState]] = {}
    for state in states:
        parent = state.parent if state.parent in known and state.role == "node" else None
        children.setdefault(parent, []).append(state)

    def below(parent: str | None, level: int) -> Iterator[tuple[EnvelopeState, int]]:
        order = sorted(
            children.get(parent, ()),
            key=lambda s: (s.role != "node", s.fund if parent is None else "", -s.stated_minor, s.ref),
        )
        for state in order:
            yield state, level
            yield from below(state.ref, level + 1)

    return below(None, 0)
