"""A ledger with code lists and nothing booked, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.store.database import Database
from tests.builders import new_ledger


@pytest.fixture
def ledger(database_url: str) -> Iterator[Database]:
    database = new_ledger(database_url)
    yield database
    database.close()
