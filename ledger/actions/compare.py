"""Hold one list of projects against another: ledger, batch, file or another ledger. Nothing is booked, nothing merged."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ledger.actions.compare_sides import Asked, Limits, ReadSide, is_ledger, read_ledger, read_lists
from ledger.actions.import_files import shipped_code_lists
from ledger.actions.scope import UsageProblem
from ledger.domain.findings import Finding, stops
from ledger.domain.money import display
from ledger.reconcile.comparison import difference
from ledger.reconcile.comparison.difference import Accept, Outcome
from ledger.reconcile.comparison.model import Comparison, Item, Measure
from ledger.reconcile.comparison.one_side import below_others
from ledger.store.database import Database

__all__ = ["Accept", "Asked", "Compared", "Limits", "compare", "read_pairs"]


@dataclass(slots=True)
class Compared:
    """Both sides as they were read, and what comes of holding them against each other; nothing where one cannot be read."""

    left: ReadSide
    right: ReadSide
    comparison: Comparison = field(default_factory=Comparison)
    findings: list[Finding] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        """Whether anything differs, or stands on one side alone."""
        found = self.comparison
        return bool(found.extra or found.missing or found.changed or found.apart)


def compare(
    left: Asked,
    right: Asked,
    *,
    ledger: Callable[[], Database],
    ledger_at: Callable[[str], Database],
    limits: Limits | None = None,
    accept: Accept | None = None,
    profile_dirs: Sequence[Path] = (),
) -> Compared:
    """Read both sides and compare them, by key and then by likeness.

    `ledger` opens the user's ledger, `ledger_at` another one by its name. Likeness makes proposals; only `accept` turns
    them into pairs. Raises UsageProblem for what does not exist.
    """
    limits = _checked(limits or Limits())
    sides: list[ReadSide | None] = [
        None if is_ledger(asked.name) else read_lists(asked, limits, profile_dirs, ledger) for asked in (left, right)
    ]
    ours, theirs = (
        side or read_ledger(asked, limits, ledger() if asked.name == "ledger" else ledger_at(asked.name), other)
        for asked, side, other in ((left, sides[0], sides[1]), (right, sides[1], sides[0]))
    )
    done = Compared(ours, theirs, findings=[*ours.findings, *theirs.findings])
    if stops(done.findings):
        return done
    outcome = difference.compare(ours.side, theirs.side, accept or Accept())
    done.comparison = outcome.comparison
    done.findings += [*_of_measures(done, outcome), *_of_keys(outcome), *_of_levels(done)]
    return done


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """The pairs of references of a csv with the columns `left` and `right`, such as -o writes.

    A column `accept`, where there is one, must say yes. Raises UsageProblem for a file that is not so.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageProblem(f"{path}: the pairs cannot be read ({error})") from error
    if rows and not {"left", "right"} <= rows[0].keys():
        raise UsageProblem(f"{path}: pairs have the columns left and right, each with a reference")
    said_yes = ("yes", "y", "x", "1", "true")
    return [
        (row["left"] or "", row["right"] or "")
        for row in rows
        if "accept" not in row or (row["accept"] or "").strip().casefold() in said_yes
    ]


def _checked(limits: Limits) -> Limits:
    lists = shipped_code_lists()
    funds, countries = [], []
    for name in limits.funds:
        if (code := lists.fund(name)) is None:
            raise UsageProblem(f"{name!r} is no fund")
        funds.append(code)
    for name in limits.countries:
        if (code := lists.country(name)) is None:
            raise UsageProblem(f"{name!r} is no country")
        countries.append(code)
    return replace(limits, funds=funds, countries=countries)


def measure_text(measure: Measure) -> str:
    """`committed, eu, EUR`, and the prices where they are not current ones."""
    prices = "" if measure.price_basis == "current" else f", prices of {measure.price_basis}"
    period = f", {measure.period[:4]}-{measure.period[11:15]}" if measure.period else ""
    return f"{measure.stage}, {measure.basis}, {measure.currency}{prices}{period}"


