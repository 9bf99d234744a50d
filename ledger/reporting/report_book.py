"""A report as a workbook: sums that are formulas over their lines, each held against the ledger's own value.

A sum finds its lines by the row number that both carry, and by the measure: text keys would not do, since SUMIFS takes
`*`, `?` and `>5` in a text for patterns and knows no capital letters. The totals of a list add its rows up. Ratios and
what is left follow from their row. The last sheet, hidden, says what each column counts, so that `why` can answer for
any cell, wherever it was sorted to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from ledger.domain.findings import Finding
from ledger.domain.marks import ORIGIN_SHEET
from ledger.domain.money import Money, display, minor_digits
from ledger.reporting import report_origin
from ledger.reporting.model import DetailLine, Field, FigureSheet, Group, Made, ReportModel, Total
from ledger.reporting.report_charts import add_charts
from ledger.reporting.report_origin import Region
from ledger.reporting.safe_text import cut_findings
from ledger.reporting.tables import Cell, Column, Formula, Kind, Linked, Table
from ledger.reporting.vocabulary import Vocabulary
from ledger.reporting.workbook import AGREES, DIFFERS, Book, SheetPlan, new_book

#: Links that a sheet of Excel takes; beyond, a sum is found by its number alone.
_MOST_LINKS: Final = 65_000
#: What stands for a share of nothing. No empty text: some programs take that for a formula without a value.
NOTHING: Final = "–"
#: Keys that say what may be added; "" is no key.
_MARKS: Final = ("", "currency", "price_basis", "data")


@dataclass(slots=True)
class Lines:
    """What the detail sheet holds, counted while it is written: the values of the formulas, and where the lines stand."""

    by_row: dict[tuple[int, int, str], int] = field(default_factory=dict)
    by_group: dict[tuple[str, Group], int] = field(default_factory=dict)
    #: first row, last row, number of rows
    places: dict[tuple[int, int, str], tuple[int, int, int]] = field(default_factory=dict)
    width: int = 0

    def add(self, found: DetailLine, row: int) -> None:
        """Count a line in that stands in (1-based) row `row`."""
        group = (found.measure, found.line.group)
        self.by_group[group] = self.by_group.get(group, 0) + found.minor
        for sheet, number in enumerate(found.numbers):
            if number is not None:
                key = (sheet, number, found.measure)
                self.by_row[key] = self.by_row.get(key, 0) + found.minor
                first, _, count = self.places.get(key, (row, row, 0))
                self.places[key] = (first, row, count + 1)


def write_report_book(model: ReportModel, path: Path) -> list[Finding]:
    """Write the report to `path` in one step, and return where its lines do not bear a sum out, or a text was cut.

    Raises ReportTooLarge for what no workbook holds, and OSError where it cannot be written.
    """
    made = None if model.head is None else model.head.recorded_at
    words = model.words
    lines = Lines()
    with new_book(path, title=model.title, recorded_at=made, in_millions=model.unit == "million") as book:
        charts = [words("tab.charts")] if any(sheet.charts for sheet in model.sheets) else []
        detail = [words("tab.detail")] if model.detail else []
        plain = [words("tab.check")] if any(sheet.plain for sheet in model.sheets) else []
        book.add(*(sheet.tab for sheet in model.sheets), *charts, *detail, *plain, words("tab.about"), ORIGIN_SHEET)
        regions = [_detail(book, model, lines)] if model.detail else []
        regions += [_Sheet(book, model, sheet, lines).write() for sheet in model.sheets]
        if charts:
            add_charts(book, model, {region.sheet: region for region in regions})
        if plain:
            regions.append(_plain_checks(book, model))
        book.fill(_about(model))
        report_origin.write(book, model, regions)
        cut = book.cut
    differing = [finding for sheet in model.sheets for finding in _differences(model, sheet, lines)]
    return differing + cut_findings(path.name, cut)


def _detail(book: Book, model: ReportModel, lines: Lines) -> Region:
    words, sheets = model.words, model.summed
    many = len(sheets) > 1
    extra = [
        each
        for each in {each.key: each for sheet in sheets for each in sheet.fields}.values()
        if each.key not in ("fund", "country", "theme", "year", "stage", "basis", *_MARKS)
    ]
    finest = list(dict.fromkeys(each.key for sheet in sheets for each in sheet.fields if each.key not in _MARKS))
    columns = [
        *(
            Column(
                f"no{place}", words("ui.no_of", sheet.tab) if many else words("ui.no"), Kind.NUMBER, 12 if many else 7
            )
            for place, sheet in enumerate(sheets, start=1)
        ),
        Column("measure", words("ui.measure"), width=16),
        Column("record", words("ui.record"), width=22),
        Column("title", words("key.title"), width=44),
        *(
            Column(name, words(f"key.{name}"), width=width)
            for name, width in (("fund", 11), ("country", 9), ("theme", 22))
        ),
        Column("year", words("key.year"), Kind.NUMBER, 9),
        Column("value_date", words("ui.value_date"), Kind.DAY, 12),
        Column("stage", words("key.stage"), width=12),
        Column("basis", words("key.basis"), width=11),
        Column("amount", words("ui.amount"), Kind.MONEY, 21),
        Column("currency", words("ui.currency"), width=10),
        Column("price_basis", words("ui.prices"), width=12),
        Column("data", words("ui.data"), width=12),
        *(Column(f"key_{each.key}", each.heading, each.kind, each.width) for each in extra),
        Column("batch", words("ui.batch"), Kind.NUMBER, 8),
        Column("file", words("ui.file"), width=36),
        Column("sheet", words("ui.sheet"), width=14),
        Column("cell", words("ui.cell"), width=9),
        Column("rule", words("ui.rule"), width=26),
        *([Column("full", words("ui.full"), Kind.MONEY, 21)] if model.has_shares else []),
        Column("transfer", words("ui.transfer"), Kind.NUMBER, 10),
    ]
    lines.width = len(columns)
    places = [finest.index(each.key) for each in extra]
    tab = words("tab.detail")
    plan = SheetPlan(tab, "", Table(columns, ()), model.notice, frozen=len(sheets))
    last = book.fill(replace(plan, table=Table(columns, _detail_rows(model, lines, places, plan.header_row + 2))))
    at = {column.name: index for index, column in enumerate(columns)}
    names = ["amount", "measure", "currency", "price_basis", "data", *(f"no{n}" for n in range(1, len(sheets) + 1))]
    for name in names:
        book.define(f"Detail_{name}", tab, at[name], plan.header_row + 1, last)
    fields = {_letter(at["amount"]): Field("amount", words("ui.amount"), Kind.MONEY, asks={"line": "counted"})}
    if model.has_shares:
        fields[_letter(at["full"])] = Field("full", words("ui.full"), Kind.MONEY, asks={"line": "full"})
    keys = {name: _letter(at[name]) for name in ("transfer", "measure", "stage", "basis", "country", "theme", "fund")}
    return Region(tab, "detail", plan.header_row + 1, plan.header_row + 2, last + 1, fields, keys)


def _detail_rows(model: ReportModel, lines: Lines, extra: Sequence[int], first: int) -> Iterator[Sequence[Cell]]:
    assert model.detail is not None
    words = model.words
    for row, found in enumerate(model.detail(), start=first):
        lines.add(found, row)
        line = found.line
        yield [
            *found.numbers,
            found.measure,
            line.record,
            line.title,
            line.fund,
            line.country,
            line.theme,
            line.year or words("mark.undated"),
            line.value_date,
            line.stage,
            line.basis,
            Money(found.minor, line.currency),
            line.currency,
            words.prices(line.price_basis),
            words.data(line.is_illustrative),
            *(line.keys[place] for place in extra),
            line.batch_id,
            line.file,
            line.sheet,
            f"{_letter(line.column - 1)}{line.row}" if line.column and line.row else str(line.row or ""),
            "" if line.rule == "cell" else line.rule,
            *([Money(line.minor, line.currency)] if model.has_shares else []),
            line.transfer_id,
        ]


class _Sheet:
    """One sheet being written: where its columns stand, and the formulas of its rows."""

    def __init__(self, book: Book, model: ReportModel, sheet: FigureSheet, lines: Lines) -> None:
        self.book, self.model, self.sheet, self.lines, self.words = book, model, sheet, lines, model.words
        self.is_sums = sheet.kind == "sums"
        self.place = model.summed.index(sheet) if self.is_sums else 0
        self.is_numbered = sheet.kind in ("sums", "projects") and not sheet.plain
        self.checked = sheet.figures if not sheet.plain else []
        self.rows_checked = self.checked if sheet.rows_are_checked else []
        self.columns = self._columns()
        self.letters = {column.name: _letter(index) for index, column in enumerate(self.columns)}
        self.links = 0

    def write(self) -> Region:
        """The whole sheet; where its figures stand."""
        plan = self._plan()
        first = plan.header_row + 2
        sums_at = plan.header_row - len(plan.sums) + 1
        totals = [self._total(total, sums_at + place - 1) for place, total in enumerate(self._shown_totals())]
        rows = (self._row(cells, first + place, place + 1) for place, cells in enumerate(self.sheet.rows))
        last = self.book.fill(replace(plan, sums=totals, table=Table(self.columns, rows)))
        if not self.is_sums:
            index = {column.name: place for place, column in enumerate(self.columns)}
            for each in [*self.sheet.figures, *(f for f in self.sheet.fields if f.key in _MARKS[1:])]:
                self.book.define(self._name(each.name), self.sheet.tab, index[each.name], plan.header_row + 1, last)
        shown = {self.letters[each.name]: each for each in self.sheet.fields if each.asks is not None or each.made}
        ledger = {
            self.letters[f"ledger_{each.name}"]: replace(each, name=f"ledger_{each.name}")
            for each in self.checked
            if f"ledger_{each.name}" in self.letters
        }
        keys = {each.key: self.letters[each.name] for each in self.sheet.fields if each.key}
        return Region(
            self.sheet.tab,
            self.sheet.kind,
            plan.header_row + 1,
            first,
            last + 1,
            {**shown, **ledger},
            keys,
            tuple(range(sums_at - 1, sums_at - 1 + len(totals))),
        )

    def _shown_totals(self) -> list[Total]:
        return [] if self.sheet.plain else self.sheet.totals

    def _plan(self) -> SheetPlan:
        if self.sheet.plain:
            return SheetPlan(self.sheet.tab, "", Table(self.columns, ()), self.model.notice)
        lines = [text for what, text in self.model.about if what == ""] + self.sheet.notes
        if self.model.unit == "million":
            lines.append(self.words("line.million"))
        key_columns = sum(1 for each in self.sheet.fields if each.key not in _MARKS)
        return SheetPlan(
            self.sheet.tab,
            self.sheet.title or self.model.title,
            Table(self.columns, ()),
            self.model.notice,
            lines,
            [[None] * len(self.columns)] * len(self.sheet.totals),
            frozen=min(self.is_numbered + key_columns, 3) if self.is_sums else 1 + self.is_numbered,
            collapsed=len(self.checked) if len(self.checked) > 1 else 0,
        )

    def _columns(self) -> list[Column]:
        columns = [Column("no", self.words("ui.no"), Kind.NUMBER, 7)] if self.is_numbered else []
        columns += [each.column() for each in self.sheet.fields]
        for each in self.checked:
            heading = (
                self.words("ui.in_ledger_of", each.heading) if len(self.checked) > 1 else self.words("ui.in_ledger")
            )
            columns.append(Column(f"ledger_{each.name}", heading, Kind.MONEY, 21))
        if self.checked:
            columns.append(Column("check", self.words("ui.check"), Kind.CHECK, 11))
        return columns

    def _row(self, cells: Sequence[Cell], at: int, number: int) -> list[Cell]:
        """The cells of row `at` (1-based): figures of sums become formulas over their lines."""
        by_name = dict(zip((each.name for each in self.sheet.fields), cells, strict=True))
        shown: dict[str, Cell] = dict(by_name)
        ledger: dict[str, Money] = {}
        value: dict[str, Money] = {}
        for each in self.sheet.figures:
            amount = by_name[each.name]
            if not isinstance(amount, Money):
                continue
            ledger[each.name] = value[each.name] = amount
            if self.is_sums:
                shown[each.name], value[each.name] = self._sum(each, amount, at, number)
        self._made(shown, value, at)
        out: list[Cell] = [number] if self.is_numbered else []
        out += shown.values()
        if self.checked:
            rows = {each.name for each in self.rows_checked}
            out += [ledger.get(each.name) if each.name in rows else None for each in self.checked]
            out.append(self._check(ledger, value, at) if rows else None)
        return out

    def _sum(self, each: Field, amount: Money, at: int, number: int) -> tuple[Cell, Money]:
        """A sum over the detail sheet, linked to its lines while a sheet takes links."""
        key = (self.place, number, each.name)
        summed = Money(self.lines.by_row.get(key, 0), amount.currency)
        criteria = f"Detail_no{self.place + 1},$A{at}" + self._of_measure(each)
        formula = Formula(f"=ROUND(SUMIFS(Detail_amount,{criteria}),{minor_digits(amount.currency)})", summed)
        if key not in self.lines.places or self.links >= _MOST_LINKS:
            return formula, summed
        self.links += 1
        first, last, count = self.lines.places[key]
        together = last - first + 1 == count
        tab = self.words("tab.detail")
        end = f"{_letter(self.lines.width - 1)}{last if together else first}"
        tip = self.words("tip.lines" if together else "tip.first", count, tab, number)
        return Linked(formula, f"'{tab}'!A{first}:{end}", tip), summed

    def _of_measure(self, each: Field) -> str:
        return f',Detail_measure,"{each.name}"' if len(self.model.declaration.measures) > 1 else ""

    def _made(self, shown: dict[str, Cell], value: Mapping[str, Money], at: int) -> None:
        """Fill in the columns that follow from others of the row."""
        for each in self.sheet.fields:
            parts = [value.get(name) for name in each.of]
            if each.made is Made.RATIO:
                of, to = (self.letters[name] for name in each.of)
                if parts[0] is not None and parts[1] is not None:
                    shown[each.name] = Formula(f'=IF({to}{at}=0,"{NOTHING}",ROUND({of}{at}/{to}{at},6))', ratio(*parts))  # type: ignore[arg-type]
            elif each.made is Made.DIFFERENCE and None not in parts:
                currency = parts[0].currency  # type: ignore[union-attr]
                terms = "-".join(f"{self.letters[name]}{at}" for name in each.of)
                amounts = [part.minor for part in parts if part is not None]
                left = Money(amounts[0] - sum(amounts[1:]), currency)
                shown[each.name] = Formula(f"=ROUND({terms},{minor_digits(currency)})", left)
            elif each.made is Made.UNUSED and None not in parts:
                one, to_date, used = (f"{self.letters[name]}{at}" for name in each.of)
                amounts = [part.minor for part in parts if part is not None]
                unused = Money(max(0, min(amounts[0], amounts[1] - amounts[2])), parts[0].currency)  # type: ignore[union-attr]
                shown[each.name] = Formula(f"=MAX(0,MIN({one},ROUND({to_date}-{used},2)))", unused)

    def _check(self, ledger: Mapping[str, Money], value: Mapping[str, Money], at: int) -> Formula | None:
        tests = []
        for name, amount in ledger.items():
            half = f"0.{'0' * minor_digits(amount.currency)}5"  # half a minor unit
            tests.append(f"ABS({self.letters[name]}{at}-{self.letters[f'ledger_{name}']}{at})<{half}")
        if not tests:
            return None
        both = tests[0] if len(tests) == 1 else f"AND({','.join(tests)})"
        agrees = all(ledger[name].minor == value[name].minor for name in ledger)
        return Formula(f'=IF({both},"{AGREES}","{DIFFERS}")', AGREES if agrees else DIFFERS)

    def _total(self, total: Total, at: int) -> list[Cell]:
        currency, price_basis, is_illustrative = total.group
        marks = {
            "currency": currency,
            "price_basis": self.words.prices(price_basis),
            "data": self.words.data(is_illustrative),
        }
        shown: dict[str, Cell] = {each.name: marks.get(each.key) for each in self.sheet.fields}
        ledger: dict[str, Money] = {}
        value: dict[str, Money] = {}
        digits = minor_digits(currency)
        for each in self.sheet.figures:
            ledger[each.name] = Money(total.ledger.get(each.name, 0), currency)
            if self.is_sums:
                value[each.name] = Money(self.lines.by_group.get((each.name, total.group), 0), currency)
                names = {name: f"Detail_{name}" for name in marks}
                source, measure = "Detail_amount", self._of_measure(each)
            else:
                value[each.name] = Money(total.summed.get(each.name, 0), currency)
                names = {name: self._name(name) for name in marks}
                source, measure = self._name(each.name), ""
            criteria = ",".join(f'{names[name]},"{mark}"' for name, mark in marks.items())
            shown[each.name] = Formula(f"=ROUND(SUMIFS({source},{criteria}{measure}),{digits})", value[each.name])
        if "projects" in shown:
            shown["projects"] = total.projects
        self._made(shown, value, at)
        label = total_label(self.words, total.group)
        first = [label] if self.is_numbered else []
        out: list[Cell] = [*first, *shown.values()]
        if not first:
            out[0] = label
        return [*out, *(ledger[each.name] for each in self.checked), self._check(ledger, value, at)]

    def _name(self, column: str) -> str:
        return list_name(self.sheet, column)


def list_name(sheet: FigureSheet, column: str) -> str:
    """The defined name of a column of a list."""
    return f"List_{sheet.name}_{column}".replace("-", "_")


def ratio(of: Money, to: Money) -> Decimal | str:
    """`of` as a part of `to`, rounded to six decimals as the workbook's formula does; NOTHING of nothing."""
    if not to.minor:
        return NOTHING
    sign = -1 if (of.minor < 0) != (to.minor < 0) else 1
    millionths = (2 * abs(of.minor) * 10**6 + abs(to.minor)) // (2 * abs(to.minor))
    return Decimal(sign * millionths).scaleb(-6)


