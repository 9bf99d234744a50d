"""One trial of fault injection: an honest list states the total, the faulty list is imported, the ledger explains.

Run by hand for many seeds: `python -m tests.explain.trials --size 190 --seeds 40 --kinds scale_error,extra_row`.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ledger.actions.import_files import import_files
from ledger.actions.reconcile import reconcile
from ledger.domain.money import Money
from ledger.reconcile.quantities import Quantity
from ledger.reconcile.verdicts import Explained, explained
from tests.builders import new_ledger
from tests.explain import direct
from tests.explain.faults import INJECTORS, Fault, Unsuitable
from tests.explain.portfolios import Portfolio, portfolio, write_figure, write_list, write_rates


@dataclass(slots=True)
class Trial:
    """What was done and what was told. `rank` is the place of the first explanation that names it all; None: nowhere.

    `difference` (cents) is recorded less stated; `is_sought`: whether causes were sought at all.
    """

    portfolio: Portfolio
    faults: list[Fault]
    told: tuple[Explained, ...]
    difference: int
    seconds: float
    is_sought: bool = True

    @property
    def rank(self) -> int | None:
        named = (place for place, each in enumerate(self.told, start=1) if names(each, self.faults))
        return next(named, None)


@dataclass(slots=True)
class Setting:
    """How a trial is set up."""

    size: int
    kinds: tuple[str, ...] = ()
    #: cents by which the stated total is off without any fault
    noise: int | None = None
    bare: bool = False
    #: `against`: the honest list is a second source; `history`: it was imported before
    source: str = ""
    files: int | None = None
    notes: dict[str, str] = field(default_factory=dict)


def prepared(seed: int, setting: Setting) -> tuple[Portfolio, Portfolio, list[Fault]]:
    """An honest portfolio and its faulty copy; another portfolio is drawn where a fault does not fit."""
    for attempt in range(60):
        rng = random.Random(f"faults {seed} {attempt}")  # noqa: S311 - drawn again by its seed
        honest = portfolio(seed * 1000 + attempt, setting.size, files=setting.files, bare=setting.bare)
        if len(honest.counted()) < 10:
            continue
        faulty, faults = honest.copy(), []
        try:
            order = sorted(setting.kinds, key=lambda kind: kind == "rounding")
            faults.extend([INJECTORS[kind](rng, faulty) for kind in order])
        except Unsuitable:
            continue
        return honest, faulty, faults
    raise AssertionError(f"no portfolio suits {setting.kinds}")


def run(seed: int, setting: Setting, folder: Path, url: str | None = None) -> Trial:
    """The whole of it, through import and reconcile, on a ledger of its own: at `url`, else a file in the folder."""
    honest, faulty, faults = prepared(seed, setting)
    database = new_ledger(url or f"sqlite:///{folder / 'ledger.db'}")
    stated = honest.total() + (setting.noise or 0)
    against = None
    needs = bool(setting.source) or any(fault.needs_source for fault in faults)
    how = setting.source or ("history" if seed % 2 else "against")
    if needs and how == "against":
        against = folder / "honest.csv"
        write_list(against, honest.headers, honest.rows)
    write_rates(folder / "rates.csv")
    write_figure(folder / "figures.csv", honest, stated)
    import_files(database, [folder / "rates.csv"], profile="rates")
    import_files(database, [folder / "figures.csv"], profile="figures")
    if needs and how == "history":
        write_list(folder / "first.csv", honest.headers, honest.rows)
        import_files(database, [folder / "first.csv"], profile="projects")
        write_list(folder / "second.csv", faulty.headers, faulty.rows)
        import_files(database, [folder / "second.csv"], profile="projects", complete=True)
    else:
        lists = [folder / f"list{number}.csv" for number in range(1, len(faulty.files) + 1)]
        for path, rows in zip(lists, faulty.files, strict=True):
            write_list(path, faulty.headers, rows)
        import_files(database, lists, profile="projects")
    began = time.process_time()
    (result,) = reconcile(database, ["TOTAL"], explain=True, against=str(against) if against else None).results
    took = time.process_time() - began
    database.close()
    assert isinstance(result.difference, Money)
    return Trial(faulty, faults, result.explanations, result.difference.minor, took, result.explainable)


def run_directly(seed: int, setting: Setting) -> Trial:
    """The same without reading and booking."""
    honest, faulty, faults = prepared(seed, setting)
    needs = bool(setting.source) or any(fault.needs_source for fault in faults)
    source = (setting.source or ("history" if seed % 2 else "against")) if needs else ""
    found, difference, took = direct.told(honest, faulty, noise=setting.noise or 0, source=source)
    return Trial(faulty, faults, explained(found, "EUR"), difference, took, difference != 0)


def names(explanation: Explained, faults: Sequence[Fault]) -> bool:
    """Whether an explanation names every fault, by its kind and one of its rows, and nothing else."""
    if len(explanation.causes) != len(faults):
        return False
    left = list(explanation.causes)
    for fault in faults:
        hit = next(
            (
                cause
                for cause in left
                if cause.kind == fault.kind and (fault.whole or fault.refs & {row.ref for row in cause.rows})
            ),
            None,
        )
        if hit is None:
            return False
        left.remove(hit)
    return True


def minor(quantity: Quantity) -> int:
    """The cents of an effect or a residual, which for a sum is money."""
    assert isinstance(quantity, Money)
    return quantity.minor


def show(trial: Trial) -> str:
    size = f"rows {len(trial.portfolio.rows)}, counted {len(trial.portfolio.counted())}"
    lines = [
        f"  difference {trial.difference / 100:,.2f} {size}, scope {trial.portfolio.scope}, {trial.seconds:.2f} s",
        *(f"    fault {fault.kind} {sorted(fault.refs)} ({fault.how})" for fault in trial.faults),
    ]
    for each in trial.told[:5]:
        lines.append(f"    {each.score:4d} bits, rest {each.residual}")
        for cause in each.causes:
            rows = ", ".join(f"{row.ref}@{row.row}" for row in cause.rows[:3])
            lines.append(
                f"         {cause.kind} {minor(cause.effect) / 100:,.2f} {len(cause.rows)} rows {rows} – {cause.note}"
            )
    return "\n".join(lines)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=190)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--kinds", default=",".join(INJECTORS))
    parser.add_argument("--faults", type=int, default=1)
    parser.add_argument("--noise", action="store_true")
    parser.add_argument("--bare", action="store_true")
    parser.add_argument("--source", default="")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--direct", action="store_true", help="without import and database")
    options = parser.parse_args()
    kinds = options.kinds.split(",")
    first, third, runs = Counter[str](), Counter[str](), Counter[str]()
    slowest: dict[str, float] = {}
    for seed in range(options.first, options.first + options.seeds):
        rng = random.Random(f"kinds {seed}")  # noqa: S311 - as above
        for kind in kinds if options.faults == 1 and not options.noise else ("",):
            chosen = (kind,) if kind else tuple(rng.sample(kinds, options.faults if not options.noise else 0))
            noise = None
            if options.noise:
                noise = rng.choice((-1, 1)) * int(10 ** rng.uniform(0, 9.5))
                chosen = ()
            setting = Setting(options.size, chosen, noise, options.bare, options.source)
            if options.direct:
                trial = run_directly(seed, setting)
            else:
                with tempfile.TemporaryDirectory() as folder:
                    trial = run(seed, setting, Path(folder))
            name = kind or ("noise" if options.noise else "set")
            runs[name] += 1
            slowest[name] = max(slowest.get(name, 0.0), trial.seconds)
            good = not trial.told if options.noise else trial.rank == 1
            first[name] += good
            third[name] += trial.rank is not None and trial.rank <= 3
            if options.show or not good:
                _say(f"seed {seed} {','.join(chosen)} {noise or ''}")
                _say(show(trial))
    for name in runs:
        _say(
            f"{name:22s} {runs[name]:5d} runs, first {first[name]:5d}, first three {third[name]:5d}, slowest {slowest[name]:.2f} s"
        )
    total = sum(runs.values())
    _say(f"all {total}: first {sum(first.values()) / total:.3f}, first three {sum(third.values()) / total:.3f}")


if __name__ == "__main__":
    main()
