"""Lists by the name that a user gives them: a path, or `batch:N`, the file that a batch keeps, read as it was imported."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ledger.actions.import_files import reader
from ledger.actions.scope import UsageProblem
from ledger.domain.records import Reading
from ledger.store import batches
from ledger.store.database import Connection

_BATCH = "batch:"


@dataclass(frozen=True, slots=True)
class NamedList:
    """A file that is read as an import would read it; `path` is where its bytes stand meanwhile."""

    path: Path
    reading: Reading
    batch: int | None = None


def is_batch(named: str) -> bool:
    """Whether the name is that of a batch, so that a ledger has to be asked."""
    return named.startswith(_BATCH)


def read_path(
    path: Path, profile: str | None = None, settings: Mapping[str, str] | None = None, profile_dirs: Sequence[Path] = ()
) -> NamedList:
    """The list at a path. What cannot be read is told in the findings of its reading."""
    return NamedList(path, reader(profile, settings or {}, profile_dirs)(path))


@contextmanager
def read_batch(connection: Connection, named: str, profile_dirs: Sequence[Path] = ()) -> Iterator[list[NamedList]]:
    """The files that `batch:N` keeps, with the profile and settings of their import, whatever became of the batch.

    Raises UsageProblem for a batch that does not exist or keeps no file.
    """
    number = named.removeprefix(_BATCH)
    batch = batches.find(connection, int(number)) if number.isascii() and number.isdigit() else None
    kept = batches.files(connection, int(number)) if batch is not None else []
    if batch is None or not kept:
        raise UsageProblem(f"{named}: no batch of this number keeps a file. List them with: euledger imports list")
    read = reader(batch["profile"], json.loads(batch["settings"]), profile_dirs)
    with tempfile.TemporaryDirectory(prefix="euledger-") as folder:
        found = []
        for name, sha256 in kept:
            path = Path(folder) / Path(name).name
            path.write_bytes(batches.content(connection, sha256))
            found.append(NamedList(path, read(path), int(number)))
        yield found
