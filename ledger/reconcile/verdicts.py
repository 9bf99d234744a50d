"""A figure and what the ledger knows of it, made into a verdict that can be read without the ledger at hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from ledger.domain.figures import Figure
from ledger.domain.findings import Finding, place_text
from ledger.domain.intervals import RULES, Interval, Judgement, Verdict, judge, known_sum, show
from ledger.domain.money import Money, display
from ledger.reconcile.explanation.model import Explanation, RowPlace
from ledger.reconcile.quantities import Quantity, quantity
from ledger.reconcile.reading import Read, Route, place_of
from ledger.reconcile.relations import Related
from ledger.reconcile.since import Since, Verdicted
from ledger.reconcile.waiving import Accepted, WaiverState, WaiverView, state_of, viewed


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger holds against a figure, in the figure's unit.

    `interval` is what follows for the true value (None: nothing can be said), `recorded` the sum itself; `refusal` says
    why no comparison is made at all. `note` stands beside the verdict.
    """

    interval: Interval | None = None
    recorded: Fraction | None = None
    is_complete: bool = False
    note: str = ""
    refusal: str = ""
    is_illustrative: bool = False
    #: What is recorded by unit or stage, where the wording may mean several.
    readings: tuple[tuple[str, Fraction], ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of what the figure covers is recorded. `percent`: recorded, of the stated value, one decimal."""

    recorded: Quantity | None
    complete: bool
    percent: str | None
    note: str

    @property
    def text(self) -> str:
        """The same for people: "0.0 % recorded, not known to be complete; …"."""
        known = "complete" if self.complete else "not known to be complete"
        if self.recorded is None:
            known = "nothing recorded"
        elif not self.complete and self.percent is not None:
            known = f"{self.percent} % recorded, {known}"
        return f"{known}; {self.note}" if self.note else known


@dataclass(frozen=True, slots=True)
class ExplainedCause:
    """A cause as results carry it; its effect and the residual are in the figure's unit."""

    kind: str
    rows: tuple[RowPlace, ...]
    effect: Quantity
    one_of: bool
    note: str


@dataclass(frozen=True, slots=True)
class Explained:
    """Causes that together account for the difference but for `residual`; `score`: bits by which they beat chance."""

    causes: tuple[ExplainedCause, ...]
    residual: Quantity
    score: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One of the things that a wording may mean ("project": decision or contract; "worth": committed or contracted)."""

    of: str
    ledger: Quantity | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class FigureResult:
    """The verdict on one figure (DESIGN section 9).

    `low` to `high` is what passes; some rules let a value beside it hold with a warning. `difference` is recorded less
    stated; `room` is the distance to the nearer end that must not be crossed, negative beyond it.
    """

    figure: str
    quote: str | None
    rule: str
    stated: Quantity | None
    low: Quantity | None
    high: Quantity | None
    low_inclusive: bool
    high_inclusive: bool
    ledger: Quantity | None
    difference: Quantity | None
    verdict: Verdict
    coverage: Coverage
    room: Quantity | None
    reason: str
    unit: str = ""
    source: str | None = None
    page: str | None = None
    #: `FILE!Sheet!E2:E28` for a printed total, else the row that states the figure.
    place: str = ""
    relations: str | None = None
    illustrative: bool = False
    #: The waiver of the figure that counts, with what it does on the day of the question.
    waiver: WaiverView | None = None
    #: Whether that waiver holds, so that the figure is broken and no error.
    waived: bool = False
    #: What is recorded by each unit or stage that the wording may mean, and the verdict on it.
    readings: tuple[Reading, ...] = ()
    #: How it stands to other figures, by their wordings.
    related: tuple[Related, ...] = ()
    #: How it stood in the last run that was kept.
    since: Since | None = None
    #: Named causes of the difference, best first; empty where they were not asked for or nothing beats chance.
    explanations: tuple[Explained, ...] = ()
    #: Whether causes were sought: a sum or a count, asked to be explained, that is not what the figure allows.
    explainable: bool = False
    #: Why none were sought for a figure that does not hold.
    unexplained: str = ""


def explained(explanations: Iterable[Explanation], currency: str | None) -> tuple[Explained, ...]:
    """Explanations as results carry them: in money, or without a currency in projects."""

    def said(effect: int) -> Quantity:
        return str(effect) if currency is None else Money(effect, currency)

    return tuple(
        Explained(
            tuple(
                ExplainedCause(str(cause.kind), cause.rows, said(cause.effect), cause.one_of, cause.note)
                for cause in explanation.causes
            ),
            said(explanation.residual),
            explanation.score,
        )
        for explanation in explanations
    )


def judge_figure(figure: Figure, read: Read, known: Known) -> tuple[FigureResult, tuple[Finding, ...]]:
    """The result for a figure, with the findings that belong to it: a broken figure is one, and whatever `read` found.

    A figure whose wording is in no rule is undecidable and has no interval.
    """
    if read.band is None:
        unread = Coverage(quantity(known.recorded, read.unit), known.is_complete, None, known.note)
        wording = "What the figure states could not be read, so nothing is compared; see the finding."
        return _result(figure, read, known, None, coverage=unread, reason=wording), read.findings
    judged = judge(
        read.band,
        None if known.refusal else known.interval,
        external=read.route is Route.EXTERNAL,
        target=figure.is_target,
    )
    coverage = Coverage(quantity(known.recorded, read.unit), known.is_complete, _percent(read, known), known.note)
    result = _result(figure, read, known, judged, coverage=coverage, reason=_reason(figure, read, known, judged))
    if judged.verdict is not Verdict.BROKEN:
        return result, read.findings
    return result, (*read.findings, _broken(figure, read, judged, result))


def _result(
    figure: Figure, read: Read, known: Known, judged: Judgement | None, *, coverage: Coverage, reason: str
) -> FigureResult:
    unit, stated = read.unit, None if read.number is None else read.number.value
    accept = None if judged is None or judged.band.number is None else judged.band.accept
    recorded = known.recorded
    file, sheet, cell = place_of(figure)
    return FigureResult(
        figure=figure.ref,
        quote=figure.quote,
        rule="" if judged is None else judged.rule,
        stated=quantity(stated, unit),
        low=None if accept is None else quantity(accept.low, unit),
        high=None if accept is None else quantity(accept.high, unit),
        low_inclusive=accept is not None and accept.low_inclusive,
        high_inclusive=accept is not None and accept.high_inclusive,
        ledger=quantity(recorded, unit),
        difference=None
        if known.interval is None or recorded is None or stated is None
        else quantity(recorded - stated, unit),
        verdict=Verdict.UNDECIDABLE if judged is None else judged.verdict,
        coverage=coverage,
        room=None if judged is None or known.refusal else quantity(judged.room, unit),
        reason=reason,
        unit=unit,
        source=figure.source,
        page=figure.page,
        place=place_text(file, sheet, cell),
        relations=figure.relations,
        illustrative=known.is_illustrative,
        readings=_readings(read, known, target=figure.is_target),
    )


def _percent(read: Read, known: Known) -> str | None:
    """Recorded, of the stated value, in per cent; only for amounts and counts, and only where something is stated."""
    if read.route is Route.SHARE or known.recorded is None or read.number is None or read.number.value <= 0:
        return None
    whole, tenth = divmod(int(known.recorded * 1000 / read.number.value), 10)
    return f"{whole}.{tenth}"


def _reason(figure: Figure, read: Read, known: Known, judged: Judgement) -> str:
    """One or two plain sentences."""
    if read.route is Route.PRINTED and read.number is not None and known.recorded is not None:
        return _printed(figure, read, known.recorded - read.number.value, known.recorded)
    sentence = known.refusal if known.refusal and read.route is not Route.EXTERNAL else judged.reason
    if read.route is Route.COUNT and known.interval is not None and known.recorded != 1:
        sentence = sentence.replace(" is recorded", " are recorded", 1)
    if known.is_illustrative and not known.refusal:
        sentence += " Illustrative data, not real, is counted in."
    return f"{sentence} Note: {known.note}." if known.note else sentence


def _printed(figure: Figure, read: Read, difference: Fraction, recorded: Fraction) -> str:
    stated = read.number.value if read.number else Fraction(0)
    found = f"The cells {figure.scope_cells} add up to {show(recorded, read.unit)}"
    if not difference:
        return f"{found}, as the printed total says."
    side = "lower" if difference > 0 else "higher"
    gap = show(abs(difference), read.unit)
    return f"{found}; the printed total says {show(stated, read.unit)}, which is {gap} {side} than its cells."


def _broken(figure: Figure, read: Read, judged: Judgement, result: FigureResult) -> Finding:
    file, sheet, cell = place_of(figure)
    quote = f" ({figure.quote!r})" if figure.quote and not figure.is_printed_total else ""
    name = (figure.quote or figure.ref).partition(":")[0] if figure.is_printed_total else figure.ref
    values = {
        "figure": figure.ref,
        "rule": judged.rule,
        "interval": judged.band.accept.text(read.unit),
        "stated": _said(result.stated),
        "ledger": _said(result.ledger),
        "difference": _said(result.difference),
        "room": _said(result.room),
    }
    return Finding("figure-broken", f"{name}{quote}: {result.reason}", file, sheet, cell, values=values)


def _said(value: Quantity | None) -> str | None:
    return display(value.minor, value.currency) if isinstance(value, Money) else value


def rule_text(rule: str) -> str:
    """The rule spelled out, empty for none."""
    return RULES[rule].text if rule in RULES else ""


def verdicted(figure: Figure, read: Read, known: Known, result: FigureResult) -> Verdicted:
    """The verdict as runs keep it."""
    band = None if read.band is None or read.band.number is None else read.band.accept
    return Verdicted(
        figure=figure.ref,
        version_id=figure.version_id,
        verdict=str(result.verdict),
        rule=result.rule,
        unit=read.unit,
        stated=None if read.number is None else read.number.value,
        low=None if band is None else band.low,
        high=None if band is None else band.high,
        low_inclusive=result.low_inclusive,
        high_inclusive=result.high_inclusive,
        recorded=known.recorded,
        is_complete=known.is_complete,
        waiver_id=result.waiver.waiver if result.waiver is not None and result.waived else None,
    )


def _readings(read: Read, known: Known, *, target: bool) -> tuple[Reading, ...]:
    if read.band is None:
        return ()
    return tuple(
        Reading(
            of,
            quantity(value, read.unit),
            judge(read.band, known_sum(value, complete=known.is_complete), target=target).verdict,
        )
        for of, value in known.readings
    )


def waived(
    result: FigureResult, told: Iterable[Finding], accepted: Iterable[Accepted], *, gap: Fraction | None, on: date
) -> tuple[FigureResult, tuple[Finding, ...]]:
    """The result with the waiver that counts, and its findings: a waived difference is told, and is no error.

    `gap` is the difference exactly. The waiver that holds counts, else the newest that is not withdrawn. Where none holds, the finding says why.
    """
    findings, broken = tuple(told), result.verdict is Verdict.BROKEN
    states = [(each, state_of(each, gap, on, is_broken=broken)) for each in accepted]
    standing = [pair for pair in states if pair[1] is not WaiverState.WITHDRAWN]
    if not standing:
        return result, findings
    counting = next((pair for pair in reversed(standing) if pair[1] is WaiverState.HOLDS), standing[-1])
    view = viewed(*counting, result.unit)
    result = replace(result, waiver=view, waived=view.state is WaiverState.HOLDS)
    if not broken:
        return result, findings
    return result, tuple(_retold(finding, view) if finding.code == "figure-broken" else finding for finding in findings)


def _retold(finding: Finding, view: WaiverView) -> Finding:
    amount = display(view.amount.minor, view.amount.currency) if isinstance(view.amount, Money) else view.amount
    values = {**finding.values, "waiver": view.waiver, "until": view.until.isoformat()}
    if view.state is WaiverState.HOLDS:
        said = f"{finding.message} Waived until {view.until} (waiver {view.waiver}): {view.reason}"
        return Finding("figure-waived", said, finding.file, finding.sheet, finding.cell, values=values)
    why = (
        f"ended on {view.until}"
        if view.state is WaiverState.ENDED
        else f"accepts a difference of {amount}, not this one"
    )
    said = f"{finding.message} Waiver {view.waiver} {why}."
    return replace(finding, message=said, values=values)
