"""A tree as a graph for Graphviz: an arrow from each number to what it is made of, and from each cell to its file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ledger.domain.money import display, grouped
from ledger.domain.trees import Node

_SHAPES = {
    "figure": "doubleoctagon", "total": "doubleoctagon", "cell": "note", "row": "tab", "file": "cylinder",
    "sheet": "folder", "remainder": "diamond", "reversal": "cds", "batch": "component",
}  # fmt: skip


def pieces(nodes: Iterable[Node], at_most: int | None = None) -> Iterator[str]:
    """The graph in the dot language, line by line. Each node has its kind as `class` and its exact amount as `amount`."""
    yield "digraph why {\n"
    yield '  rankdir="LR";\n  node [shape="box", fontname="sans-serif"];\n'
    graph = _Graph(at_most)
    for node in nodes:
        yield from graph.draw(node, None)
    yield "}\n"


class _Graph:
    def __init__(self, at_most: int | None) -> None:
        self._at_most, self._count = at_most, 0
        self._files: dict[str, str] = {}

    def _name(self) -> str:
        self._count += 1
        return f"n{self._count}"

    def draw(self, node: Node, above: str | None) -> Iterator[str]:
        """A node with everything below it; every file stands once."""
        name = self._name()
        amount = "" if node.minor is None else display(node.minor, node.currency)
        facts = node.facts
        raw = "" if facts.get("raw") is None else f"“{facts['raw']}”"
        told = [node.label, amount, raw, str(facts.get("rule") or ""), str(facts.get("note") or "")]
        attributes = {
            "label": "\n".join(filter(None, told)),
            "class": node.kind,
            "shape": _SHAPES.get(node.kind, "box"),
            "amount": str(node.own_json().get("amount", {}).get("amount", "")),
            "style": "dashed" if facts.get("illustrative") else "",
        }
        yield _statement(name, attributes)
        if above is not None:
            yield f"  {above} -> {name};\n"
        if facts.get("sha256") and node.kind != "file":
            yield from self._file(name, facts["sha256"], facts["file"])
        shown = node.children if self._at_most is None else node.children[: self._at_most]
        for child in shown:
            yield from self.draw(child, name)
        if left := len(node.children) - len(shown):
            rest = "" if node.minor is None else display(
                node.minor - sum(child.minor or 0 for child in shown), node.currency
            )  # fmt: skip
            more = self._name()
            yield _statement(more, {"label": f"… and {grouped(str(left))} more\n{rest}", "class": "more"})
            yield f"  {name} -> {more};\n"

    def _file(self, name: str, sha256: str, file: str) -> Iterator[str]:
        if sha256 not in self._files:
            self._files[sha256] = f"f{len(self._files) + 1}"
            attributes = {"label": f"{file}\nSHA-256 {sha256}", "class": "file", "shape": _SHAPES["file"]}
            yield _statement(self._files[sha256], attributes)
        yield f"  {name} -> {self._files[sha256]};\n"


def _statement(name: str, attributes: dict[str, str]) -> str:
    told = ", ".join(f"{key}={_quoted(value)}" for key, value in attributes.items() if value)
    return f"  {name} [{told}];\n"


def _quoted(text: str) -> str:
    """A string of the dot language: only the quotation mark needs a sign before it there; a backslash means more."""
    kept = "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)
    return '"' + kept.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
