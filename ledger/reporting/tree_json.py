"""Trees as JSON in pieces, so that a tree of a hundred thousand bookings is never in memory as a whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ledger.domain.trees import Many, Node
from ledger.reporting.exact_json import plain

_Encode = Callable[[Any], str]


def pieces(nodes: Iterable[Node], *, ascii_only: bool = False) -> Iterator[str]:
    """The list of the trees; joined, the pieces are one JSON value."""
    # A node is made of JSON's own types already: texts, whole numbers and amounts as text.
    return _list(nodes, "", json.JSONEncoder(ensure_ascii=ascii_only).encode)


def document(envelope: dict[str, Any], nodes: Iterable[Node], *, ascii_only: bool = False) -> Iterator[str]:
    """An envelope with the trees as its `results`, in pieces."""
    mark = "\0"
    text = json.dumps(plain({**envelope, "results": mark}), ensure_ascii=ascii_only, indent=2)
    before, _, after = text.partition(json.dumps(mark, ensure_ascii=ascii_only))
    yield before
    yield from pieces(nodes, ascii_only=ascii_only)
    yield after


def _list(nodes: Iterable[Node], indent: str, encode: _Encode) -> Iterator[str]:
    start = f"[\n{indent} "
    for node in nodes:
        yield start
        yield from _node(node, f"{indent} ", encode)
        start = f",\n{indent} "
    yield "[]" if start[0] == "[" else f"\n{indent}]"


def _node(node: Node, indent: str, encode: _Encode) -> Iterator[str]:
    if not _is_long(node):
        # A booking with its row and cells is one piece: passing each up through the levels above takes longer than it.
        yield encode(node.as_json())
        return
    yield encode(node.own_json())[:-1] + ', "children": '
    yield from _list(node.children, indent, encode)
    yield "}"


def _is_long(node: Node) -> bool:
    """Whether there may be many nodes below one: their children are made when they are looked at."""
    return isinstance(node.children, Many) or any(map(_is_long, node.children))
