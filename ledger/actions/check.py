"""The checks that a controller runs on a ledger: each has a name and a purpose, and is silent when all is well."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ledger.domain.findings import CheckResult, Finding, Severity
from ledger.domain.money import display
from ledger.reconcile import budget
from ledger.reconcile.budget import EnvelopeAmounts
from ledger.store import envelopes, integrity, schema, standing
from ledger.store.database import Connection, Database
from ledger.store.integrity import Place, Wrong
from ledger.store.models import APPEND_ONLY
from ledger.store.totals import Filter, totals

#: What a check is given, and what it returns: how much it looked at, and its findings.
_Check = Callable[[Connection, bool], tuple[int, list[Finding]]]


def run_checks(database: Database, names: Sequence[str] = (), *, with_illustrative: bool = False) -> list[CheckResult]:
    """Run the checks named, or all, on one state of the ledger. An unknown name is a result that is not ok.

    DatabaseProblem for a login that sees a part of the ledger only.

    `with_illustrative` lets the budget checks count illustrative money too; the integrity checks always look at all.
    """
    schema.require_current(database)
    with database.read() as connection:
        standing.require_whole_view(connection, "check")
        return check_state(connection, names, with_illustrative=with_illustrative)


def check_state(connection: Connection, names: Sequence[str] = (), *, with_illustrative: bool) -> list[CheckResult]:
    """The same of the state that a transaction sees."""
    results = []
    for name in dict.fromkeys(names or _CHECKS):
        if name not in _CHECKS:
            known = ", ".join(_CHECKS)
            unknown = Finding("check-unknown", f"there is no check {name!r}; there are: {known}")
            results.append(CheckResult(name, ok=False, checked=0, findings=[unknown]))
            continue
        checked, findings = _CHECKS[name](connection, with_illustrative)
        ok = all(finding.level is Severity.INFO for finding in findings)
        results.append(CheckResult(name, ok, checked, findings))
    return results


def _tree_sums(connection: Connection, with_illustrative: bool) -> tuple[int, list[Finding]]:  # noqa: FBT001
    """The parts of every envelope add up to it where they are stated to be all of it, and never exceed it.

    Source: the act that each envelope names, such as Regulation (EU) 2021/1147, Art. 10 (AMIF).
    """
    amounts = _envelopes(connection, with_illustrative=with_illustrative)
    return len(amounts), budget.tree_sums(amounts)


def _over_commitment(connection: Connection, with_illustrative: bool) -> tuple[int, list[Finding]]:  # noqa: FBT001
    """Commitments stay within what is allocated: on each envelope, each programme with an allocation, and each fund.

    A fund is measured against all its envelope trees of overlapping periods, in current prices and one currency;
    reinforcements are named, not added. A fund without an envelope on record is not judged. Source: Regulation (EU,
    Euratom) 2018/1046, Art. 112: a budgetary commitment reserves the appropriation that later payments need.
    """
    amounts = _envelopes(connection, with_illustrative=with_illustrative)
    found = budget.over_drawn(amounts)
    programmes = integrity.programme_allocations(connection, with_illustrative=with_illustrative)
    for programme in programmes:
        if programme.drawn > programme.allocated:
            allocated, drawn = (display(m, programme.currency) for m in (programme.allocated, programme.drawn))
            over = display(programme.drawn - programme.allocated, programme.currency)
            said = f"programme {programme.ref} holds {allocated}, {drawn} is committed on it: {over} too much"
            found.append(Finding("over-committed", said, *_cell(programme.place)))
    spans, cells = budget.spans(amounts), {each.ref: each.cell for each in amounts}
    for span in spans:
        only = sum(other.fund == span.fund and other.currency == span.currency for other in spans) == 1
        wanted = Filter(
            stage="committed",
            bases=("eu",),
            funds=(span.fund,),
            currency=span.currency,
            price_basis="current",
            period_start=span.period.start,
            period_end=span.period.end,
            with_illustrative=with_illustrative,
        )
        committed = sum(total.minor for total in totals(connection, wanted))
        if only:  # with several programming periods on record, money without a date belongs to none of them for sure
            timeless = replace(wanted, period_start=None, period_end=None)
            dated = wanted.period_start or wanted.period_end
            committed += sum(t.minor for t in totals(connection, timeless, ("year",)) if dated and not t.keys[0])
        feeding = [
            each
            for each in amounts
            if each.role == "reinforcement" and (each.feeds == span.fund or each.feeds in span.roots)
        ]
        if finding := budget.over_committed(span, committed, feeding, cells):
            found.append(finding)
    return len(amounts) + len(programmes) + len(spans), found


def _orphans(connection: Connection, with_illustrative: bool) -> tuple[int, list[Finding]]:  # noqa: FBT001, ARG001
    """Every account has its holder, every transfer its row of a file, every part its parent: no number hangs loose."""
    wrong = [
        *integrity.broken_references(connection),
        *integrity.headless(connection),
        *integrity.lost_parents(connection),
    ]
    return integrity.count(connection, "account") + integrity.count(connection, "transfer"), _told("orphan", wrong)


def _split_sums(connection: Connection, with_illustrative: bool) -> tuple[int, list[Finding]]:  # noqa: FBT001, ARG001
    """The country and theme shares of every project make exactly 100 %, and its booked parts follow them."""
    wrong = [*integrity.uneven_splits(connection), *integrity.uneven_parts(connection)]
    return integrity.count(connection, "project_split"), _told("split-sum", wrong)


def _balances(connection: Connection, with_illustrative: bool) -> tuple[int, list[Finding]]:  # noqa: FBT001, ARG001
    """Every kept balance equals the journal added up anew, row by row."""
    found = balance_findings(connection)
    return integrity.count(connection, "balance") or len(found), found


def _append_only(connection: Connection, with_illustrative: bool) -> tuple[int, list[Finding]]:  # noqa: FBT001, ARG001
    """The triggers that refuse to change or delete what is booked are in place."""
    present = schema.trigger_names(connection)
    found = [
        Finding("trigger-missing", f"nothing in the database stops a row of {table} from being {done}")
        for table in APPEND_ONLY
        for kind, done in (("update", "changed"), ("delete", "deleted"))
        if f"{table}_no_{kind}" not in present
    ]
    return 2 * len(APPEND_ONLY), found


def _illustrative(connection: Connection, with_illustrative: bool) -> tuple[int, list[Finding]]:  # noqa: FBT001, ARG001
    """Made-up example money has accounts of its own: no transfer joins it with recorded money."""
    return integrity.count(connection, "transfer"), _told("illustrative-mixed", integrity.mixed_transfers(connection))


_CHECKS: dict[str, _Check] = {
    "tree-sums": _tree_sums,
    "over-commitment": _over_commitment,
    "orphans": _orphans,
    "split-sums": _split_sums,
    "balances": _balances,
    "append-only": _append_only,
    "illustrative": _illustrative,
}

#: Every check by name, with its purpose in one sentence.
CHECKS: dict[str, str] = {name: (check.__doc__ or "").partition("\n")[0] for name, check in _CHECKS.items()}


def _envelopes(connection: Connection, *, with_illustrative: bool) -> list[EnvelopeAmounts]:
    states = [s for s in envelopes.states(connection) if with_illustrative or not s.is_illustrative]
    funds = {state.ref: state.fund for state in states}
    places = integrity.envelope_places(connection)
    return [
        EnvelopeAmounts(
            ref=s.ref,
            fund=s.fund,
            parent_fund=None if s.parent is None else funds.get(s.parent),
            role=s.role,
            parts_are=s.parts_are,
            feeds=s.feeds,
            currency=s.currency,
            price_basis=s.price_basis,
            start=s.period_start,
            end=s.period_end,
            stated=s.stated_minor,
            parts=s.parts_minor,
            drawn=s.drawn_minor,
            cell=_cell(places.get(s.ref, Place())),
        )
        for s in states
    ]


def balance_findings(connection: Connection) -> list[Finding]:
    """What is told of each kept balance that is not the journal's."""
    found = []
    for gap in integrity.balance_gaps(connection):
        kept, journal = (
            "nothing" if pair is None else ", ".join(display(minor, gap.currency) for minor in pair)
            for pair in (gap.kept, gap.journal)
        )
        said = f"{gap.account}, {gap.year or 'undated'}: kept (to date, passed on) {kept}; the journal gives {journal}"
        found.append(Finding("balance-differs", said, values={"account": gap.account, "year": gap.year}))
    return found


def _told(code: str, wrong: Sequence[Wrong]) -> list[Finding]:
    return [Finding(code, each.what, *_cell(each.place)) for each in wrong]


def _cell(place: Place) -> tuple[str, str, str]:
    return place.file, place.sheet, "" if place.row is None else str(place.row)
