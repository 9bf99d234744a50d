"""Backwards: what a cell, a row, a sheet or a file moves, and by how much, in every number that is made of it.

A cell moves exactly the records and figures whose trees hold it, by what it adds there: what each holds of it is asked with
the very filters that make the tree.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ledger.actions.why_figures import count_filter, money_filters, whole_of
from ledger.actions.why_trees import Counted, Trees, account, counted_of, money_of
from ledger.domain.figures import Figure
from ledger.domain.findings import Finding, place_text
from ledger.domain.trees import Many, Node
from ledger.intake.cells import cell_name
from ledger.store import figures, provenance, totals
from ledger.store.cells import CellPlace, Origin, column_number
from ledger.store.provenance import Contribution, KeptFile
from ledger.store.records import Named
from ledger.store.totals import Filter

_CELL: Final = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})")
_ROW: Final = re.compile(r"[1-9][0-9]{0,6}")
_SHA256: Final = re.compile(r"[0-9a-fA-F]{8,64}")
#: Bookings that are asked for by their numbers, at most.
_FEW: Final = 500
#: Keys of the lines of a summary that are told as moved.
_LINE: Final = ("fund", "country", "stage", "basis")


def place_trees(trees: Trees, ref: str) -> list[Node]:
    """The trees of a file (path, name or SHA-256 prefix), or of `FILE!Sheet`, `FILE!Sheet!17`, `FILE!Sheet!F17`.

    A text file has no sheet: `FILE!F17`. Nothing where the ledger keeps no such file, sheet or row.
    """
    file, _, inside = ref.partition("!")
    made = []
    for kept in _files(trees, file):
        for sheet, address in _inside(kept, inside):
            place = _Place(trees, kept, sheet, address)
            if place.exists:
                made.append(place.node())
    return made


def _files(trees: Trees, name: str) -> list[KeptFile]:
    """The kept files that are meant. A file on the disk is known by its bytes, wherever it stands and whatever its name."""
    path = Path(name)
    connection = trees.connection
    if path.is_file():
        with path.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        if found := provenance.kept_files(connection, sha256=digest):
            return found
        found = provenance.kept_files(connection, name=path.name)
        if found:
            said = "the ledger read a file of this name, with other bytes; that one is shown"
            trees.told.append(Finding("file-changed", said, path.name))
        return found
    found = provenance.kept_files(connection, name=name) or provenance.kept_files(connection, name=path.name)
    if not found and _SHA256.fullmatch(name):
        found = provenance.kept_files(connection, sha256=name)
    return found


def _inside(kept: KeptFile, inside: str) -> Iterable[tuple[str | None, str]]:
    """(sheet, address) that the rest of a reference may mean; sheet None: the whole file."""
    if not inside:
        return [(None, "")]
    sheet, mark, address = inside.rpartition("!")
    sheets = {name.casefold(): name for name in kept.sheets}
    if not mark:
        if inside.casefold() in sheets:
            return [(sheets[inside.casefold()], "")]
        return [(kept.sheets[0], inside)] if len(kept.sheets) == 1 else []
    return [(sheets[sheet.casefold()], address)] if sheet.casefold() in sheets else []


@dataclass(slots=True)
class _Place:
    """One file, sheet, row or cell, and what it moves."""

    trees: Trees
    kept: KeptFile
    sheet: str | None
    address: str
    #: the bookings from there, where they are few: asked by number they are found at once
    few: tuple[int, ...] = ()

    @property
    def _cell(self) -> tuple[int, int] | None:
        """Row and column, where it is a cell."""
        match = _CELL.fullmatch(self.address)
        return None if match is None else (int(match[2]), column_number(match[1]))

    @property
    def origin(self) -> Origin:
        """What transfers must come from to be asked about: of a cell its row, for one cell may be taken off another."""
        row = self._cell[0] if self._cell else int(self.address) if self.address else None
        return Origin(self.kept.sha256, self.sheet, row)

    @property
    def exists(self) -> bool:
        """Whether the ledger read such a place."""
        if not self.address:
            return True
        known = _CELL.fullmatch(self.address) or _ROW.fullmatch(self.address)
        return known is not None and provenance.row_state(self.trees.connection, self.origin) is not None

    def node(self) -> Node:
        """The place: what was booked from it, what of that no longer counts, and what it moves."""
        trees, connection = self.trees, self.trees.connection
        wanted = replace(trees.narrowed(Filter(with_illustrative=True, origin=self.origin)), every_role=True)
        booked = self._counted(provenance.contributions(connection, wanted, side="own"))
        if len(booked) <= _FEW:
            self.few = tuple(part.transfer_id for part, _ in booked)
        gone = self._counted(provenance.contributions(connection, wanted, "reversed", "own"))
        children = self._booked(booked)
        children += [
            Node("group", "no longer counted", 0, currency, {}, trees.reversed([part for part, _ in parts]))
            for currency, parts in _by_currency(gone).items()
        ]
        moved: dict[str, Sequence[Node]] = {
            "published figures": self._figures(has_money=bool(booked)),
            "sums by fund and country": self._lines() if booked else [],
            "envelopes, programmes and projects": self._records(booked),
        }
        children += [Node("group", f"moves {what}", children=nodes) for what, nodes in moved.items() if nodes]
        return self._root(children)

    def _root(self, children: list[Node]) -> Node:
        kept, connection = self.kept, self.trees.connection
        label = place_text(kept.name, self.sheet, self.address.upper())
        facts: dict[str, object] = {"file": kept.name, "sha256": kept.sha256, "sheet": self.sheet}
        if self.address:
            facts |= {"row": self.origin.row, "state": provenance.row_state(connection, self.origin)}
        kind = "file" if self.sheet is None else "row" if self.address else "sheet"
        if (cell := self._cell) is not None:
            place = CellPlace(kept.name, kept.sha256, self.sheet or "", *cell)
            self.trees.cells.load_places([place])
            facts |= {name: value for name, value in self.trees.cells.place(place).facts.items() if name != "steps"}
            kind = "cell"
        return Node(kind, label, facts=facts, children=children)

    def _counted(self, parts: Sequence[Contribution], counted: Sequence[Counted] | None = None) -> list[Counted]:
        """What the place adds to each booking: of a cell, what the booking's own tree says; else all of it."""
        found = [(part, part.minor) for part in parts] if counted is None else list(counted)
        if self._cell is None:
            return found
        self.trees.cells.load(part for part, _ in found)
        name = cell_name(*self._cell)
        own = []
        for part, minor in found:
            cells = [
                cell.minor or 0
                for below in self.trees.cells.below(part, minor)
                for cell in below.children
                if cell.facts["cell"] == name
            ]
            if cells:
                own.append((part, sum(cells)))
        return own

    def _booked(self, booked: Sequence[Counted]) -> list[Node]:
        def made(group: Sequence[Counted]) -> Many:
            return Many(len(group), lambda i: _booking(*group[i]))

        return [
            Node("group", "booked", sum(minor for _, minor in group), currency, {}, made(group))
            for currency, group in _by_currency(booked).items()
        ]

    # --- what it moves -------------------------------------------------------------------------------------------

    def _of(self, wanted: Filter, *, given: bool = False) -> list[Counted]:
        """What the place adds to what a filter finds, booking by booking, as the filter's own tree counts it."""
        here = self.trees.narrowed(replace(wanted, origin=self.origin, transfers=self.few))
        parts = provenance.contributions(self.trees.connection, here)
        parts = [part for part in parts if part.minor > 0 or not given]
        if wanted.earmark and parts:
            # The cents of an earmarked sum are handed out over all of it, each currency's by itself.
            mine = {part.transfer_id for part in parts}
            sums: dict[tuple[str, str, bool], list[Contribution]] = {}
            for part in provenance.contributions(self.trees.connection, self.trees.narrowed(wanted)):
                sums.setdefault(part.group, []).append(part)
            counted = [each for every in sums.values() for each in counted_of(every) if each[0].transfer_id in mine]
            return self._counted(parts, counted)
        return self._counted(parts)

    def _records(self, booked: Sequence[Counted]) -> Sequence[Node]:
        """Envelopes, programmes and projects: what stands on them, by stage and basis, and what they have left."""
        moved: dict[tuple[str, str, str, str, str], int] = {}

        def add(record: tuple[str, str, str], what: str, part: Contribution, minor: int) -> None:
            key = (*record, what, part.currency)
            moved[key] = moved.get(key, 0) + minor

        for part, minor in booked:
            if part.kind != "fund":
                add((part.kind, part.source, part.holder), account(part), part, minor)
            above = (part.drawn_kind, part.drawn_source, part.drawn_on)
            if part.drawn_kind and part.drawn_stage == part.stage:
                add(above, f"{account(part)}: kept", part, -minor)
            elif part.drawn_kind in ("envelope", "programme"):
                add(above, "left", part, -minor)
        for source, ref in dict.fromkeys((p.programme_source, p.programme) for p, _ in booked if p.programme):
            for part, minor in self._of(money_of(Named("programme", ref, source, ""))):
                if (part.kind, part.holder) != ("programme", ref):
                    add(("programme", source, ref), account(part), part, minor)
        items = [(key, minor) for key, minor in moved.items() if minor]

        def made(at: int) -> Node:
            (kind, source, ref, what, currency), minor = items[at]
            return Node("moved", f"{kind} {ref}: {what}", minor, currency, {"ref": ref, "source": source, "of": kind})

        return Many(len(items), made)

    def _lines(self) -> list[Node]:
        """Lines of a summary by fund and country; each label may be asked `why` of."""
        here = self.trees.narrowed(Filter(with_illustrative=True, origin=self.origin, transfers=self.few))
        found = totals.totals(self.trees.connection, here, _LINE)
        nodes = []
        for line in found:
            fund, country, stage, basis = (str(key) for key in line.keys)
            scope = Filter(stage=stage, bases=(basis,), funds=(fund,), countries=(country,), with_illustrative=True)
            minor = line.minor
            if self._cell is not None:
                same = [(part, each) for part, each in self._of(scope) if part.group == _group(line)]
                minor = sum(each for _, each in same)
            if minor:
                label = f"fund={fund},country={country},stage={stage},basis={basis}"
                nodes.append(Node("moved", label, minor, line.currency, {"ref": label, "of": "total"}))
        return nodes

    def _figures(self, *, has_money: bool) -> list[Node]:
        """Published figures: those that the place states, those it is summed or counted in, and printed totals."""
        nodes: list[Node] = []
        connection = self.trees.connection
        for figure in figures.current(connection, self.trees.limits.known_at):
            if figure.batch in self.kept.batches:
                nodes += self._stated(figure)
            if figure.is_printed_total:
                nodes += self._printed(figure)
                continue
            found = figures.placed(connection, figure)
            filters = [*money_filters(self.trees, found), *whole_of(self.trees, found)] if has_money else []
            sums: dict[tuple[str, str], int] = {}
            for what, wanted in filters:
                for part, minor in self._of(wanted, given=wanted.envelope is not None):
                    sums[what, part.currency] = sums.get((what, part.currency), 0) + minor
            nodes += [self._moved(figure, what, minor, currency) for (what, currency), minor in sums.items()]
            counting = count_filter(self.trees, found)
            if counting is not None and self._cell is None:
                nodes += self._counting(figure, counting)
        return nodes

    @staticmethod
    def _moved(figure: Figure, what: str, minor: int, currency: str) -> Node:
        facts = {"ref": figure.ref, "of": "figure", "note": figure.quote}
        return Node("moved", f"figure {figure.ref}{what and ': '}{what}", minor, currency, facts)

    def _stated(self, figure: Figure) -> list[Node]:
        """A figure that this place is the wording of."""
        if self.sheet is None:
            here = True
        elif figure.is_printed_total or figure.row is None or figure.sheet != self.sheet:
            here = False
        elif self._cell is not None:
            stated = figures.placed(self.trees.connection, figure).cell
            here = stated is not None and (stated.row, stated.column) == self._cell
        else:
            here = not self.address or figure.row == self.origin.row
        if not here or figure.is_printed_total:
            return []
        facts = {
            "ref": figure.ref,
            "of": "figure",
            "relation": "states it",
            "note": figure.quote,
            "value": figure.value,
        }
        return [Node("moved", f"figure {figure.ref}: states it", facts={**facts, "unit": figure.unit})]

    def _printed(self, figure: Figure) -> list[Node]:
        """A total that this file prints, where the place is among its cells."""
        if figure.batch not in self.kept.batches:
            return []
        stated = figures.placed(self.trees.connection, figure).cell
        if stated is None or stated.sha256 != self.kept.sha256 or self.sheet not in (None, stated.sheet):
            return []
        row, cell = self.origin.row, self._cell
        places = [
            CellPlace(self.kept.name, self.kept.sha256, stated.sheet, number, column)
            for first, last, column in figures.printed_spans(figure)
            for number in (range(first, last + 1) if row is None else [row] if first <= row <= last else [])
            if cell is None or column == cell[1]
        ]
        if not places or not figure.unit:
            return []
        cells, sheet = self.trees.cells, provenance.sheet_of(
            self.trees.connection, figure.batch, stated.sha256, stated.sheet
        )  # fmt: skip
        cells.load_places(places)
        made = [cells.place(each, figure.unit, cells.column_facts(sheet, each.column)) for each in places]
        return [self._moved(figure, "", sum(node.minor or 0 for node in made), figure.unit)]

    def _counting(self, figure: Figure, wanted: Filter) -> list[Node]:
        """A count of projects, where some of them were entered here."""
        counted = [
            each
            for each in provenance.counted_projects(self.trees.connection, self.trees.narrowed(wanted))
            if each.sha256 == self.kept.sha256
            and self.sheet in (None, each.sheet)
            and self.origin.row in (None, each.row)
        ]
        facts = {"ref": figure.ref, "of": "figure", "count": len(counted), "note": figure.quote}
        return [Node("moved", f"figure {figure.ref}", facts=facts)] if counted else []


def _booking(part: Contribution, minor: int) -> Node:
    facts = {"transfer": part.transfer_id, "batch": part.batch_id, "ref": part.holder, "source": part.source}
    facts |= {"stage": part.stage, "basis": part.basis, "country": part.country, "fund": part.fund, "note": part.title}
    rule = None if part.rule == "cell" else part.rule
    facts |= {"drawn_on": part.drawn_on, "rule": rule, "illustrative": part.is_illustrative}
    return Node("transfer", f"{part.holder}: {account(part)} {part.country}", minor, part.currency, facts)


def _by_currency(counted: Sequence[Counted]) -> dict[str, list[Counted]]:
    groups: dict[str, list[Counted]] = {}
    for part, minor in counted:
        groups.setdefault(part.currency, []).append((part, minor))
    return groups


def _group(line: totals.Total) -> tuple[str, str, bool]:
    return line.currency, line.price_basis, line.is_illustrative
