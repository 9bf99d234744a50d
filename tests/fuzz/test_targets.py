"""The fuzz targets on a few hundred inputs each, and the inputs that once broke them; `tests/fuzz/run.py` goes on for hours."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.run import NAMES
from tests.fuzz.targets import TARGETS

pytestmark = pytest.mark.slow

#: How often in the default run; identification makes a workbook the slowest.
EXAMPLES = {"number": 150, "date": 150, "profile": 150, "workbook": 40}


def test_each_target_can_be_run_for_longer() -> None:
    assert set(NAMES) == set(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_every_seed_passes(name: str) -> None:
    for seed in TARGETS[name].make_seeds():
        TARGETS[name].run(seed)


#: What fuzzing found, by target, in its shortest form.
CRASHES = [
    ("workbook", b"<html><table><tr><th>A</tr><td>1<td>2</table></html>"),
    ("profile", b"kind = " + b"[" * 5000),
    ("profile", b'kind = "projects"\ncoverage = 3\n'),
    ("profile", b'kind = "projects"\ntitle = 0x' + b"f" * 9000),
]


@pytest.mark.parametrize(("name", "data"), CRASHES)
def test_what_once_broke_a_reader_does_not_again(name: str, data: bytes) -> None:
    TARGETS[name].run(data)


@pytest.mark.parametrize("name", TARGETS)
def test_changed_seeds_pass(name: str) -> None:
    target = TARGETS[name]

    @settings(max_examples=EXAMPLES[name], deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(target.make_seeds()), st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4))
    def passes(seed: bytes, changes: list[int]) -> None:
        data = seed
        for change in changes:
            data = target.mutated(data, change)
        target.run(data)

    passes()


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes_pass(name: str) -> None:
    @settings(max_examples=EXAMPLES[name], deadline=None, database=None)
    @given(st.one_of(st.binary(max_size=400), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
    def passes(data: bytes) -> None:
        TARGETS[name].run(data)

    passes()


@pytest.mark.heavy
@pytest.mark.parametrize("name", TARGETS)
def test_many_changed_seeds_pass(name: str) -> None:
    target = TARGETS[name]
    for number in range(40 * EXAMPLES[name]):
        for seed in target.make_seeds():
            target.run(target.mutated(target.mutated(seed, number), number + 1))
