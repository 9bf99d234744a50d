"""Project the errors of an audited sample onto its population, and say what follows; the residual rate after that."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from ledger.actions import scope
from ledger.actions.audit_terms import as_money, decimal, share_or_amount, to_minor_units
from ledger.actions.audited_file import AuditedRow, read_audited
from ledger.audit import evaluation, plan, sampling
from ledger.audit.evaluation import Audited, CannotEvaluate, Conclusion, Estimate, Projection, Sums
from ledger.audit.exact import minor
from ledger.audit.factors import FactorUnknown
from ledger.audit.plan import Terms
from ledger.audit.residual import CannotTell, Residual
from ledger.audit.sampling import Method, Unit
from ledger.domain.findings import Finding, Severity
from ledger.domain.money import Money, display
from ledger.store import samples, schema
from ledger.store.database import Database

#: stratum -> (units or None, book value in minor units)
Populations = dict[str, tuple[int | None, int]]


@dataclass(frozen=True, slots=True)
class StatedSums:
    """What stands in for a file where only sums are known; amounts of the currency, rates as numbers."""

    sample_size: int
    error: Decimal = Decimal(0)
    book_value: Decimal = Decimal(0)
    rates: Decimal = Decimal(0)
    deviation: Decimal | None = None
    exhaustive_units: int = 0
    exhaustive_book_value: Decimal = Decimal(0)
    exhaustive_error: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Question:
    """What an evaluation rests on. Other errors are amounts: systemic ones, anomalous ones that were not corrected."""

    method: Method
    confidence: Decimal = Decimal("0.9")
    materiality: Decimal = Decimal("0.02")
    currency: str = "EUR"
    projection: Projection | None = None
    reliability: Decimal | None = None
    sample_size: int | None = None
    systemic: Decimal = Decimal(0)
    anomalous: Decimal = Decimal(0)
    corrections: Decimal = Decimal(0)
    populations: Mapping[str, tuple[int | None, Decimal]] = field(default_factory=dict)


@dataclass(slots=True)
class Evaluation:
    """The answer. Without a conclusion, the findings say why there is none."""

    method: Method
    sample: int | None = None
    book_value: Money | None = None
    population: int | None = None
    units_audited: int = 0
    exhaustive_units: int = 0
    projection: Projection | None = None
    interval: Money | None = None
    sample_error: Money | None = None
    exhaustive_error: Money | None = None
    projected_error: Money | None = None
    precision: Money | None = None
    basic_precision: Money | None = None
    incremental_allowance: Money | None = None
    total_error: Money | None = None
    upper_limit: Money | None = None
    tolerable_error: Money | None = None
    correct_book_value: Money | None = None
    lower_limit: Money | None = None
    total_error_rate: Decimal | None = None
    upper_error_rate: Decimal | None = None
    residual_error_rate: Decimal | None = None
    conclusion: Conclusion | None = None
    findings: list[Finding] = field(default_factory=list)


def evaluate(
    question: Question, path: Path, *, database: Database | None = None, sample: int | None = None
) -> Evaluation:
    """The evaluation of a filled-in file. With a `sample` its population is taken, and its units must all be there.

    Raises UsageProblem where something is missing that no finding of the file can tell.
    """
    read = read_audited(path, question.currency)
    result = Evaluation(question.method, sample, findings=read.findings)
    populations: Populations = {
        name: (units, to_minor_units(book, question.currency)) for name, (units, book) in question.populations.items()
    }
    rows: Sequence[AuditedRow] = read.rows
    if sample is not None:
        assert database is not None, "a sample is in a ledger"
        taken = _from_sample(database, question, sample, rows=read.rows, file=path.name, findings=result.findings)
        if taken is None:
            return result
        question, populations, rows = taken
        result.method = question.method
    if any(finding.level in (Severity.STOP, Severity.ERROR) for finding in result.findings):
        return result
    audited = _sorted_into_strata(question, populations, rows)
    book = sum(value for _, value in populations.values())
    projection = _projection(question, audited)
    if question.method is Method.SRS and projection is None:
        projection = evaluation.better_projection(audited)
    strata = [
        evaluation.sums(
            name,
            [row for row in audited if row.stratum == name],
            units=units,
            book=value,
            method=question.method,
            projection=projection,
        )
        for name, (units, value) in sorted(populations.items())
    ]
    result.sample_error = Money(sum(row.error for row in audited), question.currency)
    return _answer(result, question, strata, projection, book)


def evaluate_sums(question: Question, stated: StatedSums) -> Evaluation:
    """The evaluation of a sample of which only sums are known. One stratum, and its exhaustive part."""
    if len(question.populations) != 1:
        raise scope.UsageProblem("sums are evaluated for one population: --population and --book-value")
    ((name, (units, value)),) = question.populations.items()
    currency = question.currency

    def amount(given: Decimal) -> int:
        return to_minor_units(given, currency)

    deviation = stated.deviation
    scale = 1 if question.method.is_monetary else to_minor_units(Decimal(1), currency)
    book = amount(value)
    stratum = Sums(
        name=name,
        units=units,
        book=book,
        exhaustive_units=stated.exhaustive_units,
        exhaustive_book=amount(stated.exhaustive_book_value),
        exhaustive_error=Fraction(amount(stated.exhaustive_error)),
        size=stated.sample_size - stated.exhaustive_units,
        sum_error=Fraction(amount(stated.error)),
        sum_book=Fraction(amount(stated.book_value)),
        sum_rates=Fraction(stated.rates),
        variance=None if deviation is None else (Fraction(deviation) * scale) ** 2,
    )
    projection = _projection(question, []) or Projection.MEAN
    result = Evaluation(question.method)
    result.sample_error = Money(minor(stratum.sum_error + stratum.exhaustive_error), currency)
    return _answer(result, question, [stratum], projection, book)


def _projection(question: Question, rows: Sequence[Audited]) -> Projection | None:
    """The stated projection; differences are projected by their mean, monetary units need none."""
    if question.method is Method.DIFFERENCE:
        return Projection.MEAN
    if question.method is Method.NON_STATISTICAL and question.projection is None:
        return evaluation.better_projection(rows) if rows else None
    return question.projection


def _answer(
    result: Evaluation, question: Question, strata: list[Sums], projection: Projection | None, book: int
) -> Evaluation:
    currency = question.currency
    if book <= 0:
        raise scope.UsageProblem("the book value of the population is needed (--book-value)")
    try:
        given = plan.terms(
            question.method,
            Fraction(question.confidence),
            tolerable=share_or_amount(question.materiality, book, currency),
            anticipated=Fraction(0),
            reliability=None if question.reliability is None else Fraction(question.reliability),
        )
        found, interval = _estimate(given, question, strata, projection)
    except (CannotEvaluate, FactorUnknown) as problem:
        raise scope.UsageProblem(str(problem)) from problem
    total = found.projected + to_minor_units(question.systemic, currency) + to_minor_units(question.anomalous, currency)
    counts = [each.units for each in strata]
    result.book_value = Money(book, currency)
    result.population = None if None in counts else sum(count or 0 for count in counts)
    result.units_audited = sum(each.size + each.exhaustive_units for each in strata)
    result.exhaustive_units = sum(each.exhaustive_units for each in strata)
    result.projection, result.interval = found.projection, as_money(interval, currency)
    result.exhaustive_error = Money(minor(sum((each.exhaustive_error for each in strata), Fraction(0))), currency)
    result.projected_error, result.precision = as_money(found.projected, currency), as_money(found.precision, currency)
    result.basic_precision = as_money(found.basic_precision, currency)
    result.incremental_allowance = as_money(found.incremental_allowance, currency)
    result.total_error, result.tolerable_error = as_money(total, currency), as_money(given.tolerable, currency)
    result.total_error_rate = decimal(total / book)
    if found.precision is not None:
        upper = total + found.precision
        result.upper_limit, result.upper_error_rate = as_money(upper, currency), decimal(upper / book)
        result.correct_book_value = as_money(book - total, currency)
        result.lower_limit = as_money(book - upper, currency)
    rest = Residual(book, total / book, 0, 0, to_minor_units(question.corrections, currency), Fraction(1, 50))
    result.residual_error_rate = decimal(rest.rate)
    result.conclusion = evaluation.conclude(total, found.precision, given.tolerable)
    return result


def _estimate(
    given: Terms, question: Question, strata: list[Sums], projection: Projection | None
) -> tuple[Estimate, Fraction | None]:
    """The estimate, and the interval where there is one."""
    method = given.method
    if method is Method.MUS_CONSERVATIVE:
        if len(strata) != 1:
            raise CannotEvaluate("the conservative approach has no strata but the exhaustive one")
        size = question.sample_size or strata[0].size + strata[0].exhaustive_units
        interval = Fraction(strata[0].book, size)
        assert given.reliability is not None, "the terms of this method have it"
        found = evaluation.estimate_conservative(
            strata[0], confidence=given.confidence, reliability=given.reliability, interval=interval
        )
        return found, interval
    if method is Method.MUS:
        assert given.z is not None, "the terms of this method have it"
        return evaluation.estimate_monetary(strata, z=given.z), strata[0].interval if len(strata) == 1 else None
    if given.z is not None:
        return evaluation.estimate_random(strata, z=given.z, projection=projection or Projection.MEAN), None
    # Non-statistical: the projection alone; a variance is not asked for.
    plain = [replace(each, variance=each.variance or Fraction(0)) for each in strata]
    found = evaluation.estimate_random(plain, z=Fraction(0), projection=projection or Projection.MEAN)
    return replace(found, precision=None), None


def _sorted_into_strata(question: Question, populations: Populations, rows: Sequence[AuditedRow]) -> list[Audited]:
    """The rows in their strata; for monetary units the exhaustive ones are found by value where no row says which."""
    if len(populations) == 1:
        (only,) = populations
        rows = [replace(row, stratum=only) for row in rows]
    elif unknown := sorted({row.stratum for row in rows} - set(populations)):
        named = ", ".join(map(repr, unknown))
        raise scope.UsageProblem(
            f"the population of {named} is not stated: --stratum NAME:UNITS:BOOK_VALUE for each stratum"
            if populations
            else "the population is needed: --population and --book-value, or --stratum for each stratum"
        )
    marked = any(row.exhaustive is not None for row in rows)
    top: set[tuple[str, str]] = set()
    if question.method.is_monetary and not marked:
        for name, (_, book) in populations.items():
            units = [Unit(row.unit, row.book, name) for row in rows if row.stratum == name]
            if units and book > 0:
                fixed = question.method is Method.MUS_CONSERVATIVE
                size = question.sample_size if fixed and question.sample_size else len(units)
                large, _ = sampling.split_exhaustive(units, book, size, fixed_interval=fixed)
                top |= {(name, unit.name) for unit in large}
    return [
        Audited(row.unit, row.stratum, bool(row.exhaustive) or (row.stratum, row.unit) in top, row.book, row.error)
        for row in rows
    ]


def _from_sample(
    database: Database,
    question: Question,
    number: int,
    *,
    rows: Sequence[AuditedRow],
    file: str,
    findings: list[Finding],
) -> tuple[Question, Populations, list[AuditedRow]] | None:
    """The question and the population of a stored sample, and the rows as they were drawn; what differs is told."""
    schema.require_current(database)
    with database.read() as connection:
        row = samples.find(connection, number)
        items = samples.items(connection, number)
    if row is None:
        findings.append(Finding("sample-unknown", f"there is no sample {number}"))
        return None
    kept = json.loads(row["parameters"])
    drawn = {item["unit"]: item for item in items}
    by_unit: dict[str, AuditedRow] = {}
    unread = any(finding.level in (Severity.STOP, Severity.ERROR) for finding in findings)
    for each in rows:
        item = drawn.get(each.unit)
        if item is None or each.unit in by_unit:
            told = "was not drawn" if item is None else "stands there twice"
            findings.append(Finding("sample-unit-differs", f"{each.unit} {told}", file))
        elif int(item["book_minor"]) != each.book:
            stated = display(int(item["book_minor"]), row["currency"])
            findings.append(
                Finding("sample-unit-differs", f"{each.unit} was drawn with a book value of {stated}", file)
            )
        else:
            exhaustive = bool(item["is_exhaustive"])
            by_unit[each.unit] = replace(each, stratum=item["stratum"], exhaustive=exhaustive)
    if not unread:
        seen = {each.unit for each in rows}
        missing = [unit for unit in drawn if unit not in seen]
        findings += [Finding("sample-unit-missing", f"{unit} is not in the file", file) for unit in missing]
    populations: Populations = {each["stratum"]: (each["units"], each["book_minor"]) for each in kept["strata"]}
    reliability = kept["reliability"]
    asked = replace(
        question,
        method=Method(row["method"]),
        confidence=Decimal(kept["confidence"]),
        materiality=Decimal(kept["materiality"]),
        currency=row["currency"],
        reliability=None if reliability is None else Decimal(reliability),
        sample_size=int(row["sample_size"]),
    )
    return asked, populations, list(by_unit.values())


# --- the residual rate -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ResidualAnswer:
    """The template's cells, with their letters in the order A D E1 E2 F G H I J K L M."""

    population: Money
    total_error_rate: Decimal
    under_assessment: Money
    negative_units: Money
    reduced_population: Money
    amount_at_risk: Money
    corrections: Money
    net_population: Money
    residual_amount: Money
    residual_error_rate: Decimal
    extrapolated_correction: Money
    residual_error_rate_after: Decimal
    materiality: Decimal
    above_materiality: bool


