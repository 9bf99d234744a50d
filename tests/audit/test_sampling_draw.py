"""The draw: repeated by a second program that shares no code with the first, and by a shell."""

from __future__ import annotations

import shutil
import subprocess
from bisect import bisect_right
from fractions import Fraction
from hashlib import sha256
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.audit.sampling import Unit, draw_monetary, draw_random, draw_shares, population_hash, split_exhaustive
from tests.audit.simulated import skewed_books

BOOKS = st.lists(st.integers(1, 10**12), min_size=1, max_size=60)


def named(books: list[int]) -> list[Unit]:
    return [Unit(f"P/{number} é", book) for number, book in enumerate(books)]


def second_monetary_draw(books: dict[str, int], size: int, seed: str) -> tuple[set[str], list[str]]:
    """The documented rule in whole numbers alone, written anew: (exhaustive, drawn by chance)."""
    exhaustive: set[str] = set()
    while True:
        rest = {name: book for name, book in books.items() if name not in exhaustive}
        left, places = sum(rest.values()), size - len(exhaustive)
        more = {name for name, book in rest.items() if book * places > left}
        if not more:
            break
        exhaustive |= more
    if not rest:
        return exhaustive, []
    order = sorted(rest, key=lambda name: sha256(f"{seed}|{name}".encode()).hexdigest())
    ends = list(accumulate(rest[name] for name in order))
    first = int(sha256(f"{seed}|start|".encode()).hexdigest(), 16)
    # Point j is (first / 2^256 + j) x left / places; the unit is the first that ends beyond it.
    points = [(first + j * 2**256) * left // (places * 2**256) for j in range(places)]
    return exhaustive, [order[bisect_right(ends, point)] for point in points]


@settings(max_examples=200, deadline=None)
@given(BOOKS, st.data())
def test_a_second_program_draws_the_same_monetary_units(books: list[int], data: st.DataObject) -> None:
    units = named(books)
    size = data.draw(st.integers(1, len(units)))
    sample = draw_monetary("", units, size, "seed 1", fixed_interval=False)
    exhaustive, chance = second_monetary_draw({unit.name: unit.book for unit in units}, size, "seed 1")
    assert {one.unit.name for one in sample.drawn if one.exhaustive} == exhaustive
    assert [one.unit.name for one in sample.drawn if not one.exhaustive] == chance
    assert len({one.unit.name for one in sample.drawn}) == size
    assert sample.exhaustive_units + sample.random_size == size


@settings(max_examples=100, deadline=None)
@given(BOOKS, st.data())
def test_the_exhaustive_stratum_is_iterated_until_none_is_above(books: list[int], data: st.DataObject) -> None:
    units = named(books)
    size = data.draw(st.integers(1, len(units)))
    exhaustive, interval = split_exhaustive(units, sum(books), size, fixed_interval=False)
    rest = [unit for unit in units if unit not in exhaustive]
    assert all(unit.book <= interval for unit in rest)
    assert not rest or interval == Fraction(sum(unit.book for unit in rest), size - len(exhaustive))


def test_a_large_unit_pulls_a_second_one_after_it() -> None:
    # BV 1000, n 4: cut-off 250. Without the 700 the interval is 100, so the 150 goes too; then 150 / 2 = 75 is enough.
    units = named([700, 150, *[10] * 15])
    exhaustive, interval = split_exhaustive(units, 1000, 4, fixed_interval=False)
    assert [unit.book for unit in exhaustive] == [700, 150]
    assert interval == 75
    assert [unit.book for unit in split_exhaustive(units, 1000, 4, fixed_interval=True)[0]] == [700]


def test_order_of_the_list_does_not_matter_but_the_seed_does() -> None:
    units = named(list(range(1, 200)))
    first = draw_random("", units, 20, "a")
    assert draw_random("", units[::-1], 20, "a").drawn == first.drawn
    assert draw_random("", units, 20, "b").drawn != first.drawn
    assert population_hash(units) == population_hash(units[::-1])
    assert population_hash(units) != population_hash([*units[:-1], Unit(units[-1].name, units[-1].book + 1)])


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs sha256sum")
def test_a_shell_draws_the_same_random_sample() -> None:
    units = named(list(range(1, 40)))
    script = 'while read -r unit; do printf "%s %s\\n" "$(printf %s "$SEED|$unit" | sha256sum | cut -c-64)" "$unit"; done | sort | head -7 | cut -c66-'
    told = subprocess.run(
        ["/bin/bash", "-c", script], input="".join(f"{unit.name}\n" for unit in units), env={"SEED": "2026/7", "PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        capture_output=True, text=True, check=True, encoding="utf-8",
    )  # fmt: skip
    assert told.stdout.splitlines() == [one.unit.name for one in draw_random("", units, 7, "2026/7").drawn]


def test_shares_are_both_reached() -> None:
    units = named([1] * 90 + [1000] * 10)
    sample = draw_shares(units, "s", share_units=Fraction(5, 100), share_book=Fraction(10, 100))
    books = [one.unit.book for one in sample.drawn]
    assert len(books) >= 5
    assert sum(books) * 10 >= sum(unit.book for unit in units)
    assert len(books) == 5 or sum(books[:-1]) * 10 < sum(unit.book for unit in units)


def test_each_euro_has_the_same_chance() -> None:
    """A unit of twice the value is drawn twice as often, over many seeds."""
    units = [Unit("small", 100), Unit("large", 200), *(Unit(f"u{n}", 150) for n in range(20))]
    drawn = [draw_monetary("", units, 5, f"seed {n}", fixed_interval=False).drawn for n in range(2000)]
    often = {name: sum(name == one.unit.name for each in drawn for one in each) for name in ("small", "large")}
    # Expected 5 x 100 / 3300 and 5 x 200 / 3300 of 2,000: 303 and 606; five standard deviations either way.
    assert 303 - 80 < often["small"] < 303 + 80
    assert 606 - 105 < often["large"] < 606 + 105


def test_the_simulated_books_are_skewed() -> None:
    books = sorted(skewed_books(1000, 7))
    assert sum(books[-100:]) > sum(books) * 0.4
