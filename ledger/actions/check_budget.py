"""Checks of envelopes: their parts, and what is committed, contracted and paid on them, level by level."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ledger.actions.check_terms import Asked, cell, tell
from ledger.domain.findings import Finding
from ledger.domain.money import display
from ledger.domain.rules import Looked
from ledger.reconcile import budget
from ledger.reconcile.budget import EnvelopeAmounts, Span
from ledger.store import envelopes, headroom, integrity
from ledger.store.envelopes import EnvelopeState
from ledger.store.headroom import Used
from ledger.store.integrity import Place
from ledger.store.totals import Filter, totals


@dataclass(frozen=True, slots=True)
class _Trees:
    """The envelopes that count, how they hang together, and what each fund's trees hold."""

    amounts: list[EnvelopeAmounts]
    parents: dict[str, str | None]
    spans: list[Span]

    def is_only(self, span: Span) -> bool:
        """Whether the fund has one programming period on record; else money without a day belongs to none for sure."""
        return sum(other.fund == span.fund and other.currency == span.currency for other in self.spans) == 1

    def beyond(self, span: Span, minor: int, stage: str) -> list[Finding]:
        """The finding that a fund's trees hold less than this, if they do."""
        feeding = [
            each
            for each in self.amounts
            if each.role == "reinforcement" and (each.feeds == span.fund or each.feeds in span.roots)
        ]
        cells = {each.ref: each.cell for each in self.amounts}
        found = budget.over_committed(span, minor, feeding, cells, stage)
        return [found] if found else []


def tree_sums(asked: Asked) -> Looked:
    """Parts and wholes."""
    amounts = _trees(asked).amounts
    return Looked(len(amounts), budget.tree_sums(amounts))


def over_commitment(asked: Asked) -> Looked:
    """Commitments on envelopes, with their parts too; on programmes; and on funds.

    A fund is measured against all its envelope trees of overlapping periods, in current prices and one currency;
    reinforcements are named, not added. A fund without an envelope on record is not judged.
    """
    trees = _trees(asked)
    found = budget.over_drawn(trees.amounts)
    # A leaf was measured just now; here a parent is, with all that its parts gave away.
    drawn = budget.with_parts({each.ref: each.drawn for each in trees.amounts}, trees.parents)
    found += budget.above_envelopes(
        (each for each in trees.amounts if each.ref in trees.parents.values()), drawn, "committed"
    )
    programmes = integrity.programme_allocations(asked.connection, with_illustrative=asked.with_illustrative)
    for programme in programmes:
        if programme.drawn > programme.allocated:
            amounts = (programme.allocated, programme.drawn)
            found.append(_programme("committed", programme.ref, programme.currency, amounts, programme.place))
    for span in trees.spans:
        wanted = Filter(
            stage="committed",
            bases=("eu",),
            funds=(span.fund,),
            currency=span.currency,
            price_basis="current",
            period_start=span.period.start,
            period_end=span.period.end,
            with_illustrative=asked.with_illustrative,
        )
        committed = sum(total.minor for total in totals(asked.connection, wanted))
        if trees.is_only(span):
            timeless = replace(wanted, period_start=None, period_end=None)
            dated = wanted.period_start or wanted.period_end
            committed += sum(t.minor for t in totals(asked.connection, timeless, ("year",)) if dated and not t.keys[0])
        found += trees.beyond(span, committed, "committed")
    return Looked(len(trees.amounts) + len(programmes) + len(trees.spans), found)


def over_contracting(asked: Asked) -> Looked:
    """Contracts on envelopes, programmes and funds."""
    return _later(asked, "contracted", lambda each: each.contracted)


def over_payment(asked: Asked) -> Looked:
    """Payments on envelopes, programmes and funds."""
    return _later(asked, "paid", lambda each: each.paid)


def _later(asked: Asked, stage: str, amount: Callable[[Used], int]) -> Looked:
    """What was contracted or paid, counted where the commitment behind it was drawn, and on the day of that one.

    Later stages carry the days of contracts and payments, which may lie after the period whose money they spend.
    """
    trees = _trees(asked)
    used = headroom.used(asked.connection, with_illustrative=asked.with_illustrative)
    single = [each for each in used if not each.is_several]
    own: dict[str, int] = {}
    for each in single:
        if each.envelope is not None:
            own[each.envelope] = own.get(each.envelope, 0) + amount(each)
    found = budget.above_envelopes(trees.amounts, budget.with_parts(own, trees.parents), stage)
    programmes = headroom.programmes(asked.connection, with_illustrative=asked.with_illustrative)
    for programme in programmes:
        drawn = sum(
            amount(each) for each in single if each.programme == programme.id and each.currency == programme.currency
        )
        most = max(drawn, programme.contracted if stage == "contracted" else programme.paid)
        if programme.allocated and most > programme.allocated:
            found.append(
                _programme(stage, programme.ref, programme.currency, (programme.allocated, most), programme.place)
            )
    for span in trees.spans:
        found += trees.beyond(span, sum(map(amount, _of_span(used, span, is_only=trees.is_only(span)))), stage)
    looked = Looked(len(trees.amounts) + len(programmes) + len(trees.spans), found)
    several = sum(each.families for each in used if each.is_several)
    looked.leave_out(several, "projects that draw on several envelopes or programmes (only their fund was looked at)")
    return looked


def _of_span(used: Iterable[Used], span: Span, *, is_only: bool) -> list[Used]:
    return [
        each
        for each in used
        if each.fund == span.fund
        and each.currency == span.currency
        and (is_only if each.first is None else each.first in span.period)
    ]


def _programme(stage: str, ref: str, currency: str, amounts: tuple[int, int], place: Place) -> Finding:
    allocated, used = amounts
    held, drawn, over = (display(minor, currency) for minor in (allocated, used, used - allocated))
    said = f"programme {ref} holds {held}, {drawn} is {stage} on it: {over} too much"
    return tell(f"over-{stage}", said, place, {"programme": ref, "allocated": held, stage: drawn})


def _trees(asked: Asked) -> _Trees:
    states = [s for s in envelopes.states(asked.connection) if asked.with_illustrative or not s.is_illustrative]
    funds = {state.ref: state.fund for state in states}
    places = integrity.envelope_places(asked.connection)
    amounts = [_amounts(state, funds, places.get(state.ref, Place())) for state in states]
    return _Trees(amounts, {state.ref: state.parent for state in states}, budget.spans(amounts))


def _amounts(state: EnvelopeState, funds: dict[str, str], place: Place) -> EnvelopeAmounts:
    return EnvelopeAmounts(
        ref=state.ref,
        fund=state.fund,
        parent_fund=None if state.parent is None else funds.get(state.parent),
        role=state.role,
        parts_are=state.parts_are,
        feeds=state.feeds,
        currency=state.currency,
        price_basis=state.price_basis,
        start=state.period_start,
        end=state.period_end,
        stated=state.stated_minor,
        parts=state.parts_minor,
        drawn=state.drawn_minor,
        cell=cell(place),
    )
