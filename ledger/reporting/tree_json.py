"""Trees as JSON in pieces, so that a tree of a hundred thousand bookings is never in memory as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ledger.domain.trees import Node
from ledger.reporting.exact_json import plain


def pieces(nodes: Iterable[Node], *, ascii_only: bool = False) -> Iterator[str]:
    """The list of the trees; joined, the pieces are one JSON value."""
    yield from _list(nodes, "", ascii_only=ascii_only)


def document(envelope: dict[str, Any], nodes: Iterable[Node], *, ascii_only: bool = False) -> Iterator[str]:
    """An envelope with the trees as its `results`, in pieces."""
    mark = "\0"
    text = json.dumps(plain({**envelope, "results": mark}), ensure_ascii=ascii_only, indent=2)
    before, _, after = text.partition(json.dumps(mark, ensure_ascii=ascii_only))
    yield before
    yield from pieces(nodes, ascii_only=ascii_only)
    yield after


def _list(nodes: Iterable[Node], indent: str, *, ascii_only: bool) -> Iterator[str]:
    empty = True
    yield "["
    for node in nodes:
        yield f"\n{indent} " if empty else f",\n{indent} "
        yield from _node(node, f"{indent} ", ascii_only=ascii_only)
        empty = False
    yield "]" if empty else f"\n{indent}]"


def _node(node: Node, indent: str, *, ascii_only: bool) -> Iterator[str]:
    own = json.dumps(plain(node.own_json()), ensure_ascii=ascii_only)
    if not node.children:
        yield own
        return
    yield own[:-1] + ', "children": '
    yield from _list(node.children, indent, ascii_only=ascii_only)
    yield "}"
