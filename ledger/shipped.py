"""The one module that finds the shipped data folders, installed from a wheel or in a checkout.

A wheel carries `imports/`, `exports/` and `migrations/` inside the package, as `ledger/_bundled/…`; in a checkout
(an editable install too) they stand beside the package. They are looked for in these two places and nowhere else:
an editable install may leave an old copy of `_bundled` in site-packages, and that copy must never be read. Hence
the search starts at the package that was really imported, not at a distribution's file list.
"""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

PACKAGE = "ledger"


class ShippedDataMissingError(RuntimeError):
    """The installation is damaged: the data folder that belongs to it is not there."""


def shipped(folder: str) -> Traversable:
    """The shipped folder of that name (`imports/profiles`, say); ShippedDataMissingError where there is none."""
    package = files(PACKAGE)
    bundled = package.joinpath("_bundled")
    # Bundled first: whoever holds a wheel must not pick up an `imports/` that happens to lie beside site-packages.
    home = bundled if bundled.is_dir() else _checkout(package)
    found = home
    for part in folder.split("/"):
        found = found.joinpath(part)
    if not found.is_dir():
        message = f"the shipped folder {folder!r} is missing from this installation ({found}): install it again"
        raise ShippedDataMissingError(message)
    return found


def _checkout(package: Traversable) -> Traversable:
    """The checkout that the package stands in. Only a package on the file system can have one."""
    if not isinstance(package, Path):
        message = f"this installation carries no shipped data ({package}): install it again"
        raise ShippedDataMissingError(message)
    return package.parent


def profiles() -> Traversable:
    """Import profiles: `*.toml`, one per known spreadsheet."""
    return shipped("imports/profiles")


def codelists() -> Traversable:
    """Code lists: `*.csv`, countries, currencies, funds."""
    return shipped("imports/codelists")


def workbooks() -> Traversable:
    """The shipped reference workbooks, and SOURCES.md that says where each figure is from."""
    return shipped("imports/workbooks")


def templates() -> Traversable:
    """What exports are made from: texts with places to fill in."""
    return shipped("exports/templates")


def migrations() -> Traversable:
    """The Alembic environment. Alembic needs a real path: `store` alone turns this into one with `as_file`."""
    return shipped("migrations")


def exports() -> Traversable:
    """What exports need beside their declarations: the words of each language."""
    return shipped("exports")


def reports() -> Traversable:
    """Declarations of reports: `*.toml`, one per shipped report."""
    return shipped("exports/reports")
