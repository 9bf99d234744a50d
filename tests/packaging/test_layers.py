"""The import rules have teeth: one planted violation for each, and each is reported."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

#: Contract (its name's first words) -> module in which it is broken -> the line that breaks it.
PLANTED = {
    "cli -> actions": ("intake/planted_upwards.py", "import ledger.actions"),
    "domain imports the standard": ("domain/planted_io.py", "import os"),
    "shipped and settings import": ("shipped.py", "import rich"),
    "intake knows no": ("intake/planted_store.py", "import ledger.store"),
    "only store imports": ("actions/planted_sql.py", "import sqlalchemy"),
    "only cli imports": ("audit/planted_click.py", "import click"),
    "only reporting imports": ("actions/planted_pandas.py", "import pandas"),
    "only reconcile imports": ("actions/planted_likeness.py", "import rapidfuzz"),
    "openpyxl in intake": ("store/planted_openpyxl.py", "import openpyxl"),
}


@pytest.mark.slow
def test_each_contract_reports_its_violation(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "ledger", tmp_path / "ledger", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "pyproject.toml", tmp_path)
    for module, line in PLANTED.values():
        with (tmp_path / "ledger" / module).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    lint = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    result = subprocess.run(
        [sys.executable, "-c", lint],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1, result.stdout + result.stderr
    broken = [line for line in result.stdout.splitlines() if line.endswith(" BROKEN")]
    assert {name for name in PLANTED if any(line.startswith(name) for line in broken)} == set(PLANTED), result.stdout
