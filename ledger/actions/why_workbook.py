"""Why a cell of an exported workbook is what it is: from what the row says it is, and from what its column counts.

The workbook's hidden sheet says what each column counts and which columns say what a row is; so a cell is found again
wherever its row was sorted to. The question is pinned to the batch that the workbook was written at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from ledger.actions.scope import UsageProblem
from ledger.actions.why_figures import figure_tree
from ledger.actions.why_trees import Trees
from ledger.domain.findings import Finding
from ledger.domain.marks import ORIGIN_MARKER, ORIGIN_SHEET
from ledger.domain.money import MoneyError, display, to_minor
from ledger.domain.trees import Node, summed
from ledger.intake.cells import Value, Workbook, column_index
from ledger.intake.readers import open_workbook
from ledger.reporting.safe_text import original_text
from ledger.reporting.vocabulary import LANGUAGES, Vocabulary, vocabulary
from ledger.store import figures, provenance, reports, totals
from ledger.store.totals import Filter

_REF: Final = re.compile(
    r"(?P<file>.+\.(?:xlsx|xlsm|xls|ods))!(?P<sheet>.+)!\$?(?P<letter>[A-Za-z]{1,3})\$?(?P<row>[0-9]{1,7})"
)
#: Keys of a row that are limits of their own, and no key of a total.
_MARKS: Final = ("currency", "price_basis", "data")
#: How the types of intervention of an operation are divided into columns.
_TYPES: Final = tuple(f"intervention_{place}" for place in range(1, 5))


@dataclass(slots=True)
class _Cell:
    """A figure of a workbook: the report's question, where it stands, what its column counts and its row says."""

    ref: str
    origin: Mapping[str, Any]
    region: Mapping[str, Any]
    column: Mapping[str, Any]
    keys: Mapping[str, Value]
    value: Value
    words: Vocabulary
    is_total: bool

    @property
    def currency(self) -> str | None:
        """The row's currency, else the report's."""
        found = self.keys.get("currency") or self.origin["base"].get("currency")
        return str(found) if found else None


def workbook_cell(trees: Trees, ref: str) -> list[Node]:
    """The tree of a cell of an exported workbook, `FILE.xlsx!Sheet!B7`; none where that is no such reference.

    Raises UsageProblem for a workbook that this ledger did not write, and for a cell that is no figure.
    """
    match = _REF.fullmatch(ref)
    if match is None or not Path(match["file"]).is_file():
        return []
    cell = _read(Path(match["file"]), match["sheet"], match["letter"].upper(), int(match["row"]), ref)
    batch = int(cell.origin["batch"])
    head = reports.head(trees.connection, batch) if batch else None
    if batch and (head is None or head.batch != batch or head.recorded_at != cell.origin["recorded_at"]):
        raise UsageProblem(f"{match['file']} was written from another ledger: this one has no such batch {batch}")
    pinned = replace(trees, limits=replace(trees.limits, known_at=batch))
    pinned.cells = trees.cells
    nodes = _answer(pinned, cell, cell.column)
    _compare(trees, cell, nodes)
    return nodes


def _compare(trees: Trees, cell: _Cell, nodes: Sequence[Node]) -> None:
    """A finding where the cell no longer says what the ledger said."""
    if not isinstance(cell.value, int | Decimal) or isinstance(cell.value, bool) or cell.currency is None:
        return
    if cell.column.get("made") == "ratio" or any(node.minor is None for node in nodes):
        return
    try:
        said, _ = to_minor(cell.value, cell.currency)
    except MoneyError:
        return
    kept = sum(node.minor or 0 for node in nodes)
    if said != kept:
        message = (
            f"the cell says {display(said, cell.currency)}, the ledger said {display(kept, cell.currency)} "
            f"at batch {cell.origin['batch']}"
        )
        file, sheet, place = cell.ref.rsplit("!", 2)
        trees.told.append(Finding("cell-edited", message, file, sheet, place))


def _answer(trees: Trees, cell: _Cell, column: Mapping[str, Any]) -> list[Node]:
    asks = column.get("asks", {})
    if "envelope" in asks:
        return [_envelope(trees, cell, str(asks["envelope"]))]
    if "figure" in asks:
        return _figure(trees, cell, str(asks["figure"]))
    if "line" in asks:
        return _line(trees, cell)
    if "stage" in asks:
        return _sum(trees, cell, asks)
    by_name = {each["name"]: each for each in cell.region["columns"].values()}
    parts = [node for name in column.get("of", ()) for node in _answer(trees, cell, by_name[name])]
    return [Node("group", cell.ref, facts={"note": f"{column['heading']}: made of what is below"}, children=parts)]