def total_label(words: Vocabulary, group: Group) -> str:
    """`Total EUR`, with whatever is out of the ordinary about it."""
    currency, price_basis, is_illustrative = group
    marks = [] if price_basis == "current" else [words.prices(price_basis)]
    marks += [words("mark.illustrative")] if is_illustrative else []
    return ", ".join([words("ui.total", currency), *marks])


def _plain_checks(book: Book, model: ReportModel) -> Region:
    """The totals of sheets that have none themselves, held against the ledger on a sheet of their own."""
    words = model.words
    columns = [
        Column("what", words("ui.what"), width=48),
        Column("sum", words("ui.amount"), Kind.MONEY, 21),
        Column("currency", words("ui.currency"), width=10),
        Column("ledger", words("ui.in_ledger"), Kind.MONEY, 21),
        Column("check", words("ui.check"), Kind.CHECK, 11),
    ]
    rows: list[list[Cell]] = []
    tab = words("tab.check")
    plan = SheetPlan(
        tab, words("title.check"), Table(columns, ()), model.notice, [words("line.check")], is_filtered=False
    )
    for sheet in (each for each in model.sheets if each.plain):
        for total in sheet.totals:
            for each in sheet.figures:
                at = plan.header_row + 2 + len(rows)
                currency = total.group[0]
                ledger, value = (Money(sums.get(each.name, 0), currency) for sums in (total.ledger, total.summed))
                half = f"0.{'0' * minor_digits(currency)}5"
                rows.append(
                    [
                        f"{sheet.tab}: {each.heading}",
                        Formula(f"=ROUND(SUM({list_name(sheet, each.name)}),{minor_digits(currency)})", value),
                        currency,
                        ledger,
                        Formula(
                            f'=IF(ABS(B{at}-D{at})<{half},"{AGREES}","{DIFFERS}")',
                            AGREES if ledger == value else DIFFERS,
                        ),
                    ]
                )
    last = book.fill(replace(plan, table=Table(columns, rows)))
    return Region(tab, "checks", plan.header_row + 1, plan.header_row + 2, last + 1, {}, {})


