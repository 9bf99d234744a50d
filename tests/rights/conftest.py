"""The team's ledger: one for all tests that leave it as it is, and a fresh one for those that do not."""

from __future__ import annotations

import pytest

from tests.rights.team import Team, empty_team, filled_team


@pytest.fixture(scope="session")
def team(postgres_root_url: str) -> Team:
    """A filled ledger that no test changes: what a test does there it rolls back."""
    return filled_team(postgres_root_url)


@pytest.fixture
def own_team(postgres_root_url: str) -> Team:
    """A ledger of this test's own, without rows."""
    return empty_team(postgres_root_url)
