"""Files against a plain dictionary: what a workbook or csv states is what the ledger sums up to, twice is once."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xlsxwriter import Workbook

from ledger.actions.batches import revert
from ledger.actions.import_files import ImportResult, import_files
from ledger.store.database import Database, parse_url
from ledger.store.totals import Filter, totals
from tests.builders import new_ledger

HEADER = ("project_ref", "title", "fund", "country", "decision_date", "eu_contribution", "paid", "currency")
Row = tuple[str, str, str, str, date, int, int]

rows = st.lists(
    st.tuples(
        st.sampled_from([f"P-{n:03}" for n in range(40)]),
        st.text(st.characters(codec="utf-8", categories=("L", "N", "Zs"), exclude_characters="\u00a0"), max_size=20),
        st.sampled_from(("AMIF", "BMVI", "ISF")),
        st.sampled_from(("AT", "EL", "NA", "TN", "Côte d’Ivoire")),
        st.dates(date(2021, 1, 1), date(2027, 12, 31)),
        st.integers(0, 10**12),
        st.integers(0, 10**12),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda row: row[0],
)
CODES = {"EL": "GR", "Côte d’Ivoire": "CI"}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger, copied for each example."""
    path = tmp_path_factory.mktemp("import") / "empty.db"
    database = new_ledger(f"sqlite:///{path}")
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


def write(path: Path, stated: list[Row]) -> Path:
    """The rows as a csv or xlsx, with typed numbers and dates in the latter."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(HEADER)
            for ref, title, fund, country, day, eu, paid in stated:
                writer.writerow((ref, title, fund, country, day.isoformat(), _text(eu), _text(paid), "EUR"))
        return path
    with Workbook(path, {"default_date_format": "yyyy-mm-dd", "strings_to_numbers": False}) as book:
        sheet = book.add_worksheet("Projects")
        sheet.write_row(0, 0, HEADER)
        for number, (ref, title, fund, country, day, eu, paid) in enumerate(stated, start=1):
            for column, text in enumerate((ref, title, fund, country)):
                sheet.write_string(number, column, text)
            sheet.write_datetime(number, 4, day)
            sheet.write_number(number, 5, Decimal(eu) / 100)
            sheet.write_number(number, 6, Decimal(paid) / 100)
            sheet.write_string(number, 7, "EUR")
    return path


def _text(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"


def model(stated: list[Row]) -> Counter[tuple[str, str, str, str]]:
    sums: Counter[tuple[str, str, str, str]] = Counter()
    for ref, _, fund, country, _, eu, paid in stated:
        code = CODES.get(country, country)
        sums[ref, fund, code, "committed"] += eu
        sums[ref, fund, code, "paid"] += paid
    return +sums


def booked(database: Database) -> Counter[tuple[str, ...]]:
    with database.read() as connection:
        found = totals(connection, Filter(), ("project", "fund", "country", "stage"))
    return Counter({total.keys: total.minor for total in found if total.keys[0] is not None})


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=rows, second=rows, ending=st.sampled_from((".csv", ".xlsx")))
def test_files_equal_the_model(template: Path, first: list[Row], second: list[Row], ending: str) -> None:
    folder = template.parent
    for leftover in folder.glob("example.db*"):
        leftover.unlink()
    database = Database(parse_url(str(shutil.copyfile(template, folder / "example.db"))))

    def put(stated: list[Row]) -> ImportResult:
        (result,) = import_files(database, [write(folder / f"list{ending}", stated)], profile="projects", complete=True)
        refused = [str(f) for f in result.findings if f.level in ("stop", "error")]
        assert not refused
        assert sum(result.rows.values()) == len(stated) + 1, "every row is in exactly one state"
        return result

    one = put(first)
    assert booked(database) == model(first)
    assert put(first).batch is None, "twice is once"
    two = put(second)
    assert booked(database) == model(second)
    for batch, before in ((two.batch, model(first)), (one.batch, Counter())):
        if batch is not None:
            assert revert(database, batch).batch is not None
            assert booked(database) == before
    database.close()
