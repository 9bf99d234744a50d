"""The benchmarks measure what they say: the same list in every form, times and memory of a command, ratios and exponents."""

from __future__ import annotations

import csv
import sys
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from benchmarks import table, workbooks
from benchmarks.__main__ import main
from benchmarks.contests import Contest, Contestant
from benchmarks.measure import Result, Run, RunFailedError, run


@pytest.mark.parametrize("shared", [False, True])
def test_a_list_is_the_same_as_workbook_and_as_csv(tmp_path: Path, shared: bool) -> None:
    workbooks.write_xlsx(tmp_path / "list.xlsx", 30, shared=shared)
    workbooks.write_csv(tmp_path / "list.csv", 30)
    sheet = openpyxl.load_workbook(tmp_path / "list.xlsx").active
    assert sheet is not None
    with (tmp_path / "list.csv").open(encoding="utf-8", newline="") as handle:
        expected = list(csv.reader(handle))
    cells = [[_as_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    assert cells == expected
    assert len(cells) == 31
    assert all(len(row) == 16 for row in cells)


def _as_text(value: object) -> str:
    if isinstance(value, int | float):
        return f"{value:.2f}"
    return f"{value:%Y-%m-%d}" if isinstance(value, date) else str(value)


def test_a_run_tells_time_processor_and_memory_of_all_processes(tmp_path: Path) -> None:
    child = "x = bytearray(60_000_000); import time; time.sleep(0.4)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); sum(range(3_000_000))"
    alone = run([sys.executable, "-c", "pass"], folder=tmp_path)
    taken = run([sys.executable, "-c", parent], folder=tmp_path)
    assert taken.seconds >= 0.4 > taken.processor - alone.processor > 0
    assert taken.megabytes > 60 > alone.megabytes
    inside = run([sys.executable, "-c", """print('words\\n{"seconds": 0.125}')"""], folder=tmp_path)
    assert inside.seconds == 0.125
    with pytest.raises(RunFailedError, match="ended with 3: sorry"):
        run([sys.executable, "-c", "import sys; print('sorry', file=sys.stderr); sys.exit(3)"], folder=tmp_path)


def test_the_table_gives_ratios_and_names_who_is_missing() -> None:
    nobody = Contestant("nobody", lambda _: [], program="no-such-program", modules=("csv", "no_such_module"))
    assert nobody.missing == "not installed: no_such_module, no-such-program"
    contest = Contest("work", Contestant("us", lambda _: []), ((Contestant("them", lambda _: []), 0.5), (nobody, 1.0)))
    results = {
        "us": Result("us", (Run(1.0, 1, 10), Run(3.0, 1, 10), Run(2.0, 1, 10))),
        "them": Result("them", (Run(4.0, 2, 10),)),
        "nobody": Result("nobody", (), nobody.missing),
    }
    ours, theirs, missing = table.rows_of(contest, results)
    assert "2.00 | 1.00-3.00" in ours
    assert theirs.endswith("| 0.50 | ≤ 0.5 | reached |")
    assert "not installed" in missing
    assert missing.endswith("| ≤ 1.0 | not measured |")
    assert table.exponent([(10, 2.0), (100, 20.0), (1000, 200.0)]) == pytest.approx(1.0)
    assert table.exponent([(10, 2.0)]) is None


def test_the_command_measures_and_prints(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--quick", "--only", "euledger --version", "--data", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "| euledger --version | euledger | " in out
    assert "|  | click hello world | " in out


@pytest.mark.heavy
def test_every_contest_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick"]) == 0
    out = capsys.readouterr().out
    assert "failed" not in out
    assert out.count("euledger import") >= 4
