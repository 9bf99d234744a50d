"""Imports one small list after the other, as an officer would who tries again when something fails.

`python -m tests.standby.importer URL FOLDER NUMBER` numbers its references on from NUMBER, and prints `acknowledged REF` when an import is told to be done, and `failed REF:
why` when not; then the same file is imported again.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from ledger.actions.import_files import import_files
from ledger.domain.findings import stops
from ledger.store.database import Database, DatabaseProblem, parse_url

HEADER = "project_ref,title,fund,country,decision_date,eu_contribution,currency"


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def run(url: str, folder: Path, number: int) -> None:
    """Goes on until its starter is gone."""
    database = Database(parse_url(url))
    starter = os.getppid()
    while os.getppid() == starter:
        number += 1
        ref = f"P-{number:06}"
        path = folder / f"{ref}.csv"
        path.write_text(f"{HEADER}\n{ref},Project {number},AMIF,TN,2022-03-01,{number}.25,EUR\n", encoding="utf-8")
        while os.getppid() == starter:
            try:
                [result] = import_files(database, [path], settings={"source": "standby"})
            except DatabaseProblem as problem:
                tell(f"failed {ref}: {problem}")
                time.sleep(0.1)
                continue
            assert not stops(result.findings), result.findings
            tell(f"acknowledged {ref}")
            break


if __name__ == "__main__":
    run(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
