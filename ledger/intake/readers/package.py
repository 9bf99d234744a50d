"""Look over a zip package before anything in it is believed: sizes, names, checksums, and no DTD."""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import IO

from ledger.intake.readers.book import unreadable

#: These limits refused none of 2,975 real workbooks for their size.
MAX_ENTRIES = 10_000
MAX_EXPANSION = 512 * 1024 * 1024
MAX_RATIO = 200
#: A small part may well be all blanks; the ratio counts only from here on.
_RATIO_FLOOR = 1024 * 1024
_CHUNK = 256 * 1024
_DTD = [f"<!{word}".encode(coding) for word in ("DOCTYPE", "ENTITY") for coding in ("ascii", "utf-16-le", "utf-16-be")]
_OVERLAP = max(map(len, _DTD)) - 1
_ROW_NUMBER = re.compile(rb'<row [^<>]*?\br="([0-9]{1,9})"')


@dataclass(slots=True)
class _RowOrder:
    """Watches the row numbers of a worksheet go by in pieces, and whether they rise."""

    last: int = 0
    rising: bool = True
    carried: bytes = b""

    def see(self, piece: bytes) -> None:
        data = self.carried + piece
        cut = max(data.rfind(b"<row"), len(data) - 4096, 0)
        for digits in _ROW_NUMBER.findall(data[:cut]):
            self.note(int(digits))
        self.carried = data[cut:]

    def note(self, number: int) -> None:
        self.rising = self.rising and number > self.last
        self.last = number

    def end(self) -> bool:
        for digits in _ROW_NUMBER.findall(self.carried):
            self.note(int(digits))
        return self.rising


@dataclass(slots=True)
class Package:
    """A zip that was looked over, and the worksheet parts whose rows do not stand in order."""

    zip: zipfile.ZipFile
    unordered: set[str] = field(default_factory=set)


def open_package(stream: IO[bytes], file: str) -> Package:
    """The package, looked over and fit to be read; raises `ReadFailed` with the reason otherwise.

    Every entry is unpacked once (and thrown away): the sizes that a zip declares and its checksums are claims.
    """
    try:
        package = Package(zipfile.ZipFile(stream))
        _check_names(package.zip, file)
        _read_through(package, file)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise unreadable(file, f"the zip package is damaged ({error})") from error
    return package


def _check_names(package: zipfile.ZipFile, file: str) -> None:
    entries = package.infolist()
    if len(entries) > MAX_ENTRIES:
        raise unreadable(file, f"the package has {len(entries)} entries; at most {MAX_ENTRIES} are read")
    seen: set[str] = set()
    for entry in entries:
        # ZipInfo cuts names at a NUL and turns the machine's separators; the name as stored is what counts.
        name = entry.orig_filename.replace("\\", "/")
        parts = name.split("/")
        if name.startswith("/") or ".." in parts or "\0" in name or (len(parts[0]) == 2 and parts[0][1] == ":"):
            raise unreadable(file, f"the package holds a name that leads out of it: {entry.orig_filename!r}")
        if name.casefold() in seen:
            raise unreadable(file, f"the package holds two entries of one name: {name!r}")
        seen.add(name.casefold())
        if entry.flag_bits & 0x1:
            raise unreadable(file, f"the entry {name!r} is encrypted")
    if sum(entry.file_size for entry in entries) > MAX_EXPANSION:
        raise unreadable(file, f"the package unpacks to more than {MAX_EXPANSION // 2**20} MiB")


def _read_through(package: Package, file: str) -> None:
    total = 0
    for entry in package.zip.infolist():
        size = 0
        tail = b""
        markup = entry.filename.lower().endswith((".xml", ".rels", ".vml"))
        # OpenDocument Basic parts carry a DOCTYPE of LibreOffice's own making; nothing here reads them.
        markup = markup and not entry.filename.startswith(("Basic/", "Dialogs/"))
        order = _RowOrder() if markup and "worksheets/" in entry.filename else None
        with package.zip.open(entry) as part:
            while chunk := part.read(_CHUNK):
                size += len(chunk)
                if total + size > MAX_EXPANSION:
                    raise unreadable(file, f"the package unpacks to more than {MAX_EXPANSION // 2**20} MiB")
                if size > _RATIO_FLOOR and size > MAX_RATIO * max(entry.compress_size, 1):
                    raise unreadable(file, f"the entry {entry.filename!r} unpacks to over {MAX_RATIO} times its size")
                if markup:
                    window = tail + chunk
                    if any(needle in window for needle in _DTD):
                        raise unreadable(file, f"the part {entry.filename!r} carries a DTD; such files are refused")
                    tail = window[-_OVERLAP:]
                if order:
                    order.see(chunk)
        if order and not order.end():
            package.unordered.add(entry.filename)
        total += size
