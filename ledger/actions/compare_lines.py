"""A comparison as lines: each row that differs once, with its effect, and why where one side itself tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.actions.compare import Compared, measure_text
from ledger.actions.scope import UsageProblem
from ledger.domain import findings
from ledger.domain.money import Money, plain
from ledger.reconcile.comparison.model import Change, Item, Measure, Place, Suspicion, counted
from ledger.reporting.delimited import write_csv
from ledger.reporting.safe_text import cut_findings
from ledger.reporting.tables import Cell, Column, Kind, Table
from ledger.reporting.workbook import SheetPlan, new_book

FORMATS: Final = (".csv", ".xlsx")
#: Kinds of lines, said of LEFT.
EXTRA, MISSING, AMOUNT, FIELD = "extra_row", "missing_row", "amount_changed", "field_changed"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a line moves of one measure: left less right, as it counts to the totals."""

    measure: Measure
    field: str
    left: Money
    right: Money
    effect: Money


@dataclass(frozen=True, slots=True)
class Line:
    """A row that differs. `left` and `right` are its items there; `by` says how they were matched."""

    kind: str
    left: tuple[Item, ...]
    right: tuple[Item, ...]
    by: str | None
    effects: tuple[Effect, ...]
    changes: tuple[Change, ...] = ()
    suspicion: Suspicion | None = None

    @property
    def item(self) -> Item:
        """The item that names the line."""
        return (self.left or self.right)[0]

    @property
    def cause(self) -> str | None:
        """Why the row may be there, where its own side tells: duplicate_row, parent_and_child."""
        return self.suspicion.kind if self.suspicion else None


def lines(done: Compared) -> list[Line]:
    """Every row that differs, the largest effect first, then by reference; their effects add up to the differences."""
    found = done.comparison
    measures = {balance.measure: balance.field for balance in found.balances}
    doubts = {name: _by_place(found.suspicions, name) for name in ("left", "right")}
    made = [
        Line(EXTRA, (item,), (), None, _effects((item,), (), measures), (), _of(item, doubts["left"]))
        for item in found.extra
    ]
    made += [
        Line(MISSING, (), (item,), None, _effects((), (item,), measures), (), _of(item, doubts["right"]))
        for item in found.missing
    ]
    for pair in found.changed:
        effects = _effects(pair.left, pair.right, measures)
        # A part of a parent counts nothing, and changes all the same.
        moves = any(one.left != one.right or one.effect.minor for one in effects)
        made.append(Line(AMOUNT if moves else FIELD, pair.left, pair.right, pair.by, effects, pair.changes))
    return sorted(made, key=_rank)


def _rank(line: Line) -> tuple[bool, int, str, str]:
    size = max((abs(one.effect.minor) for one in line.effects), default=0)
    return line.kind == FIELD, -size, line.item.ref, line.kind


def _effects(left: Sequence[Item], right: Sequence[Item], measures: Mapping[Measure, str]) -> tuple[Effect, ...]:
    """The measures that either side states."""
    found = []
    for measure, column in measures.items():
        ours, theirs = (sum(item.minor(measure) for item in side) for side in (left, right))
        effect = counted(left, measure) - counted(right, measure)
        if ours or theirs:
            money = (Money(minor, measure.currency) for minor in (ours, theirs, effect))
            found.append(Effect(measure, column, *money))
    return tuple(found)


def _by_place(suspicions: Sequence[Suspicion], side: str) -> dict[Place, Suspicion]:
    return {place: one for one in suspicions if one.side == side for item in one.items for place in item.places}


def _of(item: Item, doubts: dict[Place, Suspicion]) -> Suspicion | None:
    return next((doubts[place] for place in item.places if place in doubts), None)


# --- written ---------------------------------------------------------------------------------------------------------


