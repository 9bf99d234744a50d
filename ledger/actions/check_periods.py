"""Checks of days: eligibility, the period of an envelope, the order of a project's own days, the validity of codes."""

from __future__ import annotations

from datetime import date

from ledger.actions.check_terms import Asked, tell
from ledger.domain.findings import Finding, Severity
from ledger.domain.money import Money, display
from ledger.domain.rules import Looked
from ledger.reconcile import limits
from ledger.store import controls, eligibility, shared_management
from ledger.store.eligibility import Misdated, Outside

#: The programming period of the acts in the list of limits.
_PERIOD = 2021


def eligibility_period(asked: Asked) -> Looked:
    """Expenditure and projects against the period of their programme."""
    bounds = limits.limits_of("eligibility")
    period = bounds["AMIF", "expenditure"].period
    assert period.start
    assert period.end
    unknown, outside = eligibility.outside_eligibility(
        asked.connection,
        sorted(fund for fund, _ in bounds),
        period.start,
        period.end,
        with_illustrative=asked.with_illustrative,
    )
    every = controls.count_projects(asked.connection, with_illustrative=asked.with_illustrative)
    looked = Looked(every - unknown, [_outside(each) for each in outside])
    looked.leave_out(
        unknown, "projects without a programme that says when its period begins (only its end was looked at)"
    )
    return looked


def _outside(each: Outside) -> Finding:
    side = "after the last" if each.is_late else "before the first"
    whose = "its programme states" if each.is_own else "of the period 2021-2027"
    what = f"{display(each.minor, each.currency)} {each.stage}" if each.stage else "the project itself"
    said = f"project {each.ref}: {what} is dated {each.on}, {side} day {whose} ({each.limit})"
    # A final payment may follow the last day of eligible expenditure; a decision's or a list's day is no payment's.
    certain = each.is_own and each.is_dated and each.stage is not None and not (each.is_late and each.stage == "paid")
    values: dict[str, object] = {"project": each.ref, "source": each.source, "on": each.on, "limit": each.limit}
    if each.stage:
        values |= {"stage": each.stage, "amount": Money(each.minor, each.currency)}
    return tell("outside-eligibility", said, each.place, values, Severity.ERROR if certain else Severity.WARNING)


def commitment_period(asked: Asked) -> Looked:
    """Commitments against the period of the envelope they draw on."""
    count, wrong = eligibility.commitments_outside(asked.connection, with_illustrative=asked.with_illustrative)
    found = []
    for each in wrong:
        said = f"{each.ref}: committed on {each.on} out of envelope {each.what}, outside its period ({each.limit})"
        found.append(_told("outside-envelope-period", said, each, envelope=each.what))
    return Looked(count, found)


def date_order(asked: Asked) -> Looked:
    """Ends before starts."""
    count, wrong = eligibility.out_of_order(asked.connection, with_illustrative=asked.with_illustrative)
    found = []
    for each in wrong:
        said = f"project {each.ref} ends on {each.on}, before it starts on {each.limit}"
        found.append(_told("ends-before-start", said, each))
    return Looked(count, found)


def code_validity(asked: Asked) -> Looked:
    """Countries, funds and types of action on days when there was no such thing."""
    illustrative = asked.with_illustrative
    members, undated, former = eligibility.former_members(asked.connection, with_illustrative=illustrative)
    found = []
    for each in former:
        said = f"project {each.ref}: {each.what} was no Member State on {each.on}"
        found.append(_told("code-not-valid", said, each, country=each.what))
    programmes, strange = eligibility.strangers(asked.connection, _PERIOD, with_illustrative=illustrative)
    for kind, ref, fund, country, place in strange:
        said = f"{kind} {ref}: {country} has no programme of {fund} in {_PERIOD}-{_PERIOD + 6}"
        values = {kind: ref, "fund": fund, "country": country}
        found.append(tell("code-not-valid", said, place, values, Severity.ERROR))
    funds = limits.limits_of("fund")
    for (fund, _), limit in funds.items():
        early = eligibility.before_the_fund(asked.connection, fund, limit.first_day, with_illustrative=illustrative)
        for each in early:
            said = f"project {each.ref}: {fund} commits on {each.on}, before {each.limit} ({limit.legal_reference})"
            found.append(_told("code-not-valid", said, each, fund=fund))
    types, premature = _action_types(asked)
    looked = Looked(members - undated + programmes + len(funds) + types, found + premature)
    looked.leave_out(undated, "projects of shared management in a Member State that nothing dates")
    return looked


def _action_types(asked: Asked) -> tuple[int, list[Finding]]:
    """Types of action that a later act brought in, on projects of an earlier day."""
    ceilings = limits.limits_of("cofinancing")
    projects = shared_management.financed(
        asked.connection, sorted({fund for fund, _ in ceilings}), with_illustrative=asked.with_illustrative
    )
    found = []
    for each in projects:
        case = limits.action_type(each.said)
        limit = ceilings.get((each.fund, case or ""))
        start = limit.period.start if limit else None
        if limit and start and start > date(_PERIOD, 1, 1) and each.first and each.first < start:
            said = f"project {each.ref}: {case} on {each.first}, before {start} ({limit.legal_reference})"
            values = {"project": each.ref, "source": each.source, "on": each.first, "limit": start, "case": case}
            found.append(tell("code-not-valid", said, each.place, values))
    return len(projects), found


def _told(code: str, said: str, each: Misdated, **more: object) -> Finding:
    values = {"project": each.ref, "source": each.source, "on": each.on, "limit": each.limit, **more}
    return tell(code, said, each.place, values)
