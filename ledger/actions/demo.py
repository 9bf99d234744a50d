"""The whole job on shipped data: import, reconcile, show the envelopes down to countries, export, say what is next."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ledger.actions import summary as summaries
from ledger.actions.import_files import ImportResult, Progress
from ledger.actions.initialise import ILLUSTRATIVE_WORKBOOK, REFERENCE_WORKBOOKS, import_shipped, initialise
from ledger.actions.reconcile import ReconcileResult, reconcile
from ledger.domain.findings import Finding
from ledger.domain.intervals import Verdict
from ledger.domain.money import Money, display
from ledger.reconcile.verdicts import FigureResult
from ledger.reporting.figures import Summary
from ledger.store import envelopes
from ledger.store.database import Database, parse_url
from ledger.store.envelopes import EnvelopeState

#: The figures that the demo shows before and after the illustrative list: the EUR 5.3 billion and what hangs on it.
PORTFOLIO = ("F18", "F19", "F20", "F21", "F28")
#: The trees it shows, by their roots; the Pact's EUR 2 billion is the tree of the 2024 revision.
TREES = ("AMIF.TOT", "BMVI.TOT", "NDICI.TOT", "MFF24.MIG")
#: How deep a tree is shown.
DEPTH = 3


@dataclass(frozen=True, slots=True)
class TreeLine:
    """An envelope in a tree: its depth, what the act states, and what its parts leave."""

    depth: int
    ref: str
    title: str
    stated: Money
    left: Money
    feeds: str | None


@dataclass(frozen=True, slots=True)
class CountryLine:
    """A Member State with its allocation in each column; None where nothing is recorded."""

    country: str
    amounts: tuple[Money | None, ...]


@dataclass(slots=True)
class DemoResult:
    """Everything that the demo found and made."""

    folder: Path
    database: Path
    workbook: Path
    batches: list[ImportResult] = field(default_factory=list)
    tree: list[TreeLine] = field(default_factory=list)
    country_columns: tuple[str, ...] = ()
    countries: list[CountryLine] = field(default_factory=list)
    reconciliation: ReconcileResult = field(default_factory=ReconcileResult)
    with_illustrative: ReconcileResult = field(default_factory=ReconcileResult)
    summary: Summary | None = None
    sentences: list[str] = field(default_factory=list)
    next_steps: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def demo(folder: Path, *, program: str = "euledger", progress: Progress = lambda _file, _rows: None) -> DemoResult:
    """Do the whole job in `folder`, which is made if it is not there.

    Run again in the same folder, it posts nothing new and shows the same. The illustrative portfolio is counted
    only where that is said.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = DemoResult(folder, folder / "ledger.db", folder / "budget-summary.xlsx")
    database = Database(parse_url(str(done.database)))
    done.batches = initialise(database, bare=False, progress=progress).batches
    assert len(done.batches) == len(REFERENCE_WORKBOOKS)
    done.batches += import_shipped(database, (ILLUSTRATIVE_WORKBOOK,), progress)
    done.findings = [finding for batch in done.batches for finding in batch.findings]
    with database.read() as connection:
        states = envelopes.states(connection)
    done.tree = _tree(states)
    done.country_columns, done.countries = _countries(states)
    done.reconciliation = reconcile(database)
    done.with_illustrative = reconcile(database, PORTFOLIO, with_illustrative=True)
    done.summary = summaries.summarise(database, by=("fund", "country"), stage="allocated")
    done.findings += summaries.write(database, done.summary, done.workbook)
    done.sentences = _sentences(done)
    done.next_steps = _next_steps(done, program)
    database.close()
    return done


def _tree(states: list[EnvelopeState]) -> list[TreeLine]:
    parts: dict[str, list[EnvelopeState]] = {}
    for state in states:
        parts.setdefault(state.parent or "", []).append(state)
    by_ref = {state.ref: state for state in states}
    lines: list[TreeLine] = []

    def walk(state: EnvelopeState, depth: int) -> None:
        lines.append(
            TreeLine(
                depth,
                state.ref,
                state.title,
                Money(state.stated_minor, state.currency),
                Money(state.left_minor, state.currency),
                state.feeds,
            )
        )
        if depth + 1 < DEPTH:
            for part in sorted(parts.get(state.ref, []), key=lambda p: -p.stated_minor):
                walk(part, depth + 1)

    for ref in TREES:
        walk(by_ref[ref], 0)
    return lines


def _countries(states: list[EnvelopeState]) -> tuple[tuple[str, ...], list[CountryLine]]:
    """Allocations of Member States: Annex I of 2014-2020 beside the Commission's table of 5 May 2025."""
    columns = ("AMIF 2014-20", "AMIF", "BMVI", "ISF")
    table: dict[str, list[Money | None]] = {}
    for state in states:
        if state.ref.startswith("AMIF1420."):
            place = 0
        elif state.ref.startswith("MS25.") and state.fund in columns:
            place = columns.index(state.fund, 1)
        else:
            continue
        row = table.setdefault(state.country, [None] * len(columns))
        row[place] = Money(state.stated_minor, state.currency)
    return columns, [CountryLine(country, tuple(row)) for country, row in sorted(table.items())]


def _sentences(done: DemoResult) -> list[str]:
    """What an auditor would say first: the totals that are wrong, and what stands behind the EUR 5.3 billion."""
    said = [
        f"{result.place}: {result.reason}" for result in done.reconciliation.results if result.verdict is Verdict.BROKEN
    ]
    without = _of(done.reconciliation, "F19")
    with_it = _of(done.with_illustrative, "F19")
    count = _of(done.with_illustrative, "F18")
    said.append(
        f'"{count.quote}, {without.quote}": {without.verdict} on recorded data ({_money(without)} recorded: no public '
        "list of these projects is at hand)."
    )
    said.append(
        f"With the illustrative list it would be {with_it.verdict}: {count.ledger} projects, {_money(with_it)}. "
        "That list is invented: it shows the method, it proves nothing."
    )
    return said


def _of(done: ReconcileResult, ref: str) -> FigureResult:
    return next(result for result in done.results if result.figure == ref)


def _money(result: FigureResult) -> str:
    value = result.ledger
    return display(value.minor, value.currency) if isinstance(value, Money) else "nothing"


def _next_steps(done: DemoResult, program: str) -> list[str]:
    database = done.database
    return [
        f"Open the workbook:          {done.workbook}",
        f"See a number's cells:       {program} --db {database} why F19 --with-illustrative",
        f"Every figure's verdict:     {program} --db {database} reconcile",
        f"Sum it up your way:         {program} --db {database} summary --stage allocated --by fund,country",
        f"Start with your own list:   {program} init, then {program} import FILE.xlsx",
    ]