def residual(
    *,
    population: Decimal,
    total_error_rate: Decimal,
    under_assessment: Decimal = Decimal(0),
    negative_units: Decimal = Decimal(0),
    corrections: Decimal = Decimal(0),
    materiality: Decimal = Decimal("0.02"),
    currency: str = "EUR",
) -> ResidualAnswer:
    """The residual error rate and the correction that is still due. Raises UsageProblem where nothing is left over."""
    amounts = [to_minor_units(each, currency) for each in (population, under_assessment, negative_units, corrections)]
    a, e1, e2, h = amounts
    try:
        found = Residual(a, Fraction(total_error_rate), e1, e2, h, Fraction(materiality))
    except CannotTell as problem:
        raise scope.UsageProblem(str(problem)) from problem

    def money(value: Fraction | int) -> Money:
        return Money(minor(Fraction(value)), currency)

    rate, after = decimal(found.rate), decimal(found.rate_after)
    assert rate is not None
    assert after is not None
    return ResidualAnswer(
        population=money(a),
        total_error_rate=total_error_rate,
        under_assessment=money(e1),
        negative_units=money(e2),
        reduced_population=money(found.reduced),
        amount_at_risk=money(found.at_risk),
        corrections=money(h),
        net_population=money(found.net),
        residual_amount=money(found.residual_amount),
        residual_error_rate=rate,
        extrapolated_correction=money(found.correction or 0),
        residual_error_rate_after=after,
        materiality=materiality,
        above_materiality=found.is_above,
    )
