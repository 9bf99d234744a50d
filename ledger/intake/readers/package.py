"""Look over a zip package before anything in it is believed: sizes, names, checksums, and no DTD.

Every entry is unpacked once and thrown away, for what a zip declares of itself is a claim. The sheets are counted on
their way (see `sheet_scan`), so that the second reading of a workbook costs no second unpacking.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import IO

from ledger.intake.readers.book import too_large, unreadable, unsafe
from ledger.intake.readers.limits import (
    MAX_DIRECTORY,
    MAX_ENTRIES,
    MAX_EXPANSION,
    MAX_GROWTH,
    MAX_RATIO,
    MIB,
    RATIO_FLOOR,
    WHOLE_RATIO_FLOOR,
)
from ledger.intake.readers.sheet_scan import SheetScan

_CHUNK = 256 * 1024
_ENCODED = ("ascii", "utf-16-le", "utf-16-be")
_DTD = [f"<!{word}".encode(coding) for word in ("DOCTYPE", "ENTITY") for coding in _ENCODED]
_OVERLAP = max(map(len, _DTD)) - 1
_STARTS = (b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0<")
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""")
#: Encodings that have `<` in one place only. Others could write a DTD in other bytes (in mac-arabic, 0xBC is `<` too).
_HONEST = re.compile(
    rb"utf-?8|utf-?16(le|be)?|us-ascii|ascii|iso-8859-\d+|iso8859-\d+|latin-?1|windows-125\d|cp125\d", re.IGNORECASE
)
#: OpenDocument parts that are read as XML; Basic parts carry a DOCTYPE of LibreOffice's own making, and nobody reads them.
_DOCUMENT_PARTS = frozenset({"content.xml", "styles.xml", "meta.xml", "settings.xml"})
_END = b"PK\x05\x06"
_END_LENGTH = 22


@dataclass(slots=True)
class Package:
    """A zip that was looked over, and what was counted in its worksheet parts."""

    zip: zipfile.ZipFile
    scans: dict[str, SheetScan] = field(default_factory=dict)


def open_package(stream: IO[bytes], file: str) -> Package:
    """The package, looked over and fit to be read; raises `ReadFailed` with the reason otherwise."""
    try:
        size = _check_end(stream, file)
        package = Package(zipfile.ZipFile(stream))
        _check_entries(package.zip, file, size)
        _read_through(package, file, size)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise unreadable(file, f"the zip package is damaged ({error})") from error
    return package


def _check_end(stream: IO[bytes], file: str) -> int:
    """The size of the file. Its list of entries is short enough to be read, and there is no doubt where it stands."""
    size = stream.seek(0, 2)
    start = max(size - _END_LENGTH - 65_535, 0)
    stream.seek(start)
    tail = stream.read()
    ends = [at for at in _places(tail, _END) if _closes(tail, at)]
    if len(ends) > 1:
        raise unsafe(file, "the package has two lists of entries; programs differ in which they read")
    at = ends[0] if ends else tail.rfind(_END)
    if at < 0 or at + _END_LENGTH > len(tail):
        raise unreadable(file, "the zip package is damaged (its end is missing)")
    entries, length = struct.unpack("<H L", tail[at + 10 : at + 12] + tail[at + 12 : at + 16])
    locator = tail[max(at - 20, 0) : at]
    if locator.startswith(b"PK\x06\x07"):
        stream.seek(min(struct.unpack("<Q", locator[8:16])[0], size))
        wide = stream.read(56)
        if wide.startswith(b"PK\x06\x06") and len(wide) == 56:
            entries, length = struct.unpack("<Q Q", wide[32:48])
    if entries > MAX_ENTRIES or length > MAX_DIRECTORY:
        raise too_large(file, f"the package has {entries:,} entries; at most {MAX_ENTRIES:,} are read")
    return size


def _places(data: bytes, sign: bytes) -> Iterator[int]:
    at = data.find(sign)
    while at >= 0:
        yield at
        at = data.find(sign, at + 1)


def _closes(tail: bytes, at: int) -> bool:
    """True where the comment of this end record reaches exactly to the end of the file."""
    record = tail[at : at + _END_LENGTH]
    return len(record) == _END_LENGTH and at + _END_LENGTH + int.from_bytes(record[20:22], "little") == len(tail)


