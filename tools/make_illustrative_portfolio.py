"""Make the illustrative list of NDICI migration projects: `python tools/make_illustrative_portfolio.py [-o FILE.xlsx]`.

No public list of the "more than 190 projects, worth some EUR 5.3 billion" of the communication of March 2024 is at
hand. This invents one, so that the reconciliation of those figures can be shown: 194 decisions, some with contracts,
whose sums meet the published ones. Nothing in it is real, and every sheet says so. The same seed gives the same cells.

Amounts are whole cents throughout; a decimal is made only where a cell is written. The random numbers come from
SHA-256, because the standard library promises no stable sequence for `random` from one version to the next.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import xlsxwriter

MARK = "ILLUSTRATIVE – NOT REAL DATA"
SEED = "ndici-migration-portfolio/1"
SHEET = "Projects"
HEADER = (
    "project_ref",
    "parent",
    "unit",
    "title",
    "beneficiary",
    "country",
    "theme",
    "earmark_share",
    "decision_date",
    "start_date",
    "end_date",
    "eu_contribution",
    "contracted",
    "paid",
    "currency",
    "countries_split",
    "themes_split",
    "note",
)
WIDTHS = (15, 15, 10, 58, 34, 10, 22, 14, 13, 12, 12, 18, 18, 18, 10, 34, 42, 72)
#: Last day of the list: the communication's date. Every decision is earlier or that day, and every project still runs.
AS_OF = date(2024, 3, 12)
DEFAULT_OUTPUT = Path(__file__).parent.parent / "imports" / "workbooks" / "ndici-migration-portfolio-ILLUSTRATIVE.xlsx"

_CREATED = datetime(2026, 11, 22, 12)  # noqa: DTZ001  # document properties have no zone
_NA_FIRST, _NA_LAST = date(2021, 2, 1), date(2023, 12, 20)
_ALL_FIRST, _ALL_LAST = date(2021, 2, 1), AS_OF
_EARLY_2024 = (date(2024, 1, 8), AS_OF)
_RETURNS = "voluntary-return return-reintegration"
_WORK = {
    "migration-governance": "migration governance",
    "protection": "protection of people on the move",
    "anti-smuggling": "action against smuggling",
    "voluntary-return": "assisted voluntary return",
    "return-reintegration": "reintegration of returnees",
    "border-management": "border management",
    "forced-displacement": "support in forced displacement",
    "legal-migration": "legal migration and skills",
    "migration": "several migration themes",
}


class Draw:
    """A stream of whole numbers that depends on the seed alone."""

    def __init__(self, seed: str) -> None:
        """Start at the beginning of the seed's stream."""
        self._seed = seed
        self._count = 0

    def below(self, limit: int) -> int:
        """A number from 0 to limit - 1."""
        self._count += 1
        digest = hashlib.sha256(f"{self._seed}:{self._count}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % limit

    def pick(self, items: Sequence[str]) -> str:
        """One of the items."""
        return items[self.below(len(items))]

    def day(self, first: date, last: date) -> date:
        """A day from first to last, both included."""
        return first + timedelta(days=self.below((last - first).days + 1))

    def weight(self) -> int:
        """A heavy-tailed weight: most are small, one in ten is about ten times the middle one."""
        return 10_000_000 // (18 + self.below(982)) + self.below(5_000)


@dataclass(slots=True)
class Row:
    """A row of the list; amounts in cents. A contract names its decision as parent, and lies inside its amount."""

    ref: str
    parent: str
    unit: str
    title: str
    beneficiary: str
    country: str
    theme: str
    decision: date
    start: date
    end: date
    eu_contribution: int
    contracted: int
    paid: int
    countries_split: str
    themes_split: str


@dataclass(frozen=True, slots=True)
class Group:
    """A number of decisions that share out a total (cents), with the countries and themes they draw from.

    Both are lists with spaces between, gone through in turn. A theme with "=" in it is a split (`protection=50;…`); a
    country with its split is written `REGION:TN=40;MA=35;LY=25`.
    """

    count: int
    total: int
    countries: str
    themes: str
    first: date = _ALL_FIRST
    last: date = _ALL_LAST


# North Africa 2021-23 comes to EUR 690,987,654.32 in all: governance EUR 448.9 m, protection in LY TN MA EG EUR
# 146.3 m.
# A group that is only partly in North Africa, or only partly governance, says what it gives to which sum (to the
# cent or
# two that splitting may move).
GROUPS = (
    # Governance in North Africa, by country and for the region as a whole (no split: it stays on R-NAF).
    Group(21, 370_412_345_67, "TN MA EG LY DZ TN MA LY EG", "migration-governance", _NA_FIRST, _NA_LAST),
    Group(4, 31_904_210_15, "R-NAF", "migration-governance", _NA_FIRST, _NA_LAST),
    Group(
        3,
        28_600_000_00,
        "R-NAF:TN=40;MA=35;LY=25 R-NAF:EG=50;TN=30;DZ=20 R-NAF:LY=33.3333;TN=33.3333;MA=33.3334",
        "migration-governance",
        _NA_FIRST,
        _NA_LAST,
    ),
    # One for the Sahel route: 40 % in North Africa (EUR 8,000,000 to governance), the rest in Niger and Chad.
    Group(1, 20_000_000_00, "R-AFR:NE=45;LY=25;TN=15;TD=15", "migration-governance", _NA_FIRST, _NA_LAST),
    # Half governance, half protection: gives EUR 10,000,000 to each.
    Group(2, 20_000_000_00, "LY TN", "migration-governance=50;protection=50", _NA_FIRST, _NA_LAST),
    # Protection in the four countries that the communication names.
    Group(15, 127_318_764_09, "LY LY TN MA EG", "protection", _NA_FIRST, _NA_LAST),
    Group(1, 9_000_000_00, "R-NAF:LY=50;TN=30;EG=20", "protection", _NA_FIRST, _NA_LAST),
    # The rest of North Africa: no unsplit regional protection, which could lie in any of the five countries.
    Group(
        9,
        81_752_334_41,
        "TN MA EG DZ LY",
        "border-management anti-smuggling legal-migration forced-displacement",
        _NA_FIRST,
        _NA_LAST,
    ),
    Group(3, 14_000_000_00, "R-NAF", "voluntary-return return-reintegration anti-smuggling", _NA_FIRST, _NA_LAST),
    # North Africa in 2024: under way, and outside the years 2021-23.
    Group(5, 38_250_417_83, "TN EG MA R-NAF", "migration-governance protection border-management", *_EARLY_2024),
    # Returns from and in Sub-Saharan Africa come to EUR 391.4 m, "almost EUR 400 million".
    Group(16, 286_417_905_28, "NE NG SN GM CI GN ML GH ET SD CM BF", _RETURNS),
    Group(4, 104_982_310_77, "R-SSA", _RETURNS),
    # The rest of Sub-Saharan Africa.
    Group(
        40,
        1_486_230_118_46,
        "NE ML TD BF MR SN NG CM CF ET SO SD SS KE UG RW CD BI TZ ZM",
        "forced-displacement protection migration-governance border-management anti-smuggling legal-migration",
    ),
    Group(8, 402_771_905_63, "R-SSA", "migration-governance forced-displacement anti-smuggling"),
    Group(
        7,
        318_000_000_00,
        "R-SSA:KE=40;UG=35;ET=25 R-SSA:NE=60;ML=25;BF=15 R-SSA:SN=12.5;GM=37.5;GN=50 R-SSA:SS=20;UG=45;KE=35",
        "forced-displacement migration-governance=30;forced-displacement=70 protection",
    ),
    # Other partner countries.
    Group(22, 1_204_667_231_95, "JO LB JO LB PS", "forced-displacement protection migration-governance"),
    Group(11, 298_334_870_12, "UA MD GE AM AZ", "forced-displacement migration-governance legal-migration"),
    Group(13, 281_905_447_38, "IQ UZ TJ LK NP TH PH KG", "migration-governance protection return-reintegration"),
    Group(9, 184_227_316_24, "CO EC PE VE CR GT", "forced-displacement protection migration-governance"),
)


def share_out(total: int, weights: Sequence[int]) -> list[int]:
    """Parts of the total (cents) in proportion to the weights, by largest remainder; ties to the earlier part."""
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


def months_later(day: date, months: int) -> date:
    """The last day of the month that lies so many months after the given one."""
    year, month = divmod(day.year * 12 + day.month + months, 12)
    return date(year, month + 1, 1) - timedelta(days=1)


def decisions(draw: Draw) -> list[Row]:
    """All decisions, in order of their dates, numbered from 001."""
    rows = []
    for group in GROUPS:
        countries, themes = group.countries.split(), group.themes.split()
        # The floor, about a tenth of the average, keeps toy amounts out of the list; the rest is heavy-tailed.
        amounts = share_out(group.total, [draw.weight() + 4_000 for _ in range(group.count)])
        for position, amount in enumerate(amounts):
            country, _, countries_split = countries[position % len(countries)].partition(":")
            theme = themes[position % len(themes)]
            themes_split = theme if "=" in theme else ""
            decided = draw.day(group.first, group.last)
            start = min(decided + timedelta(days=10 + draw.below(140)), AS_OF)
            end = max(months_later(start, 24 + 6 * draw.below(6)), date(2024, 6, 30))
            rows.append(
                Row(
                    "",
                    "",
                    "decision",
                    "",
                    "",
                    country,
                    "migration" if themes_split else theme,
                    decided,
                    start,
                    end,
                    amount,
                    0,
                    0,
                    countries_split,
                    themes_split,
                )
            )
    rows.sort(key=lambda row: (row.decision, row.eu_contribution, row.country))
    for number, row in enumerate(rows, start=1):
        row.ref = f"ILL-D-{number:03d}"
        row.title = f"Illustrative project {number:03d}: {_WORK[row.theme]}, {row.country}"
        row.beneficiary = f"Illustrative beneficiary {1 + draw.below(120):03d}"
    return rows


def contracts(decision: Row, draw: Draw) -> list[Row]:
    """The contracts of a decision, none for about half of them; sets what the decision has contracted and paid."""
    number = (0, 0, 0, 1, 1, 2, 3, 4)[draw.below(8)]
    contracted = decision.eu_contribution * (55 + draw.below(42)) // 100
    age = (AS_OF - decision.start).days
    # What is paid grows with the time since the start, and stays below nine tenths.
    paid = contracted * min(90, age * 90 // 1400 + draw.below(12)) // 100
    decision.contracted, decision.paid = contracted, paid
    if number == 0:
        return []
    weights = [draw.weight() + 4_000 for _ in range(number)]
    rows = []
    for position, (part, part_paid) in enumerate(
        zip(share_out(contracted, weights), share_out(paid, weights), strict=True), start=1
    ):
        ref = f"{decision.ref.replace('-D-', '-C-')}-{position}"
        signed = draw.day(decision.decision, AS_OF)
        start = min(max(signed, decision.start), AS_OF)
        rows.append(
            Row(
                ref,
                decision.ref,
                "contract",
                f"Illustrative contract {ref[6:]}: part of {decision.ref}",
                f"Illustrative beneficiary {1 + draw.below(120):03d}",
                decision.country,
                decision.theme,
                signed,
                start,
                decision.end,
                part,
                part,
                part_paid,
                decision.countries_split,
                decision.themes_split,
            )
        )
    return rows


def portfolio(seed: str = SEED) -> list[Row]:
    """All rows: each decision, and its contracts right below it."""
    draw = Draw(seed)
    rows: list[Row] = []
    for decision in decisions(draw):
        inside = contracts(decision, draw)
        rows.append(decision)
        rows.extend(inside)
    return rows


def cells(row: Row) -> list[str | int | Decimal | date | None]:
    """The row's cells in the order of HEADER; amounts in euro, the earmark's share in per cent, None for empty ones."""
    note = MARK
    if row.unit == "contract":
        note += f"; inside the amount of {row.parent}, never added to it"
    elif row.country.startswith("R-") and not row.countries_split:
        note += "; regional, no country split"
    return [
        row.ref,
        row.parent or None,
        row.unit,
        row.title,
        row.beneficiary,
        row.country,
        row.theme,
        100,
        row.decision,
        row.start,
        row.end,
        *(Decimal(cents).scaleb(-2) for cents in (row.eu_contribution, row.contracted, row.paid)),
        "EUR",
        row.countries_split or None,
        row.themes_split or None,
        note,
    ]


SOURCES = (
    (
        "What",
        (
            "An invented list of 194 decisions and their contracts. No row stands for a real project, "
            "beneficiary or payment."
        ),
    ),
    (
        "Why",
        (
            "The communication of March 2024 says that more than 190 projects, worth some EUR 5.3 billion, "
            "are under way under NDICI-Global "
            "Europe. No public list of them is at hand, so this one is made to show how such figures are "
            "reconciled (F18, F19, F20, F21, F28, F06)."
        ),
    ),
    (
        "From where",
        "Made by tools/make_illustrative_portfolio.py from a fixed seed; run it again to get the same cells.",
    ),
    (
        "Reuse",
        "No rights of others are touched. Keep the mark ILLUSTRATIVE with every copy and every number made from it.",
    ),
    (
        "unit, parent",
        (
            "decision: counted, and its eu_contribution is the amount. contract: part of the decision named "
            "under parent; its amount lies "
            "inside the decision's, so levels are never added."
        ),
    ),
    (
        "fund, earmark",
        (
            "All rows are NDICI-Global Europe (NDICI-GE). earmark_share: per cent of the row marked as "
            "migration and forced displacement."
        ),
    ),
    (
        "country",
        (
            "ISO code, or a region: R-NAF North Africa, R-SSA Sub-Saharan Africa, R-AFR Africa. A region "
            "without a split stays on the region."
        ),
    ),
    ("countries_split, themes_split", "CODE=PERCENT, separated by semicolons, 100 in all."),
    ("amounts", "EUR to the cent. eu_contribution: decided; contracted and paid as of 12 March 2024."),
    ("Header", f"Row 3 of the sheet {SHEET}; row 1 carries the mark."),
)


#: Look of every cell, and of the contracts: set back in grey, so that nobody adds them to the decisions by eye.
_FONT = {"font_name": "Calibri", "font_size": 10, "valign": "top"}
_LOOKS: dict[str, dict[str, object]] = {"decision": {}, "contract": {"font_color": "#7F7F7F", "italic": True}}
_HEAD = {"bold": True, "font_color": "#FFFFFF", "bg_color": "#833C0B", "border": 1, "text_wrap": True}
_TITLE = {"bold": True, "font_size": 14, "font_color": "#C00000"}


def write(rows: Sequence[Row], path: Path) -> None:
    """Write the workbook: the list with its header in row 3, and a sheet of sources."""
    book = xlsxwriter.Workbook(str(path))
    # A fixed date: the same list is the same file.
    book.set_properties(
        {"title": f"NDICI migration portfolio: {MARK}", "author": "EU funding portfolio ledger", "created": _CREATED}
    )
    _write_list(book, rows)
    _write_sources(book)
    book.close()


def _write_list(book: xlsxwriter.Workbook, rows: Sequence[Row]) -> None:
    sheet = book.add_worksheet(SHEET)
    _page(sheet, "#C00000")
    head = book.add_format({**_FONT, **_HEAD})
    sheet.write_string(
        0, 0, f"{MARK}: invented migration projects under NDICI-Global Europe", book.add_format({**_FONT, **_TITLE})
    )
    remark = "Made by a program to show how published figures are reconciled; contracts lie inside their decisions."
    sheet.write_string(1, 0, remark, book.add_format({**_FONT, "italic": True, "font_color": "#C00000"}))
    sheet.set_row(0, 22)
    sheet.set_row(2, 30)
    for column, (name, width) in enumerate(zip(HEADER, WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(2, column, name, head)
    formats = {
        (unit, kind): book.add_format({**_FONT, **look, **({"num_format": kind} if kind else {})})
        for unit, look in _LOOKS.items()
        for kind in ("", "#,##0.00", "yyyy-mm-dd")
    }
    # The currency stands off the amount on its left.
    beside = {unit: book.add_format({**_FONT, **look, "align": "left", "indent": 1}) for unit, look in _LOOKS.items()}
    for line, row in enumerate(rows, start=3):
        for column, value in enumerate(cells(row)):
            if isinstance(value, date):
                sheet.write_datetime(line, column, value, formats[row.unit, "yyyy-mm-dd"])
            elif isinstance(value, Decimal):
                sheet.write_number(line, column, value, formats[row.unit, "#,##0.00"])
            elif isinstance(value, int):
                sheet.write_number(line, column, value, formats[row.unit, ""])
            elif value is not None:
                sheet.write_string(line, column, value, beside[row.unit] if value == "EUR" else formats[row.unit, ""])
    sheet.freeze_panes(3, 1)
    sheet.autofilter(2, 0, 2 + len(rows), len(HEADER) - 1)
    sheet.repeat_rows(0, 2)


def _write_sources(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet("Sources")
    _page(sheet, "#7F7F7F")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 110)
    sheet.write_string(0, 0, MARK, book.add_format({**_FONT, **_TITLE}))
    sheet.set_row(0, 22)
    key, text = book.add_format({**_FONT, "bold": True}), book.add_format({**_FONT, "text_wrap": True})
    for line, (name, words) in enumerate(SOURCES, start=2):
        sheet.write_string(line, 0, name, key)
        sheet.write_string(line, 1, words, text)
        sheet.set_row(line, 14 * max(1, -(-len(words) // 115)))


def _page(sheet: xlsxwriter.worksheet.Worksheet, tab: str) -> None:
    sheet.set_tab_color(tab)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_header(f"&C&KC00000{MARK}")
    sheet.set_footer("&L&F&C&A&R&P/&N")


def main() -> None:
    """Write the workbook to the path given, or to where the shipped one stands."""
    parser = argparse.ArgumentParser(description="Make the illustrative list of NDICI migration projects.")
    parser.add_argument("-o", "--output", type=Path, default=DEFAULT_OUTPUT)
    write(portfolio(), parser.parse_args().output)


if __name__ == "__main__":
    main()
