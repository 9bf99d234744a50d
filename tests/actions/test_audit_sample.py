"""Samples from a ledger, on both databases: drawn, kept, drawn again, filled in and evaluated."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import text

from ledger.actions.audit_evaluate import Question, evaluate
from ledger.actions.audit_sample import checklist, draw
from ledger.actions.audit_samples import list_samples, show_sample
from ledger.actions.audit_terms import Request, Sample, size_alone
from ledger.actions.batches import revert
from ledger.actions.scope import UsageProblem
from ledger.actions.verify import verify
from ledger.audit.evaluation import Conclusion
from ledger.audit.sampling import Method
from ledger.domain.money import Money
from ledger.store.database import Database
from tests.audit.ledgers import tamper
from tests.builders import amount, envelope, new_ledger, post, project

MUS = Request(Method.MUS, anticipated_error=Decimal("0.004"), deviations={"": Decimal("0.05")})


def portfolio(url: str) -> Database:
    """40 projects, two of them large, one with two cells, one of another source by a reference that is there already."""
    database = new_ledger(url)
    records = [
        project(
            f"P{n:02}", amount(10_000_00 + n * 100_01, country="TN" if n % 2 else "MA"), fund="AMIF" if n % 3 else "ISF"
        )
        for n in range(38)
    ]
    records.append(project("BIG", amount(3_000_000_00), amount(1_000_000_00, column=4)))
    post(database, [*records, project("PAID", amount(5_00, stage="paid"))])
    post(database, [project("P00", amount(700_000_00))], file="o.xlsx", source="other")
    post(database, [envelope("POOL", 9_000_00)], file="e.xlsx", source="acts")
    return database


def drawn(database: Database, request: Request = MUS, **other: Any) -> Sample:
    return draw(database, request, **{"seed": "s1", "stage": "committed", "basis": "eu", **other})


def test_a_sample_is_kept_sealed_and_drawn_again(database_url: str) -> None:
    database = portfolio(database_url)
    done = drawn(database)
    assert (done.sample, done.population) == (1, 40)
    assert done.book_value == Money(sum(10_000_00 + n * 100_01 for n in range(38)) + 4_700_000_00, "EUR")
    # (1.645 x 0.05 / 0.016)^2 = 26.43
    assert (done.exact_size, done.sample_size, len(done.items)) == (Decimal("26.426"), 27, 27)
    assert [item.unit for item in done.items[:2]] == ["BIG", "other/P00"]
    assert [item.exhaustive for item in done.items[:3]] == [True, True, False]
    assert all(sum(cell.amount.minor for cell in item.cells) == item.book_value.minor for item in done.items)
    assert [cell.cell for cell in done.items[0].cells] == ["C40", "D40"]
    rest = done.book_value.minor - 4_700_000_00
    assert done.interval == Money(round(Fraction(rest, 25)), "EUR")
    # What is booked later changes nothing: the population is pinned to the batch before.
    post(database, [project("LATE", amount(50_000_000_00))], file="l.xlsx", source="late")
    view = show_sample(database, 1)
    assert view.drawn_again
    assert view.findings == []
    assert [(i.unit, i.cells) for i in view.items] == [(i.unit, i.cells) for i in done.items]
    assert [(line.sample, line.drawn, line.seed) for line in list_samples(database)] == [(1, 27, "s1")]
    assert all(result.ok for result in verify(database))
    assert drawn(database, known_at=done.filters["known_at"]).items == done.items


def test_a_tampered_sample_is_told(database_url: str) -> None:
    database = portfolio(database_url)
    drawn(database)
    tamper(database, "UPDATE audit_sample_item SET unit = 'P99' WHERE position = 3")
    assert [finding.code for finding in show_sample(database, 1).findings] == ["sample-differs"]
    assert not all(result.ok for result in verify(database))
    tamper(database, "UPDATE transfer SET amount_minor = amount_minor + 1 WHERE id = 1")
    assert "population's hash" in show_sample(database, 1).findings[0].message
    assert [finding.code for finding in show_sample(database, 7).findings] == ["sample-unknown"]


def test_a_dry_run_shows_the_same_and_keeps_nothing(database_url: str) -> None:
    database = portfolio(database_url)
    dry = drawn(database, dry_run=True)
    assert list_samples(database) == []
    real = drawn(database)
    assert (dry.items, dry.population_sha256, dry.sample, dry.batch) == (
        real.items,
        real.population_sha256,
        real.sample,
        real.batch,
    )


def test_a_sample_cannot_be_taken_back(sqlite_url: str) -> None:
    database = portfolio(sqlite_url)
    done = drawn(database)
    assert done.batch is not None
    refused = revert(database, done.batch)
    assert (refused.batch, [finding.code for finding in refused.findings]) == (None, ["revert-blocked"])
    assert len(list_samples(database)) == 1


def test_strata_are_sampled_by_themselves(sqlite_url: str) -> None:
    database = portfolio(sqlite_url)
    request = Request(
        Method.SRS, deviations={"AMIF": Decimal(900), "ISF": Decimal(400), "NDICI-GE": Decimal(100)}, sample_size=12
    )
    done = drawn(database, request, stratify_by="fund")
    assert [(each.stratum, each.units, each.sample_size) for each in done.strata] == [
        ("AMIF", 25, 8),
        ("ISF", 13, 4),
        ("NDICI-GE", 2, 1),
    ]
    assert {item.stratum for item in done.items} == {"AMIF", "ISF", "NDICI-GE"}
    assert show_sample(database, 1).drawn_again
    with pytest.raises(UsageProblem, match="names the stratum 'BMVI'"):
        drawn(database, Request(Method.SRS, deviations={"BMVI": Decimal(1)}), stratify_by="fund")


def test_units_below_zero_stand_apart(sqlite_url: str) -> None:
    database = portfolio(sqlite_url)
    with database.write() as connection:
        # A movement out of the scope, as a correction that takes back more than there was.
        found = connection.execute(
            text("SELECT a.id FROM account a JOIN project p ON p.id = a.project_id WHERE p.ref = 'P01'")
        ).scalar_one()
        connection.execute(
            text(
                "INSERT INTO transfer (batch_id, debit_account_id, credit_account_id, amount_minor, rule) "
                "SELECT t.batch_id, t.credit_account_id, t.debit_account_id, 5 * t.amount_minor, 'cell' FROM transfer t "
                "WHERE t.credit_account_id = :account"
            ),
            {"account": found},
        )
    done = drawn(database, known_at=2)
    below = Money(-4 * (10_000_00 + 100_01), "EUR")
    assert (done.negative_units, done.negative_book_value, done.population) == (1, below, 39)
    assert "units-negative" in {finding.code for finding in done.findings}
    apart = drawn(database, Request(Method.SRS, sample_size=5), known_at=2, negative=True)
    assert [(item.unit, item.book_value) for item in apart.items] == [("P01", Money(-below.minor, "EUR"))]
    assert show_sample(database, 2).drawn_again


def test_an_empty_scope_is_a_usage_problem(sqlite_url: str) -> None:
    database = portfolio(sqlite_url)
    with pytest.raises(UsageProblem, match="no project holds money in EUR there: stage declared"):
        drawn(database, stage="declared")
    with pytest.raises(UsageProblem, match="needs the expected standard deviation"):
        drawn(database, Request(Method.MUS))
    with pytest.raises(UsageProblem, match="needs --population and --book-value"):
        size_alone(Request(Method.SRS), population=None, book_value=Decimal(1))


def filled(path: Path, values: dict[str, Decimal | None], default: Decimal | None = None) -> None:
    """The checklist with audited values as an auditor types them; `default` is taken off every other book value."""
    book = openpyxl.load_workbook(path)
    sheet = book["Checklist"]
    rows = list(sheet.iter_rows())
    header = next(row for row in rows if row[0].value == "Unit")
    at = {cell.value: index for index, cell in enumerate(header)}
    for row in rows[rows.index(header) + 1 :]:
        unit, value = str(row[0].value), Decimal(str(row[at["Book value"]].value))
        audited = values[unit] if unit in values else None if default is None else value - default
        if audited is not None:
            row[at["Audited value"]].value = audited
    book.save(path)


def test_a_checklist_comes_back_and_is_evaluated(database_url: str, tmp_path: Path) -> None:
    database = portfolio(database_url)
    done = drawn(database)
    path = tmp_path / "checklist.xlsx"
    checklist(done, path)
    by_chance = next(item for item in done.items if not item.exhaustive)
    half = Decimal(by_chance.book_value.minor) / 200
    filled(path, {"BIG": Decimal(3_900_000), by_chance.unit: half}, Decimal(0))
    found = evaluate(Question(Method.SRS), path, database=database, sample=1)
    assert found.findings == []
    assert found.method is Method.MUS
    assert done.interval is not None
    rest = done.book_value.minor - 4_700_000_00
    half_rate = Fraction(by_chance.book_value.minor - int(half * 100), by_chance.book_value.minor)
    assert found.exhaustive_error == Money(100_000_00, "EUR")
    assert found.projected_error == Money(round(100_000_00 + Fraction(rest, 25) * half_rate), "EUR")
    assert found.conclusion is Conclusion.MATERIAL


def test_a_file_that_is_not_the_sample_gives_no_conclusion(sqlite_url: str, tmp_path: Path) -> None:
    database = portfolio(sqlite_url)
    done = drawn(database)
    path = tmp_path / "checklist.xlsx"
    checklist(done, path)
    filled(path, {"BIG": Decimal(3_900_000)})
    found = evaluate(Question(Method.MUS), path, database=database, sample=1)
    assert {finding.code for finding in found.findings} == {"sample-row-open"}
    assert len(found.findings) == len(done.items) - 1
    assert found.conclusion is None
    lines = ["unit;book_value;error", "BIG;4000000,00;0", "BIG;4000000,00;0", "P99;1,00;0", "other/P00;7,00;0"]
    (tmp_path / "wrong.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = evaluate(Question(Method.MUS), tmp_path / "wrong.csv", database=database, sample=1)
    codes = [finding.code for finding in found.findings]
    assert codes.count("sample-unit-differs") == 3
    assert codes.count("sample-unit-missing") == 25
    assert found.conclusion is None
