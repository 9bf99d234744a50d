"""XML, read the safe way: no DTD, no entities of its own, names without their namespace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO, TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree as DefusedTree
from defusedxml.common import DefusedXmlException

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

#: What a refused or damaged document raises.
MARKUP_ERRORS = (ParseError, DefusedXmlException, LookupError, ValueError, RecursionError)


def local(tag: str) -> str:
    """`row` of `{namespace}row`: transitional and strict workbooks differ only in the namespace."""
    return tag.rpartition("}")[2]


def parse(data: bytes | str) -> Element:
    """The root element of a small document."""
    root: Element = DefusedTree.fromstring(data, forbid_dtd=True)
    return root


class Pieces:
    """Pieces of text as the stream that a parser reads from."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces

    def read(self, _: int = -1) -> bytes:
        """The next piece, whatever its length; nothing at the end."""
        return next((piece.encode() for piece in self._pieces if piece), b"")


def walk(stream: IO[bytes] | Pieces) -> Iterator[tuple[str, Element]]:
    """`(event, element)` for every start and end of an element, in the order of the document."""
    yield from DefusedTree.iterparse(stream, events=("start", "end"), forbid_dtd=True)


def items(stream: IO[bytes] | Pieces, wanted: Mapping[str, str]) -> Iterator[tuple[str, Element]]:
    """`(group, element)` for every element that is a child of one of the named groups; memory stays as it is.

    `wanted` maps the local name of a group, which stands below the root, to that of its items.
    """
    open_elements: list[Element] = []
    for event, element in walk(stream):
        if event == "start":
            open_elements.append(element)
            continue
        open_elements.pop()
        if len(open_elements) == 2:
            group = local(open_elements[1].tag)
            if wanted.get(group) == local(element.tag):
                yield group, element
        if len(open_elements) <= 2 and open_elements:
            open_elements[-1].clear()


def attribute(element: Element, name: str) -> str | None:
    """An attribute by its local name, whatever its namespace."""
    value = element.get(name)
    if value is not None:
        return value
    return next((text for key, text in element.items() if local(key) == name), None)


def children(element: Element, name: str) -> Iterator[Element]:
    """The children of a local name."""
    return (child for child in element if local(child.tag) == name)


def descendants(element: Element, name: str) -> Iterator[Element]:
    """All elements below with a local name."""
    return (child for child in element.iter() if isinstance(child.tag, str) and local(child.tag) == name)


def is_true(text: str | None) -> bool:
    """An xsd:boolean that is true."""
    return text in ("1", "true", "on")
