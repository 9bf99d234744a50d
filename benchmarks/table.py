"""Results as the tables of docs/performance.md."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.contests import Contest
from benchmarks.measure import Result

BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
_HEAD = "| work | by | seconds | spread | processor | peak MB | ratio | to reach | |\n|---|---|---:|---:|---:|---:|---:|---:|---|"


def rows_of(contest: Contest, results: Mapping[str, Result]) -> list[str]:
    """The lines of one contest: ours first, then each other with the ratio of our median to its."""
    ours = results[contest.ours.name]
    lines = [_line(contest.title, ours, "", "", "")]
    for other, goal in contest.others:
        result = results[other.name]
        if not result.runs:
            lines.append(_line("", result, "", f"≤ {goal}", "not measured"))
            continue
        if not ours.runs:
            continue
        ratio = ours.seconds / result.seconds
        lines.append(_line("", result, f"{ratio:.2f}", f"≤ {goal}", "reached" if ratio <= goal else "not reached"))
    return lines


def _line(title: str, result: Result, ratio: str, goal: str, verdict: str) -> str:
    if not result.runs:
        return f"| {title} | {result.name} | {result.why} | | | | | {goal} | {verdict} |"
    low, high = result.spread
    numbers = f"{result.seconds:.2f} | {low:.2f}-{high:.2f} | {result.processor:.2f} | {result.megabytes:.0f}"
    return f"| {title} | {result.name} | {numbers} | {ratio} | {goal} | {verdict} |"


def table(parts: Iterable[Sequence[str]]) -> str:
    """The whole table."""
    return "\n".join([_HEAD, *(line for part in parts for line in part)])


def exponent(points: Sequence[tuple[int, float]]) -> float | None:
    """The slope of a line through the logarithms: 1 grows as the list does. None from fewer than two points."""
    if len(points) < 2:
        return None
    xs, ys = [math.log(x) for x, _ in points], [math.log(y) for _, y in points]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - mean_x) ** 2 for x in xs)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread


def growth(points: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    """Processor time by length, and the fitted exponent, of each kind of work that was measured at two lengths or more."""
    lines = ["| work | processor seconds by rows | exponent |", "|---|---|---:|"]
    for work, measured in points.items():
        if (fitted := exponent(measured)) is not None:
            shown = ", ".join(f"{rows:,}: {seconds:.2f}" for rows, seconds in measured)
            lines.append(f"| {work} | {shown} | {fitted:.2f} |")
    return "\n".join(lines) if len(lines) > 2 else ""


def put_into(page: Path, text: str) -> None:
    """Replace what stands between the two marks of the page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