def write(done: Compared, path: Path) -> None:
    """Write the comparison: .csv has the rows that differ, .xlsx sheets for sums, differences, fields and proposals.

    What was cut is told in `done`.

    Raises UsageProblem for another ending.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise UsageProblem(f"{path.name}: the ending must be one of {' '.join(FORMATS)}")
    told = lines(done)
    if suffix == ".csv":
        write_csv(_differences(told), path)
        return
    title = f"{done.left.name} against {done.right.name}"
    sheets = {
        "Sums": _sums(done),
        "Differences": _differences(told),
        "Proposals": _proposals(done),
        "Twice on one side": _suspicions(done),
    }
    with new_book(path, title=title, recorded_at=None) as book:
        book.add(*sheets)
        for name, table in sheets.items():
            book.fill(SheetPlan(name, f"{name}: {title}", table))
        done.findings += cut_findings(path.name, book.cut)


def _sums(done: Compared) -> Table:
    columns = [
        Column("measure", "What", width=34),
        *(
            Column(name, name.capitalize(), Kind.MONEY, 20)
            for name in ("left", "right", "difference", "extra", "missing", "changed")
        ),
        Column("currency", "Currency", width=10),
    ]
    rows: list[list[Cell]] = []
    for one in done.comparison.balances:
        sums = (one.left, one.right, one.difference, one.extra, one.missing, one.changed)
        currency = one.measure.currency
        rows.append([measure_text(one.measure), *(Money(minor, currency) for minor in sums), currency])
    return Table(columns, rows)


def _differences(told: Sequence[Line]) -> Table:
    columns = [
        Column("kind", "Kind", width=16),
        Column("left", "Left reference", width=26),
        Column("right", "Right reference", width=26),
        Column("title", "Title", width=50),
        Column("field", "Field", width=20),
        Column("left_value", "Left", width=24),
        Column("right_value", "Right", width=24),
        Column("effect", "Effect", Kind.MONEY, 20),
        Column("currency", "Currency", width=10),
        Column("cause", "Cause", width=18),
        Column("matched_by", "Matched by", width=12),
        Column("left_place", "Left row", width=34),
        Column("right_place", "Right row", width=34),
    ]
    rows: list[list[Cell]] = []
    for line in told:
        names = [side[0].ref if side else "" for side in (line.left, line.right)]
        where = [place_text(side) for side in (line.left, line.right)]
        title = line.item.fields.get("title", "")
        for name, left, right, effect in parts(line):
            money: list[Cell] = [effect, effect.currency] if effect is not None else [None, ""]
            rows.append([line.kind, *names, title, name, left, right, *money, line.cause or "", line.by or "", *where])
    return Table(columns, rows)


def parts(line: Line) -> list[tuple[str, str, str, Money | None]]:
    """(field, left, right, effect) of a line: an amount for each measure, then the other fields that changed."""
    found: list[tuple[str, str, str, Money | None]] = []
    for one in line.effects:
        if line.kind in (EXTRA, MISSING) or one.left != one.right or one.effect.minor:
            texts = (plain(one.left.minor, one.left.currency), plain(one.right.minor, one.right.currency))
            found.append((one.field, *texts, one.effect))
    told = {name for name, *_ in found}
    for change in line.changes:
        if change.currency is None:
            found.append((change.field, str(change.left or ""), str(change.right or ""), None))
        elif change.field not in told:
            ours, theirs = (plain(int(minor or 0), change.currency) for minor in (change.left, change.right))
            found.append((change.field, ours, theirs, None))
    return found or [("", "", "", None)]


def place_text(items: Sequence[Item]) -> str:
    """The first row of the items, and how many more there are."""
    places = [place for item in items for place in item.places]
    if not places:
        return ""
    first = findings.place_text(places[0].file, places[0].sheet, str(places[0].row))
    return first + (f" and {len(places) - 1} more" if len(places) > 1 else "")


def _proposals(done: Compared) -> Table:
    columns = [
        Column("left", "Left reference", width=26),
        Column("right", "Right reference", width=26),
        Column("accept", "Accept", width=10),
        Column("score", "Score", Kind.COUNT, 8),
        Column("reasons", "Reasons", width=50),
        Column("left_title", "Left title", width=50),
        Column("right_title", "Right title", width=50),
    ]
    rows: list[list[Cell]] = [
        [
            one.left.ref,
            one.right.ref,
            "",
            one.score,
            "; ".join((*one.reasons, *(["another fits as well"] if one.is_tied else []))),
            one.left.fields.get("title", ""),
            one.right.fields.get("title", ""),
        ]
        for one in done.comparison.proposals
    ]
    return Table(columns, rows)


def _suspicions(done: Compared) -> Table:
    columns = [
        Column("side", "Side", width=8),
        Column("kind", "Kind", width=18),
        Column("amount", "Counted twice", Kind.MONEY, 20),
        Column("currency", "Currency", width=10),
        Column("references", "References", width=60),
        Column("why", "Why", width=60),
        Column("places", "Rows", width=40),
    ]
    rows: list[list[Cell]] = [
        [
            one.side,
            one.kind,
            Money(one.minor, one.measure.currency),
            one.measure.currency,
            ", ".join(item.ref for item in one.items),
            one.why,
            place_text(one.items),
        ]
        for one in done.comparison.suspicions
    ]
    return Table(columns, rows)
