"""What an auditor states and gets: the request, the sample, and its size from the request alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ledger.actions import scope
from ledger.audit import plan, sampling
from ledger.audit.exact import minor
from ledger.audit.factors import FactorUnknown
from ledger.audit.plan import CannotSample, Terms
from ledger.audit.sampling import Method, Stratum
from ledger.domain.findings import Finding
from ledger.domain.money import Money, MoneyError, to_minor
from ledger.reporting.samples import Item


@dataclass(frozen=True, slots=True)
class Request:
    """What an auditor states. A value below 1 is a share of the book value, from 1 on an amount of the currency."""

    method: Method
    confidence: Decimal = Decimal("0.9")
    materiality: Decimal = Decimal("0.02")
    anticipated_error: Decimal = Decimal(0)
    deviations: Mapping[str, Decimal] = field(default_factory=dict)
    strata: Sequence[tuple[str, int, Decimal, Decimal | None]] = ()
    sample_size: int | None = None
    reliability: Decimal | None = None
    finite: bool = False
    rules: str = "2021"
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class StratumPlan:
    """A stratum of the sample. `sample_size` counts all its units, the exhaustive ones among them."""

    stratum: str
    units: int | None
    book_value: Money
    sample_size: int
    exhaustive_units: int
    exhaustive_book_value: Money
    interval: Money | None
    cut_off: Money | None


@dataclass(slots=True)
class Sample:
    """A sample, drawn or only sized. Without a draw there are no items, no seed and no hash."""

    method: Method
    confidence: Decimal
    currency: str
    book_value: Money
    population: int | None
    tolerable_error: Money
    anticipated_error: Money
    sample_size: int
    exact_size: Decimal | None
    interval: Money | None
    cut_off: Money | None
    z: Decimal | None
    reliability_factor: Decimal | None
    expansion_factor: Decimal | None
    strata: list[StratumPlan]
    sample: int | None = None
    batch: int | None = None
    seed: str | None = None
    population_sha256: str | None = None
    negative_units: int = 0
    negative_book_value: Money | None = None
    filters: dict[str, Any] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def size_alone(request: Request, *, population: int | None, book_value: Decimal | None) -> Sample:
    """The size, interval and cut-off from parameters, without a ledger. Raises UsageProblem for what does not go."""
    deviations = deviations_of(request)
    strata = [
        Stratum(name, units, to_minor_units(book, request.currency), _deviation(request, deviation))
        for name, units, book, deviation in request.strata
    ]
    if not strata:
        if book_value is None or (population is None and not request.method.is_monetary):
            needed = "--book-value" if request.method.is_monetary else "--population and --book-value"
            raise scope.UsageProblem(f"the method {request.method} needs {needed}")
        strata = [Stratum("", population or 0, to_minor_units(book_value, request.currency), deviations.get(""))]
    book = sum(each.book for each in strata)
    if book <= 0:
        raise scope.UsageProblem("the book value must be above zero")
    given, size, exact = sized(request, strata, book)
    known = all(each.units for each in strata)
    sizes = sampling.allocated(size, strata, by_book=given.method.is_monetary) if known else [size]
    plans = [_plan_alone(each, n, request) for each, n in zip(strata, sizes, strict=True)]
    population_size = sum(each.units for each in strata) or None
    return sample_of(request, given, size=size, exact=exact, plans=plans, book=book, population=population_size)


def sized(request: Request, strata: Sequence[Stratum], book: int) -> tuple[Terms, int, Fraction | None]:
    """The terms, the size, and the formula's exact result (None where the size was stated)."""
    try:
        given = plan.terms(
            request.method,
            Fraction(request.confidence),
            tolerable=share_or_amount(request.materiality, book, request.currency),
            anticipated=share_or_amount(request.anticipated_error, book, request.currency),
            reliability=None if request.reliability is None else Fraction(request.reliability),
            finite=request.finite,
            rules=request.rules,
        )
        if request.sample_size is not None:
            return given, request.sample_size, None
        exact = plan.exact_size(given, strata)
    except (CannotSample, FactorUnknown) as problem:
        raise scope.UsageProblem(str(problem)) from problem
    return given, plan.whole_size(exact), exact


def share_or_amount(value: Decimal, book: int, currency: str) -> Fraction:
    """Below 1 a share of the book value, from 1 on an amount; in minor units, not rounded."""
    return Fraction(value) * book if value < 1 else Fraction(to_minor_units(value, currency))


def to_minor_units(value: Decimal, currency: str) -> int:
    """An amount as stated, in minor units. Raises UsageProblem for what is none."""
    try:
        return to_minor(value, currency)[0]
    except MoneyError as problem:
        raise scope.UsageProblem(str(problem)) from problem


def deviations_of(request: Request) -> dict[str, Fraction]:
    """The stated deviations by stratum, "" for all: rates for monetary units, else minor units."""
    found = {name: _deviation(request, value) for name, value in request.deviations.items()}
    return {name: value for name, value in found.items() if value is not None}


def _deviation(request: Request, value: Decimal | None) -> Fraction | None:
    if value is None:
        return None
    return Fraction(value) if request.method.is_monetary else Fraction(to_minor_units(value, request.currency))


def as_money(value: Fraction | int | None, currency: str) -> Money | None:
    """An exact amount rounded to the minor unit."""
    return None if value is None else Money(minor(Fraction(value)), currency)


def decimal(value: Fraction | None, decimals: int = 8) -> Decimal | None:
    """A number for people: cut to some decimals, half up, without trailing zeros."""
    if value is None:
        return None
    whole = minor(value * 10**decimals)
    return Decimal(format(Decimal(whole).scaleb(-decimals).normalize(), "f"))


def _plan_alone(stratum: Stratum, size: int, request: Request) -> StratumPlan:
    interval = as_money(Fraction(stratum.book, size), request.currency) if request.method.is_monetary else None
    book = Money(stratum.book, request.currency)
    nothing = Money(0, request.currency)
    return StratumPlan(stratum.name, stratum.units or None, book, size, 0, nothing, interval, interval)


def sample_of(
    request: Request,
    given: Terms,
    *,
    size: int,
    exact: Fraction | None,
    plans: list[StratumPlan],
    book: int,
    population: int | None,
) -> Sample:
    """The sample as it is shown; with a single stratum its interval and cut-off are the sample's."""
    currency = request.currency
    only = plans[0] if len(plans) == 1 else None
    return Sample(
        method=request.method,
        confidence=request.confidence,
        currency=currency,
        book_value=Money(book, currency),
        population=population,
        tolerable_error=Money(minor(given.tolerable), currency),
        anticipated_error=Money(minor(given.anticipated), currency),
        sample_size=size,
        exact_size=decimal(exact, 4),
        interval=only.interval if only else None,
        cut_off=only.cut_off if only else None,
        z=decimal(given.z),
        reliability_factor=decimal(given.reliability),
        expansion_factor=decimal(given.expansion),
        strata=plans,
    )