def _of_measures(done: Compared, outcome: Outcome) -> list[Finding]:
    found = []
    if outcome.across:
        ours, theirs = map(measure_text, outcome.across)
        message = f"LEFT states {ours} alone, RIGHT {theirs} alone; these two are compared"
        found.append(Finding("compare-across", message, values={"left": ours, "right": theirs}))
    for side, measure, minor in outcome.comparison.apart:
        message = f"{side.upper()} alone states {measure_text(measure)}: {display(minor, measure.currency)}"
        found.append(Finding("compare-apart", message, values={"side": side, "minor": minor}))
    if outcome.comparison.apart and not outcome.comparison.balances:
        message = "the two sides have no stage, basis, currency and price basis in common"
        found.append(Finding("compare-nothing-common", message))
    for side, names in outcome.comparison.fields_apart.items():
        if names:
            message = f"{side.upper()} alone states {', '.join(names)}"
            found.append(Finding("compare-fields", message, values={"side": side, "fields": names}))
    ours_on, theirs_on = done.left.as_of, done.right.as_of
    if ours_on != theirs_on and ours_on and theirs_on:
        message = f"LEFT is of {ours_on}, RIGHT of {theirs_on}"
        found.append(Finding("compare-days", message))
    years = [_years(side.side.items) for side in (done.left, done.right)]
    if years[0] and years[1] and years[0] != years[1]:
        spans = [f"{min(some)} to {max(some)}" for some in years]
        message = f"the rows of LEFT are dated {spans[0]}, those of RIGHT {spans[1]}"
        if spans[0] != spans[1]:
            found.append(Finding("compare-days", message))
    return found


def _years(items: Iterable[Item]) -> set[str]:
    """The years in which the rows say that they were decided, else started."""
    days = (item.fields.get("decision_date") or item.fields.get("start_date") for item in items)
    return {day[:4] for day in days if day}


def _of_keys(outcome: Outcome) -> list[Finding]:
    found = []
    for ours, theirs in outcome.unclear:
        sources = sorted({item.source for item in (*ours, *theirs)})
        message = f"{ours[0].ref!r} stands in several sources ({', '.join(sources)}), and nothing says which is meant"
        found.append(Finding("compare-key-unclear", message, values={"ref": ours[0].ref, "sources": sources}))
    for one, other in outcome.unknown:
        message = f"{one!r} and {other!r} were to be taken as the same, but do not stand once on their sides"
        found.append(Finding("compare-pair-unknown", message, values={"left": one, "right": other}))
    folded = [pair for pair in outcome.comparison.pairs if pair.by == "key-folded"]
    if folded:
        message = (
            f"{len(folded)} references were matched that differ in case, blanks or dash, such as "
            f"{folded[0].left[0].ref!r} and {folded[0].right[0].ref!r}"
        )
        found.append(Finding("compare-key-folded", message, values={"pairs": len(folded)}))
    return found


def _of_levels(done: Compared) -> list[Finding]:
    found = []
    for name, side in (("LEFT", done.left), ("RIGHT", done.right)):
        below = below_others(side.side.items)
        if below:
            sums = ", ".join(display(b, m.currency) for m, b in _sums(below, done.comparison))
            message = (
                f"{name}: {len(below)} references go on from another one, such as {below[0].ref!r}"
                f"{f' ({sums})' if sums else ''}: parents and their children may both be counted"
            )
            found.append(Finding("compare-levels", message, values={"side": name.lower(), "rows": len(below)}))
    return found


def _sums(items: Iterable[Item], comparison: Comparison) -> list[tuple[Measure, int]]:
    items = list(items)
    sums = [(b.measure, sum(item.counted(b.measure) for item in items)) for b in comparison.balances]
    return [(measure, minor) for measure, minor in sums if minor]
