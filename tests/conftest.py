"""Fixtures for all tests: databases of both kinds, the shared corpus, and what is left out of the default run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from tests.databases import PostgresUnavailableError, postgres_server

ROOT = Path(__file__).resolve().parent.parent
#: On a build server a missing PostgreSQL is a failure, so that half of the tests cannot go missing in silence.
IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--heavy` runs the tests that take minutes or gigabytes as well."""
    parser.addoption("--heavy", action="store_true", help="also run the tests marked heavy")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselects the heavy tests, which pytest then counts in its closing line."""
    if config.getoption("--heavy"):
        return
    heavy = [item for item in items if item.get_closest_marker("heavy")]
    if heavy:
        config.hook.pytest_deselected(items=heavy)
        items[:] = [item for item in items if not item.get_closest_marker("heavy")]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real spreadsheets, read where it stands: EULEDGER_CORPUS, or `shared/corpus` beside the checkout."""
    named = os.environ.get("EULEDGER_CORPUS")
    folder = Path(named) if named else ROOT.parent / "shared" / "corpus"
    if not folder.is_dir():
        pytest.skip(f"no corpus of spreadsheets at {folder}; EULEDGER_CORPUS names another place")
    return folder


@pytest.fixture(scope="session")
def postgres_root_url() -> Iterator[str]:
    """The administrator's URL of this process's own PostgreSQL, started at the first use and always stopped."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(postgres_server())
        except PostgresUnavailableError as error:
            if IN_CI:
                pytest.fail(str(error))
            pytest.skip(str(error))
        yield url


_numbers = count(1)


@pytest.fixture
def postgres_url(postgres_root_url: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database of this test's own, dropped afterwards."""
    import psycopg

    name = f"test_{next(_numbers)}"
    server = postgres_root_url.replace("+psycopg", "")
    # file_copy is the quicker strategy (13 ms against 21 ms, measured) where nothing needs to survive a crash.
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy".encode())
    yield f"{postgres_root_url.rpartition('/')[0]}/{name}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database; a test that asks for it runs on both kinds."""
    wanted = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(wanted))