def _sum(trees: Trees, cell: _Cell, asks: Mapping[str, Any]) -> list[Node]:
    """What a sum of a measure counts: one tree, or one for each row of the finest keys where parts are rounded row by row."""
    wanted = _filter(cell, asks)
    nodes: list[Node] = []
    for each in _rows(trees, cell, asks, wanted):
        found = trees.total(cell.ref, each, kind="group")
        # Where a column says so, a row is of recorded or of illustrative data, never of both.
        nodes += [
            node for node in found if "data" not in cell.keys or _is_illustrative(node) == wanted.with_illustrative
        ]
    if cell.region["kind"] in ("projects", "annex-vii"):
        nodes = [summed("group", cell.ref, held, held[0].currency) for node in nodes if (held := _projects(node))]
    if len(nodes) < 2:
        return nodes or [Node("group", cell.ref, 0, cell.currency or "EUR", {"note": "nothing in the ledger"})]
    return [summed("group", cell.ref, nodes, nodes[0].currency)]


def _is_illustrative(node: Node) -> bool:
    return bool(node.facts.get("illustrative"))


def _projects(node: Node) -> list[Node]:
    """What of a total projects hold; a node that stands for a single record is that record."""
    return [node] if node.kind == "project" else [child for child in node.children if child.kind == "project"]


def _filter(cell: _Cell, asks: Mapping[str, Any]) -> Filter:
    base = filter_from_json(cell.origin["base"])
    own = tuple(asks.get("funds", ()))
    funds = tuple(sorted(set(own) & set(base.funds))) or ("",) if own and base.funds else own or base.funds
    price_basis = cell.keys.get("price_basis")
    return replace(
        base,
        stage=asks["stage"],
        bases=() if asks["basis"] == "total" else (asks["basis"],),
        earmark=asks.get("earmark"),
        funds=funds,
        currency=cell.currency,
        price_basis=None if price_basis is None else _price_basis(cell.words, str(price_basis)),
        with_illustrative=cell.keys["data"] == cell.words.data(True) if "data" in cell.keys else base.with_illustrative,
    )


def _rows(trees: Trees, cell: _Cell, asks: Mapping[str, Any], wanted: Filter) -> Iterator[Filter]:
    """The scopes whose sums add up to the cell."""
    stated = {} if cell.is_total else {name: value for name, value in cell.keys.items() if name not in _MARKS}
    if cell.region["kind"] == "annex-vii":
        yield from _objectives(trees, stated, wanted)
        return
    until = stated.pop("year", None) if "years" in asks else None
    equal = tuple((name, _key(name, value)) for name, value in stated.items())
    finest = cell.origin["finest"] if wanted.earmark and cell.region["kind"] in ("sums", "outlook") else []
    if wanted.earmark and cell.region["kind"] == "projects":
        finest = ["source", "project"]
    if asks.get("years") == "up to":
        finest = [*finest, "year"]
    narrowed = replace(wanted, equal=equal)
    if not finest:
        yield narrowed
        return
    finest = list(dict.fromkeys(finest))
    for total in totals.totals(trees.connection, trees.narrowed(narrowed), finest):
        found = dict(zip(finest, total.keys, strict=True))
        if asks.get("years") != "up to" or int(found["year"]) <= int(_key("year", until) or 0):
            more = tuple((name, _text(value)) for name, value in found.items() if name not in stated)
            yield replace(narrowed, equal=(*equal, *more))


def _objectives(trees: Trees, stated: Mapping[str, Value], wanted: Filter) -> Iterator[Filter]:
    """Of Annex VII: every type of intervention that is divided into columns as the row's cells are."""
    keys = ("specific_objective", "intervention_type")
    said = (str(stated.get(keys[0]) or ""), [str(stated.get(name) or "") for name in _TYPES])
    for total in totals.totals(trees.connection, trees.narrowed(wanted), (*keys, "unit")):
        types = [part.strip() for part in str(total.keys[1] or "").split("/")][:4]
        shown = (str(total.keys[0] or ""), [*types, *[""] * (4 - len(types))])
        if total.keys[2] is not None and (not stated or shown == said):
            names = (*keys, "unit")
            yield replace(
                wanted, equal=tuple((name, _text(value)) for name, value in zip(names, total.keys, strict=True))
            )


def _envelope(trees: Trees, cell: _Cell, what: str) -> Node:
    wanted = trees.narrowed(
        Filter(stage="allocated", envelope=original_text(str(cell.keys.get("envelope"))), with_illustrative=True)
    )
    own = provenance.contributions(trees.connection, wanted)
    drawn = provenance.contributions(trees.connection, wanted, side="drawn")
    parts: dict[str, Callable[[int], list[tuple[provenance.Contribution, int]]]] = {
        "stated": lambda sign: [(part, sign * part.minor) for part in own if part.minor > 0],
        "parts": lambda sign: [(part, -sign * part.minor) for part in own if part.minor < 0],
        "drawn": lambda sign: [(part, sign * abs(part.minor)) for part in drawn if part.drawn_stage == "allocated"],
    }
    signs = {"stated": 1, "parts": -1, "drawn": -1} if what == "left" else {what: 1}
    words = cell.words.group("envelope")
    below = [
        Node(
            "group", words[name], sum(minor for _, minor in counted), counted[0][0].currency, {}, trees.holders(counted)
        )
        for name, sign in signs.items()
        if (counted := parts[name](sign))
    ]
    return summed("group", cell.ref, below, cell.currency or "EUR")


