"""Back to the sender: their own workbook with the problem cells marked, commented and listed.

A workbook in the format of Excel is changed in its own parts: marks, comments and one sheet are added, and every other
byte (values, formulas, charts, pivot tables, pictures, macros) goes out as it came in. Other formats can carry no
marks, or not from here; `copy_marked` writes their cells into a new workbook.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.parsers.expat import ExpatError

from ledger.domain.findings import Finding
from ledger.domain.marks import FINDINGS_SHEET
from ledger.reporting.files import replacing
from ledger.reporting.findings_sheet import sheet_xml
from ledger.reporting.marked_sheet import mark_sheet
from ledger.reporting.marked_styles import EMPTY, Styles
from ledger.reporting.package_parts import Parts
from ledger.reporting.places import Mark, marks_by_sheet
from ledger.reporting.unmark import unmark_sheet
from ledger.reporting.xml_edit import Element, Part, attribute, elements

_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_STYLES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"


class CannotMark(Exception):
    """The package is built in a way that marks cannot be added to safely; the text says what it is."""


def mark_package(source: Path, findings: Sequence[Finding], out: Path) -> bool:
    """Write the workbook `source` (xlsx, xlsm) with the findings marked to `out`; True where macros were left out.

    They are where `out` is a .xlsx, which may carry none. Raises CannotMark, and OSError where `out` cannot be written.
    """
    try:
        parts = Parts(source)
        _mark(parts, findings)
        macros = any(kind.endswith("/vbaProject") for kind, _ in parts.relations(_main(parts)).values())
        drop = macros and out.suffix.lower() != ".xlsm"
        if drop:
            parts.drop_macros()
    except (ExpatError, KeyError, AssertionError, StopIteration, ValueError) as error:
        raise CannotMark(f"the package is built in an unusual way ({type(error).__name__}: {error})") from error
    with replacing(out) as draft:
        parts.save(draft)
    return drop


def _main(parts: Parts) -> str:
    return parts.related("", "officeDocument") or "xl/workbook.xml"


def _mark(parts: Parts, findings: Sequence[Finding]) -> None:
    main = _main(parts)
    relations = parts.relations(main)
    # The strict variant of the format has relation types of its own; those of the package itself show which it is.
    kinds = next((kind for kind, _ in parts.relations("").values() if kind.endswith("/officeDocument")), "")
    kinds = kinds.rpartition("/")[0] or "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    styles_path = parts.related(main, "styles")
    if styles_path is None or not parts.has(styles_path):
        styles_path = "xl/styles.xml"
        parts.write(styles_path, EMPTY.encode())
        parts.declare(styles_path, _STYLES_TYPE)
        parts.relate(main, f"{kinds}/styles", styles_path)
    styles = Styles(parts.read(styles_path))
    found = elements(parts.read(main), lambda element: element.local == "sheet")
    paths = {e.get("name") or "": relations[e.get("id") or ""][1] for e in found if (e.get("id") or "") in relations}
    by_sheet = marks_by_sheet(finding for finding in findings if finding.sheet.casefold() != FINDINGS_SHEET)
    marks: list[Mark] = []
    if any(name.strip().casefold() == FINDINGS_SHEET for name in paths):
        for path in dict.fromkeys(paths.values()):
            unmark_sheet(parts, path, styles)
    for sheet, of_sheet in by_sheet.items():
        if sheet in paths and b"<sheetData" in parts.read(paths[sheet]).replace(b":sheetData", b"<sheetData"):
            marks += mark_sheet(parts, paths[sheet], of_sheet, styles, kinds)
        else:
            marks += of_sheet if sheet in paths or not sheet else [_unlinked(mark) for mark in of_sheet]
    _add_sheet(parts, main, found, kinds=kinds, paths=paths, content=sheet_xml(marks, styles))
    parts.write(styles_path, styles.result())


def _unlinked(mark: Mark) -> Mark:
    """A mark in a sheet that the workbook does not name: it is listed without a link."""
    finding = mark.finding
    place = f"{finding.sheet}!{finding.cell}".rstrip("!")
    return replace(mark, finding=replace(finding, sheet="", message=f"{place}: {finding.message}"))


def _add_sheet(
    parts: Parts, main: str, sheets: list[Element], *, kinds: str, paths: dict[str, str], content: bytes
) -> None:
    """Put the findings sheet last; where there is one already, from an earlier time, in its place."""
    for name, path in paths.items():
        if name.strip().casefold() == FINDINGS_SHEET:
            parts.write(path, content)
            return
    path = parts.free_name("xl/worksheets/sheet{}.xml")
    parts.write(path, content)
    parts.declare(path, _SHEET_TYPE)
    relation = parts.relate(main, f"{kinds}/worksheet", path)
    part = Part(parts.read(main))
    last = sheets[-1]
    number = max(int(sheet.get("sheetId") or 0) for sheet in sheets) + 1
    part.insert(
        last.end,
        f'<{last.prefix}sheet name={attribute(FINDINGS_SHEET)} sheetId="{number}" xmlns:eulr={attribute(kinds)} '
        f'eulr:id="{relation}"/>',
    )
    parts.write(main, part.result())
