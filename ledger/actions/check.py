"""The checks that a controller runs on a ledger: each has a name and a purpose, and is silent when all is well."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date

from ledger.actions import (
    check_budget,
    check_financing,
    check_integrity,
    check_periods,
    check_programmes,
    check_projects,
    check_waivers,
)
from ledger.actions.check_terms import Asked
from ledger.domain.findings import Finding, Severity
from ledger.domain.rules import RULES, Looked, Rule, RuleResult, nearest
from ledger.store import batches, schema, standing
from ledger.store.database import Connection, Database

_CHECKS: dict[str, Callable[[Asked], Looked]] = {
    "tree-sums": check_budget.tree_sums,
    "over-commitment": check_budget.over_commitment,
    "over-contracting": check_budget.over_contracting,
    "over-payment": check_budget.over_payment,
    "orphans": check_integrity.orphans,
    "split-sums": check_integrity.split_sums,
    "balances": check_integrity.balances,
    "append-only": check_integrity.append_only,
    "illustrative": check_integrity.illustrative,
    "waivers": check_waivers.waivers,
    "contracted-above-committed": check_projects.contracted_above_committed,
    "paid-above-contracted": check_projects.paid_above_contracted,
    "paid-above-committed": check_projects.paid_above_committed,
    "contract-without-decision": check_projects.contract_without_decision,
    "contract-before-decision": check_projects.contract_before_decision,
    "payment-before-decision": check_projects.payment_before_decision,
    "duplicates": check_projects.duplicates,
    "double-counted-parents": check_projects.double_counted_parents,
    "cofinancing-rate": check_financing.cofinancing_rate,
    "minimum-shares": check_financing.minimum_shares,
    "eligibility-period": check_periods.eligibility_period,
    "commitment-period": check_periods.commitment_period,
    "date-order": check_periods.date_order,
    "code-validity": check_periods.code_validity,
    "pre-financing": check_programmes.pre_financing,
    "decommitment-risk": check_programmes.decommitment_risk,
    "published-totals": check_programmes.published_totals,
}
assert set(_CHECKS) == set(RULES), "a rule without a check, or a check without a rule"


def run_checks(
    database: Database,
    names: Sequence[str] = (),
    *,
    skip: Collection[str] = (),
    strict: bool = False,
    with_illustrative: bool = False,
    day: date | None = None,
) -> list[RuleResult]:
    """Run the checks named, or all, but those to skip, on one state of the ledger; an unknown name is not ok.

    With `strict` a warning fails its rule too. `day` is the one on which deadlines are judged (today, in UTC).
    `with_illustrative` lets the checks of money count illustrative money too; those of integrity always look at all.
    DatabaseProblem for a login that sees a part of the ledger only.
    """
    schema.require_current(database)
    with database.read() as connection:
        standing.require_whole_view(connection, "check")
        asked = Asked(connection, with_illustrative, day or date.fromisoformat(batches.now()[:10]))
        return _run(asked, names, skip, strict=strict)


def listed() -> list[Rule]:
    """Every rule, in the order in which they are run."""
    return list(RULES.values())


def check_state(connection: Connection, *, with_illustrative: bool, day: date) -> list[RuleResult]:
    """All checks of the state that a transaction sees."""
    return _run(Asked(connection, with_illustrative, day), (), (), strict=False)


def _run(asked: Asked, names: Sequence[str], skip: Collection[str], *, strict: bool) -> list[RuleResult]:
    failing = {Severity.STOP, Severity.ERROR, *([Severity.WARNING] if strict else [])}
    results = []
    for name in dict.fromkeys([*(names or _CHECKS), *(each for each in skip if each not in _CHECKS)]):
        if name not in _CHECKS:
            unknown = Finding("check-unknown", nearest(name))
            results.append(RuleResult(name, ok=False, checked=0, findings=[unknown]))
        elif name not in skip:
            looked = _CHECKS[name](asked)
            ok = not any(finding.level in failing for finding in looked.findings)
            severity = RULES[name].severity
            results.append(
                RuleResult(name, ok, looked.checked, looked.findings, severity, looked.not_checked, looked.notes)
            )
    return results
