"""A published figure as a band of values: its number with the precision of its print, its rule, its unit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import Enum, auto
from fractions import Fraction

from ledger.domain.figures import Figure
from ledger.domain.findings import Finding, Severity
from ledger.domain.intervals import RULES, Band, QualifierUnknown, Rule, interval_for, rule_for
from ledger.domain.money import MoneyError, minor_digits
from ledger.domain.quoted import QuotedNumber, quoted_number, unit_scale
from ledger.domain.wording import RECORD_UNITS, statements

_THOUSANDS = ("thousand", "k", "tsd", "tausend", "mille")
_PERCENT = ("%", "percent", "per cent")


class Route(Enum):
    """Where the ledger's side of a figure comes from."""

    EXTERNAL = auto()
    NO_NUMBER = auto()
    PRINTED = auto()
    ENVELOPE = auto()
    PROGRAMME = auto()
    SUM = auto()
    COUNT = auto()
    SHARE = auto()
    #: Persons, boats, countries reached: measured, but not in money.
    OUTPUT = auto()


@dataclass(frozen=True, slots=True)
class Read:
    """A figure as it is understood. `band` is None where its wording is in no rule."""

    route: Route
    unit: str
    number: QuotedNumber | None
    band: Band | None
    findings: tuple[Finding, ...] = ()

    @property
    def currency(self) -> str | None:
        """The currency, where the figure is money."""
        return self.unit if is_currency(self.unit) else None


def is_currency(unit: str) -> bool:
    """Whether a unit is a currency code."""
    try:
        minor_digits(unit)
    except MoneyError:
        return False
    return True


def read(figure: Figure) -> Read:
    """The band of a figure; never raises.

    The rule that the sheet names wins over the one its wording calls for. A wording or rule that is not known, or a
    value that is no number, is a finding and leaves the figure undecided.
    """
    unit, scale = unit_scale(figure.unit or "")
    if unit.casefold() in _PERCENT:
        unit, factor = "ratio", Fraction(1, 100)
    else:
        factor = Fraction(scale)
    route, measure = route_of(figure, unit), figure.measure or ""
    try:
        number = (
            None if figure.value is None else _scaled(quoted_number(figure.quote or "", Decimal(figure.value)), factor)
        )
        rule = _rule(figure, unit, number)
    except QualifierUnknown as problem:
        return Read(route, unit, None, None, (_finding(figure, "qualifier-unknown", str(problem)),))
    except (InvalidOperation, AssertionError):
        problem_text = f"{figure.value!r} is no number"
        return Read(route, unit, None, None, (_finding(figure, "number-invalid", problem_text),))
    findings: tuple[Finding, ...] = ()
    # "9 882 million" is how the acts print; a thousand of thousands is what a drafter did not mean.
    if number is not None and number.doubled_scale and number.text.casefold().endswith(_THOUSANDS):
        told = _finding(figure, "scale-doubled", f"the source prints {number.text!r}; the recorded value counts")
        findings = (replace(told, severity=Severity.INFO),)
    if number is None:
        route = route if route is Route.EXTERNAL else Route.NO_NUMBER
    return Read(route, unit, number, interval_for(rule, number, unit, measure), findings)


def route_of(figure: Figure, unit: str) -> Route:
    """Where to look: external statistics first, then what the figure names, then its measure."""
    kind, measure = (figure.kind or "").casefold(), (figure.measure or "").casefold()
    if figure.is_printed_total:
        return Route.PRINTED
    is_external = figure.scope == "CONTEXT" or kind.startswith("operational") or measure == "external"
    if is_external or figure.denominator == "EXTERNAL":
        return Route.EXTERNAL
    if measure == "share":
        return Route.SHARE
    if figure.envelope:
        return Route.ENVELOPE
    if figure.programme:
        return Route.PROGRAMME
    if measure == "count":
        counted = {(figure.counting_unit or unit).casefold()}
        if counted <= {"", "count"}:  # the quotation says of what, if anything does
            counted = {stated.unit for stated in statements(figure.quote or "")} or {"projects"}
        return Route.COUNT if counted & RECORD_UNITS else Route.OUTPUT
    return Route.SUM if is_currency(unit) and measure in ("sum", "") else Route.OUTPUT


def _rule(figure: Figure, unit: str, number: QuotedNumber | None) -> Rule:
    if number is None:
        return RULES["R-UNQ"]
    if figure.rule:
        if figure.rule not in RULES:
            raise QualifierUnknown(f"{figure.rule!r} is no rule; known are: {', '.join(RULES)}")
        return RULES[figure.rule]
    wording = (figure.qualifier or "").strip()
    return rule_for("" if wording.casefold() == "exact" else wording, unit, figure.measure or "", number)


def _scaled(number: QuotedNumber, factor: Fraction) -> QuotedNumber:
    if factor == 1:
        return number
    return replace(
        number, value=number.value * factor, grid=number.grid * factor, coarse_grid=number.coarse_grid * factor
    )


def place_of(figure: Figure) -> tuple[str, str, str]:
    """File, sheet and cells of a figure: for a printed total the cells that should add up to it, else its row."""
    if figure.is_printed_total:
        file, _, place = figure.ref.partition("!")
        return file, place.rpartition("!")[0], figure.scope_cells or ""
    return figure.file, figure.sheet, "" if figure.row is None else str(figure.row)


def _finding(figure: Figure, code: str, problem: str) -> Finding:
    file, sheet, cell = place_of(figure)
    return Finding(code, f"{figure.ref}: {problem}", file, sheet, cell, values={"figure": figure.ref})
