"""File bytes to workbooks of sheets of rows (see `ledger.intake.cells`). No database, no guess at meaning.

`open_workbook` is the one door. What a file is, its bytes say; its name is not believed.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import IO

from ledger.domain.findings import Finding
from ledger.intake.cells import Workbook
from ledger.intake.readers.book import Book, ReadFailed, unreadable
from ledger.intake.readers.package import Package

__all__ = ["Book", "ReadFailed", "open_workbook"]

_CFB = bytes.fromhex("d0cf11e0a1b11ae1")
_OLD_XLS = (b"\x09\x08", b"\x09\x04\x06\x00", b"\x09\x02\x06\x00", b"\x09\x00\x04\x00")
#: Kinds that people attach by mistake, by their first bytes.
_OTHER_KINDS = (
    (b"%PDF", "a PDF document"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"),
    (b"{\\rtf", "an RTF document"), (b"Rar!", "a RAR archive"), (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x1f\x8b", "a gzip archive"), (b"SQLite format 3", "an SQLite database"), (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"), (b"BZh9", "a bzip2 archive"), (b"PAR1", "a Parquet file"),
)  # fmt: skip
_HTML_SIGNS = (b"<html", b"<table", b"<!doctype html", b"<body", b"<head")


def open_workbook(path: Path, *, encoding: str | None = None) -> Workbook:
    """The workbook at `path`; its `findings` hold a STOP, and it has no sheets, where it can not be read.

    Nothing is raised for bad input here. Damage that shows only while rows stream by is raised by `Sheet.rows()` as
    `ReadFailed`, which carries its finding. `encoding` settles the encoding of a text file. Close the workbook after
    use: it keeps the file open.
    """
    if not path.is_file():
        what = "a folder stands there" if path.is_dir() else "no such file"
        return Book("", findings=[Finding("file-missing", what, file=path.name)])
    return _open(path, path.name, encoding, archive=True)


def _open(path: Path, file: str, encoding: str | None, *, archive: bool) -> Book:
    try:
        return _dispatch(path, file, encoding, archive=archive)
    except ReadFailed as failure:
        return Book("", findings=[failure.finding])
    except (ValueError, LookupError, RecursionError, zipfile.BadZipFile) as error:
        return Book("", findings=[unreadable(file, f"the file is damaged ({error})").finding])
    except OSError as error:
        return Book("", findings=[unreadable(file, f"the file can not be opened ({error.strerror})").finding])


def _dispatch(path: Path, file: str, encoding: str | None, *, archive: bool) -> Book:
    with path.open("rb") as stream:
        head = stream.read(65536)
    if not head.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        return Book("", findings=[Finding("file-empty", "the file is empty", file=file)])
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _open_zip(path, file, encoding, archive=archive)
    if head.startswith(_CFB):
        return _open_compound(path, file)
    if head.startswith(_OLD_XLS) and b"\0" in head[:64]:
        return _open_native(path, file, "xls")
    for magic, kind in _OTHER_KINDS:
        if head.startswith(magic):
            return Book("", findings=[Finding("file-type-unknown", f"the file is {kind}", file=file)])
    return _open_text(path, file, head, encoding)


def _open_text(path: Path, file: str, head: bytes, encoding: str | None) -> Book:
    def opener() -> IO[bytes]:
        return path.open("rb")

    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if start.startswith(b"<"):
        from ledger.intake.readers.kept_apart import open_apart

        if b"<!entity" in start:
            message = "the file defines entities of its own, which could stand for other files or for endless text"
            return Book("", findings=[Finding("file-unsafe", message, file=file)])
        if b"<iati-activit" in start[:8192]:
            return open_apart(path, file, "iati")
        if any(sign in start for sign in _HTML_SIGNS):
            return open_apart(path, file, "html", encoding=encoding)
        if start.startswith((b"<?xml", b"<!doctype")):
            return Book("", findings=[Finding("file-type-unknown", "XML of a kind that is not read", file=file)])
    if _is_binary(head):
        return Book("", findings=[Finding("file-type-unknown", "the bytes are no text and no spreadsheet", file=file)])
    from ledger.intake.readers.delimited import open_delimited

    return open_delimited(opener, file, encoding=encoding)


def _is_binary(head: bytes) -> bool:
    """True where control bytes say that it is no text. UTF-16 has zeros in every other place, and is text."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    zeros = head.count(0)
    if zeros > len(head) * 0.3 and (head[0::2].count(0) < zeros * 0.05 or head[1::2].count(0) < zeros * 0.05):
        return False
    odd = sum(head.count(byte) for byte in range(32) if byte not in b"\t\n\r\x0b\x0c\x1a\x1b")
    return odd > max(len(head) // 50, 1)


def _open_compound(path: Path, file: str) -> Book:
    """A compound file: an xls, or an xlsx in the wrapping of its password."""
    data = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in data:
        return Book("", findings=[Finding("file-protected", "the workbook is encrypted", file=file)])
    if not any(name.encode("utf-16-le") + b"\0\0" in data for name in ("Workbook", "Book", "WORKBOOK", "BOOK")):
        message = "an Office file without a workbook in it (a Word document or a message?)"
        return Book("", findings=[Finding("file-type-unknown", message, file=file)])
    book = _open_native(path, file, "xls")
    if "_VBA_PROJECT".encode("utf-16-le") in data and book.sheets:
        book.findings.append(_macros(file))
    return book


def _open_native(path: Path, file: str, kind: str, main: str = "") -> Book:
    from ledger.intake.readers.native import open_native

    return open_native(path, file, kind, main=main)


def _macros(file: str) -> Finding:
    return Finding("macros-ignored", "the workbook carries macros; they were not run", file=file)


def _open_zip(path: Path, file: str, encoding: str | None, *, archive: bool) -> Book:
    from ledger.intake.readers.package import open_package

    stream = path.open("rb")
    try:
        package = open_package(stream, file)
        book = _open_package(package, path, file, encoding, archive=archive)
    except BaseException:
        stream.close()
        raise
    book.closers.insert(0, stream.close)
    return book


def _open_package(package: Package, path: Path, file: str, encoding: str | None, *, archive: bool) -> Book:
    from ledger.intake.readers.xlsx import has_macros, open_xlsx, workbook_part

    names = set(package.zip.namelist())
    if "mimetype" in names and "content.xml" in names:
        return _open_document(package, path, file)
    if "[Content_Types].xml" in names or "_rels/.rels" in names or "xl/workbook.xml" in names:
        main = workbook_part(package.zip, file)
        if main is None or not main.lower().rpartition("/")[2].startswith("workbook"):
            return Book("", findings=[Finding("file-type-unknown", "an Office file without a workbook", file=file)])
        book = (
            _open_native(path, file, "xlsb", main)
            if main.lower().endswith(".bin")
            else open_xlsx(package, main, path, file)
        )
        if has_macros(package.zip):
            book.findings.append(_macros(file))
        return book
    if not archive:
        return Book("", findings=[Finding("file-type-unknown", "an archive inside an archive", file=file)])
    return _open_members(package.zip, file, encoding)


def _open_document(package: Package, path: Path, file: str) -> Book:
    from ledger.intake.readers.kept_apart import open_apart

    manifest = package.zip.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in package.zip.namelist() else b""
    if b"encryption-data" in manifest:
        return Book("", findings=[Finding("file-protected", "the document is encrypted", file=file)])
    if b"spreadsheet" not in package.zip.read("mimetype")[:200]:
        return Book("", findings=[Finding("file-type-unknown", "an OpenDocument file without a table", file=file)])
    return open_apart(path, file, "ods")


def _open_members(archive: zipfile.ZipFile, file: str, encoding: str | None) -> Book:
    """Each member of a plain zip as a set of sheets `member!sheet`; a member that can not be read stops the whole.

    Members are unpacked under names of our own in a scratch folder that goes with the workbook.
    """
    book = Book("zip")
    scratch = Path(tempfile.mkdtemp(prefix="euledger-"))
    book.closers.append(lambda: shutil.rmtree(scratch, ignore_errors=True))
    for index, entry in enumerate(archive.infolist()):
        name = entry.filename
        if entry.is_dir() or name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith("."):
            continue
        target = scratch / f"member-{index}"
        with archive.open(entry) as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink)
        member = _open(target, f"{file}!{name}", encoding, archive=False)
        book.findings.extend(member.findings)
        book.closers.append(member.close)
        for sheet in member.sheets:
            sheet.name = f"{name}!{sheet.name}" if sheet.name else name
            book.sheets.append(sheet)
        if book.modified is None or (member.modified and member.modified > book.modified):
            book.modified = member.modified
    if not book.sheets and not book.findings:
        book.findings.append(Finding("file-empty", "the archive holds no file", file=file))
    return book
