"""Small changes to an XML part that leave every other byte as it stands.

A parser that builds a tree and writes it again renames prefixes, and a workbook whose `mc:Ignorable` names a prefix
that is gone no longer opens. So the parser here only says where elements stand; the changes are made in the bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat  # the reader that came first refuses every part with a DTD
from xml.sax.saxutils import escape

_TAG = re.compile(rb"""<[^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*>""")
_DECLARED = re.compile(r"""(<\?xml[^>]*?encoding=)("[^"]*"|'[^']*')""")


@dataclass(slots=True)
class Element:
    """An element and where it stands: the start tag is data[start:inner], the end tag begins at `close`.

    An element without content (`<a/>`) has close == inner == end.
    """

    name: str
    depth: int
    attributes: dict[str, str]
    parent: Element | None
    start: int
    inner: int
    close: int = 0
    end: int = 0

    @property
    def local(self) -> str:
        """The name without its prefix."""
        return self.name.rpartition(":")[2]

    @property
    def prefix(self) -> str:
        """The prefix with its colon; "" where there is none."""
        return self.name[: -len(self.local)]

    def get(self, name: str) -> str | None:
        """The attribute of that local name."""
        return next((value for key, value in self.attributes.items() if key.rpartition(":")[2] == name), None)


Keep = Callable[[Element], bool]


def elements(data: bytes, keep: Keep = lambda _: True) -> list[Element]:
    """The elements of a part that `keep` wants, in the order of their start tags.

    `keep` is asked once for each element, in that order too. Raises `expat.ExpatError` for a part that is no XML.
    """
    found: list[Element] = []
    stack: list[Element] = []
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        at = parser.CurrentByteIndex
        tag = _TAG.match(data, at)
        assert tag is not None  # the parser says that a tag begins here
        element = Element(name, len(stack), attributes, stack[-1] if stack else None, at, tag.end())
        stack.append(element)
        if keep(element):
            found.append(element)

    def end(_: str) -> None:
        element = stack.pop()
        if data[element.inner - 2 : element.inner] == b"/>":
            element.close = element.end = element.inner
        else:
            element.close = parser.CurrentByteIndex
            element.end = data.index(b">", element.close) + 1

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(data, True)
    return found


def as_utf8(data: bytes) -> bytes:
    """The part in an encoding whose letters `<`, `>` and quotes are single bytes, without a byte order mark."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _DECLARED.sub(r'\1"UTF-8"', data.decode("utf-16"), count=1).encode()
    return data.removeprefix(b"\xef\xbb\xbf")


def markup(text: str) -> bytes:
    """XML as bytes that are right in any encoding the part may have."""
    return text.encode("ascii", "xmlcharrefreplace")


def attribute(text: str) -> str:
    """Text as the value of an attribute, with its quotes; line breaks are kept."""
    return '"' + escape(text, {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}) + '"'


@dataclass(slots=True)
class Part:
    """The bytes of a part and the changes that are to be made in them."""

    data: bytes
    _changes: list[tuple[int, int, int, bytes]] = field(default_factory=list)
    _appended: dict[int, tuple[Element, list[str]]] = field(default_factory=dict)

    def replace(self, start: int, end: int, text: bytes) -> None:
        """Put `text` in the place of these bytes. Changes must not overlap; several may insert at one place."""
        self._changes.append((start, end, len(self._changes), text))

    def insert(self, at: int, text: str) -> None:
        """Put markup in."""
        self.replace(at, at, markup(text))

    def append(self, element: Element, text: str) -> None:
        """Put markup at the end of an element's content, after what was appended before."""
        self._appended.setdefault(element.start, (element, []))[1].append(text)

    def set(self, element: Element, values: Mapping[str, str | None]) -> None:
        """Set attributes of a start tag; None removes one. An element is changed once at most."""
        self.replace(element.start, element.inner, with_attributes(self.data[element.start : element.inner], values))

    def result(self) -> bytes:
        """The part with its changes made."""
        changes = list(self._changes)
        for element, texts in self._appended.values():
            inside = markup("".join(texts))
            if element.close == element.inner == element.end:  # <a/> is opened for its content
                changes.append(
                    (element.inner - 2, element.inner, len(changes), b">" + inside + markup(f"</{element.name}>"))
                )
            else:
                changes.append((element.close, element.close, len(changes), inside))
        pieces, at = [], 0
        for start, end, _, text in sorted(changes):
            assert start >= at, "two changes overlap"
            pieces += [self.data[at:start], text]
            at = end
        return b"".join([*pieces, self.data[at:]])


def with_attributes(tag: bytes, values: Mapping[str, str | None]) -> bytes:
    """A start tag with attributes set or (None) removed."""
    for name, value in values.items():
        pattern = re.compile(rb"""\s+""" + name.encode() + rb"""\s*=\s*("[^"]*"|'[^']*')""")
        tag = pattern.sub(b"", tag)
        if value is not None:
            cut = -2 if tag.endswith(b"/>") else -1
            tag = tag[:cut].rstrip() + markup(f" {name}={attribute(value)}") + tag[cut:]
    return tag
