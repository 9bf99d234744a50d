"""Undo: a new batch that restores what stood before, and never rewrites what was."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from ledger.domain.records import Kind, PrintedTotal, ReadSheet
from ledger.store import batches, figures, printed_totals
from ledger.store.database import Connection, Database
from tests.builders import amount, figure, post, project
from tests.store.balances import assert_balanced, revert, sums, total


def blockers(database: Database, batch: int | None) -> list[int]:
    assert batch is not None
    with database.read() as connection:
        return batches.blockers(connection, batch)


def current(connection: Connection, ref: str) -> dict[str, object]:
    """What is said of a project now, with its splits and earmarks."""
    version = connection.execute(
        text(
            "SELECT v.id, v.title, v.is_withdrawn FROM project_version v JOIN project p ON p.id = v.project_id "
            "WHERE p.ref = :ref ORDER BY v.id DESC LIMIT 1"
        ),
        {"ref": ref},
    ).one()
    splits = connection.execute(
        text("SELECT kind, code, share_ppb FROM project_split WHERE version_id = :v ORDER BY 1, 2"), {"v": version[0]}
    ).all()
    earmarks = connection.execute(
        text("SELECT earmark_code, share_ppb FROM project_earmark WHERE version_id = :v ORDER BY 1"), {"v": version[0]}
    ).all()
    return {
        "title": version[1],
        "withdrawn": bool(version[2]),
        "splits": [tuple(row) for row in splits],
        "earmarks": [tuple(row) for row in earmarks],
    }


def test_revert_restores_and_the_same_file_posts_again(ledger: Database) -> None:
    one = post(ledger, [project("A", amount(100))])
    two = post(ledger, [project("A", amount(70)), project("B", amount(5))])
    undo = revert(ledger, two.batch)
    assert sums(ledger, "project", stage="committed") == {("A",): 100}
    assert total(ledger, known_at=two.batch) == 75, "the past is shown as it was known"
    assert total(ledger, known_at=undo) == 100
    again = post(ledger, [project("A", amount(70)), project("B", amount(5))])
    assert again.batch == undo + 1
    assert total(ledger) == 75
    revert(ledger, again.batch)
    revert(ledger, one.batch)
    assert sums(ledger) == {}
    assert post(ledger, [project("A", amount(100))]).batch is not None
    assert total(ledger) == 100


def test_newest_first(ledger: Database) -> None:
    one = post(ledger, [project("A", amount(100)), project("B", amount(1))]).batch
    two = post(ledger, [project("A", amount(90))]).batch
    three = post(ledger, [project("C", amount(3))]).batch
    assert two is not None
    assert blockers(ledger, one) == [two], "a batch that speaks of other projects stands in nobody's way"
    assert blockers(ledger, three) == []
    revert(ledger, two)
    assert blockers(ledger, one) == [], "what is undone blocks no longer"
    revert(ledger, one)
    assert sums(ledger, "project", stage="committed") == {("C",): 3}


def test_a_child_in_a_later_batch_blocks_its_parent(ledger: Database) -> None:
    one = post(ledger, [project("D", amount(1000), unit="decision")]).batch
    two = post(ledger, [project("C", amount(300), parent="D", unit="contract")]).batch
    assert blockers(ledger, one) == [two]
    revert(ledger, two)
    assert sums(ledger, "project", stage="committed") == {("D",): 1000}
    revert(ledger, one)
    assert sums(ledger) == {}


def test_the_batch_of_a_cell_whose_correction_was_undone(ledger: Database) -> None:
    one = post(ledger, [project("A", amount(100))]).batch
    two = post(ledger, [project("A", amount(70))]).batch
    revert(ledger, two)
    revert(ledger, one)
    assert sums(ledger) == {}, "the amount that the undo posted again belongs to the first batch's cell"
    with ledger.read() as connection:
        assert current(connection, "A")["withdrawn"] is True


def test_corrections_and_undos_in_turn(ledger: Database) -> None:
    one = post(ledger, [project("A", amount(100))]).batch
    for minor in (90, 80, 70):
        again = post(ledger, [project("A", amount(minor))]).batch
        assert total(ledger) == minor
        revert(ledger, again)
        assert total(ledger) == 100
    revert(ledger, one)
    assert sums(ledger) == {}


def test_a_complete_file_is_undone_with_what_it_reversed(ledger: Database) -> None:
    post(ledger, [project("A", amount(100)), project("B", amount(50))])
    two = post(ledger, [project("A", amount(100))], complete=True)
    assert total(ledger) == 100
    revert(ledger, two.batch)
    assert total(ledger) == 150
    with ledger.read() as connection:
        assert current(connection, "B")["withdrawn"] is False


def test_a_batch_is_undone_once(ledger: Database) -> None:
    one = post(ledger, [project("A", amount(100))]).batch
    revert(ledger, one)
    with pytest.raises(IntegrityError), ledger.write() as connection:  # noqa: PT012 - one transaction
        found = batches.find(connection, one or 0)
        assert found is not None
        assert found["reverted_by"] is not None
        batches.revert(connection, found)
    assert_balanced(ledger)


def test_splits_and_earmarks_are_kept_with_versions_and_restored(ledger: Database) -> None:
    half = {"TN": 500_000_000, "MA": 500_000_000}
    uneven = {"TN": 250_000_000, "MA": 750_000_000}
    with ledger.read() as connection:
        known = connection.execute(text("SELECT code FROM earmark ORDER BY code LIMIT 1")).scalar_one()
    pact = {str(known): 100_000_000}
    first = project("A", amount(50), amount(50, country="MA"), title="T", splits={"country": half}, earmarks=pact)
    second = project("A", amount(25), amount(75, country="MA"), title="T", splits={"country": uneven})
    post(ledger, [first])
    assert total(ledger, earmark=str(known)) == 10
    with ledger.read() as connection:
        before = current(connection, "A")
    assert before["splits"] == [("country", "MA", 500_000_000), ("country", "TN", 500_000_000)]
    assert before["earmarks"] == [(known, 100_000_000)]
    two = post(ledger, [second]).batch
    with ledger.read() as connection:
        after = current(connection, "A")
    assert (after["splits"], after["earmarks"]) == (
        [("country", "MA", 750_000_000), ("country", "TN", 250_000_000)],
        [],
    )
    assert total(ledger, earmark=str(known)) == 0
    revert(ledger, two)
    with ledger.read() as connection:
        assert current(connection, "A") == before
    assert total(ledger, earmark=str(known)) == 10
    assert post(ledger, [first]).batch is None, "what was restored is what the first file says"


def test_figures_are_versions_too(ledger: Database) -> None:
    post(ledger, [figure("F", value="5.3", unit="EUR billion", quote="some EUR 5.3 billion")])
    two = post(ledger, [figure("F", value="5.4", unit="EUR billion", quote="some EUR 5.4 billion")])
    new = post(ledger, [figure("G", value="190", unit="projects")])
    with ledger.read() as connection:
        assert [(f.ref, f.value) for f in figures.current(connection)] == [("F", "5.4"), ("G", "190")]
    revert(ledger, new.batch)
    revert(ledger, two.batch)
    with ledger.read() as connection:
        assert [(f.ref, f.value) for f in figures.current(connection)] == [("F", "5.3")]
        assert [f.value for f, _ in figures.versions(connection, "F")] == ["5.3", "5.4", "5.3"]


def test_printed_totals_become_figures(ledger: Database) -> None:
    printed = PrintedTotal(31, 4, "Total", "D3:D29", 239_200_000, 239_200_200, "EUR", "amount")
    sheet = ReadSheet("Annex I", 0, Kind.ENVELOPES, [1], [], iter([]), totals=[printed])
    batch = post(ledger, [project("A", amount(1))]).batch
    assert batch is not None
    with ledger.write() as connection:
        printed_totals.keep(connection, batch, "annex.xlsx", sheet)
    with ledger.read() as connection:
        (found,) = figures.current(connection)
    assert (found.ref, found.value, found.cells_value, found.scope_cells, found.unit, found.rule, found.origin) == (
        "annex.xlsx!Annex I!D31", "2392000.00", "2392002.00", "D3:D29", "EUR", "R-TOTAL", "printed-total",
    )  # fmt: skip
    revert(ledger, batch)
    with ledger.read() as connection:
        assert figures.current(connection) == []
