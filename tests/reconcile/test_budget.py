"""Envelopes against parts and commitments, to the cent; no database."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.domain.periods import Period
from ledger.reconcile.budget import EnvelopeAmounts, Span, over_committed, over_drawn, spans, tree_sums


def envelope(ref: str = "E", **values: Any) -> EnvelopeAmounts:
    usual: dict[str, Any] = {
        "fund": "AMIF",
        "parent_fund": None,
        "role": "node",
        "parts_are": None,
        "feeds": None,
        "currency": "EUR",
        "price_basis": "current",
        "start": date(2021, 1, 1),
        "end": date(2027, 12, 31),
        "stated": 1000,
        "parts": 0,
        "drawn": 0,
        "cell": ("acts.xlsx", "Envelopes", "2"),
    }
    return EnvelopeAmounts(ref, **{**usual, **values})


@pytest.mark.parametrize(
    ("parts_are", "parts", "codes"),
    [
        ("complete", 1000, []),
        ("complete", 999, ["tree-sum"]),
        ("complete", 1001, ["tree-sum"]),
        ("partial", 1000, []),
        ("partial", 1001, ["over-allocated"]),
        (None, 0, []),
        (None, 1001, ["over-allocated"]),
    ],
)
def test_tree_sums_to_the_cent(parts_are: str | None, parts: int, codes: list[str]) -> None:
    found = tree_sums([envelope(parts_are=parts_are, parts=parts)])
    assert [finding.code for finding in found] == codes
    assert all("EUR 0.01" in finding.message and finding.place == "acts.xlsx!Envelopes!2" for finding in found)


def test_commitments_on_an_envelope_stay_within_what_its_parts_leave() -> None:
    assert over_drawn([envelope(parts=400, drawn=600)]) == []
    (finding,) = over_drawn([envelope(parts=400, drawn=601)])
    assert (finding.code, finding.message.endswith("EUR 0.01 too much")) == ("over-committed", True)


def test_trees_are_counted_once_by_overlapping_periods() -> None:
    early = {"start": date(2014, 1, 1), "end": date(2020, 12, 31)}
    found = spans(
        [
            envelope("OLD1", stated=10, **early),
            envelope("OLD2", stated=5, **early),
            envelope("TOT"),
            envelope("PART", parent_fund="AMIF", stated=600),
            envelope("TOPUP", stated=7, start=date(2025, 1, 1)),
            envelope("FED", role="reinforcement", stated=800),
            envelope("OTHER", role="statement", stated=900),
            envelope("P2018", price_basis="2018", stated=70),
            envelope("IN", fund="BMVI", parent_fund="HOME", stated=3),
        ]
    )
    assert [(span.fund, span.minor, span.roots) for span in found] == [
        ("AMIF", 15, ("OLD1", "OLD2")),
        ("AMIF", 1007, ("TOT", "TOPUP")),
        ("BMVI", 3, ("IN",)),
    ]


def test_over_commitment_names_reinforcements_and_does_not_add_them() -> None:
    span = Span("AMIF", "EUR", Period(date(2021, 1, 1), date(2027, 12, 31)), 1000, ("TOT",))
    fed = [envelope("FED", role="reinforcement", stated=800)]
    assert over_committed(span, 1000, fed, {}) is None
    finding = over_committed(span, 1001, fed, {"TOT": ("acts.xlsx", "Envelopes", "2")})
    assert finding is not None
    assert finding.place == "acts.xlsx!Envelopes!2"
    assert "EUR 0.01 too much" in finding.message
    assert "FED EUR 8.00" in finding.message
