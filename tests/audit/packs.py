"""Packs for the tests: made, taken apart, forged by somebody who knows the form, and checked by verify_pack.py."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from ledger.audit import verify_pack
from ledger.audit.packing import PackWriter
from ledger.audit.verify_pack import MANIFEST, SIGNED


@dataclass(frozen=True, slots=True)
class Page:
    """What verify_pack.py said, and how it ended."""

    code: int
    text: str

    @property
    def failed(self) -> list[str]:
        """The lines of what does not hold."""
        return [line for line in self.text.splitlines() if line.startswith("FAIL ")]


def check(path: Path, *, keys: tuple[str, ...] = (), older: tuple[str, ...] = ()) -> Page:
    """The page about a pack."""
    out = io.StringIO()
    code = verify_pack.verify(path, keys, older, out)
    page = Page(code, out.getvalue())
    assert bool(page.failed) == bool(code), page.text
    return page


def contents(path: Path) -> dict[str, bytes]:
    """The members of a pack."""
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def forge(members: Mapping[str, bytes], path: Path, *, manifest: bytes | None = None) -> Path:
    """A pack in good form made of these members by somebody without the key; the manifest anew unless one is given.

    A signature that was there stays there.
    """
    with path.open("wb") as file:
        writer = PackWriter(file)
        for name, content in members.items():
            if name not in (MANIFEST, SIGNED):
                writer.add(name, content)
        listed = verify_pack.manifest(writer.members).encode() if manifest is None else manifest
        writer.add(MANIFEST, listed, verify_pack.STORED)
        if SIGNED in members:
            writer.add(SIGNED, members[SIGNED], verify_pack.STORED)
        for _, entry in verify_pack.directory(writer.members, file.tell()):
            file.write(entry)
    return path


def forged(path: Path, name: str, change: Callable[[bytes], bytes]) -> Page:
    """The page about the pack with one member changed, and the manifest to go with it."""
    members = contents(path)
    before = members[name]
    members[name] = change(before)
    assert members[name] != before
    return check(forge(members, path.with_name("forged.zip")))


def with_json(change: Callable[[Any], None]) -> Callable[[bytes], bytes]:
    """A change of a member's JSON in place."""

    def changed(content: bytes) -> bytes:
        read = json.loads(content)
        change(read)
        return json.dumps(read).encode()

    return changed
