"""The revisions of the schema that this program knows."""

from __future__ import annotations

from functools import cache

from ledger import shipped


@cache
def revisions() -> tuple[str, ...]:
    """Every revision that this program knows, oldest first.

    From the names of the files (YYYY_MM_DD_REVISION_slug.py): every command asks, and Alembic takes a tenth of a second
    to answer. A test holds the two against each other.
    """
    files = (entry.name for entry in shipped.migrations().joinpath("versions").iterdir())
    return tuple(sorted(name.split("_")[3] for name in files if name.endswith(".py")))


def head() -> str:
    """The newest revision that this program knows."""
    return revisions()[-1]
