"""`python -m benchmarks`: ours and what others use instead, side by side; prints the table, `--write` puts it into the docs.

`--quick` runs each once, on 1,000 rows. Times of a machine that does other work are worth little: look at the ratios.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.contests import Contest, Contestant, Material, contests, start_up
from benchmarks.measure import Result, Run, RunFailedError, run
from benchmarks.table import growth, put_into, rows_of, table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the contests that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=5, help="measured runs of each, after one that warms up")
    parser.add_argument("--only", default="", help="only contests with this text in their title")
    parser.add_argument("--quick", action="store_true", help="1,000 rows, once, without PostgreSQL")
    parser.add_argument("--data", type=Path, help="keep lists and ledgers here, for the next time")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    asked = parser.parse_args(arguments)
    rows, runs = ([1_000], 1) if asked.quick else (asked.rows, asked.runs)
    with ExitStack() as stack:
        folder = asked.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="euledger-bench-")))
        folder.mkdir(parents=True, exist_ok=True)
        material = Material(folder, None if asked.quick else _server(stack))
        planned = [(0, contest) for contest in start_up()]
        planned += [(length, contest) for length in rows for contest in contests(material, length)]
        taken = [(n, c, _take(c, runs, warm_up=not asked.quick)) for n, c in planned if asked.only in c.title]
    text = _report([(n, c, {r.name: r for r in results}) for n, c, results in taken], runs)
    print(text)
    if asked.write:
        put_into(PAGE, text)
    return 0


def _server(stack: ExitStack) -> str | None:
    """A PostgreSQL of the tests' kind, where one can be had."""
    with suppress(ImportError, RuntimeError):
        from tests.databases import postgres_server

        return stack.enter_context(postgres_server())
    print("no PostgreSQL: its contests are left out", file=sys.stderr)
    return None


def _take(contest: Contest, runs: int, *, warm_up: bool) -> list[Result]:
    """All contestants in turn, so often; the first turn warms up and does not count."""
    print(f"{contest.title} …", file=sys.stderr, flush=True)
    present = [contest.ours, *(other for other, _ in contest.others)]
    measured: dict[str, list[Run]] = {each.name: [] for each in present}
    failed = {each.name: each.missing for each in present if each.missing}
    for turn in range(runs + warm_up):
        for each in present:
            if each.name in failed:
                continue
            try:
                once = _once(each)
            except RunFailedError as error:
                failed[each.name] = "failed"
                print(error, file=sys.stderr)
                continue
            if turn or not warm_up:
                measured[each.name].append(once)
    return [Result(name, tuple(found), failed.get(name, "")) for name, found in measured.items()]


def _once(each: Contestant) -> Run:
    with tempfile.TemporaryDirectory(prefix="euledger-bench-") as scratch:
        folder = Path(scratch)
        command = each.prepare(folder)
        kept = {key: value for key, value in os.environ.items() if not key.startswith("EULEDGER")}
        return run(command, folder=folder, environment=kept)


def _report(taken: Sequence[tuple[int, Contest, dict[str, Result]]], runs: int) -> str:
    by_work: dict[str, list[tuple[int, float]]] = {}
    for length, contest, results in taken:
        ours = results[contest.ours.name]
        if length and ours.runs:
            work = contest.title.replace(f"{3 * length:,}", "n").replace(f"{length:,}", "n")
            by_work.setdefault(work, []).append((length, ours.processor))
    machine = f"{os.cpu_count()} processors, Python {platform.python_version()}, {platform.system()}"
    busy = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    head = f"{datetime.now(UTC).date().isoformat()}, {machine}, {busy} at the end; medians of {runs} runs in turn."
    return "\n\n".join(filter(None, [head, table(rows_of(c, r) for _, c, r in taken), growth(by_work)]))


if __name__ == "__main__":
    sys.exit(main())
