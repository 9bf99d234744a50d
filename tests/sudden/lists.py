"""Lists that are newer editions of each other."""

from __future__ import annotations

import csv
from pathlib import Path

_HEADER = ("project_ref", "title", "fund", "country", "decision_date", "eu_contribution", "paid", "currency")


def listed(path: Path, rows: int, edition: int, *, prefix: str = "P") -> Path:
    """A list of projects in csv; each edition corrects every third one and adds ten."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(_HEADER)
        for n in range(rows + 10 * edition):
            amount = 1000 + n + (edition if n % 3 == 0 else 0)
            writer.writerow(
                (f"{prefix}-{n:04}", f"Project {n}", "AMIF", "TN", "2022-03-01", amount, amount // 2, "EUR")
            )
    return path
