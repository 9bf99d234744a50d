"""Checks of envelopes: their parts, and what is drawn on them."""

from __future__ import annotations

from dataclasses import replace

from ledger.actions.check_terms import Asked, cell
from ledger.domain.findings import Finding
from ledger.domain.money import display
from ledger.domain.rules import Looked
from ledger.reconcile import budget
from ledger.reconcile.budget import EnvelopeAmounts
from ledger.store import envelopes, integrity
from ledger.store.integrity import Place
from ledger.store.totals import Filter, totals


def tree_sums(asked: Asked) -> Looked:
    """Parts and wholes."""
    amounts = _envelopes(asked)
    return Looked(len(amounts), budget.tree_sums(amounts))


def over_commitment(asked: Asked) -> Looked:
    """Commitments on envelopes, on programmes, and on funds.

    A fund is measured against all its envelope trees of overlapping periods, in current prices and one currency;
    reinforcements are named, not added. A fund without an envelope on record is not judged.
    """
    amounts = _envelopes(asked)
    found = budget.over_drawn(amounts)
    programmes = integrity.programme_allocations(asked.connection, with_illustrative=asked.with_illustrative)
    for programme in programmes:
        if programme.drawn > programme.allocated:
            allocated, drawn = (display(m, programme.currency) for m in (programme.allocated, programme.drawn))
            over = display(programme.drawn - programme.allocated, programme.currency)
            said = f"programme {programme.ref} holds {allocated}, {drawn} is committed on it: {over} too much"
            found.append(Finding("over-committed", said, *cell(programme.place)))
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
            with_illustrative=asked.with_illustrative,
        )
        committed = sum(total.minor for total in totals(asked.connection, wanted))
        if only:  # with several programming periods on record, money without a date belongs to none of them for sure
            timeless = replace(wanted, period_start=None, period_end=None)
            dated = wanted.period_start or wanted.period_end
            committed += sum(t.minor for t in totals(asked.connection, timeless, ("year",)) if dated and not t.keys[0])
        feeding = [
            each
            for each in amounts
            if each.role == "reinforcement" and (each.feeds == span.fund or each.feeds in span.roots)
        ]
        if finding := budget.over_committed(span, committed, feeding, cells):
            found.append(finding)
    return Looked(len(amounts) + len(programmes) + len(spans), found)


def _envelopes(asked: Asked) -> list[EnvelopeAmounts]:
    states = [s for s in envelopes.states(asked.connection) if asked.with_illustrative or not s.is_illustrative]
    funds = {state.ref: state.fund for state in states}
    places = integrity.envelope_places(asked.connection)
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
            cell=cell(places.get(s.ref, Place())),
        )
        for s in states
    ]
