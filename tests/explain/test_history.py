"""Causes that the batches tell: rows that a newer list left out, added or changed, lists that came whole."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.actions.import_files import import_files
from ledger.actions.reconcile import reconcile
from ledger.reconcile.verdicts import Explained
from ledger.store.database import Database
from tests.builders import new_ledger
from tests.explain.portfolios import Row, cents, money, write_list
from tests.explain.trials import minor

HEADERS = ["project_ref", "title", "fund", "country", "decision_date", "eu_contribution"]
Told = Callable[[int], tuple[Explained, ...]]


def rows(seed: str, count: int, prefix: str = "P") -> list[Row]:
    rng = random.Random(seed)  # noqa: S311 - made-up amounts, drawn again by their seed
    return [
        {
            "project_ref": f"{prefix}-{number:03d}",
            "title": f"Measure {number} of {prefix}",
            "fund": "AMIF",
            "country": rng.choice(("TN", "MA", "EG", "LY")),
            "decision_date": f"2023-{rng.randrange(1, 13):02d}-15",
            "eu_contribution": money(rng.randrange(10_000_00, 900_000_00)),
        }
        for number in range(1, count + 1)
    ]


def total(stated: list[Row]) -> int:
    return sum(cents(row["eu_contribution"]) for row in stated)


class Desk:
    """A ledger to which lists come one after the other."""

    def __init__(self, url: str, folder: Path) -> None:
        self.database: Database = new_ledger(url)
        self.folder, self.count = folder, 0

    def take(self, stated: list[Row], *, source: str | None = None, complete: bool = False) -> int:
        """Import a list; returns its batch."""
        self.count += 1
        path = self.folder / f"list-{self.count}.csv"
        write_list(path, HEADERS, stated)
        settings = {"source": source} if source else {}
        (done,) = import_files(self.database, [path], profile="projects", settings=settings, complete=complete)
        assert done.batch is not None
        return done.batch

    def told(self, stated: int, *, against: str | None = None) -> tuple[Explained, ...]:
        """What explains that the total was stated as so many cents."""
        self.count += 1
        figure = {
            "figure": f"T{self.count}",
            "quote": f"EUR {money(stated)} in total",
            "qualifier": "total",
            "value": money(stated),
            "unit": "EUR",
            "measure": "sum",
            "stage": "committed",
            "basis": "eu",
            "fund": "AMIF",
        }
        path = self.folder / f"figure-{self.count}.csv"
        write_list(path, list(figure), [figure])
        import_files(self.database, [path], profile="figures")
        (result,) = reconcile(self.database, [figure["figure"]], explain=True, against=against).results
        return result.explanations


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path) -> Desk:
    return Desk(sqlite_url, tmp_path)


@pytest.fixture
def either(database_url: str, tmp_path: Path) -> Desk:
    """A desk at either database, for what is asked of it in SQL."""
    return Desk(database_url, tmp_path)


def test_a_row_that_the_newer_list_leaves_out_still_counts(either: Desk) -> None:
    stated = rows("vanished", 40)
    first, newer = either.take(stated), either.take([*stated[:16], *stated[17:], *rows("new", 2, "N")])
    told = either.told(total([*stated[:16], *stated[17:], *rows("new", 2, "N")]))
    (cause,) = told[0].causes
    assert (cause.kind, minor(cause.effect)) == ("extra_row", cents(stated[16]["eu_contribution"]))
    assert [(row.ref, row.row, row.batch) for row in cause.rows] == [("P-017", 18, first)]
    assert f"batch {newer}" in cause.note


def test_a_list_of_other_projects_leaves_nothing_out(desk: Desk) -> None:
    stated, others = rows("one", 30), rows("two", 30, "Q")
    desk.take(stated)
    desk.take(others)
    told = desk.told(total(stated) + total(others) - 1_234_567_89)
    assert told == (), told[0]


def test_the_batch_that_added_a_row_is_named(desk: Desk) -> None:
    stated, added = rows("added", 40), rows("late", 1, "L")
    desk.take(stated)
    newer = desk.take([*stated, *added])
    (cause,) = desk.told(total(stated))[0].causes
    assert (cause.kind, [(row.ref, row.batch) for row in cause.rows]) == ("extra_row", [("L-001", newer)])


def test_an_amount_that_a_batch_changed_is_named_with_both_amounts(either: Desk) -> None:
    stated = rows("changed", 40)
    first = either.take(stated)
    changed = [dict(row) for row in stated]
    changed[4]["eu_contribution"] = "77777.77"
    newer = either.take(changed)
    (cause,) = either.told(total(stated))[0].causes
    assert (cause.kind, [(row.ref, row.batch) for row in cause.rows]) == ("amount_changed", [("P-005", newer)])
    assert f"batch {first}" in cause.note


def test_a_row_that_a_complete_list_took_back_is_missing(desk: Desk) -> None:
    stated = rows("taken back", 40)
    desk.take(stated)
    desk.take([*stated[:7], *stated[8:]], complete=True)
    (cause,) = desk.told(total(stated))[0].causes
    assert (cause.kind, [row.ref for row in cause.rows]) == ("missing_row", ["P-008"])
    assert minor(cause.effect) == -cents(stated[7]["eu_contribution"])


def test_a_whole_list_that_the_figure_does_not_know(desk: Desk) -> None:
    stated, others = rows("here", 30), rows("whole", 12, "W")
    desk.take(stated)
    batch = desk.take(others, source="agency")
    (cause,) = desk.told(total(stated))[0].causes
    assert (cause.kind, len(cause.rows), minor(cause.effect)) == ("extra_row", 12, total(others))
    assert f"entered with batch {batch}" in cause.note


def test_a_list_that_came_twice_under_two_names(desk: Desk) -> None:
    stated = rows("twice", 30)
    desk.take(stated)
    desk.take(stated[:9], source="agency")
    (cause,) = desk.told(total(stated))[0].causes
    assert (cause.kind, minor(cause.effect)) == ("duplicate_row", total(stated[:9]))


def test_the_kept_file_of_a_batch_is_a_second_source(desk: Desk) -> None:
    stated = rows("kept", 40)
    first = desk.take(stated, source="ministry")
    changed = [dict(row) for row in stated]
    changed[4]["eu_contribution"] = "77777.77"
    desk.take(changed, source="ministry")
    (cause,) = desk.told(total(stated), against=f"batch:{first}")[0].causes
    assert (cause.kind, cause.note) == (
        "amount_changed",
        f"EUR 77\xa0777.77 instead of EUR {int(stated[4]['eu_contribution'][:-3]):,}".replace(",", "\xa0")
        + f".{stated[4]['eu_contribution'][-2:]}, by batch {first}",
    )
