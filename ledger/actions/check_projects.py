"""Checks of projects by themselves: stage against stage, day against day, and what is counted twice."""

from __future__ import annotations

from ledger.actions.check_terms import Asked, tell
from ledger.domain.findings import Severity
from ledger.domain.money import Money, display
from ledger.domain.rules import Looked
from ledger.store import controls, repetitions
from ledger.store.integrity import count


def contracted_above_committed(asked: Asked) -> Looked:
    """Contracts against commitments."""
    return _stages(asked, "committed", "contracted")


def paid_above_contracted(asked: Asked) -> Looked:
    """Payments against contracts."""
    return _stages(asked, "contracted", "paid")


def paid_above_committed(asked: Asked) -> Looked:
    """Payments against commitments, where no contract stands between."""
    return _stages(asked, "committed", "paid", only="t.contracted <= 0")


def _stages(asked: Asked, limit: str, amount: str, *, only: str = "1 = 1") -> Looked:
    compared = controls.stage_excess(
        asked.connection, limit, amount, with_illustrative=asked.with_illustrative, only=only
    )
    found = []
    for each in compared.above:
        over = display(each.amount - each.limit, each.currency)
        stated, held = display(each.amount, each.currency), display(each.limit, each.currency)
        said = f"project {each.ref}: {stated} is {amount}, {held} {limit}: {over} too much"
        amounts = {limit: Money(each.limit, each.currency), amount: Money(each.amount, each.currency)}
        values = {"project": each.ref, "source": each.source, **amounts}
        found.append(tell(f"{amount}-above-{limit}", said, each.place, values))
    looked = Looked(compared.checked, found)
    looked.leave_out(compared.lacking, f"projects with {amount} amounts and nothing {limit} in the same currency")
    return looked


def contract_without_decision(asked: Asked) -> Looked:
    """Contracts and payments without a commitment; contracts that name no decision."""
    families, silent, wrong = controls.unbacked(asked.connection, with_illustrative=asked.with_illustrative)
    found = []
    for each in wrong:
        stage, minor = ("contracted", each.contracted) if each.contracted > 0 else ("paid", each.paid)
        amount = display(minor, each.currency)
        said = f"project {each.ref}: {amount} is {stage}, and no commitment is recorded for it or its decision"
        particulars = {"project": each.ref, "source": each.source, stage: Money(minor, each.currency)}
        found.append(tell("contract-without-decision", said, each.place, particulars))
    for ref, source, place in controls.lone_contracts(asked.connection, with_illustrative=asked.with_illustrative):
        said = f"contract {ref} names no decision, in a list that holds decisions"
        found.append(
            tell("contract-without-decision", said, place, {"project": ref, "source": source}, Severity.WARNING)
        )
    looked = Looked(families - silent, found)
    looked.leave_out(silent, "projects of lists that state no commitments at all")
    return looked


def contract_before_decision(asked: Asked) -> Looked:
    """Contracts dated before their decision."""
    return _early(asked, "contracted", "contract-before-decision")


def payment_before_decision(asked: Asked) -> Looked:
    """Payments dated before their decision."""
    return _early(asked, "paid", "payment-before-decision")


def _early(asked: Asked, stage: str, code: str) -> Looked:
    dated, undecided, early = controls.before_decision(
        asked.connection, stage, with_illustrative=asked.with_illustrative
    )
    found = []
    for each in early:
        amount = display(each.minor, each.currency)
        said = f"project {each.ref}: {amount} is {stage} from {each.first} on, decided only on {each.decided}"
        found.append(
            tell(
                code,
                said,
                each.place,
                {
                    "project": each.ref,
                    "source": each.source,
                    "first": each.first,
                    "decided": each.decided,
                    "amount": Money(each.minor, each.currency),
                },
            )
        )
    looked = Looked(dated - undecided, found)
    looked.leave_out(undecided, f"projects with dated {stage} amounts and no day of a decision")
    return looked


def duplicates(asked: Asked) -> Looked:
    """Projects of equal content."""
    compared, untitled, groups = repetitions.repeated(asked.connection, with_illustrative=asked.with_illustrative)
    found = []
    for group in groups:
        named = ", ".join(group.refs[:5]) + (f" and {len(group.refs) - 5} more" if len(group.refs) > 5 else "")
        lists = "in one list" if len(group.sources) == 1 else f"in the lists {', '.join(group.sources)}"
        said = f"{named} say the same {lists}: {group.title!r}, {display(group.minor, group.currency)} each"
        amount = Money(group.minor, group.currency)
        values = {"projects": list(group.refs), "sources": list(group.sources), "amount": amount}
        found.append(tell("duplicate-content", said, group.place, values))
    looked = Looked(compared - untitled, found)
    looked.leave_out(untitled, "projects without a title")
    return looked


def double_counted_parents(asked: Asked) -> Looked:
    """Parts beside their parents, and parts that are more than their parents."""
    found = []
    for kind in ("envelope", "project"):
        for each in repetitions.doubled(asked.connection, kind, with_illustrative=asked.with_illustrative):
            amount = display(each.minor, each.currency)
            said = (
                f"{kind} {each.ref}: {amount} {each.stage} ({each.basis}) does not lie inside its parent {each.parent}, "
                "which states the same stage: both are counted"
            )
            values: dict[str, object] = {
                "part": each.ref,
                "parent": each.parent,
                "stage": each.stage,
                "basis": each.basis,
                "amount": Money(each.minor, each.currency),
            }
            found.append(tell("parent-and-child-counted", said, each.place, values))
    parents, full = repetitions.overfull(asked.connection, with_illustrative=asked.with_illustrative)
    for part in full:
        over = display(part.over, part.currency)
        said = (
            f"the parts of project {part.ref} add up to {over} more than it states itself: {part.stage}, {part.basis}"
        )
        over_by = Money(part.over, part.currency)
        values = {"parent": part.ref, "stage": part.stage, "basis": part.basis, "over": over_by}
        found.append(tell("parts-above-parent", said, part.place, values))
    return Looked(parents + count(asked.connection, "envelope_version", "parent_id IS NOT NULL"), found)
