"""The budget summary as a workbook: sums that are formulas over their lines, and checks against the ledger.

Summary: a row for each sum. Detail: a line for each transfer behind them, with its cell. Envelopes: the tree with
what is left. About: what was asked of which ledger. A sum finds its lines by the row number that both carry: text keys
would not do, since SUMIFS takes `*`, `?` and `>5` in a text for patterns and knows no capital letters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import ledger
from ledger.domain.money import Money, minor_digits
from ledger.reporting import words
from ledger.reporting.figures import Row, Summary
from ledger.reporting.tables import Cell, Column, Formula, Indented, Kind, Table, key_column
from ledger.reporting.workbook import AGREES, DIFFERS, Book, SheetPlan, new_book
from ledger.store.envelopes import EnvelopeState
from ledger.store.reports import Line

_NO = Column("no", "No.", Kind.NUMBER, 7)
_AMOUNT = Column("amount", "Amount", Kind.MONEY, 21)
_MONEY_MARKS = (
    Column("currency", "Currency", width=10),
    Column("price_basis", "Prices", width=12),
    Column("data", "Data", width=12),
)

#: Keys whose names stand beside their codes; those of the few funds, which are long, stand on the sheet About.
_NAMED = ("country", "theme")
_SUMS = (
    "Amounts on the sheet Summary are formulas over the sheet Detail. Check compares each with the ledger's own "
    f"value beside it and says {DIFFERS} as soon as a cell was changed."
)
_NUMBERS = (
    "The number of a row of Summary; the lines behind it carry it on the sheet Detail. Lines without a number "
    "cancel each other out in a row that came to nothing."
)
_PROJECTS = (
    "Decisions and operations; contracts inside a decision are not counted again. A project of several "
    "countries or years counts in each row and once in a total."
)
_TRACE = "File, Sheet and Cell on the sheet Detail name the cell that each amount was read from."


@dataclass(slots=True)
class Sums:
    """What the lines of the detail sheet add up to, by row of the summary and by group: the values of the formulas.

    `cut` names the cells whose text was too long for one.
    """

    by_row: dict[int, int] = field(default_factory=dict)
    by_group: dict[tuple[str, str, bool], int] = field(default_factory=dict)
    cut: list[str] = field(default_factory=list)

    def add(self, number: int | None, line: Line) -> None:
        """Count a line in."""
        group = (line.currency, line.price_basis, line.is_illustrative)
        self.by_group[group] = self.by_group.get(group, 0) + line.minor
        if number is not None:
            self.by_row[number] = self.by_row.get(number, 0) + line.minor


def write_budget(summary: Summary, lines: Iterable[Line], envelopes: Sequence[EnvelopeState], path: Path) -> Sums:
    """Write the workbook to `path` in one step; `lines` are those behind the summary's rows.

    Returns what they add up to, which its checks compare with the ledger's sums. Raises ReportTooLarge, and OSError
    where it cannot be written.
    """
    notice = words.NOTICE if summary.illustrative or any(state.is_illustrative for state in envelopes) else ""
    made = None if summary.ledger_head is None else summary.ledger_head.recorded_at
    sums = Sums()
    with new_book(path, title=words.title(summary), recorded_at=made) as book:
        book.add("Summary", "Detail", "Envelopes", "About")
        _detail(book, summary, lines, sums, notice)
        _summary(book, summary, sums, notice)
        book.fill(_envelopes(summary, envelopes, notice))
        book.fill(_about(summary, notice))
        sums.cut = book.cut
    return sums


def _detail(book: Book, summary: Summary, lines: Iterable[Line], sums: Sums, notice: str) -> None:
    extra = [name for name in summary.by if name not in ("fund", "country", "theme", "year", "stage", "basis")]
    columns = [
        _NO,
        Column("record", "Record", width=22),
        Column("title", "Title", width=44),
        Column("fund", "Fund", width=11),
        Column("country", "Country", width=9),
        Column("theme", "Theme", width=22),
        Column("year", "Year", Kind.NUMBER, 9),
        Column("value_date", "Value date", Kind.DAY, 12),
        Column("stage", "Stage", width=12),
        Column("basis", "Basis", width=11),
        _AMOUNT,
        *_MONEY_MARKS,
        *(key_column(name, summary) for name in extra),
        Column("batch", "Batch", Kind.NUMBER, 8),
        Column("file", "File", width=36),
        Column("sheet", "Sheet", width=14),
        Column("cell", "Cell", width=9),
        Column("rule", "Rule", width=26),
        Column("transfer", "Transfer", Kind.NUMBER, 10),
    ]
    plan = SheetPlan(
        "Detail",
        f"Detail: the transfers behind the summary ({words.subject(summary)})",
        Table(columns, _detail_rows(summary, lines, extra, sums)),
        notice,
        ["Filter No. by the number of a row of the sheet Summary to see the lines and the source cells behind it."],
        frozen=3,
    )
    last = book.fill(plan)
    at = {column.name: index for index, column in enumerate(columns)}
    for name, column in (
        ("Detail_No", "no"),
        ("Detail_Amount", "amount"),
        ("Detail_Currency", "currency"),
        ("Detail_Prices", "price_basis"),
        ("Detail_Data", "data"),
    ):
        book.define(name, "Detail", at[column], plan.header_row + 1, last)


def _detail_rows(summary: Summary, lines: Iterable[Line], extra: Sequence[str], sums: Sums) -> Iterator[Sequence[Cell]]:
    numbers = {(tuple(row.keys.values()), row.group): number for number, row in enumerate(summary.rows, start=1)}
    year_at = summary.by.index("year") if "year" in summary.by else None
    for line in lines:
        keys = tuple(value if place != year_at else value or None for place, value in enumerate(line.keys))
        number = numbers.get((keys, (line.currency, line.price_basis, line.is_illustrative)))
        sums.add(number, line)
        by_name = dict(zip(summary.by, keys, strict=True))
        yield [
            number,
            line.record,
            line.title,
            line.fund,
            line.country,
            line.theme,
            line.year or words.UNDATED,
            line.value_date,
            line.stage,
            line.basis,
            Money(line.minor, line.currency),
            line.currency,
            words.prices(line.price_basis),
            words.data(line.is_illustrative),
            *(by_name[name] for name in extra),
            line.batch_id,
            line.file,
            line.sheet,
            _cell_name(line),
            "" if line.rule == "cell" else line.rule,
            line.transfer_id,
        ]


def _cell_name(line: Line) -> str:
    from xlsxwriter.utility import xl_col_to_name

    if not line.row:
        return ""
    return f"{xl_col_to_name(line.column - 1)}{line.row}" if line.column else str(line.row)


def _summary(book: Book, summary: Summary, sums: Sums, notice: str) -> None:
    named = [name for name in summary.by if name in _NAMED]
    keys: list[Column] = []
    for name in summary.by:
        keys.append(key_column(name, summary))
        if name in named:
            longest = max((len(_name(summary, name, row.keys[name])) for row in summary.rows), default=0)
            keys.append(Column(f"{name}_name", f"{words.HEADINGS[name]} name", width=min(max(longest, 14), 48) + 3))
    columns = [
        _NO,
        *keys,
        _AMOUNT,
        *_MONEY_MARKS,
        Column("projects", "Projects", Kind.COUNT, 10),
        Column("ledger", "In the ledger", Kind.MONEY, 21),
        Column("check", "Check", Kind.CHECK, 11),
    ]
    lines = [words.head(summary), *(f"{label}: {value}" for label, value in words.limits(summary))]
    draft = SheetPlan(
        "Summary",
        words.title(summary),
        Table(columns, ()),
        notice,
        lines,
        [[None] * len(columns)] * len(summary.totals),
        frozen=1 + len(keys) if len(keys) < 4 else 2,
    )
    letters = _letters(columns)
    first_sum = draft.header_row - len(summary.totals)  # 1-based: a blank row parts the sums from the headings
    totals = [
        _with_check(
            letters,
            first_sum + place,
            row,
            [words.group(row), *[None] * len(keys)],
            summed=sums.by_group.get(row.group, 0),
            formula=_group_formula(row),
        )
        for place, row in enumerate(summary.totals)
    ]
    rows = []
    for number, row in enumerate(summary.rows, start=1):
        at = draft.header_row + 1 + number
        cells: list[Cell] = [number]
        for name, value in row.keys.items():
            cells.append(words.key(name, value))
            if name in named:
                cells.append(_name(summary, name, value))
        formula = f"=ROUND(SUMIFS(Detail_Amount,Detail_No,$A{at}),{minor_digits(row.amount.currency)})"
        rows.append(_with_check(letters, at, row, cells, summed=sums.by_row.get(number, 0), formula=formula))
    book.fill(replace(draft, sums=totals, table=Table(columns, rows)))


def _funds(summary: Summary) -> list[str]:
    return sorted({row.keys["fund"] for row in summary.rows}) if "fund" in summary.by else []


def _name(summary: Summary, key: str, code: Any) -> str:
    return summary.names[key].get(code, "")


def _letters(columns: Sequence[Column]) -> dict[str, str]:
    from xlsxwriter.utility import xl_col_to_name

    return {column.name: xl_col_to_name(index) for index, column in enumerate(columns)}


def _group_formula(row: Row) -> str:
    currency, price_basis, is_illustrative = row.group
    return (
        f'=ROUND(SUMIFS(Detail_Amount,Detail_Currency,"{currency}",Detail_Prices,"{words.prices(price_basis)}",'
        f'Detail_Data,"{words.data(is_illustrative)}"),{minor_digits(currency)})'
    )


def _with_check(
    letters: dict[str, str], at: int, row: Row, keys: Sequence[Cell], *, summed: int, formula: str
) -> list[Cell]:
    """The cells of a sum in (1-based) row `at`: the formula, the ledger's own value, and whether they are equal."""
    currency = row.amount.currency
    half = f"0.{'0' * minor_digits(currency)}5"  # half a minor unit
    check = f'=IF(ABS({letters["amount"]}{at}-{letters["ledger"]}{at})<{half},"{AGREES}","{DIFFERS}")'
    return [
        *keys,
        Formula(formula, Money(summed, currency)),
        currency,
        words.prices(row.price_basis),
        words.data(row.is_illustrative),
        row.projects,
        row.amount,
        Formula(check, AGREES if summed == row.amount.minor else DIFFERS),
    ]


