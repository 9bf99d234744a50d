"""Taking earlier marks out of a workbook that comes back marked, before new ones are put in.

The comments and fills of ours are known by their signs, wherever the sender's program has moved them since.
A cell whose mark goes has neither fill nor border after that: what it had before it was marked is not kept anywhere.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, unescape

from ledger.domain.marks import COMMENT_MARKER
from ledger.reporting.marked_styles import Styles
from ledger.reporting.package_parts import Parts
from ledger.reporting.places import place_of
from ledger.reporting.xml_edit import Element, Part, elements, markup

_SHAPE = re.compile(rb"<v:shape\b.*?</v:shape>", re.DOTALL)


def unmark_sheet(parts: Parts, path: str, styles: Styles) -> None:
    """Take the marks and the texts of ours out of the worksheet at `path`."""
    part = Part(parts.read(path))
    ours = styles.ours()
    found = elements(
        part.data, lambda e: e.local == "c" and (e.get("s") or "").isdigit() and int(e.get("s") or 0) in ours
    )
    for cell in found:
        part.set(cell, {"s": str(styles.unmarked(int(cell.get("s") or 0)))})
    parts.write(path, part.result())
    comments = parts.related(path, "comments")
    if comments is not None and parts.has(comments):
        gone = _clean_comments(parts, comments)
        drawing = parts.related(path, "vmlDrawing")
        if gone and drawing is not None and parts.has(drawing):
            data = parts.read(drawing)
            parts.write(drawing, _SHAPE.sub(lambda shape: b"" if _cell_of(shape[0]) in gone else shape[0], data))


def _cell_of(shape: bytes) -> tuple[int, int] | None:
    row, column = (re.search(rb"<x:" + word + rb">\s*(\d+)\s*<", shape) for word in (b"Row", b"Column"))
    return (int(row[1]) + 1, int(column[1]) + 1) if row and column and b'"Note"' in shape else None


def _clean_comments(parts: Parts, path: str) -> set[tuple[int, int]]:
    """Cut the comments at our line; returns the cells whose comment held nothing else and is gone."""
    part = Part(parts.read(path))
    found = elements(part.data)
    gone = set()
    for comment in (element for element in found if element.local == "comment"):
        texts = [element for element in found if element.local == "t" and _within(element, comment)]
        shown = [unescape(part.data[t.inner : t.close].decode("utf-8", "replace")) for t in texts]
        first = next((at for at, text in enumerate(shown) if COMMENT_MARKER in text), None)
        if first is None:
            continue
        own = shown[first].partition(COMMENT_MARKER)[0].rstrip()
        place = place_of(comment.get("ref") or "")
        if place is not None and not own and not "".join(shown[:first]).strip():
            part.replace(comment.start, comment.end, b"")
            gone.add(place)
            continue
        part.replace(texts[first].inner, texts[first].close, markup(escape(own)))
        for text in texts[first + 1 :]:
            part.replace(text.inner, text.close, b"")
    parts.write(path, part.result())
    return gone


def _within(element: Element, outer: Element) -> bool:
    return outer.start < element.start < outer.end
