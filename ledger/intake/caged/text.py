"""Tasks in the cage for what our own readers read whole: OpenDocument, web pages, IATI activities.

Each sheet of the answer carries two weights: `weight`, where the rows themselves do not give it, and `other`, the second
opinion's: calamine's on a document, that of expressions over the text on a page or a file of activities.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from ledger.intake.caged.excel import weights
from ledger.intake.caged.markup_count import weigh_activities, weigh_page
from ledger.intake.caged.refusal import Answer, Refused, answering
from ledger.intake.caged.spool import facts_as_json
from ledger.intake.caged.spool_writer import SpoolWriter
from ledger.intake.caged.weight import Scales, Weight
from ledger.intake.cells import Row, SheetFacts, cell_name
from ledger.intake.readers import markup
from ledger.intake.readers.book import Book, ReadFailed
from ledger.intake.readers.limits import MAX_AREA, MAX_PAGE, MIB


@answering
def read_ods(told: Answer, writer: SpoolWriter) -> Answer:
    """An OpenDocument spreadsheet by our own walk, weighed by calamine."""
    from ledger.intake.readers.ods import read_tables, saved_on

    sheets: list[Answer] = []

    def end(name: str | None, facts: SheetFacts) -> None:
        if facts.last_row * facts.last_column > MAX_AREA:
            where = cell_name(facts.last_row, facts.last_column)
            message = f"the filled cells reach as far as {where}, far outside any table"
            raise Refused("file-too-large", message, name or "")
        sheets.append({"name": name, "facts": facts_as_json(facts), "span": writer.end_sheet()})

    with zipfile.ZipFile(told["file"]) as archive:
        try:
            with archive.open("content.xml") as stream:
                read_tables(stream, writer.row, end)
        except (KeyError, *markup.MARKUP_ERRORS) as error:
            raise Refused("file-unreadable", f"the document is damaged ({error})") from error
        modified = saved_on(archive.read("meta.xml")) if "meta.xml" in archive.namelist() else None
    if not sheets:
        raise Refused("file-unreadable", "the document has no table")
    problem = _confirm_document(told["file"], sheets)
    return {"sheets": sheets, "modified": modified and modified.isoformat(), "findings": [], "problem": problem}


def _confirm_document(path: str, sheets: list[Answer]) -> str:
    """Note what calamine says of each sheet; returns why it says nothing."""
    try:
        found = weights(path, dates=False)
    except (KeyboardInterrupt, SystemExit, MemoryError, ImportError):
        raise
    except BaseException as error:  # noqa: BLE001 - PanicException is among them
        return str(error)[:200] or type(error).__name__
    if [name for name, _ in found] != [sheet["name"] for sheet in sheets]:
        return "it finds other sheets"
    for sheet, (_, weight) in zip(sheets, found, strict=True):
        sheet["other"] = weight
    return ""


@answering
def read_html(told: Answer, writer: SpoolWriter) -> Answer:
    """The tables of a web page, and what a second walk over its text counts in them."""
    from ledger.intake.readers.html_tables import open_html

    if Path(told["file"]).stat().st_size > MAX_PAGE:
        raise Refused("file-too-large", f"the page is larger than {MAX_PAGE // MIB} MiB")
    answer, book = _held(told, writer, lambda opener: open_html(opener, "", encoding=told["encoding"]))
    if book.sheets:
        found = weigh_page(Path(told["file"]).read_bytes().decode(book.encoding or "utf-8"))
        if len(found) != len(book.sheets):
            answer["problem"] = f"it finds {len(found)} tables"
            return answer
        for sheet, weight in zip(answer["sheets"], found, strict=True):
            sheet["other"] = weight.as_json()
    return answer


@answering
def read_iati(told: Answer, writer: SpoolWriter) -> Answer:
    """The activities and transactions of an IATI file, and what a second walk over its text counts and adds up."""
    from ledger.intake.readers.iati import VALUE, open_iati

    answer, book = _held(told, writer, lambda opener: open_iati(opener, ""))
    text = Path(told["file"]).read_bytes()
    wide = text.startswith((b"\xff\xfe", b"\xfe\xff"))
    found = weigh_activities(text.decode("utf-16" if wide else "utf-8", "replace"))
    for told_of, sheet, other, values in zip(answer["sheets"], book.sheets, found, (None, VALUE), strict=True):
        rows = list(sheet.rows())
        told_of |= {"weight": _counted(rows, values).as_json(), "other": other.as_json()}
    return answer


def _counted(rows: list[Row], values: int | None) -> Weight:
    """Records of a sheet below its heading, and the sum of one column."""
    scales = Scales()
    for row in rows[1:]:
        if values is not None and values < len(row.values):
            scales.row([row.values[values]])
    weight = scales.weight()
    weight.filled = len(rows) - 1
    return weight


def _held(told: Answer, writer: SpoolWriter, read: Callable[[Callable[[], IO[bytes]]], Book]) -> tuple[Answer, Book]:
    """A workbook that its reader holds in memory."""
    try:
        book = read(lambda: Path(told["file"]).open("rb"))  # noqa: SIM115 - the reader closes it
    except ReadFailed as failure:
        raise Refused(failure.finding.code, failure.finding.message, failure.finding.sheet) from failure
    sheets = []
    for sheet in book.sheets:
        for number, values in sheet.rows():
            writer.row(number, values)
        sheets.append({"name": sheet.name, "facts": facts_as_json(sheet.facts), "span": writer.end_sheet()})
    findings: list[Any] = [{"code": f.code, "message": f.message, "values": f.values} for f in book.findings]
    return {"sheets": sheets, "encoding": book.encoding, "findings": findings, "problem": ""}, book
