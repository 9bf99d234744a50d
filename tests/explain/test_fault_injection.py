"""Fault injection through import and reconcile: the true cause comes first, two are found together, noise has no cause.

The default run takes a sample; `--heavy` runs the bars of the issue: portfolios of 190, 2,000 and 20,000 rows.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.explain.faults import INJECTORS
from tests.explain.trials import Setting, Trial, run, show


def trials(folder: Path, size: int, draws: Sequence[tuple[int, tuple[str, ...], int | None]]) -> list[Trial]:
    done = []
    for place, (seed, kinds, noise) in enumerate(draws):
        own = folder / str(place)
        own.mkdir()
        done.append(run(seed, Setting(size, kinds, noise), own))
    return done


def noise(seed: int) -> int:
    rng = random.Random(f"noise {seed}")  # noqa: S311 - drawn again by its seed
    return rng.choice((-1, 1)) * int(10 ** rng.uniform(3, 9.5))


def misses(done: list[Trial]) -> str:
    return "\n".join(show(trial) for trial in done if trial.rank != 1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", INJECTORS)
def test_a_fault_of_each_kind_is_named_first(tmp_path: Path, kind: str) -> None:
    (trial,) = trials(tmp_path, 190, [(2, (kind,), None)])
    assert trial.rank == 1, show(trial)
    assert trial.told[0].residual.minor == 0
    assert sum(cause.effect.minor for cause in trial.told[0].causes) == trial.difference


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_noise_has_no_cause(tmp_path: Path, seed: int) -> None:
    (trial,) = trials(tmp_path, 190, [(seed, (), noise(seed))])
    assert trial.difference == -noise(seed)
    assert trial.told == (), show(trial)
    assert trial.is_sought


def test_without_a_difference_nothing_is_sought(tmp_path: Path) -> None:
    (trial,) = trials(tmp_path, 190, [(7, (), None)])
    assert trial.difference == 0
    assert (trial.told, trial.is_sought) == ((), False)


@pytest.mark.slow
def test_two_faults_are_named_together(tmp_path: Path) -> None:
    pairs = [("duplicate_row", "scale_error"), ("extra_row", "sign_error"), ("subtotal_counted", "out_of_period")]
    done = trials(tmp_path, 190, [(seed, pair, None) for seed, pair in enumerate(pairs, start=11)])
    assert [trial.rank for trial in done] == [1, 1, 1], misses(done)


@pytest.mark.heavy
@pytest.mark.parametrize(("size", "seeds"), [(190, 30), (2000, 10), (20_000, 1)])
def test_one_fault_at_every_size(tmp_path: Path, size: int, seeds: int) -> None:
    done = trials(tmp_path, size, [(seed, (kind,), None) for seed in range(700, 700 + seeds) for kind in INJECTORS])
    first = sum(trial.rank == 1 for trial in done)
    first_three = sum(trial.rank is not None and trial.rank <= 3 for trial in done)
    assert first >= 0.95 * len(done), misses(done)
    # A swap of the last digits moves a total by cents, which chance does as easily: those stay unexplained.
    told = [trial for trial in done if not _is_small_change(trial)]
    assert first_three >= 0.99 * len(told), misses(done)


@pytest.mark.heavy
@pytest.mark.parametrize(("size", "seeds"), [(190, 60), (2000, 30), (20_000, 8)])
def test_two_faults_at_every_size(tmp_path: Path, size: int, seeds: int) -> None:
    draws = []
    for seed in range(800, 800 + seeds):
        rng = random.Random(f"pair {seed}")  # noqa: S311 - drawn again by its seed
        draws.append((seed, tuple(rng.sample(list(INJECTORS), 2)), None))
    done = trials(tmp_path, size, draws)
    first_three = sum(trial.rank is not None and trial.rank <= 3 for trial in done)
    assert first_three >= 0.8 * len(done), misses(done)


@pytest.mark.heavy
@pytest.mark.parametrize(("size", "seeds"), [(190, 60), (2000, 20), (20_000, 3)])
def test_noise_at_every_size(tmp_path: Path, size: int, seeds: int) -> None:
    done = trials(tmp_path, size, [(seed, (), noise(seed)) for seed in range(900, 900 + seeds)])
    assert [show(trial) for trial in done if trial.told] == []


@pytest.mark.heavy
@pytest.mark.parametrize(("size", "seconds"), [(2000, 1.0), (20_000, 10.0)])
def test_it_stays_quick(tmp_path: Path, size: int, seconds: float) -> None:
    done = trials(tmp_path, size, [(5, ("extra_row",), None), (6, (), noise(6))])
    assert max(trial.seconds for trial in done) < seconds


def _is_small_change(trial: Trial) -> bool:
    return trial.faults[0].kind == "digit_transposition" and abs(trial.difference) < 1000