def _check_entries(package: zipfile.ZipFile, file: str, size: int) -> None:
    entries = package.infolist()
    if len(entries) > MAX_ENTRIES:
        raise too_large(file, f"the package has {len(entries):,} entries; at most {MAX_ENTRIES:,} are read")
    seen: set[str] = set()
    for entry in entries:
        # ZipInfo cuts names at a NUL and turns the machine's separators; the name as stored is what counts.
        name = entry.orig_filename.replace("\\", "/")
        parts = name.split("/")
        if name.startswith("/") or ".." in parts or "\0" in name or (len(parts[0]) == 2 and parts[0][1] == ":"):
            raise unsafe(file, f"the package holds a name that leads out of it: {entry.orig_filename!r}")
        if name.casefold() in seen:
            raise unsafe(file, f"the package holds two entries of one name: {name!r}")
        seen.add(name.casefold())
        if entry.flag_bits & 0x1:
            raise unsafe(file, f"the entry {name!r} is encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise unsafe(file, f"the entry {name!r} is packed in a way that no spreadsheet program uses")
    if sum(entry.file_size for entry in entries) > _allowed(size):
        raise _expands(file, size)
    placed = sorted(entries, key=lambda entry: entry.header_offset)
    for one, two in pairwise(placed):
        if one.header_offset + 30 + len(one.orig_filename) + one.compress_size > two.header_offset:
            raise unsafe(file, f"the entries {one.filename!r} and {two.filename!r} lie over each other")


def _allowed(size: int) -> int:
    return max(MAX_EXPANSION, MAX_GROWTH * size)


def _expands(file: str, size: int) -> Exception:
    return too_large(file, f"the package unpacks to more than {_allowed(size) // MIB:,} MiB")


def _read_through(package: Package, file: str, whole: int) -> None:
    total = 0
    is_document = "content.xml" in package.zip.namelist()
    for entry in package.zip.infolist():
        size = 0
        part = _Part(entry.filename, file, is_document=is_document)
        with package.zip.open(entry) as stream:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if total + size > _allowed(whole):
                    raise _expands(file, whole)
                if size > RATIO_FLOOR and size > MAX_RATIO * max(entry.compress_size, 1):
                    raise too_large(file, f"the entry {entry.filename!r} unpacks to over {MAX_RATIO} times its size")
                part.see(chunk)
        if scan := part.end():
            package.scans[entry.filename] = scan
        total += size
        if total > WHOLE_RATIO_FLOOR and total > MAX_RATIO * whole:
            raise too_large(file, f"the package unpacks to over {MAX_RATIO} times its size")


class _Part:
    """Watches one entry go by in pieces: is it XML, does it carry a DTD, is it a worksheet."""

    def __init__(self, name: str, file: str, *, is_document: bool) -> None:
        self._name, self._file = name, file
        self._read_as_xml = not is_document or name in _DOCUMENT_PARTS
        self._markup: bool | None = None
        #: how a DTD begins, which plain parts never hold
        self._sign = b"<!"
        self._is_wide = False
        self._tail = b""
        self._scan: SheetScan | None = None

    def see(self, piece: bytes) -> None:
        if self._markup is None:
            self._begin(piece)
        if not self._markup:
            return
        if b"\0" in piece and not self._is_wide:
            raise unreadable(self._file, f"the part {self._name!r} is no XML text")
        window = self._tail + piece
        if b"!" in window and self._sign in window and any(needle in window for needle in _DTD):
            message = f"the part {self._name!r} carries a DTD; such files are refused"
            raise unsafe(self._file, message)
        self._tail = window[-_OVERLAP:]
        if self._scan:
            self._scan.see(piece)

    def _begin(self, piece: bytes) -> None:
        named = self._name.lower().endswith((".xml", ".rels", ".vml"))
        self._markup = self._read_as_xml and (named or piece.lstrip().startswith(_STARTS))
        if not self._markup:
            return
        declared = _DECLARED.match(piece.removeprefix(b"\xef\xbb\xbf").lstrip())
        if declared and not _HONEST.fullmatch(declared[1]):
            raise unsafe(self._file, f"the part {self._name!r} is in an encoding that no spreadsheet program uses")
        if b"\0" in piece[:64]:
            self._sign, self._is_wide = b"<\0!", True
        self._scan = SheetScan.of(piece)

    def end(self) -> SheetScan | None:
        if self._scan:
            self._scan.end()
        return self._scan
