"""Stages and bases."""

from __future__ import annotations

import pytest

from ledger.domain.stages import Basis, Stage, source_of


def test_money_flows_through_the_ranks_one_by_one() -> None:
    flow = [Stage.OUTSIDE, Stage.ALLOCATED, Stage.COMMITTED, Stage.CONTRACTED, Stage.PAID]
    assert [stage.rank for stage in flow] == [0, 1, 2, 3, 4]
    assert [source_of(stage) for stage in flow[1:]] == flow[:-1]


def test_declared_decommitted_and_recovered_stand_beside_the_flow() -> None:
    beside = {Stage.DECLARED: Stage.OUTSIDE, Stage.DECOMMITTED: Stage.COMMITTED, Stage.RECOVERED: Stage.PAID}
    assert {stage: source_of(stage) for stage in Stage if stage.rank is None} == beside


def test_nothing_precedes_the_outside() -> None:
    with pytest.raises(ValueError, match="outside"):
        source_of(Stage.OUTSIDE)


def test_the_names_are_those_of_the_command_line() -> None:
    assert [str(basis) for basis in Basis] == ["eu", "national_public", "public", "private", "other"]
    assert Stage("committed") is Stage.COMMITTED
