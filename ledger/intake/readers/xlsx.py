"""Open an Excel workbook (xlsx, xlsm): its sheets, styles, shared strings and comments from the package's own parts."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar, cast

from ledger.domain.findings import Finding
from ledger.intake.caged.weight import Scales
from ledger.intake.cells import SheetFacts, column_index
from ledger.intake.readers import markup
from ledger.intake.readers.book import Book, too_large, unreadable, unsafe
from ledger.intake.readers.limits import MAX_CAREFUL, MAX_PART, MAX_SHEETS, MAX_STYLES, MIB
from ledger.intake.readers.numbers import BUILT_IN_FORMATS, shown_as
from ledger.intake.readers.package import Package
from ledger.intake.readers.second_reading import SecondReading
from ledger.intake.readers.weighing import WeighedSheet
from ledger.intake.readers.xlsx_pass import Shared, Style
from ledger.intake.readers.xlsx_sheet import XlsxSheet
from ledger.intake.readers.xlsx_text import TooManyTexts, rich_text, shared_strings

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

T = TypeVar("T")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


@dataclass(slots=True)
class _Parts:
    """The parts of one package by name, whatever their case."""

    package: Package
    file: str
    names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = {name.replace("\\", "/").casefold(): name for name in self.package.zip.namelist()}

    def find(self, path: str) -> str | None:
        return self.names.get(path.lstrip("/").casefold())

    def open(self, path: str) -> IO[bytes]:
        name = self.find(path)
        if name is None:
            raise unreadable(self.file, f"the package lacks its part {path!r}")
        return self.package.zip.open(name)

    def size(self, path: str) -> int:
        """What the part unpacks to; the package was read through, so its claim is true."""
        name = self.find(path)
        return self.package.zip.getinfo(name).file_size if name else 0

    def root(self, path: str) -> Element:
        if self.size(path) > MAX_PART:
            raise too_large(self.file, f"the part {path!r} unpacks to more than {MAX_PART // MIB} MiB")
        try:
            with self.open(path) as stream:
                return markup.parse(stream.read())
        except markup.MARKUP_ERRORS as error:
            raise unreadable(self.file, f"the part {path!r} is damaged ({error})") from error

    def relations(self, path: str) -> dict[str, tuple[str, str]]:
        """Id -> (last word of the type, path) of the relations of a part; those that lead outside are left out."""
        folder, name = posixpath.split(path)
        rels = posixpath.join(folder, "_rels", name + ".rels")
        if self.find(rels) is None:
            return {}
        found: dict[str, tuple[str, str]] = {}
        for relation in markup.children(self.root(rels), "Relationship"):
            if relation.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/" + folder, relation.get("Target") or ""))
                kind = (relation.get("Type") or "").rpartition("/")[2]
                found[relation.get("Id") or ""] = (kind, target.lstrip("/"))
        return found

    def related(self, path: str, kind: str) -> str | None:
        return next((target for word, target in self.relations(path).values() if word == kind), None)


def workbook_part(package: zipfile.ZipFile, file: str) -> str | None:
    """The path of the main part of an Office package (`xl/workbook.xml`, `xl/workbook.bin`, `word/document.xml` …)."""
    parts = _Parts(Package(package), file)
    main = parts.related("", "officeDocument")
    if main is None or parts.find(main) is None:
        main = next((path for path in ("xl/workbook.xml", "xl/workbook.bin") if parts.find(path)), None)
    return main


def has_macros(package: zipfile.ZipFile) -> bool:
    """True where the package carries a VBA project."""
    return any(name.casefold().endswith("vbaproject.bin") for name in package.namelist())


def open_xlsx(package: Package, main: str, path: Path, file: str) -> Book:
    """The workbook whose main part is `main`; raises `ReadFailed` where a part that is needed is missing or broken."""
    parts = _Parts(package, file)
    root = parts.root(main)
    relations = parts.relations(main)
    shared = _shared(parts, root, relations)
    second = SecondReading(path, file, date1904=shared.date1904)
    book = Book("xlsx", modified=saved_on(parts))
    for sheet in _listed(root, file):
        name = sheet.get("name")
        kind, place = relations.get(_relation_id(sheet), ("", ""))
        if kind == "worksheet":
            if parts.find(place) is None:
                raise unreadable(file, f"the part {place!r} of the sheet is missing", sheet=name or "")
            if parts.find(place) in second.parts:
                raise unsafe(file, f"two sheets of the workbook are one part, {place!r}")
            hidden = sheet.get("state") in ("hidden", "veryHidden")
            found = _sheet(parts, shared, name, place, hidden=hidden)
            confirm = second.of(name, cast("str", parts.find(place)), package, shared.strings)
            book.sheets.append(WeighedSheet(found, file, confirm, partial(Scales, date1904=shared.date1904)))
        elif kind in ("chartsheet", "dialogsheet", "xlMacrosheet", "xlIntlMacrosheet"):
            message = f"the sheet {name!r} is a {kind}; it has no cells to read"
            book.findings.append(Finding("sheet-skipped", message, file=file, sheet=name or ""))
        else:
            raise unreadable(file, "the workbook does not say where the sheet is", sheet=name or "")
    if not book.sheets:
        raise unreadable(file, "the workbook has no sheet with cells")
    return book


def _listed(root: Element, file: str) -> list[Element]:
    sheets = [sheet for group in markup.children(root, "sheets") for sheet in markup.children(group, "sheet")]
    if len(sheets) > MAX_SHEETS:
        raise too_large(file, f"the workbook lists {len(sheets):,} sheets; at most {MAX_SHEETS:,} are read")
    return sheets


def _relation_id(sheet: Element) -> str:
    return next((value for key, value in sheet.items() if key.endswith("}id")), "")


def _sheet(parts: _Parts, shared: Shared, name: str | None, path: str, *, hidden: bool) -> XlsxSheet:
    stored = cast("str", parts.find(path))
    scan = parts.package.scans.get(stored)
    return XlsxSheet(
        name=name,
        facts=SheetFacts(hidden=hidden),
        shared=shared,
        opener=lambda: parts.package.zip.open(stored),
        comments=_once(lambda: _comments(parts, path)),
        ordered=scan is None or scan.rising,
        is_long=parts.size(path) > MAX_CAREFUL,
    )


def _once(make: Callable[[], T]) -> Callable[[], T]:
    return cache(make)


def _shared(parts: _Parts, root: Element, relations: dict[str, tuple[str, str]]) -> Shared:
    properties = next(markup.children(root, "workbookPr"), None)
    date1904 = properties is not None and markup.is_true(properties.get("date1904"))
    by_kind = {kind: path for kind, path in relations.values() if parts.find(path)}
    styles = _styles(parts, by_kind["styles"]) if "styles" in by_kind else []

    def strings() -> list[str]:
        if "sharedStrings" not in by_kind:
            return []
        path = by_kind["sharedStrings"]
        try:
            with parts.open(path) as first, parts.open(path) as second:
                return shared_strings(first, second, careful=parts.size(path) <= MAX_CAREFUL)
        except TooManyTexts:
            raise too_large(parts.file, "the table of texts is larger than what is held in memory") from None
        except markup.MARKUP_ERRORS as error:
            raise unreadable(parts.file, f"the table of texts is damaged ({error})") from error

    return Shared(parts.file, date1904, styles, _once(strings))


def _styles(parts: _Parts, path: str) -> list[Style]:
    """The number format of each cell style, by its index. Streamed: a worn-out workbook has tens of megabytes of it."""
    codes = dict(BUILT_IN_FORMATS)
    numbers: list[int] = []
    try:
        with parts.open(path) as stream:
            for group, form in markup.items(stream, {"numFmts": "numFmt", "cellXfs": "xf"}):
                number = int(form.get("numFmtId") or 0)
                if group == "numFmts":
                    codes[number] = form.get("formatCode") or "General"
                else:
                    numbers.append(number)
                if len(numbers) + len(codes) > MAX_STYLES:
                    raise too_large(parts.file, f"the workbook has more than {MAX_STYLES:,} cell styles")
    except markup.MARKUP_ERRORS as error:
        raise unreadable(parts.file, f"the part {path!r} is damaged ({error})") from error
    made = {number: Style(code, shown_as(code)) for number in set(numbers) for code in [codes.get(number, "General")]}
    return [made[number] for number in numbers]


def _comments(parts: _Parts, path: str) -> dict[tuple[int, int], str]:
    target = parts.related(path, "comments")
    if target is None or parts.find(target) is None:
        return {}
    found: dict[tuple[int, int], str] = {}
    for comment in markup.descendants(parts.root(target), "comment"):
        place = _REFERENCE.fullmatch(comment.get("ref") or "")
        text = next(markup.children(comment, "text"), None)
        if place and text is not None:
            found[int(place[2]), column_index(place[1])] = rich_text(text)
    return found


def saved_on(parts: _Parts) -> date | None:
    """The date of the last save by the document properties; None where they are silent or odd."""
    path = parts.related("", "core-properties") or "docProps/core.xml"
    if parts.find(path) is None:
        return None
    stamp = next(markup.descendants(parts.root(path), "modified"), None)
    try:
        return date.fromisoformat((stamp.text or "").strip()[:10]) if stamp is not None else None
    except ValueError:
        return None