def _figure(trees: Trees, cell: _Cell, what: str) -> list[Node]:
    base = filter_from_json(cell.origin["base"])
    limits = replace(trees.limits, with_illustrative=base.with_illustrative, as_of=base.as_of)
    within = replace(trees, limits=limits)
    within.cells = trees.cells
    found = figures.find(trees.connection, str(cell.keys.get("figure")), trees.limits.known_at)
    if found is None:
        return []
    node = figure_tree(within, found)
    return [node] if what == "ledger" else [child for child in node.children if child.kind == "stated"]


def _line(trees: Trees, cell: _Cell) -> list[Node]:
    """A line of the detail sheet: its booking, with the sign or the part that the line counts."""
    number = cell.keys.get("transfer")
    if not isinstance(number, int | Decimal):
        return []
    wanted = replace(trees.narrowed(Filter(transfers=(int(number),), with_illustrative=True)), every_role=True)
    found = provenance.contributions(trees.connection, wanted, "any", "own")
    if not found:
        return []
    trees.cells.load(found)
    minor = found[0].minor
    if isinstance(cell.value, int | Decimal) and not isinstance(cell.value, bool):
        said, _ = to_minor(cell.value, found[0].currency)
        # Money that left the row counts against it; of an earmark a part counts.
        part_counts = cell.column["asks"]["line"] == "counted" and cell.origin["has_shares"] and abs(said) < minor
        minor = said if part_counts else -minor if said < 0 else minor
    return [trees.booking(found[0], minor, label=found[0].holder)]


# --- reading the workbook ----------------------------------------------------------------------------------------


def _read(path: Path, sheet: str, letter: str, row: int, ref: str) -> _Cell:
    book = open_workbook(path)
    try:
        origin, regions = _origin(book, path)
        region = regions.get(sheet)
        if region is None:
            raise UsageProblem(f"{path.name} has no figures on a sheet {sheet!r}; there are: {', '.join(regions)}")
        column = region["columns"].get(letter)
        is_total = row in region["totals"]
        if column is None or not (is_total or region["first"] <= row <= region["last"]):
            letters = ", ".join(region["columns"])
            raise UsageProblem(
                f"{sheet}!{letter}{row} is no figure of the report: those stand in the columns {letters}, "
                f"rows {region['first']} to {region['last']}"
            )
        rows = _rows_of(book, sheet, {row, region["header"]})
    finally:
        book.close()
    headings, cells = rows.get(region["header"], []), rows.get(row, [])
    if not column["name"].startswith("ledger_") and _at(headings, letter) != column["heading"]:
        raise UsageProblem(
            f"{path.name}: the columns of {sheet!r} were moved; put {column['heading']!r} back into {letter}"
        )
    keys = {name: _at(cells, at) for name, at in region["keys"].items()}
    words = vocabulary(origin["lang"] if origin["lang"] in LANGUAGES else LANGUAGES[0])
    return _Cell(ref, origin, region, column, keys, _at(cells, letter), words, is_total)


def _origin(book: Workbook, path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    found: list[tuple[Value, Value]] = []
    for sheet in book.sheets:
        if sheet.name == ORIGIN_SHEET:
            found = [(row.values[0], row.values[1]) for row in sheet.rows() if len(row.values) > 1]
    if not found or found[0][0] != ORIGIN_MARKER:
        raise UsageProblem(f"{path.name} is no workbook that euledger exported: its sheet {ORIGIN_SHEET} is missing")
    try:
        read = [json.loads(str(text)) for _, text in found]
    except ValueError as error:
        raise UsageProblem(f"{path.name}: the sheet {ORIGIN_SHEET} was changed ({error})") from error
    return read[0], {region["sheet"]: region for region in read[1:]}


def _rows_of(book: Workbook, sheet: str, numbers: set[int]) -> dict[int, Sequence[Value]]:
    found: dict[int, Sequence[Value]] = {}
    for each in book.sheets:
        if each.name == sheet:
            for row in each.rows():
                if row.number in numbers:
                    found[row.number] = list(row.values)
                if row.number >= max(numbers):
                    break
    return found


def _at(cells: Sequence[Value], letter: str) -> Value:
    place = column_index(letter) - 1
    return cells[place] if place < len(cells) else None


def _key(name: str, value: Value) -> str | None:
    """The value of a key as the store has it: a year that is no number is undated."""
    if name == "year":
        return str(int(value)) if isinstance(value, int | Decimal) else "0"
    return None if value is None else original_text(str(value)) or None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _price_basis(words: Vocabulary, shown: str) -> str:
    if shown == words.prices("current"):
        return "current"
    before, after = words("mark.prices", "\0").split("\0")
    return shown.removeprefix(before).removesuffix(after)


def filter_from_json(stated: Mapping[str, Any]) -> Filter:
    """The filter that a workbook remembers."""
    days = ("period_start", "period_end", "as_of")
    known = {each.name for each in fields(Filter)} - {"equal", "origin", "transfer", "batch"}
    values: dict[str, Any] = {
        name: date.fromisoformat(value) if name in days else tuple(value) if isinstance(value, list) else value
        for name, value in stated.items()
        if name in known
    }
    return Filter(**values)
