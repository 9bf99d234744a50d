"""State a figure in one line: value, wording and unit are read out of its quotation, and two readings stop it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from ledger.actions.figures import FigureView, view_of
from ledger.actions.import_files import shipped_code_lists
from ledger.actions.scope import UsageProblem
from ledger.domain.figures import EXTERNAL, RelationKind, written
from ledger.domain.findings import Finding, Severity
from ledger.domain.intervals import RULES, QualifierUnknown, rule_for, show
from ledger.domain.quoted import unit_scale
from ledger.domain.records import Kind, Record
from ledger.domain.wording import Stated, statements, unquantified
from ledger.reconcile.quantities import plain_decimal
from ledger.store import envelopes, figure_entry, figures, schema, standing
from ledger.store.database import Connection, Database
from ledger.store.rehearsal import ledger_for


@dataclass(frozen=True, slots=True)
class NewFigure:
    """What is said of a figure; None and empty where nothing is. Lists are codes or names, `value` a number as written.

    `part_of`, `same_set`, `not_additive` and `share_of` name other figures; `share_of` may name an envelope, or be
    EXTERNAL.
    """

    ref: str
    quote: str | None = None
    qualifier: str | None = None
    value: str | None = None
    unit: str | None = None
    measure: str | None = None
    rule: str | None = None
    funds: Sequence[str] = ()
    countries: Sequence[str] = ()
    themes: Sequence[str] = ()
    earmark: str | None = None
    stage: str | None = None
    basis: str | None = None
    source: str | None = None
    page: str | None = None
    note: str | None = None
    period_start: date | None = None
    period_end: date | None = None
    as_of: date | None = None
    envelope: str | None = None
    programme: str | None = None
    counting_unit: str | None = None
    share_of: str | None = None
    part_of: Sequence[str] = ()
    same_set: Sequence[str] = ()
    not_additive: Sequence[str] = ()
    target: bool = False
    external: bool = False


@dataclass(slots=True)
class FigureAdded:
    """The figure as it now stands, None where it was refused; `state` is new, changed or unchanged."""

    figure: FigureView | None = None
    state: str | None = None
    batch: int | None = None
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Number:
    """A number as it will be recorded."""

    value: str | None
    unit: str | None
    qualifier: str
    measure: str


def add_figure(database: Database, new: NewFigure, *, again: bool = False, dry_run: bool = False) -> FigureAdded:
    """Record a figure in a batch of its own; `again` lets it take the place of what was said of it before.

    Nothing is recorded where the quotation has two readings, a wording that is in no rule, or another number than the
    one given. Raises UsageProblem for codes and names that are none.
    """
    schema.require_current(database)
    if new.period_start and new.period_end and new.period_start > new.period_end:
        raise UsageProblem(f"the period ends before it starts: {new.period_start} to {new.period_end}")
    done = FigureAdded()
    number = _number(new, done.findings)
    if number is None:
        return done
    with ledger_for(database, dry_run=dry_run) as ledger, ledger.write() as connection:
        standing.require_writer(connection, "figure")
        record = Record(Kind.FIGURES, new.ref, _attributes(connection, new, number))
        same = figure_entry.says_the_same(connection, record)
        if same is False and not again:
            said = f"there is a figure {new.ref} already, and it says something else"
            done.findings.append(Finding("figure-exists", said))
            connection.rollback()
            return done
        if same:
            done.state = "unchanged"
            connection.rollback()
        else:
            done.state = "new" if same is None else "changed"
            done.batch = figure_entry.keep(connection, record, f"figure {record.ref}, stated by hand")
        found = figures.find(connection, record.ref)
        assert found is not None
        done.figure, told = view_of(connection, found.figure)
        done.findings += told
    return done


# --- the number -------------------------------------------------------------------------------------------------------


def _number(new: NewFigure, findings: list[Finding]) -> _Number | None:
    """Value, unit, wording and measure, from what is given and what is quoted; None with the finding that forbids it."""
    given = _given(new)
    read = statements(new.quote or "")
    fitting = [stated for stated in read if _fits(stated, new, given)]
    if given is not None and not read:
        return _checked(new, _Number(*given, new.qualifier or "none", new.measure or ""), "", findings)
    if not read:
        word = new.qualifier or unquantified(new.quote or "")
        if word is None or rule_for(word).id != "R-UNQ" or word.strip().casefold() in ("", "none"):
            findings.append(Finding("quote-without-number", f"no number is found in {new.quote or ''!r}"))
            return None
        return _Number(None, new.unit, word, new.measure or "none")
    if not fitting:
        found = "; ".join(_told(stated) for stated in read)
        asked = " ".join(filter(None, (new.qualifier, new.value, new.unit, new.measure)))
        findings.append(Finding("quote-differs", f"{asked!r} is not what {new.quote!r} says: {found}"))
        return None
    if len({(s.number.value, s.unit, s.qualifier, s.measure) for s in fitting}) > 1:
        readings = [_as_values(stated) for stated in fitting]
        said = f"{new.quote!r} can be {' or '.join(_told(stated) for stated in fitting)}"
        findings.append(Finding("quote-ambiguous", said, values={"readings": readings}))
        return None
    [stated, *_] = fitting
    value, unit = _recorded(stated) if given is None or new.unit is None else given
    number = _Number(value, unit, new.qualifier or stated.qualifier, new.measure or stated.measure)
    return _checked(new, number, "" if new.qualifier else stated.unknown, findings)


def _given(new: NewFigure) -> tuple[str, str] | None:
    """The value and unit that are given, as plain decimal text; a per cent sign is a unit."""
    if new.value is None:
        return None
    text, unit = "".join(new.value.split()).replace("\u202f", ""), new.unit or ""
    if text.endswith("%"):
        text, unit = text[:-1], unit or "%"
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise UsageProblem(f"{new.value!r} is no number such as 5300000000 or 5.3")
    return format(number, "f"), unit


def _fits(stated: Stated, new: NewFigure, given: tuple[str, str] | None) -> bool:
    """Whether a reading is compatible with what is given; a wording that the quotation has nowhere overrides it."""
    if new.measure and new.measure != stated.measure and (new.measure, stated.measure) != ("count", "output"):
        return False
    unit, scale = unit_scale(new.unit or "")
    if unit and not _same_unit(unit, stated.unit):
        return False
    if new.qualifier and new.quote and _words(new.qualifier) in new.quote.casefold():
        return _words(new.qualifier) == stated.qualifier
    if given is None:
        return True
    value = Fraction(Decimal(given[0]))
    meant = {value * scale, value / 100} if given[1] == "%" else {value * scale}
    return stated.number.value in meant or any(abs(stated.number.value - each) < Fraction(1, 10**4) for each in meant)


def _same_unit(one: str, other: str) -> bool:
    shares = ("ratio", "share", "%", "percent")
    if one.casefold() in shares:
        return other in shares
    return one.casefold().removesuffix("s") == other.casefold().removesuffix("s") or other == "count" or one == "count"


def _words(text: str) -> str:
    return " ".join(text.partition("(")[0].split()).casefold()


def _recorded(stated: Stated) -> tuple[str, str]:
    value = stated.number.value * 100 if stated.unit == "%" else stated.number.value
    return plain_decimal(value), stated.unit


def _checked(new: NewFigure, number: _Number, unknown: str, findings: list[Finding]) -> _Number | None:
    """The number, unless its wording is in no rule or it has no unit."""
    try:
        # A word that is in no rule is told with the wordings that are.
        rule_for(unknown or number.qualifier)
    except QualifierUnknown as problem:
        findings.append(Finding("qualifier-unknown", str(problem), severity=Severity.STOP))
        return None
    if not number.unit:
        raise UsageProblem("a value needs its unit: --unit EUR, --unit projects, --unit %")
    if new.rule is not None and new.rule not in RULES:
        raise UsageProblem(f"{new.rule!r} is no rule: {', '.join(RULES)}")
    return replace(number, measure=number.measure or ("share" if number.unit == "%" else "sum"))


def _told(stated: Stated) -> str:
    wording = "" if stated.qualifier == "none" else f"{stated.qualifier} "
    unit = "ratio" if stated.unit == "%" else stated.unit
    return f"{stated.unknown or wording}{' ' * bool(stated.unknown)}{show(stated.number.value, unit)}"


def _as_values(stated: Stated) -> dict[str, str]:
    value, unit = _recorded(stated)
    return {
        "text": stated.text,
        "qualifier": stated.qualifier,
        "value": value,
        "unit": unit,
        "measure": stated.measure,
    }


# --- what it speaks of ------------------------------------------------------------------------------------------------


def _attributes(connection: Connection, new: NewFigure, number: _Number) -> dict[str, str | int | bool | date | None]:
    """The columns of the figure's version, every code and name checked."""
    lists = shipped_code_lists()
    named = replace(
        new,
        funds=[_code(lists.fund(name), name, "fund") for name in new.funds],
        countries=[_code(lists.scope_code(name), name, "country, region or group") for name in new.countries],
        themes=[_code(lists.theme(name), name, "theme") for name in new.themes],
    )
    if new.earmark is not None and new.earmark not in lists.earmarks:
        raise UsageProblem(f"{new.earmark!r} is no earmark: {', '.join(sorted(lists.earmarks))}")
    known = {figure.ref for figure in figures.current(connection)}
    trees = {state.ref for state in envelopes.states(connection)}
    for refs, names, what in (
        ((*new.part_of, *new.same_set, *new.not_additive), known, "figure"),
        ((new.envelope,), trees, "envelope"),
        ((new.share_of,), known | trees | {EXTERNAL}, "figure or envelope"),
    ):
        for ref in refs:
            if ref is not None and ref not in names:
                raise UsageProblem(f"{ref!r} is no {what} of this ledger")
    relations = [
        written(kind, tuple(refs))
        for kind, refs in ((RelationKind.SAME_SET, new.same_set), (RelationKind.NOT_ADDITIVE, new.not_additive))
        if refs
    ]
    return {
        "scope": "CONTEXT" if new.external else None,
        "quote": new.quote,
        "source": new.source,
        "page": new.page,
        "qualifier": number.qualifier,
        "value": number.value,
        "unit": number.unit,
        "measure": number.measure,
        "rule": new.rule,
        "stage": new.stage,
        "basis": new.basis,
        "fund": _listed(named.funds),
        "earmark": new.earmark,
        "country": _listed(named.countries),
        "theme": _listed(named.themes),
        "period_start": new.period_start,
        "period_end": new.period_end,
        "as_of": new.as_of,
        "envelope": new.envelope,
        "programme": new.programme,
        "denominator": new.share_of,
        "part_of": _listed(new.part_of),
        "counting_unit": new.counting_unit,
        "is_target": new.target,
        "note": new.note,
        "relations": _listed(relations),
    }


def _code(code: str | None, name: str, what: str) -> str:
    if code is None:
        raise UsageProblem(f"{name!r} is no {what} of the code lists")
    return code


def _listed(codes: Sequence[str]) -> str | None:
    return ";".join(codes) or None
