"""A list as long as a sheet takes passes through little memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

#: Written by a process of its own, whose highest memory is then known.
CHILD = """
import resource, sys
from pathlib import Path
from ledger.domain.money import Money
from ledger.reporting.declaration import load_declaration
from ledger.reporting.model import Field, FigureSheet, ReportModel, Total
from ledger.reporting.report_book import write_report_book
from ledger.reporting.tables import Kind
from ledger.reporting.vocabulary import vocabulary

count, path = int(sys.argv[1]), Path(sys.argv[2])
fields = [
    Field("project_ref", "Reference", width=24),
    Field("title", "Title", width=44),
    Field("committed", "Committed", Kind.MONEY, 21, asks={"stage": "committed", "basis": "eu"}),
]

class Rows:
    def __iter__(self):
        return ([f"P{n}", f"An operation with a title of its own, number {n}", Money(n, "EUR")] for n in range(count))

total = Total(("EUR", "current", False), {"committed": sum(range(count))}, {"committed": sum(range(count))})
sheet = FigureSheet("operations", "Operations", "", "projects", fields, Rows(), [total], plain=True, rows_are_checked=False)
declared = load_declaration(b'[[sheets]]\\nname = "operations"\\nkind = "projects"', "long.toml")
model = ReportModel(declared, vocabulary(), "Long", [sheet], [], None, {})
assert write_report_book(model, path) == []
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def highest_memory_kib(count: int, path: Path) -> int:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(count), str(path)], check=True, capture_output=True, text=True
    )
    return int(done.stdout)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    short, long = (highest_memory_kib(count, tmp_path / f"{count}.xlsx") for count in (1_000, 30_000))
    assert long - short < 12 * 1024


@pytest.mark.heavy
def test_a_full_sheet_needs_less_than_300_mb(tmp_path: Path) -> None:
    assert highest_memory_kib(1_048_575, tmp_path / "full.xlsx") < 300 * 1024
