"""What posting promises: snapshots become deltas, levels are never added, and nothing is overwritten."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from ledger.domain.records import ColumnRead
from ledger.store import batches, posting, staging
from ledger.store.context import Context
from ledger.store.database import Database
from tests.builders import amount, envelope, post, project
from tests.store.balances import assert_balanced, revert, sums, total


def transfers(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(text("SELECT count(*) FROM transfer")).scalar_one())


def test_new_unchanged_changed(ledger: Database) -> None:
    first = post(ledger, [project("A", amount(100)), project("B", amount(50))])
    assert (first.posted.new, first.posted.changed, first.posted.unchanged) == (2, 0, 0)
    assert first.posted.rows == {"posted": 2, "note": 1}
    assert first.posted.stated["posted"]["committed/eu/0"] == {"EUR": 150}
    again = post(ledger, [project("A", amount(100)), project("B", amount(50))])
    assert (again.batch, again.posted.unchanged, again.posted.something) == (None, 2, False)
    assert again.posted.rows == {"unchanged": 2, "note": 1}
    second = post(ledger, [project("A", amount(100)), project("B", amount(80))])
    assert (second.posted.new, second.posted.changed, second.posted.unchanged) == (0, 1, 1)
    assert second.posted.rows == {"posted": 1, "unchanged": 1, "note": 1}
    assert sums(ledger, "project", stage="committed") == {("A",): 100, ("B",): 80}
    assert transfers(ledger) == 2 + 2, "a correction is one reversal in full and one posting in full"


def test_a_corrected_cell_names_what_it_reverses(ledger: Database) -> None:
    one = post(ledger, [project("A", amount(100))]).batch
    two = post(ledger, [project("A", amount(70))]).batch
    with ledger.read() as connection:
        rows = connection.execute(
            text(
                "SELECT t.batch_id, t.amount_minor, t.rule, o.batch_id, o.amount_minor FROM transfer t "
                "LEFT JOIN transfer o ON o.id = t.reverses_id ORDER BY t.id"
            )
        ).all()
    assert [tuple(row) for row in rows] == [
        (one, 100, "cell", None, None),
        (two, 100, "corrected", one, 100),
        (two, 70, "cell", None, None),
    ]


def test_a_project_that_moves_takes_its_money_along(ledger: Database) -> None:
    post(ledger, [project("A", amount(100, country="TN"))])
    moved = post(ledger, [project("A", amount(100, country="MA"), fund="AMIF")])
    assert moved.posted.changed == 1
    assert sums(ledger, "fund", "country", stage="committed") == {("AMIF", "MA"): 100}


def test_a_new_title_is_a_version_and_moves_no_money(ledger: Database) -> None:
    post(ledger, [project("A", amount(100), title="Old")])
    done = post(ledger, [project("A", amount(100), title="New")])
    assert (done.posted.changed, transfers(ledger)) == (1, 1)
    with ledger.read() as connection:
        titles = connection.execute(text("SELECT title FROM project_version ORDER BY id")).scalars().all()
    assert titles == ["Old", "New"]


def test_a_vanished_row_is_told_and_stays_unless_the_file_is_complete(ledger: Database) -> None:
    post(ledger, [project("A", amount(100)), project("B", amount(50))])
    told = post(ledger, [project("A", amount(100))])
    assert told.batch is None, "telling alone is not worth a batch"
    assert [(f.code, f.values["projects"], f.values["reversed"]) for f in told.findings] == [
        ("rows-vanished", 1, False)
    ]
    assert total(ledger) == 150
    done = post(ledger, [project("A", amount(100))], complete=True)
    assert done.batch is not None
    assert done.findings[0].values["reversed"] is True
    assert sums(ledger, "project", stage="committed") == {("A",): 100}
    assert post(ledger, [project("A", amount(100))], complete=True).batch is None, "what is gone cannot vanish again"
    back = post(ledger, [project("A", amount(100)), project("B", amount(50))])
    assert back.posted.changed == 1
    assert total(ledger) == 150


def test_a_list_of_what_is_new_adds_and_nothing_vanishes_from_it(ledger: Database) -> None:
    post(ledger, [project("A", amount(100)), project("B", amount(50))])
    done = post(ledger, [project("A", amount(30))], situation=False, complete=True)
    assert (done.findings, done.posted.vanished) == ([], 0)
    assert sums(ledger, "project", stage="committed") == {("A",): 130, ("B",): 50}
    assert post(ledger, [project("A", amount(30))], situation=False).batch is None, "the same list again adds nothing"


def test_vanished_is_a_matter_of_one_source(ledger: Database) -> None:
    post(ledger, [project("A", amount(100))], source="one")
    other = post(ledger, [project("B", amount(7))], source="two", complete=True)
    assert other.posted.vanished == 0
    assert total(ledger) == 107


DECISION = project("D", amount(1000), unit="decision")
CONTRACTS = [
    project("C1", amount(300), parent="D", unit="contract"),
    project("C2", amount(200), parent="D", unit="contract"),
]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_levels_are_never_added(ledger: Database, order: tuple[int, ...]) -> None:
    rows = [DECISION, *CONTRACTS]
    post(ledger, [rows[n] for n in order])
    assert total(ledger) == 1000
    assert sums(ledger, "project", stage="committed") == {("D",): 500, ("C1",): 300, ("C2",): 200}
    assert post(ledger, rows).batch is None, "another order of rows says nothing new"


def test_levels_are_never_added_over_two_files(ledger: Database) -> None:
    post(ledger, [DECISION])
    post(ledger, CONTRACTS, file="contracts.xlsx")
    assert total(ledger) == 1000
    assert post(ledger, CONTRACTS, file="contracts.xlsx").batch is None


def test_a_child_of_a_parent_without_money_counts_itself(ledger: Database) -> None:
    post(ledger, [project("D", unit="decision"), *CONTRACTS])
    assert total(ledger) == 500


def test_each_level_has_its_stage(ledger: Database) -> None:
    contract = project("C1", amount(300, stage="contracted"), amount(120, stage="paid"), parent="D", unit="contract")
    post(ledger, [DECISION, contract])
    assert {k: v for (k,), v in sums(ledger, "stage").items()} == {"committed": 1000, "contracted": 300, "paid": 120}


def test_an_unknown_parent_rejects_the_row_and_its_children(ledger: Database) -> None:
    rows = [
        project("A", amount(1)),
        project("X", amount(10), parent="nowhere"),
        project("Y", amount(20), parent="X"),
        project("Z", amount(40), parent="Y"),
    ]
    done = post(ledger, rows)
    assert [(f.code, f.sheet, f.cell) for f in done.findings] == [
        ("parent-unknown", "Sheet1", "3"),
        ("parent-unknown", "Sheet1", "4"),
        ("parent-unknown", "Sheet1", "5"),
    ]
    assert done.posted.rows == {"posted": 1, "rejected": 3, "note": 1}
    assert done.posted.stated["rejected"]["committed/eu/0"] == {"EUR": 70}
    assert sums(ledger, "project", stage="committed") == {("A",): 1}


def test_an_unknown_parent_is_named_by_its_cell(ledger: Database) -> None:
    from ledger.domain.records import Kind, ReadRow, ReadSheet, RowState

    record = project("X", amount(10), parent="nowhere")
    column = ColumnRead(2, "B", "Decision", "parent")
    sheet = ReadSheet("List", 0, Kind.PROJECTS, [1], [column], iter([ReadRow(7, RowState.POSTED, "0" * 64, record)]))
    with ledger.write() as connection:
        staging.create(connection)
        staged = staging.stage_sheets(connection, [sheet], lambda _rows: None)
        batch = batches.open_batch(connection, "import", source="test")
        context = Context(connection, batch, "test", False, 0, [sheet], "f.xlsx")
        posting.post(context, staged, complete=False)
        connection.rollback()
    assert [(f.code, f.file, f.sheet, f.cell) for f in context.findings] == [("parent-unknown", "f.xlsx", "List", "B7")]


def test_one_reference_on_several_rows_is_one_project(ledger: Database) -> None:
    rows = [project("A", amount(10, country="TN")), project("A", amount(5, country="MA")), project("A", amount(10))]
    done = post(ledger, rows)
    assert done.posted.new == 1
    assert sums(ledger, "project", "country", stage="committed") == {("A", "TN"): 20, ("A", "MA"): 5}
    rows = [rows[2], rows[0], rows[1]]
    assert post(ledger, rows).posted.rows["posted"] <= 1, "no more than the first row's attributes differ"
    assert sums(ledger, "project", "country", stage="committed") == {("A", "TN"): 20, ("A", "MA"): 5}
    post(ledger, [rows[0]])
    assert total(ledger) == rows[0].amounts[0].minor, "rows that are no longer there are reversed"


def test_equal_cells_are_matched_one_to_one(ledger: Database) -> None:
    post(ledger, [project("A", amount(10), amount(10), amount(10))])
    post(ledger, [project("A", amount(10), amount(10))])
    assert total(ledger) == 20
    post(ledger, [project("A", amount(10), amount(10), amount(10), amount(10))])
    assert total(ledger) == 40
    assert transfers(ledger) == 3 + 1 + 2


def test_undated_amounts(ledger: Database) -> None:
    rows = [project("A", amount(10, on=None), amount(5, on=date(2023, 1, 1)))]
    post(ledger, rows)
    assert post(ledger, rows).batch is None, "two undated amounts are the same amount"
    assert sums(ledger, "year", stage="committed") == {(0,): 10, (2023,): 5}
    assert total(ledger, as_of=date(2022, 1, 1)) == 10, "undated money is in every as-of view"
    assert total(ledger, period_start=date(2022, 1, 1), period_end=date(2023, 12, 31)) == 5, "and in no period"
    post(ledger, [project("A", amount(10, on=date(2022, 5, 1)), amount(5, on=date(2023, 1, 1)))])
    assert sums(ledger, "year", stage="committed") == {(2022,): 10, (2023,): 5}


def test_two_times(ledger: Database) -> None:
    one = post(ledger, [project("A", amount(100, on=date(2021, 7, 1)), amount(11, on=date(2023, 7, 1)))]).batch
    two = post(ledger, [project("A", amount(90, on=date(2021, 7, 1)), amount(11, on=date(2023, 7, 1)))]).batch
    assert total(ledger) == 101
    assert total(ledger, known_at=one) == 111
    assert total(ledger, known_at=two) == 101
    assert total(ledger, as_of=date(2021, 7, 1)) == 90
    assert total(ledger, as_of=date(2021, 6, 30)) == 0
    assert total(ledger, as_of=date(2022, 1, 1), known_at=one) == 100


def test_currencies_and_price_bases_are_never_mixed(ledger: Database) -> None:
    post(ledger, [project("A", amount(10), amount(7, currency="MAD"), amount(9, price_basis="2018"))])
    from ledger.store.totals import Filter, totals

    with ledger.read() as connection:
        found = totals(connection, Filter(stage="committed"))
    assert {(t.currency, t.price_basis): t.minor for t in found} == {
        ("EUR", "current"): 10,
        ("MAD", "current"): 7,
        ("EUR", "2018"): 9,
    }


def test_amounts_beyond_32_bits_and_of_one_cent(ledger: Database) -> None:
    huge = 10**15 - 1
    post(ledger, [project("A", amount(huge)), project("B", amount(1))])
    assert total(ledger) == huge + 1


def test_a_commitment_draws_on_the_allocation_of_its_own_country(ledger: Database) -> None:
    from ledger.domain.records import Kind, Record

    programme = Record(
        Kind.PROGRAMMES,
        "P",
        {"title": "P", "fund_code": "NDICI-GE"},
        [amount(100, stage="allocated", country="TN"), amount(100, stage="allocated", country="MA")],
    )
    drawing = project("A", amount(40, country="MA"))
    drawing.programme = "P"
    post(ledger, [programme, drawing])
    with ledger.read() as connection:
        country = connection.execute(
            text(
                "SELECT d.country_code FROM transfer t JOIN account d ON d.id = t.debit_account_id "
                "JOIN account c ON c.id = t.credit_account_id WHERE c.stage = 'committed' AND d.programme_id > 0"
            )
        ).scalars()
        assert list(country) == ["MA"]
    assert_balanced(ledger)


def test_an_envelope_tree_counts_once(ledger: Database) -> None:
    rows = [
        envelope("AMIF-MS", 600, parent="AMIF"),
        envelope("AMIF", 1000),
        envelope("AMIF-FR", 250, parent="AMIF-MS", country_code="FR"),
    ]
    post(ledger, rows)
    assert total(ledger, "allocated") == 1000
    assert sums(ledger, "envelope", stage="allocated") == {("AMIF",): 400, ("AMIF-MS",): 350, ("AMIF-FR",): 250}
    assert post(ledger, rows[::-1]).batch is None


def test_illustrative_money_has_accounts_of_its_own(ledger: Database) -> None:
    post(ledger, [project("A", amount(100))])
    made_up = post(ledger, [project("B", amount(7))], source="made-up", illustrative=True)
    assert total(ledger) == 100
    assert total(ledger, with_illustrative=True) == 107
    with ledger.read() as connection:
        mixed = connection.execute(
            text(
                "SELECT count(*) FROM transfer t JOIN account c ON c.id = t.credit_account_id "
                "JOIN account d ON d.id = t.debit_account_id JOIN batch b ON b.id = t.batch_id "
                "WHERE c.is_illustrative <> d.is_illustrative OR c.is_illustrative <> b.is_illustrative"
            )
        ).scalar_one()
    assert mixed == 0
    revert(ledger, made_up.batch)
    assert total(ledger, with_illustrative=True) == 100
