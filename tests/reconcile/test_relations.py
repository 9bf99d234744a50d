"""Relations between figures by their wordings alone: shares of rounded amounts, parts in wholes, means, contradictions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest

from ledger.domain.figures import Figure, Relation, RelationKind, written
from ledger.domain.money import Money
from ledger.reconcile.reading import read
from ledger.reconcile.relations import Related, Relations

M = 100 * 10**6


def figure(ref: str, quote: str, value: str, qualifier: str = "none", **more: Any) -> Figure:
    usual = {"unit": "EUR", "measure": "sum", "version_id": 1, "batch": 1, "is_illustrative": False}
    return Figure(**{**usual, "ref": ref, "quote": quote, "value": value, "qualifier": qualifier, **more})


def relations(*figures: Figure, **envelopes: int) -> Relations:
    wholes = {ref: (Fraction(amount), "EUR") for ref, amount in envelopes.items()}
    return Relations([(each, read(each)) for each in figures], wholes)


F20 = figure("F20", "EUR 691 million", "691000000", part_of="F19")
F19 = figure("F19", "some EUR 5.3 billion", "5300000000", "some")
SHARE = {"unit": "ratio", "measure": "share"}


def one(found: tuple[tuple[Related, ...], Sequence[object]], kind: str) -> Related:
    [related] = [each for each in found[0] if each.kind == kind]
    return related


def test_a_share_of_a_rounded_amount_is_a_product_of_intervals() -> None:
    """R4 of the communication: almost two thirds of EUR 691 million, 437.3 to 461.0 million."""
    thirds = figure("F21", "almost two thirds", "0.6667", "almost", **SHARE, denominator="F20", part_of="F20")
    found = relations(F19, F20, thirds).of("F21")
    share = one(found, "share-of")
    assert share.low == "437316666.6666666667"
    assert (share.high, share.low_inclusive, share.high_inclusive) == (Money(461 * M, "EUR"), True, False)
    assert (one(found, "part-of").holds, found[1]) == (True, [])


@pytest.mark.parametrize(
    ("quote", "value", "low", "high"),
    [
        ("10 % of the envelope", "0.1", 7_548_890_000_00, 8_343_510_000_00),
        ("half of the envelope", "0.5", 19_865_500_000_00, 59_596_500_000_00),
    ],
)
def test_a_share_of_an_envelope_has_its_exact_amount(quote: str, value: str, low: int, high: int) -> None:
    share = figure("F17", quote, value, **SHARE, denominator="NDICI")
    found = one(relations(share, NDICI=79_462_000_000).of("F17"), "share-of")
    assert (found.low, found.high) == (Money(low, "EUR"), Money(high, "EUR"))


def test_a_part_fits_unless_its_least_is_more_than_the_most_of_its_whole() -> None:
    for value, fits in (("5349999999.99", True), ("5350000000", False)):
        part = figure("P", f"EUR {value} in total", value, "total", part_of="F19")
        found, told = relations(F19, part).of("P")
        assert (found[0].holds, [f.code for f in told]) == (fits, [] if fits else ["figures-contradict"])


def test_parts_together_fit_and_of_overlapping_ones_the_largest_counts() -> None:
    """R5: almost two thirds and close to EUR 150 million of EUR 691 million; a third part would not fit."""
    thirds = figure("F21", "almost two thirds", "0.6667", "almost", **SHARE, denominator="F20", part_of="F20")
    close = figure("F28", "close to EUR 150 million", "150000000", "close to", part_of="F20")
    whole = figure("F20", "EUR 691 million", "691000000")
    both = one(relations(whole, thirds, close).of("F20"), "parts")
    assert (both.figure, both.holds) == ("F21, F28", True)
    more = figure("F99", "EUR 120 million", "120000000", part_of="F20")
    found, told = relations(whole, thirds, close, more).of("F20")
    assert [each.holds for each in found if each.kind == "parts"] == [False]
    assert [finding.code for finding in told] == ["figures-contradict"]
    apart = figure("F99", "EUR 120 million", "120000000", part_of="F20", relations="not additive with F28")
    assert relations(whole, thirds, close, apart).of("F20")[1] == []
    inside = figure("F99", "EUR 120 million", "120000000", part_of="F20;F28")
    assert relations(whole, thirds, close, inside).of("F20")[1] == []


def test_one_set_of_projects_has_a_mean_and_one_scope() -> None:
    """R2: less than 28.0 and at least 26.4 million each, while the wording does not warn."""
    scope = {"fund": "NDICI-GE", "theme": "migration"}
    count = {"unit": "projects", "measure": "count", "relations": "R2 same set as F19", **scope}
    many = figure("F18", "more than 190 projects", "190", "more than", **count)
    worth = figure("F19", "some EUR 5.3 billion", "5300000000", "some", **scope)
    for ref in ("F18", "F19"):
        found = one(relations(many, worth).of(ref), "same-set")
        assert found.holds is True
        assert (str(found.low)[:10], str(found.high)[:10]) == ("26381909.5", "28010471.2")
        assert not found.high_inclusive
    other = figure("F19", "some EUR 5.3 billion", "5300000000", "some", fund="AMIF", theme="migration")
    [differing], told = relations(many, other).of("F18")
    assert (differing.holds, [f.code for f in told]) == (False, ["figures-contradict"])
    assert "differs in fund" in differing.said


def test_relations_are_read_from_their_columns_and_the_written_form() -> None:
    text = "R9 overlaps F15: NOT additive; not additive with F14, F15 and F16 (in both); R7 NOT part of F19; part of F1"
    related = figure("F", "EUR 1 million", "1000000", relations=text, denominator="EXTERNAL", part_of="A; B").related
    assert [(each.kind, each.other) for each in related] == [
        *((RelationKind.PART_OF, ref) for ref in ("A", "B")),
        *((RelationKind.NOT_ADDITIVE, ref) for ref in ("F14", "F15", "F16")),
        (RelationKind.PART_OF, "F1"),
    ]
    again = figure("F", "EUR 1", "1", relations=written(RelationKind.SAME_SET, ("X", "Y"))).related
    assert again == (Relation(RelationKind.SAME_SET, "X"), Relation(RelationKind.SAME_SET, "Y"))


def test_what_is_named_and_not_there_is_told_and_overlaps_are_mutual() -> None:
    lonely = figure("F", "EUR 1 million", "1000000", part_of="GONE", relations="not additive with G")
    other = figure("G", "EUR 1 million", "1000000")
    found = relations(lonely, other)
    assert [finding.code for finding in found.of("F")[1]] == ["relation-unknown"]
    assert [each.kind for each in found.of("G")[0]] == ["not-additive"]
