"""One worksheet of a package: its problem cells get a mark, its comments a text of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import escape

from ledger.domain.findings import Severity
from ledger.domain.marks import COMMENT_MARKER
from ledger.reporting.marked_styles import MAIN, Styles
from ledger.reporting.package_parts import Parts
from ledger.reporting.places import Mark, cell_name, place_of
from ledger.reporting.safe_text import printable
from ledger.reporting.xml_edit import Element, Part, attribute, elements

_AUTHOR = "euledger"
#: What may follow <legacyDrawing> in a worksheet.
_AFTER_DRAWING = {"legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts",
                  "extLst", "AlternateContent"}  # fmt: skip
_VML = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/>'
    "</o:shapelayout></xml>"
)
_SHAPE_TYPE = (
    '<v:shapetype xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_SHAPE = (
    '<v:shape xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel" id="_x0000_s{id}" type="#_x0000_t202" '
    'style="position:absolute;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>'
    '<v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>'
    "<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)
_BOX_PIXELS: Final = 320
_LETTERS_IN_A_LINE: Final = 46


@dataclass(slots=True)
class _Scan:
    """What a first look at the sheet found."""

    #: the rows that hold marks, and for those that are not there the row before which they belong
    rows: dict[int, Element] = field(default_factory=dict)
    later: dict[int, Element] = field(default_factory=dict)
    cells: dict[tuple[int, int], Element] = field(default_factory=dict)
    #: root, its children, and the column declarations
    head: list[Element] = field(default_factory=list)

    @property
    def filled(self) -> set[tuple[int, int]]:
        """The cells that hold something."""
        return {place for place, cell in self.cells.items() if cell.close > cell.inner}


def mark_sheet(parts: Parts, path: str, marks: Sequence[Mark], styles: Styles, kinds: str) -> list[Mark]:
    """Mark the cells of the worksheet at `path` and comment on them; `kinds` is the stem of relation types.

    Returns the marks with the one cell each of them ended at (`anchor`), for a link to it.
    """
    part = Part(parts.read(path))
    scan = _scan(part.data, marks)
    filled = scan.filled
    placed = [mark.settled(filled) for mark in marks]
    levels: dict[tuple[int, int], Severity] = {}
    for mark in placed:
        if mark.level in (Severity.ERROR, Severity.WARNING):
            for cell in mark.cells:
                levels[cell] = Severity.ERROR if Severity.ERROR in (mark.level, levels.get(cell)) else mark.level
    _set_styles(part, scan, levels, styles)
    texts: dict[tuple[int, int], list[str]] = {}
    for mark in placed:
        if mark.anchor and mark.anchor in levels:
            texts.setdefault(mark.anchor, []).append(mark.text)
    joined = {cell: "\n\n".join(dict.fromkeys(several)) for cell, several in texts.items()}
    if joined:
        _comment(parts, path, part, scan, texts=joined, kinds=kinds)
    parts.write(path, part.result())
    return placed


def _scan(data: bytes, marks: Sequence[Mark]) -> _Scan:
    wanted_rows: set[int] = set()
    wanted_columns: set[int] = set()
    for mark in marks:
        wanted_rows |= mark.rows
        wanted_columns |= mark.columns
    awaited = sorted(wanted_rows, reverse=True)
    found, place = _Scan(), [0, 0]

    def keep(element: Element) -> bool:
        name = element.local
        if name == "c" and element.depth == 3:
            where = place_of(element.get("r") or "")
            row, column = where or (place[0], place[1] + 1)
            place[1] = column
            if row in wanted_rows or column in wanted_columns:
                found.cells.setdefault((row, column), element)
        elif name == "row" and element.depth == 2:
            place[:] = [int(element.get("r") or place[0] + 1), 0]
            while awaited and awaited[-1] < place[0]:
                found.later.setdefault(awaited.pop(), element)
            if place[0] in wanted_rows:
                found.rows.setdefault(place[0], element)
        elif element.depth <= 1 or name == "col":
            found.head.append(element)
        return False

    elements(data, keep)
    return found


def _set_styles(part: Part, scan: _Scan, levels: Mapping[tuple[int, int], Severity], styles: Styles) -> None:
    new: dict[int, list[tuple[int, Severity]]] = {}
    for (row, column), level in sorted(levels.items()):
        cell = scan.cells.get((row, column))
        if cell is None:
            new.setdefault(row, []).append((column, level))
        else:
            part.set(cell, {"s": str(styles.marked(int(cell.get("s") or 0), level))})
    data = next(element for element in scan.head if element.local == "sheetData")
    for row, cells in sorted(new.items()):
        element = scan.rows.get(row)
        style = _row_style(element)
        made = [
            (
                column,
                f'<{data.prefix}c r="{cell_name(row, column)}" s="{styles.marked(style if style is not None else _column_style(scan, column), level)}"/>',
            )
            for column, level in cells
        ]
        if element is None:
            text = f'<{data.prefix}row r="{row}">{"".join(text for _, text in made)}</{data.prefix}row>'
            if row in scan.later:
                part.insert(scan.later[row].start, text)
            else:
                part.append(data, text)
            continue
        for column, text in made:
            later = [scan.cells[place].start for place in sorted(scan.cells) if place[0] == row and place[1] > column]
            if later:
                part.insert(later[0], text)
            else:
                part.append(element, text)


def _row_style(row: Element | None) -> int | None:
    if row is not None and row.get("customFormat") in ("1", "true"):
        return int(row.get("s") or 0)
    return None


def _column_style(scan: _Scan, column: int) -> int:
    for element in scan.head:
        if element.local == "col" and int(element.get("min") or 0) <= column <= int(element.get("max") or 0):
            return int(element.get("style") or 0)
    return 0


# --- comments ----------------------------------------------------------------------------------------------------


def _comment(
    parts: Parts, path: str, sheet: Part, scan: _Scan, *, texts: Mapping[tuple[int, int], str], kinds: str
) -> None:
    target = parts.related(path, "comments")
    if target is None or not parts.has(target):
        target = parts.free_name("xl/comments{}.xml")
        namespace = scan.head[0].attributes.get(
            "xmlns" + (":" + scan.head[0].prefix[:-1] if scan.head[0].prefix else ""), MAIN
        )
        parts.write(
            target,
            f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<comments xmlns="{namespace}">'
            "<authors></authors><commentList></commentList></comments>".encode(),
        )
        parts.declare(target, "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml")
        parts.relate(path, f"{kinds}/comments", target)
    known = _write_comments(parts, target, texts)
    new = [cell for cell in sorted(texts) if cell not in known]
    if new:
        _add_shapes(parts, path, sheet, scan, texts={cell: texts[cell] for cell in new}, kinds=kinds)


def _write_comments(parts: Parts, target: str, texts: Mapping[tuple[int, int], str]) -> set[tuple[int, int]]:
    """Add the texts to the part of comments; returns the cells that had a comment before."""
    part = Part(parts.read(target))
    found = elements(part.data)
    prefix = found[0].prefix
    authors = next(element for element in found if element.local == "authors")
    names = [element for element in found if element.local == "author"]
    comments = next(element for element in found if element.local == "commentList")
    part.append(authors, f"<{prefix}author>{_AUTHOR}</{prefix}author>")
    known = set()
    for element in found:
        place = place_of(element.get("ref") or "") if element.local == "comment" else None
        if place is None:
            continue
        known.add(place)
        if place in texts:
            inside = [e for e in found if e.parent is element and e.local == "text"]
            tail = [e for e in found if inside and e.parent is inside[0] and e.local in ("rPh", "phoneticPr")]
            if tail:
                part.insert(tail[0].start, _runs(prefix, "\n\n" + texts[place]))
            elif inside:
                part.append(inside[0], _runs(prefix, "\n\n" + texts[place]))
    added = (
        f'<{prefix}comment ref="{cell_name(*cell)}" authorId="{len(names)}" shapeId="0"><{prefix}text>'
        f"{_runs(prefix, texts[cell])}</{prefix}text></{prefix}comment>"
        for cell in sorted(texts)
        if cell not in known
    )
    part.append(comments, "".join(added))
    parts.write(target, part.result())
    return known


def _runs(prefix: str, text: str) -> str:
    lead = text[: len(text) - len(text.lstrip("\n"))]
    shown = escape(f"{lead}{COMMENT_MARKER}\n{printable(text.lstrip(chr(10)))}")
    return (
        f'<{prefix}r><{prefix}rPr><{prefix}sz val="9"/><{prefix}rFont val="Tahoma"/></{prefix}rPr>'
        f'<{prefix}t xml:space="preserve">{shown}</{prefix}t></{prefix}r>'
    )


def _add_shapes(
    parts: Parts, path: str, sheet: Part, scan: _Scan, *, texts: Mapping[tuple[int, int], str], kinds: str
) -> None:
    root = scan.head[0]
    drawing = next((element for element in scan.head if element.local == "legacyDrawing"), None)
    target = parts.relations(path).get(drawing.get("id") or "", ("", ""))[1] if drawing else ""
    if not target or not parts.has(target):
        target = parts.free_name("xl/drawings/vmlDrawing{}.vml")
        parts.write(target, _VML.encode())
        parts.declare(target, "application/vnd.openxmlformats-officedocument.vmlDrawing")
        relation = parts.relate(path, f"{kinds}/vmlDrawing", target)
        tag = f'<{root.prefix}legacyDrawing xmlns:eulr={attribute(kinds)} eulr:id="{relation}"/>'
        after = [element for element in scan.head if element.depth == 1 and element.local in _AFTER_DRAWING]
        if drawing:
            sheet.replace(drawing.start, drawing.end, tag.encode())
        elif after:
            sheet.insert(after[0].start, tag)
        else:
            sheet.insert(root.close, tag)
    part = Part(parts.read(target))
    taken = [int(number) for number in re.findall(rb"_x0000_s(\d+)", part.data)]
    shapes = [] if b'"_x0000_t202"' in part.data else [_SHAPE_TYPE]
    for number, (cell, text) in enumerate(texts.items(), max([1024, *taken]) + 1):
        anchor = _anchor(cell, _widths(scan), text)
        shapes.append(_SHAPE.format(id=number, anchor=anchor, row=cell[0] - 1, column=cell[1] - 1))
    # Not every program writes VML that a parser takes; its end is plain to see all the same.
    part.insert(part.data.rindex(b"</xml>"), "".join(shapes))
    parts.write(target, part.result())


def _widths(scan: _Scan) -> dict[tuple[int, int], int]:
    """(first, last column) -> width in pixels of the columns whose width is set."""
    return {
        (int(element.get("min") or 0), int(element.get("max") or 0)): int(
            (element.get("width") or "9").partition(".")[0]
        )
        * 7
        + 5
        for element in scan.head
        if element.local == "col" and element.get("width")
    }


def _anchor(cell: tuple[int, int], widths: Mapping[tuple[int, int], int], text: str) -> str:
    """Where the box of a comment stands: beside its cell, as wide as a sentence and as high as the text needs."""
    row, column = cell
    left, right, room = column, column, _BOX_PIXELS
    while room > 0:
        width = next((pixels for (first, last), pixels in widths.items() if first <= right + 1 <= last), 64)
        if width >= room:
            break
        right, room = right + 1, room - width
    lines = 1 + sum(len(line) // _LETTERS_IN_A_LINE + 1 for line in text.split("\n"))
    top = max(row - 2, 0)
    return f"{left}, 12, {top}, 6, {right}, {room}, {top + lines}, 4"