def _about(model: ReportModel) -> SheetPlan:
    words = model.words
    columns = [Column("what", words("ui.what"), width=24), Column("says", words("ui.says"), Kind.PROSE, 110)]
    rows: list[list[Cell]] = [[what, said] for what, said in model.about if what]
    return SheetPlan(
        words("tab.about"), words("title.about"), Table(columns, rows), model.notice, is_filtered=False, frozen=0
    )


def unborne(model: ReportModel) -> Iterator[Finding]:
    """Where the lines of a report do not bear out what the ledger keeps; nothing is written."""
    lines = Lines()
    for row, found in enumerate(model.detail() if model.detail else ()):
        lines.add(found, row)
    for sheet in model.sheets:
        yield from _differences(model, sheet, lines)


def _differences(model: ReportModel, sheet: FigureSheet, lines: Lines) -> Iterator[Finding]:
    for total in sheet.totals:
        for each in sheet.figures:
            kept = total.ledger.get(each.name, 0)
            if sheet.kind == "sums":
                found = lines.by_group.get((each.name, total.group), 0)
            else:
                found = total.summed.get(each.name, 0)
            if kept != found:
                label = f"{sheet.tab}, {each.heading}: {total_label(model.words, total.group)}"
                yield Finding(
                    "balance-differs",
                    f"{label}: the balances say {display(kept, total.group[0])}, "
                    f"the transfers {display(found, total.group[0])}",
                )


def _letter(index: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    name: str = xl_col_to_name(index)
    return name
