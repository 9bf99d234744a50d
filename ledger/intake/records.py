"""One row becomes one record: its attributes, its amounts by stage, basis, country and theme, and what is wrong with it.

Built once per table, called once per row: whatever does not depend on the row is worked out before.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ledger.domain.allocation import WHOLE_PPB, allocate
from ledger.domain.money import LIMIT_MINOR, MoneyError, to_minor
from ledger.domain.records import Kind, Record
from ledger.domain.stages import Stage
from ledger.intake.booking import Booking, Place, Split
from ledger.intake.cell_text import cell_text
from ledger.intake.cells import CellError, Value
from ledger.intake.code_lists import CodeLists
from ledger.intake.columns import AmountColumn, PercentColumn, Plan, minor_factor, without_percent
from ledger.intake.dates import DateDecision
from ledger.intake.fields import FIELDS, REFERENCE_FIELD, FieldType
from ledger.intake.numbers import Amount, Refusal
from ledger.intake.profiles import TableRule
from ledger.intake.rate_rows import RateRows
from ledger.intake.references import ReferenceMaker

#: A problem of a row: finding code, message, 1-based column (0: the row), particulars.
Problem = tuple[str, str, int, dict[str, Any]]

_YES, _NO = frozenset(("yes", "y", "true", "1", "x", "oui", "ja")), frozenset(("no", "n", "false", "0", "non", "nein"))
_SAFE = Decimal(10**13)
#: {field}, or {a header} of the sheet; with ? behind it may be empty, else the row has no reference.
_PLACEHOLDER = re.compile(r"\{([^{}?]+)(\?)?\}")
#: A year or a month alone means its last day here.
_END_DATES = frozenset(("end_date", "period_end"))
#: Fields whose text is kept under another name, or elsewhere than among the attributes.
_NO_ATTRIBUTE = frozenset(
    ("envelope", "parent", "programme", "price_basis", "project_ref", "figure", "fund", "country", "theme")
)


class RecordMaker:
    """Makes the records of one table. `make` returns None for a record that `problems` refuse."""

    def __init__(self, plan: Plan, lists: CodeLists, rule: TableRule) -> None:
        self._plan, self._lists, self._kind = plan, lists, plan.kind
        self._texts = self._text_columns()
        read = {*plan.places.values(), *(column.at for column in plan.amounts)}
        self._read = sorted(read - set(plan.added.values()))
        self._constants = self._constant_attributes()
        self._factors: dict[tuple[str, int], int] = {}
        self._caches: dict[str, dict[str, str | None]] = {}
        self._word_places: dict[str, int | None] = {}
        self._booking = Booking(plan, lists)
        self._figures = plan.kind is Kind.FIGURES
        self._rates = RateRows(plan, lists) if plan.kind is Kind.RATES else None
        reference_at = plan.places.get(REFERENCE_FIELD[plan.kind])
        self.references = ReferenceMaker(reference_at, generated=self._is_unnamed(reference_at, rule))
        self._ref_pattern, self._title_pattern = rule.ref_pattern, rule.title_pattern
        self._date_pattern = rule.layout.value_date
        self.problems: list[Problem] = []
        self._row = 0
        self._quiet = self._told_currency = False
        #: rows that name no country
        self.without_country = 0
        self.undated = 0

    def _is_unnamed(self, reference_at: int | None, rule: TableRule) -> bool:
        """Whether nothing in the table names its records, so that references have to be made."""
        return reference_at is None and rule.ref_pattern is None and self._rates is None

    @property
    def booking(self) -> Booking:
        """How amounts are booked, with its counts."""
        return self._booking

    def _text_columns(self) -> list[tuple[int, str]]:
        """Columns that are kept as text under their own name."""
        codes = () if self._kind is Kind.FIGURES else ("currency", "stage", "reference_currency")
        kinds = FIELDS[self._kind]
        return [
            (at, name)
            for name, at in self._plan.places.items()
            if kinds[name] in (FieldType.TEXT, FieldType.CODE)
            and name not in codes
            and (self._kind is Kind.FIGURES or name not in _NO_ATTRIBUTE)
        ]

    def _constant_attributes(self) -> dict[str, str | int | bool | date | None]:
        """What is stated for the whole file and is an attribute of a record."""
        made: dict[str, str | int | bool | date | None] = {}
        for name, text in self._plan.stated.items():
            kind = FIELDS[self._kind].get(name)
            if kind is FieldType.DATE:
                made[name] = date.fromisoformat(text)
            elif kind is FieldType.TEXT and (self._kind is Kind.FIGURES or name not in _NO_ATTRIBUTE):
                made[name] = text
        if self._kind is Kind.FIGURES:
            made.update(origin="stated", is_target=False)
        elif self._kind is Kind.PROJECTS:
            made.setdefault("unit", "operation")
        elif self._kind is Kind.ENVELOPES:
            made.setdefault("role", "node")
        return made

    # --- amounts -------------------------------------------------------------------------------------------------

    def amounts(self, values: list[Value], *, tell: bool = True) -> dict[str, tuple[str, int]]:
        """The amounts that a row states, by the columns' keys, with their currency, in minor units.

        `values` is padded to the plan's whole width. Cells that hold no amount are problems, unless `tell` is off.
        """
        self._quiet = not tell
        currency = self._currency(values)
        stated: dict[str, tuple[str, int]] = {}
        for column in self._plan.amounts:
            value = values[column.at]
            if value is None:
                continue
            own = column.currency or currency
            # Exact types: a bool is an int as well, and no amount.
            if own is not None and (
                (type(value) is int and -_SAFE < value < _SAFE) or (type(value) is Decimal and -_SAFE < value < _SAFE)
            ):
                # Exact: the product has at most 28 digits, and what int() drops is compared.
                scaled = value * self._factor(own, column.unit)
                minor = int(scaled)
                if minor == scaled and -LIMIT_MINOR < minor < LIMIT_MINOR:
                    stated[column.key] = (own, minor)
                    continue
            if (read := self._amount(column, value, own)) is not None:
                stated[column.key] = read
        self._quiet = False
        return stated

    def _currency(self, values: list[Value]) -> str | None:
        """The currency of a row's own cell, else that of the whole file; None where neither says one."""
        self._told_currency = False
        at = self._plan.places.get("currency")
        if at is None or self._figures or not (named := cell_text(values[at])):
            return self._plan.currency
        code = self._lists.currency(named.upper())
        if code is None:
            self._problem("currency-unknown", f"{named!r} is no ISO 4217 currency code", at)
        self._told_currency = code is None
        return code

    def _factor(self, currency: str, unit: int) -> int:
        factor = self._factors.get((currency, unit))
        if factor is None:
            factor = self._factors[currency, unit] = minor_factor(currency, unit)
        return factor

    def _amount(self, column: AmountColumn, value: Value, currency: str | None) -> tuple[str, int] | None:
        """A cell that is not simply a number with its cents; problems are told where there are any."""
        if isinstance(value, CellError):
            return None
        answer = column.decision.read(value)
        if isinstance(answer, Refusal):
            code = "number-invalid" if answer.code == "number-ambiguous" else answer.code
            self._problem(code, f"{cell_text(value)[:60]!r} is no clear amount: {answer.reason}", column.at)
            return None
        if not isinstance(answer, Amount):
            return None
        if "percent" in answer.note:
            self._problem("number-invalid", f"{cell_text(value)!r} is a percentage", column.at)
            return None
        currency = answer.currency or currency
        if currency is None:
            if not self._told_currency:
                self._problem("currency-missing", "nothing says the currency of this amount", column.at)
            return None
        try:
            minor, rounded = to_minor(answer.number, currency, column.unit)
        except MoneyError as error:
            self._problem("number-precision", str(error), column.at)
            return None
        if rounded and not self._quiet:
            column.rounded += 1
            column.first_rounded = column.first_rounded or self._row
        return currency, minor

    def _problem(self, code: str, message: str, at: int, **values: Any) -> None:
        """Note a problem at a 0-based position (-1: the whole row)."""
        if not self._quiet:
            self.problems.append((code, message, at + 1, values))

    # --- the record ----------------------------------------------------------------------------------------------

    def make(self, row: int, values: list[Value], stated: dict[str, tuple[str, int]]) -> Record:
        """The record of a row whose amounts were read. Look at `problems` (kept until `start`) before using it."""
        attributes = dict(self._constants)
        self._check_cells(values)
        for at, name in self._texts:
            value = values[at]
            if value is not None and (text := value.strip() if type(value) is str else cell_text(value)):
                attributes[name] = text
        for at, name, decision in self._plan.dates:
            value = values[at]
            if type(value) is date:
                attributes[name] = value
            elif value is not None and (day := self._day(at, value, decision, end=name in _END_DATES)) is not None:
                attributes[name] = day
        if self._figures:
            return self._figure(values, attributes)
        if self._rates:
            record = self._rates.make(row, values, attributes, self.problems)
            self.references.count(row, record.ref)
            return record
        for column in self._plan.percents:
            self._percent(column, values[column.at], attributes)
        return self._funded(row, values, attributes, stated)

    def divide(self, record: Record, weights: dict[str, int]) -> None:
        """Say of a record that it is divided over countries (texts with weights); its amounts are booked by row."""
        codes: dict[str, int] = {}
        for text, weight in weights.items():
            code = self._lists.country(text)
            if code is None:
                return  # the row that names it is refused, and says so
            codes[code] = codes.get(code, 0) + weight
        record.splits["country"] = {code: ppb for code, ppb in allocate(WHOLE_PPB, list(codes.items())).items() if ppb}
        record.attributes["country_code"] = self._lists.region_of(codes)

    def _check_cells(self, values: list[Value]) -> None:
        """Required cells must be filled, and no cell that is read may show an error."""
        plan = self._plan
        for at, name in plan.required:
            value = values[at]
            if value is None or (type(value) is str and not value.strip()):
                code = "amount-missing" if FIELDS[self._kind][name] is FieldType.AMOUNT else "cell-missing"
                self._problem(code, f"the cell of {plan.headers[at]!r} is empty", at)
        if CellError in map(type, values):
            for at in self._read:
                if isinstance(value := values[at], CellError):
                    self._problem(*_error(value), at)

    def start(self, row: int) -> None:
        """Forget the problems of the row before."""
        self._row = row
        self.problems = []

    def _day(self, at: int, value: Value, decision: DateDecision, *, end: bool) -> date | None:
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, CellError):
            return None
        answer = decision.read(value, end=end)
        if isinstance(answer, Refusal):
            self._problem("date-invalid", f"{cell_text(value)[:60]!r} is no possible date: {answer.reason}", at)
            return None
        return answer if isinstance(answer, date) else None

    def _percent(self, column: PercentColumn, value: Value, attributes: dict[str, Any]) -> None:
        if value is None or isinstance(value, CellError):
            return
        answer = column.decision.read(without_percent(value))
        if isinstance(answer, Refusal):
            self._problem("rate-invalid", f"{cell_text(value)[:60]!r} is no percentage: {answer.reason}", column.at)
        elif isinstance(answer, Amount):
            percent = answer.number * (column.factor if not isinstance(value, str) else 1)
            if not 0 <= percent <= 100:
                self._problem("rate-invalid", f"{percent} is not between 0 and 100", column.at)
            elif column.field == "eu_rate":
                attributes["eu_rate"] = format(percent.normalize(), "f")
            else:
                attributes["earmark_share"] = int((percent * 10**7).to_integral_value())

    def _code(self, name: str, values: list[Value], look_up: Callable[[str], str | None]) -> str | None:
        """Code of a cell, else of the whole file; an unknown one is a problem."""
        at = self._plan.places.get(name)
        if at is None or (value := values[at]) is None:
            return self._plan.stated.get(name)
        text = cell_text(value)
        if not text:
            return self._plan.stated.get(name)
        known = self._caches.setdefault(name, {})
        if text not in known:
            known[text] = look_up(text)
        code = known[text]
        if code is None:
            kind = {"fund": "fund-unknown", "country": "country-unknown"}.get(name, "code-unknown")
            self._problem(kind, f"{text[:60]!r} is no {name} of the code lists", at)
        return code

    def _reference(self, name: str, values: list[Value]) -> str | None:
        at = self._plan.places.get(name)
        text = "" if at is None or values[at] is None else cell_text(values[at])
        return text or self._plan.stated.get(name)

    def _funded(
        self, row: int, values: list[Value], attributes: dict[str, Any], stated: dict[str, tuple[str, int]]
    ) -> Record:
        """An envelope, programme or project: its codes, splits and amounts."""
        places = self._plan.places
        if (fund := self._code("fund", values, self._lists.fund)) is not None:
            attributes["fund_code"] = fund
        split = self._split(values, attributes)
        price_basis = self._reference("price_basis", values) or "current"
        stage = self._code("stage", values, _stage) if "stage" in places else self._plan.stated.get("stage")
        share = attributes.pop("earmark_share", None)
        record = Record(self._kind, "", attributes, splits=split.stated)
        if share and self._plan.earmark:
            record.earmarks = {self._plan.earmark: share}
        if self._kind is not Kind.PROGRAMMES:
            record.parent = self._reference("parent", values)
        if self._kind is not Kind.ENVELOPES:
            record.programme = self._reference("programme", values)
            record.envelope = self._reference("envelope", values)
        self._name(row, values, record, split)
        value_date = self._value_date(values, record)
        self._booking.problems = self.problems
        place = Place(stage or Stage.COMMITTED.value, split, value_date, price_basis)
        record.amounts = self._booking.book(row, stated, place)
        if value_date is None and not self.problems and any(amount.value_date is None for amount in record.amounts):
            self.undated += 1
        return record

    def _split(self, values: list[Value], attributes: dict[str, Any]) -> Split:
        """Countries and themes of the row, as codes with their shares."""
        split = self._booking.split(
            self._countries(values, attributes),
            self._theme(values, attributes),
            self._cell("countries_split", values),
            self._cell("themes_split", values),
        )
        for name, message in split.problems:
            self._problem("split-invalid", message, self._plan.places[name])
        if split.country is not None:
            attributes["country_code"] = split.country
        elif "country_text" not in attributes:
            self.without_country += 1
        if split.theme is not None and self._kind is not Kind.ENVELOPES:
            attributes["theme_code"] = split.theme
        return split

    def _cell(self, name: str, values: list[Value]) -> str:
        """The text of a field's cell; "" where it has no column."""
        at = self._plan.places.get(name)
        return "" if at is None else cell_text(values[at])

    def _countries(self, values: list[Value], attributes: dict[str, Any]) -> tuple[str, ...]:
        text = self._cell("country", values)
        if not text:
            country = self._plan.stated.get("country")
            return (country,) if country else ()
        if self._kind is Kind.PROJECTS:
            attributes["country_text"] = text
        found = self._lists.countries_of(text)
        if found is None:
            self._problem(
                "country-unknown", f"{text[:60]!r} is no country of the code lists", self._plan.places["country"]
            )
        return found or ()

    def _theme(self, values: list[Value], attributes: dict[str, Any]) -> str | None:
        """Code of the row's theme; one that no list has stays as text."""
        if self._kind is Kind.ENVELOPES:
            return None
        text = self._cell("theme", values)
        if not text:
            return self._plan.stated.get("theme")
        if self._kind is Kind.PROJECTS:
            attributes["theme_text"] = text
        return self._lists.theme(text)

    def _value_date(self, values: list[Value], record: Record) -> date | None:
        attributes: dict[str, Any] = record.attributes
        if self._date_pattern is not None:
            try:
                return date.fromisoformat(self._filled(self._date_pattern, {}, values, record) or "")
            except ValueError:
                pass  # a row without the year is dated like any other
        if self._kind is Kind.ENVELOPES:
            return attributes.get("period_start") or self._plan.as_of
        return attributes.get("decision_date") or attributes.get("start_date") or self._plan.as_of

    def _name(self, row: int, values: list[Value], record: Record, split: Split) -> None:
        """Give the record its reference, and its title where a pattern makes one."""
        words: dict[str, str] = {}
        if self._ref_pattern or self._title_pattern:
            fund = str(record.attributes.get("fund_code") or "")
            words = {"country": split.country or "", "row": str(row), "fund": fund}
        for pattern, name in ((self._ref_pattern, "ref"), (self._title_pattern, "title")):
            if pattern is None or (name == "title" and record.attributes.get("title")):
                continue
            text = self._filled(pattern, words, values, record)
            if name == "title":
                record.attributes["title"] = text
            elif text is not None:
                record.ref = text
            else:
                self._problem("reference-missing", f"the row does not fill the reference {pattern!r}", -1)
                return
        if self._kind is Kind.ENVELOPES:
            record.attributes.setdefault("title", None)
        if not record.ref:
            record.ref = self.references.reference(row, values, record.attributes)
        else:
            self.references.count(row, record.ref)
        if not record.ref:
            at = self._plan.places[REFERENCE_FIELD[self._kind]]
            self._problem("reference-missing", f"the cell of {self._plan.headers[at]!r} is empty", at)
        if self._kind is Kind.ENVELOPES and record.attributes["title"] is None:
            record.attributes["title"] = record.ref

    def _filled(self, pattern: str, words: dict[str, str], values: list[Value], record: Record) -> str | None:
        """A pattern with the row's words in the place of its fields; None where one that is needed is empty."""
        parts: list[str] = []
        place = 0
        for found in _PLACEHOLDER.finditer(pattern):
            word = self._word(found[1], words, values, record)
            if not word and not found[2]:
                return None
            parts += [pattern[place : found.start()], word]
            place = found.end()
        return "".join([*parts, pattern[place:]])

    def _word(self, name: str, words: dict[str, str], values: list[Value], record: Record) -> str:
        if name in words:
            return words[name]
        if name not in self._word_places:
            self._word_places[name] = self._plan.find(name)
        at = self._word_places[name]
        if at is not None and (text := cell_text(values[at])):
            return text
        return str(record.attributes.get(name) or self._plan.stated.get(name) or "")

    # --- published figures ---------------------------------------------------------------------------------------

    def _figure(self, values: list[Value], attributes: dict[str, Any]) -> Record:
        places = self._plan.places
        ref = cell_text(values[places["figure"]]) if "figure" in places else ""
        if not ref:
            self._problem("reference-missing", "the figure has no name", places.get("figure", -1))
        for column in self._plan.percents:
            self._figure_value(column, values[column.at], attributes)
        if "target" in places and (text := cell_text(values[places["target"]]).casefold()):
            if text not in _YES | _NO:
                self._problem("code-unknown", f"{text!r} is neither yes nor no", places["target"])
            attributes["is_target"] = text in _YES
        for name, look_up in (
            ("fund", self._lists.fund),
            ("country", self._lists.scope_code),
            ("theme", self._lists.theme),
        ):
            if isinstance(listed := attributes.get(name), str):
                attributes[name] = self._code_list(name, listed, look_up)
        if "earmark" in attributes and attributes["earmark"] not in self._lists.earmarks:
            self._problem("code-unknown", f"{attributes['earmark']!r} is no earmark", places.get("earmark", -1))
        self.references.count(self._row, ref)
        return Record(self._kind, ref, attributes)

    def _code_list(self, name: str, listed: str, look_up: Callable[[str], str | None]) -> str:
        codes = []
        for text in (part.strip() for part in listed.split(";")):
            code = look_up(text) if text else None
            if code is not None:
                codes.append(code)
            elif text:
                kind = {"fund": "fund-unknown", "country": "country-unknown"}.get(name, "code-unknown")
                self._problem(kind, f"{text[:60]!r} is no {name} of the code lists", self._plan.places.get(name, -1))
        return ";".join(codes)

    def _figure_value(self, column: PercentColumn, value: Value, attributes: dict[str, Any]) -> None:
        if value is None or isinstance(value, CellError):
            return
        answer = column.decision.read(value)
        if isinstance(answer, Refusal):
            self._problem("number-invalid", f"{cell_text(value)[:60]!r} is no number: {answer.reason}", column.at)
        elif isinstance(answer, Amount):
            attributes["value"] = format(answer.number, "f")


def _error(value: CellError) -> tuple[str, str]:
    if not value.text:
        return "formula-uncached", "the formula was saved without its value"
    return "cell-error", f"the cell shows {value.text}"


def _stage(text: str) -> str | None:
    stage = text.casefold()
    return stage if stage in list(Stage)[1:] else None