def _envelopes(summary: Summary, states: Sequence[EnvelopeState], notice: str) -> SheetPlan:
    columns = [
        Column("title", "Envelope", width=58),
        Column("reference", "Reference", width=28),
        Column("fund", "Fund", width=11),
        Column("country", "Country", width=9),
        Column("stated", "Stated", Kind.MONEY, 21),
        Column("parts", "In parts", Kind.MONEY, 21),
        Column("drawn", "Drawn", Kind.MONEY, 21),
        Column("left", "Left", Kind.MONEY, 21),
        *_MONEY_MARKS,
        Column("role", "Role", width=14),
        Column("status", "Status", width=13),
        Column("from", "From", Kind.DAY, 12),
        Column("to", "To", Kind.DAY, 12),
        Column("legal_reference", "Legal reference", width=44),
    ]
    tree = list(_in_tree_order(states))
    notes = [
        "Left = stated less what is in parts and what is drawn directly.",
        "Only nodes of a tree count in a summary; a reinforcement feeds another envelope and is not added to it.",
    ]
    if summary.filters.get("as_of"):
        notes.append("The as-of date of the summary does not apply here.")
    plan = SheetPlan(
        "Envelopes",
        "Envelopes: the acts' amounts down to countries, and what is left",
        Table(columns, ()),
        notice,
        notes,
    )
    rows: list[list[Cell]] = []
    for place, (state, level) in enumerate(tree):
        at = plan.header_row + 2 + place
        currency = state.currency
        left = Formula(f"=ROUND(E{at}-F{at}-G{at},{minor_digits(currency)})", Money(state.left_minor, currency))
        rows.append(
            [
                Indented(state.title or state.ref, level, is_strong=level == 0 and state.children > 0),
                state.ref,
                state.fund,
                state.country,
                Money(state.stated_minor, currency),
                Money(state.parts_minor, currency),
                Money(state.drawn_minor, currency),
                left,
                currency,
                words.prices(state.price_basis),
                words.data(state.is_illustrative),
                state.role,
                state.status,
                state.period_start,
                state.period_end,
                state.legal_reference,
            ]
        )
    return replace(plan, table=Table(columns, rows))


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


