"""`euledger audit`: samples for auditors, what their errors say, and the residual rate."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click import Context, Parameter

from ledger.cli import options
from ledger.cli.console import Column
from ledger.cli.session import Session, UserError, pass_session
from ledger.domain.overriding import override
from ledger.reporting.exact_json import plain

if TYPE_CHECKING:
    from ledger.actions.audit_evaluate import Evaluation
    from ledger.actions.audit_terms import Sample

METHODS = ("srs", "difference", "mus", "mus-conservative", "non-statistical")


class Number(click.ParamType[Decimal]):
    """A number, exact: 0.02, 2%, 576615, 576 615.00."""

    name = "NUMBER"

    @override
    def convert(self, value: Any, param: Parameter | None, ctx: Context | None) -> Decimal:
        """The number; a percentage is divided by a hundred."""
        if isinstance(value, Decimal):
            return value
        text = str(value).strip().replace("_", "").replace(" ", "")
        try:
            number = Decimal(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number) >= 10**15:
            self.fail(f"{value!r} is no number such as 0.02, 2% or 576615.00.", param, ctx)
        return number


NUMBER = Number()


class Deviation(click.ParamType[tuple[str, Decimal]]):
    """S, or STRATUM=S."""

    name = "S|STRATUM=S"

    @override
    def convert(self, value: Any, param: Parameter | None, ctx: Context | None) -> tuple[str, Decimal]:
        """(stratum or "", standard deviation)."""
        if isinstance(value, tuple):
            return value
        name, _, number = str(value).rpartition("=")
        return name.strip(), NUMBER.convert(number, param, ctx)


class StratumType(click.ParamType[tuple[str, int, Decimal, Decimal | None]]):
    """NAME:UNITS:BOOK_VALUE or NAME:UNITS:BOOK_VALUE:S."""

    name = "NAME:UNITS:BOOK_VALUE[:S]"

    @override
    def convert(
        self, value: Any, param: Parameter | None, ctx: Context | None
    ) -> tuple[str, int, Decimal, Decimal | None]:
        """The four parts; the deviation is None where it is left out."""
        if isinstance(value, tuple):
            return value
        parts = str(value).split(":")
        if len(parts) not in (3, 4) or not parts[1].strip().isdecimal():
            self.fail(f"{value!r} is not written as {self.name}.", param, ctx)
        deviation = NUMBER.convert(parts[3], param, ctx) if len(parts) == 4 else None
        return parts[0].strip(), int(parts[1]), NUMBER.convert(parts[2], param, ctx), deviation


def _terms(function: Any) -> Any:
    for option in (
        click.option("--currency", default="EUR", show_default=True, help="The one currency of the amounts."),
        click.option("--reliability-factor", type=NUMBER, help="For mus-conservative, instead of the table's (2.31)."),
        click.option(
            "--stratum", "strata", type=StratumType(), multiple=True, help="A stratum of a population. Repeatable."
        ),
        click.option("--book-value", type=NUMBER, help="Book value of the population."),
        click.option("--population", type=click.IntRange(1), help="Units of the population."),
        click.option(
            "--materiality", type=NUMBER, default="0.02", show_default=True, help="Share of the book value, or amount."
        ),
        click.option("--confidence", type=NUMBER, default="0.9", show_default=True, help="Level of confidence."),
    ):
        function = option(function)
    return function


@options.group("audit")
def audit() -> None:
    r"""Audit sampling: sample, evaluate, residual, samples.

    \b
    Example: euledger audit sample --method mus --std-dev 0.08 -o check.xlsx
    Changes: `sample` keeps what it drew; the others change nothing.
    """


@audit.command("sample")
@click.option("--method", type=click.Choice(METHODS), required=True, help="How to sample.")
@_terms
@click.option(
    "--anticipated-error", type=NUMBER, default="0", show_default=True, help="Expected error: share or amount."
)
@click.option(
    "--std-dev",
    "deviations",
    type=Deviation(),
    multiple=True,
    help="Expected: of errors, or of rates for mus. Repeatable.",
)
@click.option("--sample-size", type=click.IntRange(1), help="Units to draw, instead of the formula's number.")
@click.option("--finite-population", is_flag=True, help="Correct the size for a small population: n / (1 + n/N).")
@click.option(
    "--rules",
    type=click.Choice(["2021", "2014"]),
    default="2021",
    show_default=True,
    help="Of non-statistical samples.",
)
@click.option("--stratify-by", metavar="KEY", help="A stratum for each fund, country, programme, year …")
@click.option("--negative", is_flag=True, help="Draw from the units below zero, by absolute value.")
@click.option("--seed", help="Words that fix the draw; else made up and told.")
@options.stage
@options.basis
@options.output
@options.dry_run
@options.with_illustrative
@options.filters
@options.output_format
@pass_session
def sample(session: Session, /, *, population: int | None, book_value: Decimal | None, **given: Any) -> None:
    r"""How many units to audit, and which.

    With --population, --book-value or --stratum the size follows from these alone; else units are drawn from what the
    projects of the ledger hold. The draw can be repeated by anybody: see the auditor's guide.

    \b
    Example: euledger audit sample --method mus --std-dev 0.08 -o check.xlsx
    Changes: keeps the draw in the ledger; -o writes the checklist (xlsx).
    """
    from ledger.actions import audit_sample, audit_terms
    from ledger.audit.sampling import Method

    request = audit_terms.Request(
        method=Method(given["method"]),
        confidence=given["confidence"],
        materiality=given["materiality"],
        anticipated_error=given["anticipated_error"],
        deviations=dict(given["deviations"]),
        strata=given["strata"],
        sample_size=given["sample_size"],
        reliability=given["reliability_factor"],
        finite=given["finite_population"],
        rules=given["rules"],
        currency=given["currency"],
    )
    output: Path | None = given["output"]
    as_of: date | None = given["as_of"]
    if population is not None or book_value is not None or given["strata"]:
        if output is not None:
            raise UserError("a sample from parameters alone has no units, and so no checklist (-o).")
        done = audit_terms.size_alone(request, population=population, book_value=book_value)
        session.finish(_told(done), done.findings, lambda: _print_sample(session, done))
    done = audit_sample.draw(
        session.database(),
        request,
        seed=given["seed"],
        stratify_by=given["stratify_by"],
        negative=given["negative"],
        dry_run=given["dry_run"],
        stage=given["stage"] or "committed",
        basis=given["basis"] or "eu",
        funds=given["fund"],
        countries=given["country"],
        as_of=as_of,
        known_at=given["known_at"],
        with_illustrative=given["with_illustrative"],
    )
    if output is not None and not given["dry_run"]:
        try:
            audit_sample.checklist(done, output)
        except OSError as error:
            raise UserError(f"cannot write {output}: {error.strerror or error}.") from error
        session.console.talk(f"Written: {output}")
    session.finish(_told(done), done.findings, lambda: _print_sample(session, done))


@audit.command("evaluate")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option(
    "--sample", "number", type=click.IntRange(1), help="The sample that the file is of: method and population."
)
@click.option("--method", type=click.Choice(METHODS), help="How it was sampled; with --sample known.")
@_terms
@click.option(
    "--projection", type=click.Choice(["mean-per-unit", "ratio"]), help="For srs; else as the guidance chooses."
)
@click.option(
    "--sample-size", type=click.IntRange(1), help="Units of the sample, where no file tells or n was planned."
)
@click.option("--sum-errors", type=NUMBER, default="0", help="Without FILE: errors of the random part.")
@click.option("--sum-book-values", type=NUMBER, default="0", help="Without FILE: book values of the random part.")
@click.option("--sum-rates", type=NUMBER, default="0", help="Without FILE, mus: sum of error / book value.")
@click.option("--sample-std-dev", type=NUMBER, help="Without FILE: of errors, of ratio residuals, or of rates for mus.")
@click.option("--exhaustive-units", type=click.IntRange(0), default=0, help="Without FILE: units audited whole.")
@click.option("--exhaustive-book-value", type=NUMBER, default="0", help="Without FILE: their book value.")
@click.option("--exhaustive-error", type=NUMBER, default="0", help="Without FILE: their errors.")
@click.option("--systemic-error", type=NUMBER, default="0", help="Delimited systemic errors, as an amount.")
@click.option("--anomalous-error", type=NUMBER, default="0", help="Anomalous errors that were not corrected.")
@click.option("--corrections", type=NUMBER, default="0", help="Corrections made, for the residual rate.")
@options.output_format
@pass_session
def evaluate(session: Session, /, *, file: Path | None, number: int | None, **given: Any) -> None:
    r"""What the errors of a sample say of the population.

    FILE has the columns unit, stratum, book_value, audited_value, error (or is the checklist, filled in); without it the
    sums are stated.

    \b
    Example: euledger audit evaluate check.xlsx --sample 1
    Changes: nothing.
    """
    from ledger.actions import audit_evaluate as action
    from ledger.audit.evaluation import Projection
    from ledger.audit.sampling import Method

    if given["method"] is None and number is None:
        raise UserError("say --method, or --sample with the number of a stored sample.")
    populations: dict[str, Any] = {name: (units, book) for name, units, book, _ in given["strata"]}
    if not populations and given["book_value"] is not None:
        populations = {"": (given["population"], given["book_value"])}
    question = action.Question(
        method=Method(given["method"] or "mus"),
        confidence=given["confidence"],
        materiality=given["materiality"],
        currency=given["currency"],
        projection=Projection(given["projection"]) if given["projection"] else None,
        reliability=given["reliability_factor"],
        sample_size=given["sample_size"],
        systemic=given["systemic_error"],
        anomalous=given["anomalous_error"],
        corrections=given["corrections"],
        populations=populations,
    )
    if file is not None:
        database = session.database_to_read() if number is not None else None
        done = action.evaluate(question, file, database=database, sample=number)
    else:
        if given["sample_size"] is None:
            raise UserError("give a FILE, or the sums with --sample-size.")
        done = action.evaluate_sums(
            question,
            action.StatedSums(
                sample_size=given["sample_size"],
                error=given["sum_errors"],
                book_value=given["sum_book_values"],
                rates=given["sum_rates"],
                deviation=given["sample_std_dev"],
                exhaustive_units=given["exhaustive_units"],
                exhaustive_book_value=given["exhaustive_book_value"],
                exhaustive_error=given["exhaustive_error"],
            ),
        )
    session.finish(_told(done), done.findings, lambda: session.console.record(_filled(done)))


@audit.command("residual")
@click.option("--population", type=NUMBER, required=True, help="A: the population's amount.")
@click.option("--total-error-rate", type=NUMBER, required=True, help="D: 0.022 or 2.2%.")
@click.option("--under-assessment", type=NUMBER, default="0", help="E1: amounts under ongoing assessment.")
@click.option("--negative-units", type=NUMBER, default="0", help="E2: amounts of negative units.")
@click.option("--corrections", type=NUMBER, default="0", help="H: corrections made.")
@click.option("--materiality", type=NUMBER, default="0.02", show_default=True, help="The limit.")
@click.option("--currency", default="EUR", show_default=True, help="Of the amounts.")
@options.output_format
@pass_session
def residual(session: Session, /, **given: Any) -> None:
    r"""The residual error rate after corrections, and the extrapolated correction that is still due.

    \b
    Example: euledger audit residual --population 1000 --total-error-rate 2.2%
    Changes: nothing.
    """
    from ledger.actions import audit_evaluate as action

    found = action.residual(**given)
    session.finish(found, [], lambda: session.console.record(plain_fields(found)))


@audit.group("samples")
def samples() -> None:
    r"""The samples that were drawn: list, show.

    \b
    Example: euledger audit samples list
    Changes: nothing.
    """


@samples.command("list")
@options.output_format
@pass_session
def list_(session: Session) -> None:
    r"""The samples that were drawn.

    \b
    Example: euledger audit samples list
    Changes: nothing.
    """
    from ledger.actions import audit_samples

    found = audit_samples.list_samples(session.database_to_read())
    columns = [
        Column("sample", is_number=True),
        Column("drawn at"),
        Column("method"),
        Column("units", is_number=True),
        Column("drawn", is_number=True),
        Column("book value", is_number=True),
        Column("seed"),
    ]

    def text() -> None:
        session.console.table(
            columns, [(s.sample, s.recorded_at, s.method, s.units, s.drawn, s.book_value, s.seed) for s in found]
        )

    session.finish(found, [], text)


@samples.command("show")
@click.argument("number", metavar="SAMPLE", type=click.IntRange(1))
@options.output_format
@pass_session
def show(session: Session, *, number: int) -> None:
    r"""One sample, drawn again from the ledger to see that it is the same.

    \b
    Example: euledger audit samples show 1
    Changes: nothing.
    """
    from ledger.actions import audit_samples

    view = audit_samples.show_sample(session.database_to_read(), number)

    def text() -> None:
        if view.line is not None:
            session.console.record(plain_fields(view.line))
            _print_items(session, view.items)
            session.console.say("Drawn again: the same." if view.drawn_again else "Drawn again: NOT the same.")

    session.finish(view, view.findings, text)


def plain_fields(result: Any) -> dict[str, Any]:
    """The fields of a result as text shows them."""
    import dataclasses

    return {each.name.replace("_", " "): getattr(result, each.name) for each in dataclasses.fields(result)}


def _told(result: Any) -> dict[str, Any]:
    document: dict[str, Any] = plain(result)
    document.pop("findings")
    return document


def _filled(done: Evaluation) -> dict[str, Any]:
    kept = plain_fields(done)
    kept.pop("findings")
    return {name: value for name, value in kept.items() if value is not None}


def _print_sample(session: Session, done: Sample) -> None:
    kept = {name: value for name, value in plain_fields(done).items() if value is not None}
    for name in ("items", "findings", "strata", "filters", "negative units", "negative book value"):
        kept.pop(name, None)
    session.console.record(kept)
    if len(done.strata) > 1:
        columns = [
            Column("stratum"),
            *(Column(name, is_number=True) for name in ("units", "book value", "sample", "exhaustive")),
        ]
        session.console.table(
            columns, [(s.stratum, s.units, s.book_value, s.sample_size, s.exhaustive_units) for s in done.strata]
        )
    _print_items(session, done.items)


def _print_items(session: Session, items: list[Any]) -> None:
    if not items:
        return
    columns = [Column("unit"), Column("stratum"), Column("book value", is_number=True), Column("cells")]
    session.console.table(
        columns,
        [(i.unit, i.stratum_label, i.book_value, ", ".join(f"{c.sheet}!{c.cell}" for c in i.cells[:2])) for i in items],
    )
