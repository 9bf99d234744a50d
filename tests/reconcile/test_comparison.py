"""Two lists held against each other: every change is found, and the difference adds up to the minor unit."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.reconcile.comparison.difference import Accept, Outcome, compare, nest
from ledger.reconcile.comparison.model import Item, Measure, Place, Side

EU = Measure("committed", "eu", "EUR", "current")
PAID = Measure("paid", "eu", "EUR", "current")
OTHER = Measure("committed", "other", "EUR", "current")
STATED = frozenset(("project_ref", "title", "beneficiary", "start_date", "eu_contribution", "paid"))
WORDS = [
    "water",
    "school",
    "border",
    "return",
    "asylum",
    "training",
    "harbour",
    "clinic",
    "market",
    "energy",
    "bridge",
    "youth",
    "women",
    "health",
    "crisis",
]


def item(ref: str, minor: int = 0, *, row: int = 0, source: str = "list", paid: int = 0, **fields: str) -> Item:
    """A row; fields are said as keywords."""
    amounts = {measure: {"TN": value} for measure, value in ((EU, minor), (PAID, paid)) if value}
    parent = fields.pop("parent", None)
    digest = repr((ref, minor, paid, sorted(fields.items())))
    return Item(ref, source, fields, amounts, (Place(source, "", row),), digest, parent=parent)


def side(*items: Item, stated: frozenset[str] = STATED, is_ledger: bool = False) -> Side:
    nest(items)
    return Side(list(items), stated, is_ledger=is_ledger)


def held(left: Side, right: Side, **accept: object) -> Outcome:
    return compare(left, right, Accept(**accept))  # type: ignore[arg-type] # passed on by name


def refs(items: list[Item]) -> list[str]:
    return [one.ref for one in items]


def portfolio(rng: random.Random, size: int, *, named: bool = True) -> list[Item]:
    """Rows with heavy-tailed amounts and titles of a few words, many of them alike."""
    return [
        item(
            f"P-{n:05}" if named else "",
            round(10 ** rng.uniform(4, 10)),
            row=n + 2,
            paid=rng.choice((0, round(10 ** rng.uniform(3, 8)))),
            title=" ".join(rng.choices(WORDS, k=4)) + f" {rng.randrange(size)}",
            beneficiary=f"{rng.choice(WORDS)} {rng.choice(('agency', 'council', 'ministry'))} {rng.randrange(40)}",
            start_date=f"20{rng.randrange(14, 24)}-{rng.randrange(1, 13):02}-01",
        )
        for n in range(size)
    ]


def with_amount(row: Item, minor: int) -> Item:
    return replace(row, amounts={**row.amounts, EU: {"TN": minor}}, digest=row.digest + str(minor))


def edited(rng: random.Random, rows: list[Item]) -> tuple[list[Item], dict[str, set[str]]]:
    """The list with rows taken out, put in and changed, in another order, and what was done to which."""
    done: dict[str, set[str]] = {"extra": set(), "missing": set(), "amount": set(), "title": set()}
    made: list[Item] = []
    for row in rows:
        match rng.choice(("keep", "keep", "keep", "out", "amount", "title")):
            case "out":
                done["extra"].add(row.ref)
            case "amount":
                made.append(with_amount(row, row.minor(EU) + rng.choice((1, -1, 9 * row.minor(EU)))))
                done["amount"].add(row.ref)
            case "title":
                made.append(replace(row, fields={**row.fields, "title": row.fields["title"] + " II"}))
                done["title"].add(row.ref)
            case _:
                made.append(row)
    for n in range(rng.randrange(4)):
        made.append(item(f"N-{n}", rng.randrange(1, 10**9), row=n, title=f"new {n}", beneficiary="x"))
        done["missing"].add(f"N-{n}")
    rng.shuffle(made)
    return made, done


@given(seed=st.integers(0, 2**32), size=st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_random_edits_are_all_found_and_add_up_in_both_directions(seed: int, size: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - a list to try
    left = portfolio(rng, size)
    right, done = edited(rng, left)
    forth, back = (held(*sides).comparison for sides in ((side(*left), side(*right)), (side(*right), side(*left))))
    assert set(refs(forth.extra)) == set(refs(back.missing)) == done["extra"]
    assert set(refs(forth.missing)) == set(refs(back.extra)) == done["missing"]
    for found, turned in ((forth, False), (back, True)):
        fields = {(pair.left[0].ref, change.field) for pair in found.changed for change in pair.changes}
        assert {ref for ref, field in fields if field == "eu_contribution"} == done["amount"]
        assert {ref for ref, field in fields if field == "title"} == done["title"]
        for balance in found.balances:
            sums = [sum(row.minor(balance.measure) for row in rows) for rows in (left, right)]
            assert [balance.left, balance.right] == (sums[::-1] if turned else sums)
            assert balance.difference == balance.extra - balance.missing + balance.changed
            effects = sum(pair.effect(balance.measure) for pair in found.changed)
            assert effects == balance.changed


def outcome_by_rows(done: Outcome) -> Counter[object]:
    """What came out, without the order of anything."""
    found = done.comparison
    pairs = [
        (frozenset(repr(i.amounts) for i in p.left), frozenset(repr(i.amounts) for i in p.right)) for p in found.pairs
    ]
    return Counter(
        [
            *pairs,
            *(("extra", repr(i.amounts)) for i in found.extra),
            *(("missing", repr(i.amounts)) for i in found.missing),
        ]
    )


@given(seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_rows_of_one_reference_are_told_apart_whatever_their_order(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - a list to try
    rows = [item(rng.choice("AB"), rng.randrange(1, 4), row=n, title=rng.choice("xy")) for n in range(rng.randrange(8))]
    others = [with_amount(row, row.minor(EU) + rng.choice((0, 0, 1))) for row in rows if rng.random() < 0.8]
    straight = held(side(*rows), side(*others))
    mixed = held(side(*rng.sample(rows, len(rows))), side(*rng.sample(others, len(others))))
    assert outcome_by_rows(straight) == outcome_by_rows(mixed)
    turned = held(side(*others), side(*rows)).comparison
    assert [-b.difference for b in turned.balances] == [b.difference for b in straight.comparison.balances]
    assert len(turned.extra) == len(straight.comparison.missing)


def test_a_row_that_is_there_twice_is_extra_and_named() -> None:
    found = held(side(item("A", 500, row=2), item("A", 500, row=3)), side(item("A", 500, row=9))).comparison
    assert [(len(found.pairs), refs(found.extra), found.missing)] == [(1, ["A"], [])]
    assert [(d.side, d.kind, d.minor) for d in found.suspicions] == [("left", "duplicate_row", 500)]


def test_rows_that_add_up_to_one_row_of_the_other_side_are_that_row() -> None:
    found = held(side(item("A", 300), item("A", 200)), side(item("A", 500))).comparison
    assert [(pair.by, pair.changes) for pair in found.pairs] == [("rows", ())]
    assert (found.extra, found.missing, found.balances[0].difference) == ([], [], 0)


def test_a_project_of_a_ledger_is_held_against_all_rows_of_its_reference() -> None:
    ledger = side(item("A", 500), is_ledger=True)
    found = held(ledger, side(item("A", 300), item("A", 201))).comparison
    assert [(c.field, c.left, c.right) for pair in found.changed for c in pair.changes] == [
        ("eu_contribution", 500, 501)
    ]


def test_made_references_do_not_depend_on_the_order_of_rows() -> None:
    name = "gen-0123456789ab"
    left = side(item(name, 1, title="t"), item(f"{name}-2", 2, title="t"))
    right = side(item(name, 2, title="t"), item(f"{name}-2", 1, title="t"))
    assert held(left, right).comparison.changed == []


def test_made_references_match_but_for_case_and_line_breaks() -> None:
    left = side(item("gen-0123456789ab", 5, title="Über\nuns"), item("gen-0123456789ac", 6, title="x"))
    right = side(item("gen-ffffffffffff", 5, title="über uns"), item("gen-fffffffffff0", 6, title="y"))
    found = held(left, right).comparison
    assert [(pair.by, pair.left[0].minor(EU)) for pair in found.pairs] == [("key-folded", 5)]
    assert (len(found.extra), len(found.missing)) == (1, 1)


def test_references_that_differ_in_case_or_dash_match_only_where_that_is_clear() -> None:
    found = held(side(item("TN\u201302", 5)), side(item("tn-02", 5))).comparison
    assert [pair.by for pair in found.pairs] == ["key-folded"]
    both = held(side(item("AB-1", 5), item("ab-1", 6)), side(item("AB-1", 5), item("ab-1", 6))).comparison
    assert ([pair.by for pair in both.pairs], both.changed) == (["key", "key"], [])
    unclear = held(side(item("Ab-1", 5), item("aB-1", 6)), side(item("AB-1", 5))).comparison
    assert (unclear.pairs, len(unclear.extra), len(unclear.missing)) == ([], 2, 1)


def test_one_reference_in_several_sources_stops_unless_the_rows_tell() -> None:
    ledger = side(item("1", 5, source="a"), item("1", 6, source="b"), is_ledger=True)
    assert held(ledger, side(item("1", 6, source="c"))).unclear == []
    (unclear,) = held(ledger, side(item("1", 7, source="c"))).unclear
    assert [len(part) for part in unclear] == [2, 1]
    assert held(ledger, side(item("1", 7, source="a"))).unclear == []


def test_money_inside_a_parent_is_not_added_up_and_its_change_still_told() -> None:
    left = side(item("D", 100), item("C", 40, parent="D"))
    right = side(item("D", 100), item("C", 45, parent="D"))
    found = held(left, right).comparison
    assert (found.balances[0].left, found.balances[0].difference) == (100, 0)
    assert [(c.field, c.left, c.right) for pair in found.changed for c in pair.changes] == [("eu_contribution", 40, 45)]
    flat = held(left, side(item("D", 100), item("C", 40))).comparison
    assert (flat.balances[0].right, flat.balances[0].changed) == (140, -40)


@pytest.mark.parametrize(
    ("rows", "kind", "minor"),
    [
        ([item("ABC-01", 60), item("ABC-01-1", 20), item("ABC-01-2", 40)], "parent_and_child", 60),
        ([item("ABC-01", 60, title="a"), item("abc-01", 60, title="b")], "parent_and_child", 60),
        ([item("ABC-01", 60, title="a"), item("abc-01", 60, title="a")], "duplicate_row", 60),
        ([item("ABC-01", 60), item("ABC-01-1", 20)], None, 0),
        ([item("ABC-01", 60), item("ABC-02", 60)], None, 0),
        ([item("ABC-01", 60), item("ABC-01-1", 60, parent="ABC-01")], None, 0),
    ],
)  # fmt: skip
def test_one_side_alone_shows_what_it_states_twice(rows: list[Item], kind: str | None, minor: int) -> None:
    found = held(side(*rows), side(*rows)).comparison.suspicions
    told = [(one.kind, one.minor) for one in found if one.side == "left"]
    assert told == ([(kind, minor)] if kind else [])


def test_measures_are_never_set_off_against_each_other() -> None:
    other = replace(item("A"), amounts={OTHER: {"TN": 7}})
    across = held(side(item("A", 5)), side(other))
    assert across.across == (EU, OTHER)
    assert [(b.measure, b.right_measure, b.difference) for b in across.comparison.balances] == [(EU, OTHER, -2)]
    apart = held(
        side(item("A", 5, paid=1), stated=frozenset(("eu_contribution", "paid"))),
        side(item("A", 5), stated=frozenset(("eu_contribution",))),
    )
    assert (apart.across, [b.measure for b in apart.comparison.balances]) == (None, [EU])
    assert apart.comparison.apart == [("left", PAID, 1)]
    dollars = replace(item("A"), amounts={EU._replace(currency="USD"): {"TN": 5}})
    assert held(side(item("A", 5)), side(dollars)).comparison.balances == []


def test_likeness_proposes_and_merges_nothing_unasked() -> None:
    left = side(
        item("1", 500, title="Δήμος Ρόδου: κέντρο υποδοχής", beneficiary="Δήμος Ρόδου", start_date="2020-01-01"),
        item("2", 700, title="Border training, phase 1", beneficiary="Interpol"),
    )
    right = side(
        item("X1", 500, title="Dimos Rodou kentro ypodochis", beneficiary="DIMOS RODOU", start_date="2020-01-01"),
        item("X2", 900, title="Border training, phase 2", beneficiary="Interpol"),
    )
    found = held(left, right).comparison
    assert [(p.left.ref, p.right.ref) for p in found.proposals] == [("1", "X1")]
    assert {"amounts equal", "dates equal"} <= set(found.proposals[0].reasons)
    assert (found.pairs, refs(found.extra), refs(found.missing)) == ([], ["1", "2"], ["X1", "X2"])
    taken = held(left, right, score=found.proposals[0].score).comparison
    assert [(p.left[0].ref, p.right[0].ref, p.by) for p in taken.pairs] == [("1", "X1", "likeness")]
    assert taken.proposals == []
    assert held(left, right, score=100).comparison.pairs == []


def test_of_equal_likenesses_none_is_accepted() -> None:
    left = side(item("1", 500, title="Technical assistance", beneficiary="Ministry"))
    right = side(*(item(ref, 500, title="Technical assistance", beneficiary="Ministry") for ref in ("X", "Y")))
    found = held(left, right, score=90).comparison
    assert [(p.is_tied, p.score) for p in found.proposals] == [(True, 100)]
    assert (found.pairs, len(found.extra), len(found.missing)) == ([], 1, 2)


def test_named_pairs_are_taken_and_those_that_are_not_there_told() -> None:
    left, right = side(item("1", 5), item("2", 6)), side(item("X", 9), item("2", 6))
    done = held(left, right, pairs=[("1", "X"), ("1", "2"), ("7", "8")])
    assert [(p.by, p.left[0].ref, p.right[0].ref) for p in done.comparison.pairs] == [
        ("given", "1", "X"),
        ("key", "2", "2"),
    ]
    assert done.unknown == [("1", "2"), ("7", "8")]
    assert done.comparison.balances[0].changed == -4


def test_without_references_likeness_finds_nearly_all_rows_again() -> None:
    rng = random.Random(7)  # noqa: S311 - a list to try
    left = portfolio(rng, 400, named=False)
    right = [
        replace(row, fields={**row.fields, "title": row.fields["title"].upper().replace("E", "É", 1)}) for row in left
    ]
    rng.shuffle(right)
    found = held(side(*left), side(*right)).comparison
    assert len(found.extra) == len(found.missing) == 400
    right_ones = sum(p.left.amounts == p.right.amounts for p in found.proposals)
    assert right_ones >= 396
    assert len(found.proposals) - right_ones <= 2


@pytest.mark.parametrize("size", [2_000, pytest.param(20_000, marks=pytest.mark.heavy)])
def test_lists_without_a_common_key_take_seconds(size: int) -> None:
    rng = random.Random(size)  # noqa: S311 - a list to try
    left = portfolio(rng, size)
    right = [
        replace(row, ref=f"Q{row.ref}", fields={**row.fields, "title": row.fields["title"] + " x"}) for row in left
    ]
    rng.shuffle(right)
    started = process_time()
    found = held(side(*left), side(*right)).comparison
    assert process_time() - started < size / 400
    assert sum(p.left.ref == p.right.ref[1:] for p in found.proposals) > 0.98 * size
