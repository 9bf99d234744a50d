"""Random portfolios in real files: envelopes, two sources with references in common, newer lists, an undo, figures."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from pathlib import Path

from ledger.actions.batches import revert
from ledger.actions.import_files import ImportResult, import_files
from ledger.store.database import Database
from tests.builders import new_ledger

ROOT = Path(__file__).resolve().parents[2]
HEAD = (
    "project_ref", "unit", "parent", "title", "fund", "country", "countries_split", "decision_date", "envelope",
    "total_cost", "eu_contribution", "national_public", "paid", "currency", "earmark_share",
)  # fmt: skip
SPLITS = ("TN=40;MA=35;LY=25", "TN=33.3333333;LY=66.6666667", "EG=10;rest=90")
FIGURES = (
    ("X-ALL", "some EUR 5 million", "5000000", "EUR", "sum", "committed", "eu", "", "", ""),
    ("X-AMIF", "more than EUR 1 million", "1000000", "EUR", "sum", "committed", "eu", "AMIF", "", ""),
    ("X-TN", "about EUR 2 million", "2000000", "EUR", "sum", "committed", "eu", "", "TN", ""),
    ("X-EITHER", "EUR 2 million", "2000000", "EUR", "sum", "", "", "", "", ""),
    ("X-COUNT", "more than 3 projects", "3", "projects", "count", "committed", "", "", "", ""),
    ("X-MIG", "EUR 1 million", "1000000", "EUR", "sum", "committed", "eu", "", "", "migration"),
)


def build(url: str, folder: Path, seed: str, *, projects: int = 12) -> Database:
    """A ledger of one random history; the files stay in `folder`."""
    rng = random.Random(seed)  # noqa: S311 - a seed to repeat a failure
    database = new_ledger(url)
    # The shipped profile of projects, whose shares count towards an earmark.
    shipped = (ROOT / "imports" / "profiles" / "projects.toml").read_text("utf-8")
    marked = shipped.replace('name = "projects"', 'name = "marked"').replace(
        "[constants]", '[constants]\nearmark = "migration"'
    )
    (folder / "marked.toml").write_text(marked.replace('["project_ref"]', '["project_ref", "earmark_share"]'), "utf-8")
    put(database, write(folder / "acts.csv", ENVELOPE_HEAD, envelopes()), "envelopes")
    put(database, write(folder / "figures.csv", FIGURE_HEAD, FIGURES), "figures")
    first = rows(rng, projects)
    put(database, write(folder / "north.csv", HEAD, first), "marked", source="north")
    # The same references from another source, in thousands.
    second = [row for row in rows(rng, projects // 2) if row[1] != "contract"]
    put(database, write(folder / "south.csv", HEAD, second), "marked", source="south", unit="thousand")
    newer = changed(rng, first)
    put(database, write(folder / "north-2.csv", HEAD, newer), "marked", complete=True, source="north")
    third = changed(rng, newer)
    undone = put(database, write(folder / "north-3.csv", HEAD, third), "marked", source="north")
    if undone.batch is not None:
        revert(database, undone.batch)
    return database


ENVELOPE_HEAD = ("envelope", "parent", "title", "fund", "country", "period_start", "period_end", "amount", "currency")
FIGURE_HEAD = ("figure", "quote", "value", "unit", "measure", "stage", "basis", "fund", "country", "earmark")


def envelopes() -> list[tuple[str, ...]]:
    years = ("2021-01-01", "2027-12-31")
    return [
        ("E", "", "All of it", "AMIF", "", *years, "90000000", "EUR"),
        ("E.TN", "E", "Tunisia", "AMIF", "TN", *years, "20000000.01", "EUR"),
        ("E.MA", "E", "Morocco", "AMIF", "MA", *years, "10000000", "EUR"),
    ]


def rows(rng: random.Random, count: int) -> list[tuple[str, ...]]:
    """Project rows: shares, total costs, splits, contracts of decisions, other currencies."""
    made: list[tuple[str, ...]] = []
    for number in range(1, count + 1):
        eu = rng.randint(1, 10 ** rng.randint(3, 9))
        national = rng.choice((0, rng.randint(1, 10**6)))
        total = rng.choice((0, eu + national + rng.randint(0, 10**5)))
        split = rng.choice(("", "", *SPLITS))
        country = "" if split else rng.choice(("TN", "MA", "LY"))
        fund = rng.choice(("AMIF", "NDICI-GE"))
        parent = f"P-{rng.randint(1, number - 1)}" if number > 4 and rng.random() < 0.25 else ""
        if parent and any(row[0] == parent and row[2] for row in made):
            parent = ""
        made.append(
            (
                f"P-{number}",
                "contract" if parent else "decision",
                parent,
                f"Project {number}",
                fund,
                country,
                split,
                rng.choice(("", "2022-03-01", "2024-07-15")),
                "E.TN" if fund == "AMIF" and country == "TN" and not parent else "",
                text(total),
                text(eu),
                text(national),
                text(rng.choice((0, eu // 2))),
                "EUR" if rng.random() < 0.8 or parent else "TND",
                rng.choice(("", "33.3333333", "25")),
            )
        )
    return made


def changed(rng: random.Random, before: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """A newer list: some amounts are others, a project is gone."""
    kept = [row for row in before if row[2] or rng.random() < 0.9]
    gone = {row[0] for row in before} - {row[0] for row in kept}
    return [
        (*row[:10], text(rng.randint(1, 10**7)), *row[11:]) if rng.random() < 0.4 else row
        for row in kept
        if row[2] not in gone
    ]


def text(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}" if minor else ""


def write(path: Path, head: Sequence[str], stated: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([head, *stated])
    return path


def put(database: Database, path: Path, profile: str, *, complete: bool = False, **settings: str) -> ImportResult:
    folders = [path.parent]
    (result,) = import_files(
        database, [path], profile=profile, settings=settings, complete=complete, profile_dirs=folders
    )
    refused = [str(f) for f in result.findings if f.level == "stop"]
    assert not refused, refused
    return result
