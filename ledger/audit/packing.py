"""Writing an audit pack: a zip file of which every byte follows from its members, and the parts that are the seals' own.

The form of the file is that of `verify_pack.py`, which goes into the pack and checks it without this program; its
functions write the headers here too, so that there is one description of the form.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from importlib.resources import files
from itertools import groupby
from tempfile import SpooledTemporaryFile
from typing import IO, Final

from ledger.audit import verify_pack
from ledger.audit.verify_pack import DEFLATED, MANIFEST, SIGNED, STORED, Member
from ledger.domain.sealing import FORMATS, Seal
from ledger.store.database import Connection
from ledger.store.seals import read_rows

#: Bytes of a packed member that are kept in memory; larger ones wait in a temporary file.
_IN_MEMORY: Final = 8 << 20
_LEVEL: Final = 6
_NAME_LIMIT: Final = 60


class PackWriter:
    """Writes members one after the other to a file that is empty, and at the end the manifest and the directory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.members: list[Member] = []

    def add(self, name: str, content: bytes | Iterable[bytes], method: int = DEFLATED) -> Member:
        """Add a member; its content may come in pieces of any size."""
        pieces = (content,) if isinstance(content, bytes) else content
        packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
        whole, packed, crc, size = sha256(), sha256(), 0, 0
        with SpooledTemporaryFile(max_size=_IN_MEMORY) as waiting:

            def put(data: bytes) -> None:
                packed.update(data)
                waiting.write(data)

            for piece in pieces:
                whole.update(piece)
                crc, size = zlib.crc32(piece, crc), size + len(piece)
                put(packing.compress(piece) if method == DEFLATED else piece)
            put(packing.flush() if method == DEFLATED else b"")
            member = Member(
                name, method, crc, waiting.tell(), size, self._file.tell(), whole.hexdigest(), packed.hexdigest()
            )
            self._file.write(verify_pack.local_header(member))
            waiting.seek(0)
            while data := waiting.read(_IN_MEMORY):
                self._file.write(data)
        self.members.append(member)
        return member

    def close(self, sign: Callable[[str], str] | None = None) -> None:
        """Add the manifest, the signature of it that `sign` makes of a text, and the directory."""
        listed = self.add(MANIFEST, verify_pack.manifest(self.members).encode(), STORED)
        if sign is not None:
            self.add(SIGNED, sign(verify_pack.signed_text(listed.sha256)).encode(), STORED)
        for _, entry in verify_pack.directory(self.members, self._file.tell()):
            self._file.write(entry)


def verifier() -> bytes:
    """The text of `verify_pack.py`, as it stands in this installation."""
    return files("ledger.audit").joinpath("verify_pack.py").read_bytes()


def source_name(digest: str, name: str) -> str:
    """The member of a kept file: its SHA-256 and what of its name no file system and no zip program can mind."""
    plain = re.sub("[^A-Za-z0-9._-]+", "_", name)[-_NAME_LIMIT:]
    return f"sources/{digest}-{plain or 'file'}"


def entries(seals: Sequence[Seal]) -> Iterator[bytes]:
    """The seals, a line each: the bytes whose hash is the seal's."""
    return (seal.entry + b"\n" for seal in seals)


def tables(seals: Sequence[Seal]) -> list[str]:
    """Every table that one of the seals covers, in the order of the leaves."""
    return list(dict.fromkeys(table for seal in seals for table in FORMATS[seal.format]))


def rows(connection: Connection, seals: Sequence[Seal], table: str) -> Iterator[bytes]:
    """The sealed rows of a table, a line each, exactly as they were hashed."""
    for format_, group in groupby(seals, key=lambda seal: seal.format):
        covered = list(group)
        if table in FORMATS[format_]:
            first, last = covered[0].spans()[table], covered[-1].spans()[table]
            for chunk in read_rows(connection, table, format_, after=first.after, last=last.last):
                yield b"".join(row + b"\n" for row in chunk.rows)
