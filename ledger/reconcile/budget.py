"""Envelopes against their parts and against the commitments drawn on them; amounts in minor units, no database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ledger.domain.findings import Finding
from ledger.domain.money import display
from ledger.domain.periods import Period


@dataclass(frozen=True, slots=True)
class EnvelopeAmounts:
    """An envelope: what the act states, what its parts took, what is committed on it directly.

    `parts_are` is `complete` where the parts make up the whole; `parent_fund` is None for a root; `cell` is the place
    (file, sheet, row) where the envelope was read.
    """

    ref: str
    fund: str
    parent_fund: str | None
    role: str
    parts_are: str | None
    feeds: str | None
    currency: str
    price_basis: str
    start: date | None
    end: date | None
    stated: int
    parts: int
    drawn: int
    cell: tuple[str, str, str] = ("", "", "")


@dataclass(frozen=True, slots=True)
class Span:
    """What a fund's trees hold over one stretch of overlapping periods, and the envelopes at their roots."""

    fund: str
    currency: str
    period: Period
    minor: int
    roots: tuple[str, ...]


def tree_sums(envelopes: Iterable[EnvelopeAmounts]) -> list[Finding]:
    """Findings for envelopes that have given more than they hold, or whose parts, said to be complete, differ."""
    found = []
    for envelope in envelopes:
        gap = envelope.parts - envelope.stated
        stated, parts = (display(minor, envelope.currency) for minor in (envelope.stated, envelope.parts))
        difference = display(abs(gap), envelope.currency)
        side = "more" if gap > 0 else "less"
        said = f"envelope {envelope.ref} states {stated}, its parts add up to {parts}: {difference} {side}"
        if gap and envelope.parts_are == "complete":
            found.append(_finding("tree-sum", said, envelope))
        elif gap > 0:
            found.append(_finding("over-allocated", said, envelope))
    return found


def over_drawn(envelopes: Iterable[EnvelopeAmounts]) -> list[Finding]:
    """Findings for envelopes on which more is committed than their parts have left."""
    found = []
    for envelope in envelopes:
        left = envelope.stated - envelope.parts
        if envelope.drawn > max(left, 0):
            over = display(envelope.drawn - max(left, 0), envelope.currency)
            said = (
                f"envelope {envelope.ref} has {display(max(left, 0), envelope.currency)} left beside its parts, "
                f"{display(envelope.drawn, envelope.currency)} is committed on it: {over} too much"
            )
            found.append(_finding("over-committed", said, envelope))
    return found


def with_parts(own: Mapping[str, int], parents: Mapping[str, str | None]) -> dict[str, int]:
    """What each envelope and all its parts hold together, from what each holds itself; the tree by its parents."""
    sums: dict[str, int] = {}
    for ref, minor in own.items():
        at: str | None = ref
        seen: set[str] = set()  # a circle in a tampered file ends
        while at is not None and at not in seen:
            seen.add(at)
            sums[at] = sums.get(at, 0) + minor
            at = parents.get(at)
    return sums


def above_envelopes(envelopes: Iterable[EnvelopeAmounts], sums: Mapping[str, int], stage: str) -> list[Finding]:
    """Findings for envelopes on which, with all their parts, more stands at a stage than they hold."""
    found = []
    for envelope in envelopes:
        minor = sums.get(envelope.ref, 0)
        if minor > envelope.stated:
            held, amount, over = (
                display(each, envelope.currency) for each in (envelope.stated, minor, minor - envelope.stated)
            )
            said = f"envelope {envelope.ref} holds {held}, {amount} is {stage} on it and its parts: {over} too much"
            values = {"envelope": envelope.ref, "stated": held, stage: amount}
            found.append(Finding(f"over-{stage}", said, *envelope.cell, values=values))
    return found


def spans(envelopes: Iterable[EnvelopeAmounts]) -> list[Span]:
    """The trees of each fund and currency in current prices, joined where their periods overlap.

    Only nodes count, and each tree once: at its root, or where it enters the fund from another one.
    """
    tops: dict[tuple[str, str], list[EnvelopeAmounts]] = {}
    for envelope in envelopes:
        enters = envelope.parent_fund is None or envelope.parent_fund != envelope.fund
        if envelope.role == "node" and envelope.price_basis == "current" and enters:
            tops.setdefault((envelope.fund, envelope.currency), []).append(envelope)
    joined = []
    for (fund, currency), nodes in sorted(tops.items()):
        groups: list[tuple[Period, list[EnvelopeAmounts]]] = []
        for node in sorted(nodes, key=lambda each: (each.start or date.min, each.ref)):
            period = Period(node.start, node.end)
            if groups and groups[-1][0].overlaps(period):
                last, members = groups.pop()
                groups.append((_around(last, period), [*members, node]))
            else:
                groups.append((period, [node]))
        joined += [
            Span(fund, currency, period, sum(node.stated for node in members), tuple(node.ref for node in members))
            for period, members in groups
        ]
    return joined


def over_committed(
    span: Span,
    minor: int,
    reinforcements: Sequence[EnvelopeAmounts],
    cells: Mapping[str, tuple[str, str, str]],
    stage: str = "committed",
) -> Finding | None:
    """The finding that more is at a stage under a fund than its trees hold; reinforcements are named, never added."""
    if minor <= span.minor:
        return None
    years = f"{span.period.start or 'the beginning'} to {span.period.end or 'today'}"
    said = (
        f"{span.fund}, {years}: {display(minor, span.currency)} is {stage}, "
        f"{display(span.minor, span.currency)} allocated: {display(minor - span.minor, span.currency)} too much"
    )
    if reinforcements:
        named = ", ".join(f"{each.ref} {display(each.stated, each.currency)}" for each in reinforcements)
        said += f"; reinforcements recorded beside it, not added: {named}"
    file, sheet, cell = cells.get(span.roots[0], ("", "", ""))
    values = {
        "fund": span.fund,
        "envelopes": list(span.roots),
        stage: display(minor, span.currency),
        "allocated": display(span.minor, span.currency),
    }
    return Finding(f"over-{stage}", said, file, sheet, cell, values=values)


def _around(one: Period, other: Period) -> Period:
    start = None if one.start is None or other.start is None else min(one.start, other.start)
    end = None if one.end is None or other.end is None else max(one.end, other.end)
    return Period(start, end)


def _finding(code: str, said: str, envelope: EnvelopeAmounts) -> Finding:
    file, sheet, cell = envelope.cell
    values = {
        "envelope": envelope.ref,
        "stated": display(envelope.stated, envelope.currency),
        "parts": display(envelope.parts, envelope.currency),
        "committed": display(envelope.drawn, envelope.currency),
    }
    return Finding(code, said, file, sheet, cell, values=values)