def _about(summary: Summary, notice: str) -> SheetPlan:
    head = summary.ledger_head
    facts: list[tuple[str, Any]] = [
        ("Question", words.title(summary)),
        ("Stage", summary.stage),
        ("Basis", summary.basis),
        ("By", ", ".join(summary.by) or "(one sum)"),
        *words.limits(summary),
        (
            "Illustrative data",
            "counted, in rows of its own" if summary.filters.get("with_illustrative") else "left out",
        ),
        ("Ledger head", "empty" if head is None else f"batch {head.batch}"),
        ("Recorded at", "" if head is None else head.recorded_at),
        ("Program", f"eu-funding-ledger {ledger.__version__}"),
        *((f"Fund {code}", summary.names["fund"].get(code, "")) for code in _funds(summary)),
        *(("Warning", str(finding)) for finding in summary.findings),
        ("Sums", _SUMS),
        ("No.", _NUMBERS),
        ("Projects", _PROJECTS),
        ("Trace", _TRACE),
    ]
    rows: list[list[Cell]] = [[label, str(value)] for label, value in facts if value != ""]
    columns = [Column("what", "What", width=20), Column("says", "Answer", Kind.PROSE, 110)]
    return SheetPlan("About", "About this workbook", Table(columns, rows), notice, is_filtered=False, frozen=0)
