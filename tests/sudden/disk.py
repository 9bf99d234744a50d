"""A disk that forgets: what a program wrote and synced, recorded by strace, and what a power cut may leave of it.

The model is stricter than most file systems. Of what was written since a file's last sync, each sector of 512 bytes may
be there in any of its versions or not at all, and the file may have any of its lengths; a name may be there or not
until its folder was synced. What was synced stays.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SECTOR = 512
STRACE = shutil.which("strace") or ""
_CALLS = "openat,pwrite64,write,fdatasync,fsync,ftruncate,unlink,unlinkat"
_LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\)\s+= (\d+)")
_QUOTED = re.compile(r'"([^"]*)"')
_HANDLE = re.compile(r"^\d+<([^>]*)>")


@dataclass(frozen=True, slots=True)
class Op:
    """One call that matters: create, write, truncate, sync, unlink of a file, or what the program told its user."""

    kind: str
    path: str
    at: int = 0
    data: bytes = b""


def needs_strace() -> None:
    """Skip where there is no strace, or where it may not trace."""
    if not STRACE:
        pytest.skip("strace is not installed")
    tried = subprocess.run(
        [STRACE, "-o", "/dev/null", sys.executable, "-c", ""], capture_output=True, text=True, check=False
    )
    if tried.returncode:
        pytest.skip(f"strace may not trace here: {tried.stderr.strip()}")


def files_of(ledger: Path) -> list[Path]:
    """The files that SQLite makes of a ledger and counts on after a power cut; not the index of its log."""
    return [ledger, *(ledger.with_name(ledger.name + ending) for ending in ("-wal", "-journal"))]


def record(command: Sequence[str], ledger: Path, said: Path) -> list[Op]:
    """Run a command whose output goes to `said`, and return what it did to the ledger's files and what it said."""
    log = said.with_name(f"{said.name}.strace")
    traced = [part for path in (*files_of(ledger), ledger.parent, said) for part in ("-P", str(path))]
    with said.open("wb") as out:
        subprocess.run(
            [
                STRACE,
                "-f",
                "--seccomp-bpf",
                "-o",
                str(log),
                "-qq",
                "-y",
                "-xx",
                "-s",
                "100000000",
                "-e",
                f"trace={_CALLS}",
                *traced,
                *command,
            ],
            stdout=out,
            stderr=subprocess.PIPE,
            check=True,
        )
    ours = {str(path) for path in (*files_of(ledger), ledger.parent, said)}
    with log.open(encoding="ascii") as lines:
        found = [op for line in lines if (op := _parsed(line)) is not None and op.path in ours]
    log.unlink()
    return found


def _parsed(line: str) -> Op | None:
    match = _LINE.match(line)
    if match is None:
        return None  # an error, or the end of the program
    call, arguments, result = match.group(1), match.group(2), int(match.group(3))
    texts = [bytes.fromhex(text.replace("\\x", "")) for text in _QUOTED.findall(arguments)]
    handle = _HANDLE.match(arguments)
    path = bytes.fromhex(handle.group(1).replace("\\x", "")).decode() if handle else ""
    if call == "openat":
        return Op("create", texts[0].decode()) if "O_CREAT" in arguments else None
    if call.startswith("unlink"):
        return Op("unlink", texts[0].decode())
    if call == "pwrite64":
        assert result == len(texts[0]), "strace cut the data off"
        return Op("write", path, int(arguments.rpartition(", ")[2]), texts[0])
    if call == "write":
        return Op("say", path, data=texts[0])
    if call == "ftruncate":
        return Op("truncate", path, int(arguments.rpartition(", ")[2]))
    return Op("sync", path)


@dataclass(slots=True)
class _File:
    """A file: as programs see it, as it was last synced, and what was written in between."""

    seen: bytearray = field(default_factory=bytearray)
    synced: bytes = b""
    versions: dict[int, list[bytes]] = field(default_factory=dict)
    lengths: list[int] = field(default_factory=list)

    def write(self, at: int, data: bytes) -> None:
        end = at + len(data)
        if len(self.seen) < end:
            self.seen.extend(bytes(end - len(self.seen)))
        self.seen[at:end] = data
        self.lengths.append(len(self.seen))
        for sector in range(at // SECTOR, (end - 1) // SECTOR + 1):
            self.versions.setdefault(sector, []).append(bytes(self.seen[sector * SECTOR : (sector + 1) * SECTOR]))

    def truncate(self, length: int) -> None:
        del self.seen[length:]
        self.seen.extend(bytes(length - len(self.seen)))
        self.lengths.append(length)

    def sync(self) -> None:
        self.synced = bytes(self.seen)
        self.versions.clear()
        self.lengths.clear()

    def left(self, chance: random.Random) -> bytes:
        """What a power cut leaves of it."""
        length = chance.choice([len(self.synced), *self.lengths])
        content = bytearray(self.synced[:length].ljust(length, b"\0"))
        for sector, versions in self.versions.items():
            at = sector * SECTOR
            version = chance.choice([content[at : at + SECTOR], *versions])[: max(length - at, 0)]
            content[at : at + len(version)] = version
        return bytes(content)


class Disk:
    """The files of a ledger after a number of operations."""

    def __init__(self, folder: str, before: dict[str, bytes]) -> None:
        self.folder = folder
        self.names = {path: _File(bytearray(content), content) for path, content in before.items()}
        self.synced_names = dict(self.names)

    def apply(self, ops: Iterable[Op]) -> Disk:
        """Do these operations; returns itself."""
        for op in ops:
            if op.kind == "create":
                self.names.setdefault(op.path, _File())
            elif op.kind == "unlink":
                self.names.pop(op.path, None)
            elif op.kind == "write":
                self.names[op.path].write(op.at, op.data)
            elif op.kind == "truncate":
                self.names[op.path].truncate(op.at)
            elif op.kind == "sync" and op.path == self.folder:
                self.synced_names = dict(self.names)
            elif op.kind == "sync" and op.path in self.names:
                self.names[op.path].sync()
        return self

    def seen(self) -> dict[str, bytes]:
        """The files as programs see them while the power is on."""
        return {path: bytes(file.seen) for path, file in self.names.items()}

    def cut(self, chance: random.Random) -> dict[str, bytes]:
        """The files that a power cut may leave."""
        found = {}
        for path in sorted(self.names.keys() | self.synced_names.keys()):
            file = chance.choice([self.names.get(path), self.synced_names.get(path)])
            if file is not None:
                found[path] = file.left(chance)
        return found
